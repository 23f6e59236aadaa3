/// What an agent found a cluster's admission to do with pods that a rule of the offer forbids (protocol rule 21).
///
/// It is no value that a rule was never probed: that is not known, and what is not known is not declared.
public enum ConformityFinding: String, Codable, Sendable, CaseIterable {
  /// They are refused.
  case enforced = "Enforced"
  /// They are let in.
  case notEnforced = "NotEnforced"
  /// The probes said nothing. It is kept for people, and declares nothing: what is not known satisfies no restriction,
  /// whichever way round it is put.
  case inconclusive = "Inconclusive"

  /// The rules that are probed, as attributes name them: `conformity.root`.
  public static let rules = ["root", "unspecified-user", "capabilities", "host-path", "low-port"]

  /// What stands before a rule in an attribute's name.
  public static let prefix = "conformity."

  /// The value of the attribute that it declares; nil where it declares none.
  public var declared: String? { self == .inconclusive ? nil : rawValue }
}
