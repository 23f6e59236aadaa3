import Events
import Model
import Placement

/// What a heartbeat changes of what is known of a cluster: pure.
struct FactsChange: Sendable, Hashable {
  /// How much the offer is concerned, and how soon.
  enum Weight: Sendable, Comparable {
    /// Not at all: only when something was found again.
    case nothing
    /// A little more was measured.
    case step
    /// More was measured, by a twentieth of what is declared at least.
    case rise
    /// Less was measured, or another thing was found: it binds at once.
    case urgent
  }

  /// A cluster as it is known.
  struct Known: Sendable {
    var cluster: String
    var conformity = StoredConformity()
    var capacity: StoredCapacity?
    var storedAt: Timestamp
    /// What its operator declares.
    var declared: ResourceAmounts
    /// Whether no more is offered than was measured.
    var isMeasured: Bool
    /// How long a measurement counts, in seconds.
    var longest: Int64

    /// What is known of the capacity, and since when. As with conformity: it is not to become young again whenever something
    /// else is written.
    fileprivate var heardCapacity: StoredCapacity? {
      var heard = capacity
      heard?.heardAt = capacity?.heardAt ?? storedAt
      return heard
    }
  }

  var cluster: String
  var conformity: StoredConformity
  var capacity: StoredCapacity?
  var weight: Weight

  /// One in so many of what is declared is worth a version of the offer.
  private static let share: Int64 = 20

  /// Nil where there is nothing to store.
  ///
  /// - Parameters:
  ///   - report: what the heartbeat says of the cluster; nil where it does not name it.
  ///   - moment: the heartbeat's, by the agent's clock.
  ///   - now: the centre's clock.
  ///   - withRises: whether what was measured more than before counts already.
  init?(
    _ known: Known, report: AgentStatus.ClusterStatus?, at moment: Timestamp, heardAt now: Timestamp, withRises: Bool
  ) {
    cluster = known.cluster
    conformity = known.conformity.merged(
      with: report?.conformity, at: moment, heardAt: now, storedAt: known.storedAt)
    let before = known.heardCapacity
    var next = Self.capacity(known, report: report, at: moment, heardAt: now)
    weight = .nothing
    if known.isMeasured {
      weight = Self.weight(of: next?.amounts, after: before?.amounts, declared: known.declared)
      if weight == .rise || weight == .step, !withRises {
        weight = .nothing
        // A first measurement waits as a whole; of another, its moment does not.
        if let before { next?.amounts = before.amounts } else { next = nil }
      }
    }
    if conformity.findings != known.conformity.findings { weight = .urgent }
    // That a measurement still holds is written down now and then only.
    if let before, let later = next, later.amounts == before.amounts, later != before,
      abs(now.microseconds(since: before.heardAt ?? known.storedAt)) / 250_000 < known.longest
    {
      next = before
    }
    capacity = next
    guard conformity != known.conformity || capacity != known.capacity else { return nil }
  }

  /// What counts of a cluster's capacity once a heartbeat was heard, before it is asked whether more than before does already:
  /// what it reports, or else what is known, where that is not too old.
  static func capacity(
    _ known: Known, report: AgentStatus.ClusterStatus?, at moment: Timestamp, heardAt now: Timestamp
  ) -> StoredCapacity? {
    let before = known.heardCapacity
    var next = before
    if let reported = report?.capacity {
      next = StoredCapacity(reported, declared: known.declared, heardAt: now)
      if let before, before.asOf == reported.asOf { next?.heardAt = before.heardAt }
    }
    return next.flatMap {
      $0.counts(at: moment, heardAt: now, storedAt: known.storedAt, within: known.longest) ? $0 : nil
    }
  }

  private static func weight(
    of new: ResourceAmounts?, after old: ResourceAmounts?, declared: ResourceAmounts
  ) -> Weight {
    guard new != old else { return .nothing }
    guard let new else { return .urgent }
    guard let old else { return .rise }
    let resources = CountedResource.allCases
    if resources.contains(where: { new[$0] < old[$0] }) { return .urgent }
    let isRise = resources.contains { resource in
      // An earlier program has stored whatever an agent said: more than a number can hold may lie between the two.
      let (more, overflow) = new[resource].subtractingReportingOverflow(old[resource])
      return overflow || more >= max(1, declared[resource] / share)
    }
    return isRise ? .rise : .step
  }
}
