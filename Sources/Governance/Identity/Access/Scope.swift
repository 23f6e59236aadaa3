/// How far what a route grants to a caller reaches: everything, or what belongs to some operators and projects.
public enum Scope: Sendable, Hashable {
  /// Whatever there is.
  case everything
  /// Only what one of these operators runs, or what is one of these projects'.
  case own(operators: Set<String>, projects: Set<String>)

  /// Whether what is of this operator is within reach.
  public func covers(operator name: String?) -> Bool {
    guard case .own(let operators, _) = self else { return true }
    return name.map(operators.contains) ?? false
  }

  /// Whether what is of this project is within reach.
  public func covers(project name: String) -> Bool {
    guard case .own(_, let projects) = self else { return true }
    return projects.contains(name)
  }
}
