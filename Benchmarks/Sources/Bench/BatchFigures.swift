import Placement
import Subjects

/// How fast batches are placed, and how far from their bound, on offers that are known to hold them all.
struct BatchFigures {
  private static let projects = 1000

  func measure(into figures: Figures) throws {
    Console.subject(of: "batch", clusters: 1000, rules: 0, environments: 2)
    for fill: Int64 in [60, 80, 95] {
      // Nodes in proportion to the projects.
      let inputs = try BatchInputs(
        clusters: 1000, projects: Self.projects, fill: fill, nodeBudget: 100 * Self.projects, seed: 1)
      let started = ContinuousClock.now
      let answer = inputs.place()
      let seconds = (.now - started) / .seconds(1)
      figures.add("batch.projects_per_second.\(fill)-percent", Double(Self.projects) / seconds, "1/s")
      // Every project was given a place before the offer was made: the bound is all of them.
      figures.add("batch.gap.\(fill)-percent", Double(answer.bound.placed - answer.value.placed), "projects")
      figures.add(
        "batch.gap.one-by-one.\(fill)-percent", Double(answer.bound.placed - answer.oneByOne.placed), "projects")
      figures.add("batch.nodes_per_project.\(fill)-percent", Double(answer.nodes) / Double(Self.projects), "nodes")
    }
  }
}
