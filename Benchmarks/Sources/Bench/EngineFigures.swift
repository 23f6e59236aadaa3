import Subjects

/// How fast the engine decides: on the offer of the demo, on one eight times as large, and on one the size of the
/// country's. All on one core.
struct EngineFigures {
  private static let duration: Duration = .seconds(2)

  func measure(into figures: Figures) throws {
    for copies in [1, 8] {
      let inputs = try EngineInputs(copies: copies)
      Console.note(
        "subject of engine.decisions: \(inputs.clusters) clusters, \(inputs.rules) rules, the demo's projects")
      var decided = 0
      let rate = rate {
        for request in inputs.requests { inputs.decide(request) }
        decided += inputs.requests.count
        return decided
      }
      figures.add("engine.decisions.\(inputs.clusters)-clusters", rate, "1/s")
    }
    try measureNational(into: figures)
  }

  /// Three environments of one project in turn, 1000 clusters, 200 rules.
  private func measureNational(into figures: Figures) throws {
    Console.subject(of: "engine.plain, engine.explained and rejudge", clusters: 1000, rules: 200, environments: 3)
    let inputs = try NationalInputs()
    var (planned, placed) = (0, 0)
    let plain = rate {
      placed += inputs.plan(planned) ? 1 : 0
      planned += 1
      return planned
    }
    Console.note("\(placed * 100 / max(1, planned)) of 100 projects are placed")
    figures.add("engine.plain", plain, "1/s")
    var (explained, reasons, checksum) = (0, 0, 0)
    let full = rate {
      let seen = inputs.explain(explained)
      reasons += seen.reasons
      checksum ^= seen.checksum
      explained += 1
      return explained
    }
    Console.note("\(reasons / max(1, explained)) reasons read in each explanation (checksum \(checksum))")
    figures.add("engine.explained", full, "1/s")
    let rejudging = try RejudgingInputs(placements: 100_000)
    let started = ContinuousClock.now
    let standings = rejudging.rejudge()
    let spent = ContinuousClock.now - started
    Console.note(
      "\(standings.staying) of \(standings.judged) placements may stay, \(standings.placeable) have a best place")
    figures.add("rejudge.seconds", spent / .seconds(1), "s")
  }

  /// What is counted by `repeating`, per second.
  private func rate(repeating body: () -> Int) -> Double {
    var count = 0
    let started = ContinuousClock.now
    var spent = Duration.zero
    while spent < Self.duration {
      count = body()
      spent = .now - started
    }
    return Double(count) / (spent / .seconds(1))
  }
}
