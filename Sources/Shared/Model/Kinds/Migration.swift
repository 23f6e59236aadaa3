public import Foundation

/// A move of a project's placements to other clusters.
public struct MigrationSpec: ResourceSpec {
  /// The kind that this is the spec of.
  public static let kind = Kind.migration

  /// One placement's move.
  public struct Move: Codable, Sendable, Hashable {
    /// The placement that is to go.
    public var source: UUID
    /// The cluster it goes to; the engine chooses where absent.
    public var targetCluster: String?

    /// A move.
    public init(source: UUID, targetCluster: String? = nil) {
      self.source = source
      self.targetCluster = targetCluster
    }
  }

  /// The project's name.
  public var project: String
  /// Why; never empty.
  public var motive: String
  /// At least one.
  public var moves: [Move]

  /// A migration.
  public init(project: String, motive: String, moves: [Move]) {
    self.project = project
    self.motive = motive
    self.moves = moves
  }
}
