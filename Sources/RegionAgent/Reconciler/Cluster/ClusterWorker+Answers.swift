public import Events
internal import Foundation
internal import Kubernetes
internal import Model

/// What the centre is answered of the cluster beside reports of what changes (protocol rule 15).
extension ClusterWorker {
  /// Reports again what was last reported of the placements in these buckets of ``DigestBook``.
  ///
  /// - Returns: Of how many.
  public func reportAgain(buckets: Set<Int>) -> Int {
    let reports = machines.filter { buckets.contains(DigestBook.bucket(of: $0.key)) }.compactMap(
      \.value.machine.lastReport)
    for report in reports.sorted(by: { $0.placement.uuidString < $1.placement.uuidString }) { submit(report) }
    return reports.count
  }

  /// Whether the cluster is the agent's home, which remembers also what was done on others.
  public nonisolated var isHome: Bool { memory.isHome }

  /// What lies or is remembered here of placements that no state has come for, where both are known: an orphan is left as it
  /// is, and told. What only home remembers is home's to tell: nothing says of which cluster it was. Nil while the cluster or
  /// its memory was not read.
  public var orphans: [AgentStatus.Orphan]? {
    guard isListed, let remembered else { return nil }
    var found: [UUID: AgentStatus.Orphan] = [:]
    for placement in rememberedHere where machines[placement] == nil {
      guard let memory = remembered[placement], memory.phase != .removed else { continue }
      found[placement] = AgentStatus.Orphan(placement: placement, cluster: name, remembered: memory.version)
    }
    for item in informers[.namespace]?.snapshot() ?? [] {
      guard let label = item.value.metadata.labels?[Labels.placement], let placement = UUID(uuidString: label),
        machines[placement] == nil
      else { continue }
      var orphan =
        found[placement]
        ?? AgentStatus.Orphan(placement: placement, cluster: name, remembered: remembered[placement]?.version)
      orphan.namespace = item.identity.name
      found[placement] = orphan
    }
    return found.values.sorted { $0.placement.uuidString < $1.placement.uuidString }
  }
}

extension PlacementMachine {
  /// What was last reported; nil while nothing was of the present revision.
  var lastReport: PlacementReport? { status.lastReport }
}
