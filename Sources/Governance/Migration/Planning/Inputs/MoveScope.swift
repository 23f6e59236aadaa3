public import Foundation

/// What is to be moved.
public enum MoveScope: Codable, Sendable, Hashable {
  /// All replicas of one environment.
  case environment(project: String, environment: String)
  /// All environments of a project.
  case project(String)
  /// Single placements, by their identifiers.
  case selection([UUID])
  /// Everything on some clusters. None of it comes back to one of them.
  case clusters([String])
  /// Everything in some regions. None of it comes back to one of them.
  case regions([String])
}
