internal import Model

/// Nobody signs an observation: no number in it may be one that those who count on from it can not, as below 0. Counts
/// and versions may not lie above what every reader of JSON can hold either; amounts may.
extension BusCodec {
  private static let counts: ClosedRange<Int64> = 0...(1 << 53)
  private static let versions: ClosedRange<Int64> = 1...(1 << 53)

  /// Looks at every number of a placement's report.
  static func checkNumbers(of state: ObservedState) throws(EventRejection) {
    try check("observedEpoch", state.observedEpoch)
    try check("observedRevision", state.observedRevision)
    try check("incarnation", state.incarnation)
    try check("sequence", state.sequence)
    try check("driftsOmitted", state.driftsOmitted)
    for (index, condition) in state.conditions.enumerated() {
      try check("conditions[\(index)].observedRevision", condition.observedRevision)
    }
  }

  /// Looks at every number of a heartbeat but the offsets in `reports`: they are compared and not counted with, and
  /// agents of before wrote a negative one where the client library did not know it.
  static func checkNumbers(of status: AgentStatus) throws(EventRejection) {
    try check("incarnation", status.incarnation)
    try check("sequence", status.sequence)
    try check("refusedRecords", status.refusedRecords)
    for (index, cluster) in status.clusters.enumerated() { try check(cluster: cluster, at: "clusters[\(index)]") }
    try check(buckets: status.republication?.buckets ?? [], at: "republication.buckets")
    if let record = status.zoneRecord {
      if let epoch = record.epoch { try check("zoneRecord.epoch", epoch, in: versions) }
      if let sequence = record.sequence { try check("zoneRecord.sequence", sequence, in: versions) }
      try check("zoneRecord.count", Int64(record.count))
      try check(buckets: record.buckets, at: "zoneRecord.buckets")
    }
    if let reports = status.reports { try check("reports.count", Int64(reports.count)) }
    if let orphans = status.orphans { try check(orphans: orphans) }
  }

  private static func check(cluster: AgentStatus.ClusterStatus, at path: String) throws(EventRejection) {
    try check("\(path).placements", Int64(cluster.placements))
    guard let capacity = cluster.capacity else { return }
    try check("\(path).capacity.nodes", Int64(capacity.nodes))
    for resource in CountedResource.allCases {
      try check("\(path).capacity.amounts.\(resource.rawValue)", capacity.amounts[resource], in: 0...Int64.max)
    }
  }

  private static func check(buckets: [Int], at path: String) throws(EventRejection) {
    let most = Int64(DigestBook.bucketCount - 1)
    for (index, bucket) in buckets.enumerated() { try check("\(path)[\(index)]", Int64(bucket), in: 0...most) }
  }

  /// What a cluster remembers is what somebody may have written there: it is told however high it is.
  private static func check(orphans: AgentStatus.Orphans) throws(EventRejection) {
    try check("orphans.count", Int64(orphans.count))
    for (index, orphan) in orphans.first.enumerated() {
      guard let version = orphan.remembered else { continue }
      try check("orphans.first[\(index)].remembered.epoch", version.epoch, in: 1...Int64.max)
      try check("orphans.first[\(index)].remembered.revision", version.revision, in: 1...Int64.max)
    }
  }

  private static func check(
    _ name: @autoclosure () -> String, _ number: Int64, in range: ClosedRange<Int64> = BusCodec.counts
  ) throws(EventRejection) {
    guard !range.contains(number) else { return }
    throw EventRejection(
      .malformed, "\(name()) is \(number); \(range.lowerBound) to \(range.upperBound) would be accepted")
  }
}
