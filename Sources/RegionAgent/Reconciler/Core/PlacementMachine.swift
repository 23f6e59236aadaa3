public import Events
public import Foundation

/// Keeps one placement on its cluster as decided: desired state and live objects in, orders and reports out.
///
/// It does no I/O and reads no clock. It holds no bodies of live objects, only whether each is as wanted, so that its
/// size does not grow with theirs.
public struct PlacementMachine: Sendable {
  /// What the machine learns.
  public enum Event: Sendable {
    /// A newer state, verified; `refusal` when it must not be acted on.
    case desired(DesiredState, publishedAt: Timestamp?, refusal: Refusal?)
    /// The cluster's objects were listed: what is not known by now is not there.
    case clusterListed
    /// An object as it is now.
    case live(LiveObject)
    /// An object is gone.
    case gone(ObjectRef)
    /// An order ended.
    case finished(attempt: Int, ApplyOutcome)
    /// A time asked for by ``Action/wake(at:)`` has come, or passed.
    case alarm
  }

  /// What the shell must do.
  public enum Action: Sendable, Hashable {
    /// Apply objects, in order of kind.
    case apply(ApplyOrder)
    /// Publish what is known; the shell adds incarnation and sequence.
    case report(PlacementReport)
    /// Send ``Event/alarm`` at this moment; the shell may add jitter.
    case wake(at: Timestamp)
  }

  /// What is known of one live object.
  struct Facts: Sendable, Hashable {
    var uid: String
    var resourceVersion: String
    var isAsWanted: Bool
    var isTerminating: Bool
    var isOurs: Bool
  }

  /// What is being done.
  enum Work: Sendable, Hashable {
    case idle
    case applying(attempt: Int)
    case waiting(until: Timestamp)
  }

  /// The placement.
  public let placement: UUID
  var desired: DesiredState?
  var objects: [ManagedObject] = []
  var refused: (state: DesiredState, refusal: Refusal)?
  var facts: [ObjectRef: Facts] = [:]
  var isListed = false
  var work = Work.idle
  var attempts = 0
  var failures = 0
  var pace = CorrectionPace()
  var drifts = DriftLog()
  var quota = QuotaStatus()
  var status = StatusBook()

  /// A machine that knows nothing yet.
  public init(placement: UUID) {
    self.placement = placement
  }

  /// The highest version seen, refused ones included.
  public var version: StateVersion? {
    [desired?.version, refused?.state.version].compactMap { $0 }.max()
  }

  /// The namespace that is kept, once a state was accepted.
  public var namespace: String? { desired?.namespace }

  /// Takes in one event at the moment `now`.
  public mutating func handle(_ event: Event, at now: Timestamp) -> [Action] {
    switch event {
    case .desired(let state, let publishedAt, let refusal):
      return takeDesired(state, publishedAt: publishedAt, refusal: refusal, at: now)
    case .clusterListed:
      isListed = true
      return advance(at: now)
    case .live(let object):
      return takeLive(object, at: now)
    case .gone(let ref):
      return takeGone(ref, at: now)
    case .finished(let attempt, let outcome):
      return takeOutcome(outcome, of: attempt, at: now)
    case .alarm:
      if case .waiting(let until) = work, until <= now { work = .idle }
      return advance(at: now)
    }
  }

  private mutating func takeDesired(
    _ state: DesiredState, publishedAt: Timestamp?, refusal: Refusal?, at now: Timestamp
  ) -> [Action] {
    if let version, state.version <= version { return [] }
    let timeline = ObservedState.Timeline(publishedAt: publishedAt, receivedAt: now)
    if let refusal {
      refused = (state, refusal)
      status.refuse(refusal, at: now, timeline: timeline)
      return [.report(report(on: state))]
    }
    refused = nil
    desired = state
    objects = DesiredObjects.render(state)
    for ref in facts.keys { facts[ref]?.isAsWanted = false }
    failures = 0
    if case .waiting = work { work = .idle }
    status.begin(revision: state.revision, at: now, timeline: timeline)
    return advance(at: now)
  }

  private mutating func takeLive(_ object: LiveObject, at now: Timestamp) -> [Action] {
    guard let wanted = objects.first(where: { $0.ref == object.ref }), isNews(object) else { return [] }
    let differences = note(object, wanted: wanted)
    if case .idle = work, isListed, status.isApplied, !differences.isEmpty, !object.isTerminating {
      drifts.note(differences, of: object, at: now)
    }
    return advance(at: now)
  }

  private mutating func takeGone(_ ref: ObjectRef, at now: Timestamp) -> [Action] {
    guard facts.removeValue(forKey: ref) != nil else { return [] }
    if case .idle = work, isListed, status.isApplied, objects.contains(where: { $0.ref == ref }) {
      drifts.noteDeletion(of: ref, at: now)
    }
    if ref.kind == .resourceQuota { quota = QuotaStatus() }
    return advance(at: now)
  }

  private mutating func takeOutcome(_ outcome: ApplyOutcome, of attempt: Int, at now: Timestamp) -> [Action] {
    guard work == .applying(attempt: attempt) else { return [] }
    work = .idle
    for object in outcome.applied {
      if let wanted = objects.first(where: { $0.ref == object.ref }), isNews(object) {
        _ = note(object, wanted: wanted)
      }
    }
    guard let failure = outcome.failure else {
      failures = 0
      return advance(at: now)
    }
    failures += 1
    status.fail(failure, at: now)
    let delay = max(failure.retryAfterMicroseconds ?? 0, Backoff.microseconds(afterFailures: failures, failure.kind))
    let until = Timestamp(microseconds: now.microseconds + delay)
    work = .waiting(until: until)
    return reportIfChanged(at: now) + [.wake(at: until)]
  }

  /// Kubernetes' versions are numbers in etcd; where they are not, an object counts as news.
  private func isNews(_ object: LiveObject) -> Bool {
    guard let known = facts[object.ref], known.uid == object.uid,
      let old = UInt64(known.resourceVersion), let new = UInt64(object.resourceVersion)
    else { return true }
    return new > old
  }

  private mutating func note(_ object: LiveObject, wanted: ManagedObject) -> [FieldDifference] {
    let differences = wanted.differences(from: object)
    facts[object.ref] = Facts(
      uid: object.uid, resourceVersion: object.resourceVersion, isAsWanted: differences.isEmpty,
      isTerminating: object.isTerminating,
      isOurs: object.labels[Labels.placement] == placement.uuidString.lowercased())
    if object.ref.kind == .resourceQuota { quota.note(object, wanted: wanted) }
    return differences
  }
}
