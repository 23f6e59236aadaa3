import Model
import Placement

/// A project that something is moved of.
struct MovingProject {
  let placed: PlacedProject
  /// The numbers of its movers.
  let movers: Range<Int>
  /// What stays where it is, and may.
  let stayers: [PlacedProject.Replica]
  /// The number of its structure.
  let structure: Int

  var name: String { placed.project.name }
}
