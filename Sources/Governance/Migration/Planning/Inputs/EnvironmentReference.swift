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

  /// By project, then by environment.
  public static func < (left: Self, right: Self) -> Bool {
    (left.project, left.environment) < (right.project, right.environment)
  }
}
