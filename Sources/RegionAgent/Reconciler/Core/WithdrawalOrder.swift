public import Events
public import Foundation

/// The removal of what is Régie's in a namespace that is another's, or only a look whether it is gone.
///
/// The shell looks at each object again before it deletes it: it must bear this placement's label and the mark of this
/// very version, and be the one that was seen. It is then deleted on condition that nobody has written to it since that
/// look.
public struct WithdrawalOrder: Sendable, Hashable {
  /// An object that bears one of Régie's names.
  public struct Target: Sendable, Hashable {
    /// Which object.
    public var ref: ObjectRef
    /// The `uid` of the marked object that may be deleted; nil where nothing may, and the shell only looks.
    public var uid: String?

    /// A target.
    public init(ref: ObjectRef, uid: String?) {
      self.ref = ref
      self.uid = uid
    }
  }

  /// The placement.
  public var placement: UUID
  /// Comes back with the outcome.
  public var attempt: Int
  /// The state that asks for the removal.
  public var version: StateVersion
  /// The namespace.
  public var namespace: String
  /// In the order of deletion: the quota goes last, since it is what was decided on.
  public var targets: [Target]

  /// An order.
  public init(placement: UUID, attempt: Int, version: StateVersion, namespace: String, targets: [Target]) {
    self.placement = placement
    self.attempt = attempt
    self.version = version
    self.namespace = namespace
    self.targets = targets
  }
}
