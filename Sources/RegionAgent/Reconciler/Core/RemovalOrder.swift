public import Events
public import Foundation

/// The removal of a placement's namespace, or only a look whether it is gone.
///
/// The shell looks again before it deletes: the namespace must bear this placement's label and the mark of this very
/// version, be the one that was seen, and hold no volume that must stay. It is then deleted on condition that nobody has
/// written to it since that look.
public struct RemovalOrder: Sendable, Hashable {
  /// The placement.
  public var placement: UUID
  /// Comes back with the outcome.
  public var attempt: Int
  /// The state that asks for the removal.
  public var version: StateVersion
  /// The namespace.
  public var namespace: ObjectRef
  /// The `uid` of the marked namespace that may be deleted; nil where nothing may, and the shell only looks.
  public var uid: String?
  /// Whether persistent volumes may go too.
  public var mayTakeVolumes: Bool

  /// An order.
  public init(
    placement: UUID, attempt: Int, version: StateVersion, namespace: ObjectRef, uid: String?, mayTakeVolumes: Bool
  ) {
    self.placement = placement
    self.attempt = attempt
    self.version = version
    self.namespace = namespace
    self.uid = uid
    self.mayTakeVolumes = mayTakeVolumes
  }
}

/// How a removal ended.
public enum RemovalOutcome: Sendable, Hashable {
  /// The placement has no namespace on the cluster.
  case gone
  /// The namespace is being deleted; its end will be seen.
  case going
  /// Not done, and why.
  case failed(ApplyFailure)

  var hasFailed: Bool { if case .failed = self { true } else { false } }
}
