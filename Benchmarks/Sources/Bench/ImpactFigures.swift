import Subjects

/// How long it takes to work out what a proposed policy would change, on one core; and what questions notice of it.
struct ImpactFigures {
  /// Whether the service is also asked on an offer and by a policy the size of the country's: that takes minutes more.
  let isNational: Bool

  func measure(into figures: Figures) async throws {
    let inputs = try ImpactInputs(placements: 50_000)
    Console.subject(of: "impact.seconds", clusters: 1000, rules: 200, environments: 3)
    let started = ContinuousClock.now
    let found = inputs.work()
    let spent = ContinuousClock.now - started
    Console.note(
      "\(found.nonCompliant) of \(found.placements) placements would not comply, \(found.regionChanges) projects would be "
        + "better elsewhere, \(found.migrations) migrations")
    figures.add("impact.seconds", spent / .seconds(1), "s")
    try await ImpactQueries(isNational: false).measure(into: figures)
    if isNational { try await ImpactQueries(isNational: true).measure(into: figures) }
  }
}
