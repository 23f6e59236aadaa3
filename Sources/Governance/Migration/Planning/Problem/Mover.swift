import Foundation
import Placement

/// A placement that is to be moved.
struct Mover {
  /// The number of its project among the moving ones.
  let project: Int
  /// Its place among the movers of its project.
  let member: Int
  let id: UUID
  let existing: ExistingPlacement
  /// The site that it is on; nil where the offer does not hold it any more.
  let source: Int?
  let load: Load
  /// The number of its stage.
  let stage: Int
  let isProduction: Bool
  /// Where it may go, by all but room; ascending.
  let candidates: [Int]
  /// By candidate, what the engine prefers about it, without what depends on room.
  let preferences: [Int64]
  /// Whether the engine lets it stay where it is.
  let mayStay: Bool
  /// Whether it waits for something that no plan moves: then it may go nowhere.
  let isHeld: Bool

  /// What the environment is called.
  func reference(in project: String) -> EnvironmentReference {
    EnvironmentReference(project: project, environment: existing.environment)
  }
}
