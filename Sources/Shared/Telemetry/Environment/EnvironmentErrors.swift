/// One variable that cannot be used as it is.
public struct EnvironmentError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The variable at fault.
  public let variable: String
  /// What was found; never the value of a secret.
  public let found: String
  /// What would be accepted.
  public let accepted: String

  /// Name, what was found, what would be accepted.
  public var description: String { "\(variable): found \(found); accepted: \(accepted)" }
}

/// Everything wrong with the environment, so that one start tells all.
public struct EnvironmentErrors: Error, Sendable, Hashable, CustomStringConvertible {
  /// In the order the variables are read; never empty.
  public let errors: [EnvironmentError]

  /// Name, what was found, what would be accepted.
  public var description: String {
    let lines = errors.map { "\n  \($0)" }.joined()
    return "the environment has \(errors.count == 1 ? "1 error" : "\(errors.count) errors"):\(lines)"
  }
}
