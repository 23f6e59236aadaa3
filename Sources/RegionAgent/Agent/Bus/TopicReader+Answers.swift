import Events
import Logging
import NIOConcurrencyHelpers
import Reconciler

/// What the centre asks for in the zone's record, and what it is told of orphans (protocol rule 15).
extension TopicReader {
  /// Between two looks for orphans, which go through all that a cluster holds.
  private static let orphanInterval: Duration = .seconds(60)

  /// Reports again what the latest record of the zone asks this life of the agent for, once per request.
  func answerRequest() async {
    guard let request = feed.withLockedValue({ $0.zoneTrust.reportAgain }),
      request.incarnation == service.reporter.incarnation, isFirst(request)
    else { return }
    var count = 0
    for worker in service.workers { count += await worker.reportAgain(buckets: Set(request.buckets)) }
    service.logger.notice(
      "Reports are given again: the centre lacks some of them",
      metadata: ["placements": "\(count)", "buckets": "\(request.buckets.count)"])
  }

  /// What clusters hold of placements that the topic knows nothing of. A topic that is not what the zone's record says tells
  /// nothing of that.
  func orphans() async -> AgentStatus.Orphans? {
    guard feed.withLockedValue({ $0.zoneTrust.refusal }) == nil else { return nil }
    if let known = knownOrphans(within: Self.orphanInterval) { return known }
    var found: [AgentStatus.Orphan] = []
    var isWhole = true
    // Home comes last: it may remember of another cluster what that one tells better.
    for worker in service.workers.filter({ !$0.isHome }) + service.workers.filter({ $0.isHome }) {
      if let orphans = await worker.orphans { found += orphans } else { isWhole = false }
    }
    // A state may be for a cluster that the agent has none of, and its placement is known all the same.
    let orphans = feed.withLockedValue { [found] feed in
      AgentStatus.Orphans(found.filter { !feed.knows($0.placement) })
    }
    // A cluster that is away is looked at as soon as it is back.
    if isWhole { note(orphans) }
    return orphans
  }
}
