import Subjects

/// How long it takes to work out what a proposed policy would change, on one core; and what questions notice of it.
struct ImpactFigures {
  func measure(into figures: Figures) async throws {
    let inputs = try ImpactInputs(placements: 50_000)
    let started = ContinuousClock.now
    let found = inputs.work()
    let spent = ContinuousClock.now - started
    Console.note(
      "\(found.nonCompliant) of \(found.placements) placements would not comply, \(found.regionChanges) projects would be "
        + "better elsewhere, \(found.migrations) migrations")
    figures.add("impact.seconds", spent / .seconds(1), "s")
    try await ImpactQueries().measure(into: figures)
  }
}
