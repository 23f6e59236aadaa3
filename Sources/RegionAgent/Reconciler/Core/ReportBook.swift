public import Events
public import Foundation

/// Reports on their way to the bus: the latest of each placement, in the order in which they became due.
///
/// A report that waits is replaced by a newer one of its placement, so the book never holds more than one each. Nothing
/// leaves it before the agent's life has its number.
public struct ReportBook: Sendable {
  private var waiting: [UUID: PlacementReport] = [:]
  private var order: [UUID] = []
  private var agent: AgentStatus?
  /// Placements whose reports are to go, oldest first.
  private var buried: [UUID] = []
  private var sequence: Int64 = 0
  /// The number of this life of the agent; nil before it has one.
  public private(set) var incarnation: Int64?
  /// What the bus has acknowledged in this life, and where that stands.
  private var sent = DigestBook()
  private var offsets = [Int64](repeating: 0, count: Int(Topics.partitions))

  /// An empty book; its life has no number yet unless one is given.
  public init(incarnation: Int64? = nil) {
    self.incarnation = incarnation
  }

  /// Gives this life of the agent its number; what waits may leave now.
  public mutating func begin(incarnation: Int64) {
    self.incarnation = incarnation
  }

  /// What is to be sent next.
  public struct Batch: Sendable {
    /// Oldest first.
    public var placements: [PlacementReport]
    /// Forgotten placements: a tombstone lets the bus forget what was reported of them.
    public var buried: [UUID]
    /// The heartbeat, when one waits.
    public var agent: AgentStatus?
  }

  /// Adds a report, replacing an older one of the same placement.
  public mutating func add(_ report: PlacementReport) {
    if !buried.isEmpty { buried.removeAll { $0 == report.placement } }
    if waiting.updateValue(report, forKey: report.placement) == nil { order.append(report.placement) }
  }

  /// Adds a heartbeat, replacing an older one.
  public mutating func add(_ status: AgentStatus) {
    agent = status
  }

  /// Forgets a placement: its report goes no more, and a tombstone goes in its place.
  public mutating func forget(_ placement: UUID) {
    waiting[placement] = nil
    if !buried.contains(placement) { buried.append(placement) }
  }

  /// Takes up to `limit` reports, as many tombstones, both oldest first, and the heartbeat; nil when nothing waits.
  public mutating func take(limit: Int) -> Batch? {
    guard incarnation != nil, !order.isEmpty || !buried.isEmpty || agent != nil else { return nil }
    let taken = order.prefix(limit)
    let reports = taken.compactMap { waiting.removeValue(forKey: $0) }
    order.removeFirst(taken.count)
    let tombstones = Array(buried.prefix(limit))
    buried.removeFirst(tombstones.count)
    defer { agent = nil }
    return Batch(placements: reports, buried: tombstones, agent: agent)
  }

  /// Notes what the bus has acknowledged.
  public mutating func acknowledge(_ report: ObservedState, partition: Int32, offset: Int64) {
    sent.setReport(report.placement, incarnation: report.incarnation, sequence: report.sequence)
    reach(offset, of: partition)
  }

  /// Notes that the bus has acknowledged a tombstone: nothing counts as reported of the placement.
  public mutating func acknowledge(buried placement: UUID, partition: Int32, offset: Int64) {
    sent.remove(placement)
    reach(offset, of: partition)
  }

  /// The last one counts, not the highest: a topic that was made anew begins at nought. Of what had to be sent twice
  /// the client library may know none, and says a negative one.
  private mutating func reach(_ offset: Int64, of partition: Int32) {
    guard offset >= 0 else { return }
    while offsets.count <= Int(partition) { offsets.append(0) }
    offsets[Int(partition)] = offset + 1
  }

  /// Puts back what the bus did not take, reports and tombstones in their order and before all others, unless something newer
  /// waits.
  public mutating func giveBack(
    _ reports: [PlacementReport], buried tombstones: [UUID] = [], agent status: AgentStatus? = nil
  ) {
    agent = agent ?? status
    let wanted = reports.filter { waiting[$0.placement] == nil && !buried.contains($0.placement) }
    buried.insert(contentsOf: tombstones.filter { waiting[$0] == nil && !buried.contains($0) }, at: 0)
    for report in wanted { waiting[report.placement] = report }
    order.insert(contentsOf: wanted.map(\.placement), at: 0)
  }

  /// The observation for a report, with the next sequence number.
  public mutating func stamp(_ report: PlacementReport, at now: Timestamp) -> ObservedState {
    sequence += 1
    return report.stamped(incarnation: incarnation ?? 0, sequence: sequence, at: now)
  }

  /// The heartbeat with its incarnation, the next sequence number, and digests of all that the bus has acknowledged so far.
  public mutating func stamp(_ status: AgentStatus) -> AgentStatus {
    sequence += 1
    var status = status
    status.incarnation = incarnation ?? 0
    status.sequence = sequence
    status.reports = ReportDigests(count: sent.count, offsets: offsets, buckets: sent.buckets)
    return status
  }
}
