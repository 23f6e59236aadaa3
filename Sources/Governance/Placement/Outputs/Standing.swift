/// Whether a replica may stay where it is, and where it would be best.
public struct Standing: Sendable, Hashable {
  /// The replica, as it was asked about.
  public var existing: ExistingPlacement
  /// Whether it may stay. A replica whose environment or place is not wanted or known any more may not.
  public var mayStay: Bool
  /// Why not, in the order of the codes; empty where it may stay, or where the project does not ask for it any more.
  public var reasons: [Reason]
  /// What keeps the chain that delivers to it from doing so, in the order of the codes: it may stay all the same where another one
  /// can. Empty where its chain is not known.
  public var chainReasons: [Reason] = []
  /// Where the engine would have it, all environments together; nil where there is no full assignment, or where the
  /// project does not ask for it any more.
  public var best: String?
}
