/// An environment of a project.
public struct EnvironmentReference: Codable, Sendable, Hashable, Comparable {
  /// The project's name.
  public var project: String
  /// The environment's name.
  public var environment: String

  /// A reference.
  public init(project: String, environment: String) {
    self.project = project
    self.environment = environment
  }

  /// Reads `project/environment`; nil where it is anything else.
  public init?(_ text: String) {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    guard parts.count == 2, !parts.contains("") else { return nil }
    self.init(project: parts[0], environment: parts[1])
  }

  /// By project, then by environment.
  public static func < (left: Self, right: Self) -> Bool {
    (left.project, left.environment) < (right.project, right.environment)
  }
}
