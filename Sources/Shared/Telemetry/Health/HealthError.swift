/// A mistake in how checks are declared.
public enum HealthError: Error, Hashable, CustomStringConvertible {
  /// Two owners would overwrite each other's reports.
  case duplicateCheck(String)

  /// What to do about it.
  public var description: String {
    switch self {
    case .duplicateCheck(let name): "health check '\(name)' is already registered; each check needs its own name"
    }
  }
}
