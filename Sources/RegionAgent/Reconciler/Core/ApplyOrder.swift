public import Foundation

/// Objects to apply on the placement's cluster.
public struct ApplyOrder: Sendable, Hashable {
  /// The placement.
  public var placement: UUID
  /// Comes back with the outcome.
  public var attempt: Int
  /// In the order of application; a Namespace is finished before anything in it begins.
  public var objects: [ManagedObject]
  /// Whether the namespace was seen with this placement's label. Where it was not, the shell looks before it writes,
  /// and never takes over a namespace that someone else made.
  public var namespaceIsOurs: Bool
  /// The `uid` of the namespace that was last seen as ours. It stays ours when someone takes its label off.
  public var namespaceUID: String?
  /// By object, the `uid` of the one that was last seen: what is written by force is written to that one, or looked at before.
  public var uids: [ObjectRef: String]
  /// By object, the body of a merge patch that takes away what an apply leaves of another phase, where such was seen. It goes
  /// first: what was seen so does not stand beside the mark of the new revision, whatever ends the agent between the two. What bears
  /// the former mark lacks it until the apply comes.
  public var clearances: [ObjectRef: ObjectTree]
  /// Whether the namespace may be made. One that is to be removed is only marked: that it is gone meanwhile is the aim.
  public var mayCreateNamespace: Bool
  /// Whether the namespace is another's (mode `adopt`): fields that others apply are left to them.
  public var isGuest: Bool

  /// An order.
  public init(
    placement: UUID, attempt: Int, objects: [ManagedObject], namespaceIsOurs: Bool, namespaceUID: String? = nil,
    uids: [ObjectRef: String] = [:], clearances: [ObjectRef: ObjectTree] = [:], mayCreateNamespace: Bool = true,
    isGuest: Bool = false
  ) {
    self.placement = placement
    self.attempt = attempt
    self.objects = objects
    self.namespaceIsOurs = namespaceIsOurs
    self.namespaceUID = namespaceUID
    self.uids = uids
    self.clearances = clearances
    self.mayCreateNamespace = mayCreateNamespace
    self.isGuest = isGuest
  }
}

/// How an order ended.
public struct ApplyOutcome: Sendable, Hashable {
  /// The objects as the API server answered them, also those before a failure.
  public var applied: [LiveObject]
  /// What stopped it, or stands in the way of all of it.
  public var failure: ApplyFailure?
  /// The objects that were refused by themselves, and why: none of the others in the namespace was held up by it.
  public var refused: [ObjectRef: ApplyFailure]

  /// An outcome.
  public init(applied: [LiveObject], failure: ApplyFailure? = nil, refused: [ObjectRef: ApplyFailure] = [:]) {
    self.applied = applied
    self.failure = failure
    self.refused = refused
  }

  /// All that went wrong.
  var failures: [ApplyFailure] {
    [failure].compactMap { $0 }
      + refused.sorted { ($0.key.kind, $0.key.name) < ($1.key.kind, $1.key.name) }.map(\.value)
  }
}

/// Why an order could not be carried out.
public struct ApplyFailure: Error, Sendable, Hashable {
  /// The kind; its raw value is the condition's reason.
  public enum Kind: String, Sendable, CaseIterable {
    /// Another manager owns a field.
    case conflict = "Conflict"
    /// The agent's rights do not reach, or the cluster's admission refuses it.
    case forbidden = "Forbidden"
    /// The namespace belongs to someone else.
    case namespaceTaken = "NamespaceTaken"
    /// The namespace is not there, and it is not Régie's to make it.
    case namespaceMissing = "NamespaceMissing"
    /// An object that bears a name of Régie's is not this placement's.
    case objectTaken = "ObjectTaken"
    /// The namespace is being deleted.
    case terminating = "NamespaceTerminating"
    /// The namespace is not what it was when its removal was ordered.
    case changed = "NamespaceChanged"
    /// The namespace holds persistent volumes, and nobody said that they may go.
    case volumesHeld = "VolumesHeld"
    /// The topic does not hold what the zone's record says: nothing is deleted meanwhile.
    case busSuspect = "BusSuspect"
    /// The API server refuses the object itself.
    case invalid = "Invalid"
    /// The API server asks for patience.
    case throttled = "TooManyRequests"
    /// The API server does not answer, or answers with a fault of its own.
    case unavailable = "ClusterUnavailable"

    /// Whether it says something of one object only, until a person acts: the others can be applied all the same.
    public var isOfObject: Bool {
      switch self {
      case .conflict, .forbidden, .objectTaken, .invalid: true
      default: false
      }
    }

    /// Whether trying again soon is useless until a person acts.
    var isPermanent: Bool {
      switch self {
      case .forbidden, .namespaceTaken, .objectTaken, .volumesHeld, .invalid, .conflict: true
      case .namespaceMissing, .terminating, .changed, .busSuspect, .throttled, .unavailable: false
      }
    }
  }

  /// The kind.
  public var kind: Kind
  /// What the API server said, with the object at fault.
  public var message: String
  /// The least wait the API server asked for.
  public var retryAfterMicroseconds: Int64?

  /// A failure.
  public init(kind: Kind, message: String, retryAfterMicroseconds: Int64? = nil) {
    self.kind = kind
    self.message = message
    self.retryAfterMicroseconds = retryAfterMicroseconds
  }
}

/// Why a state is not acted on, although it is genuine.
public struct Refusal: Sendable, Hashable {
  /// One CamelCase word.
  public var reason: String
  /// What was found and what would be accepted.
  public var message: String
  /// Whether the operator's guard says so, which may have been another one when the state was accepted.
  public var isOfGuard: Bool

  /// A refusal.
  public init(reason: String, message: String, isOfGuard: Bool = false) {
    self.reason = reason
    self.message = message
    self.isOfGuard = isOfGuard
  }
}

/// Waits between attempts, before jitter, in microseconds.
enum Backoff {
  /// More patience than this is not granted, whatever the API server asks for.
  private static let longest: Int64 = 600_000_000

  /// The wait after a failure: what the API server asked for, or longer.
  static func microseconds(after failure: ApplyFailure, failures: Int) -> Int64 {
    let asked = min(failure.retryAfterMicroseconds ?? 0, longest)
    return max(asked, microseconds(afterFailures: failures, failure.kind))
  }

  /// 200 ms doubling to 30 s; what only a person can mend starts at 5 s and goes up to 5 min.
  static func microseconds(afterFailures failures: Int, _ kind: ApplyFailure.Kind) -> Int64 {
    let exponent = min(max(failures, 1) - 1, 12)
    let (first, most): (Int64, Int64) = kind.isPermanent ? (5_000_000, 300_000_000) : (200_000, 30_000_000)
    return min(first << exponent, most)
  }
}
