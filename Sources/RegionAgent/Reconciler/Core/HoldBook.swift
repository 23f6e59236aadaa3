internal import Events

/// What of a placement's objects waits by itself, so that the others need not wait with it: what the API server refuses for
/// good, and what something else changes again and again.
struct HoldBook: Sendable {
  private struct Refusal: Sendable {
    var failure: ApplyFailure
    var failures: Int
    var wait: PlacementMachine.Wait
  }

  private var refusals: [ObjectRef: Refusal] = [:]
  private var paces: [ObjectRef: CorrectionPace] = [:]
  private var contests: [ObjectRef: ContestWindow] = [:]
  private var contested: Set<ObjectRef> = []
  /// What was applied once as it is wanted now, whatever became of the others.
  private var delivered: Set<ObjectRef> = []

  /// Whether corrections of an object were slowed down, and none has held since.
  var isContested: Bool { !contested.isEmpty }

  /// Until when something counts as changed again and again where nothing more is corrected; nil where nothing does.
  func contestEnd(at now: Timestamp) -> Timestamp? { contests.values.compactMap { $0.end(at: now) }.max() }

  /// Why an object is refused, the first in the order of application; nil where none is.
  var failure: ApplyFailure? {
    refusals.min { ($0.key.kind, $0.key.name) < ($1.key.kind, $1.key.name) }?.value.failure
  }

  /// Whether the object was refused when it was last applied.
  func isRefused(_ ref: ObjectRef) -> Bool { refusals[ref] != nil }

  /// Whether the object was in place once as it is wanted now.
  func isDelivered(_ ref: ObjectRef) -> Bool { delivered.contains(ref) }

  /// Takes in how an order of what is wanted now ended. Who is refused again waits longer.
  mutating func note(_ outcome: ApplyOutcome, at now: Timestamp) {
    for object in outcome.applied {
      refusals[object.ref] = nil
      delivered.insert(object.ref)
    }
    for (ref, failure) in outcome.refused {
      let failures = (refusals[ref]?.failures ?? 0) + 1
      refusals[ref] = Refusal(
        failure: failure, failures: failures,
        wait: PlacementMachine.Wait(
          since: now,
          until: Timestamp(microseconds: now.microseconds + Backoff.microseconds(after: failure, failures: failures)),
          endsWithNamespace: false))
    }
  }

  /// Until when an object waits; nil where it may be applied now, which counts as done.
  ///
  /// - Parameter isPaced: whether it was in place once, so that a difference is a change to be put back.
  mutating func hold(_ ref: ObjectRef, isPaced: Bool, at now: Timestamp) -> Timestamp? {
    if let refusal = refusals[ref] { return refusal.wait.isOver(at: now) ? nil : refusal.wait.until }
    guard isPaced else { return nil }
    guard let until = paces[ref, default: CorrectionPace()].hold(at: now) else {
      contests[ref, default: ContestWindow()].count(at: now)
      return nil
    }
    contested.insert(ref)
    return until
  }

  /// Only these differ: the others are as wanted, whoever made them so.
  mutating func keep(_ differing: Set<ObjectRef>) {
    if !refusals.isEmpty { refusals = refusals.filter { differing.contains($0.key) } }
    contested.formIntersection(differing)
  }

  /// The object is gone: what it was refused for may have gone with it. A namespace takes along what lies in it.
  mutating func forget(_ ref: ObjectRef) {
    if ref.kind == .namespace { refusals = [:] } else { refusals[ref] = nil }
  }

  /// Another form of the object is wanted.
  mutating func expectOther(_ ref: ObjectRef) { delivered.remove(ref) }

  /// Another state is wanted, of these objects. How often one was corrected of late stays known.
  mutating func begin(with objects: Set<ObjectRef>) {
    (refusals, contested, delivered) = ([:], [], [])
    paces = paces.filter { objects.contains($0.key) }
    contests = contests.filter { objects.contains($0.key) }
  }
}
