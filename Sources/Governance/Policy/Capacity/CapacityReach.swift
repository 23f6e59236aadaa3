/// What whoever asks may know of capacity.
public enum CapacityReach: Sendable, Hashable {
  /// Everything: the board, whoever administers, and whoever audits.
  case everything
  /// What is published, and everything of what these operators run.
  case own(operators: Set<String>)

  /// Whether what an operator keeps to itself is within reach.
  public func includesInternals(of name: String) -> Bool {
    switch self {
    case .everything: true
    case .own(let operators): operators.contains(name)
    }
  }
}
