/// Why something is moved.
public enum MoveMotive: String, Codable, Sendable, CaseIterable {
  /// It does not comply any more where it is.
  case finding
  /// An operator or a region leaves.
  case departure
  /// A cluster is too full.
  case capacity
  /// The project asks for it.
  case wish
  /// The place is lost: nothing lives there that the disruption budget of a project could protect.
  case disaster
}
