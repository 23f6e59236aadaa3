import Subjects

/// How fast the engine decides, on the offer of the demo and on one eight times as large.
struct EngineFigures {
  private static let duration: Duration = .seconds(2)

  func measure(into figures: Figures) throws {
    for copies in [1, 8] {
      let inputs = try EngineInputs(copies: copies)
      figures.add("engine.decisions.\(inputs.clusters)-clusters", rate(inputs), "1/s")
    }
  }

  /// Decisions per second of one core; every project of the demo in turn.
  private func rate(_ inputs: EngineInputs) -> Double {
    var decisions = 0
    let started = ContinuousClock.now
    var spent = Duration.zero
    while spent < Self.duration {
      for request in inputs.requests { inputs.decide(request) }
      decisions += inputs.requests.count
      spent = .now - started
    }
    return Double(decisions) / (spent / .seconds(1))
  }
}
