import ArgumentParser
import Foundation
import Subjects

/// Measures Régie, part by part, and prints one line per figure: `bench NAME VALUE UNIT`.
@main
struct Bench: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench",
    abstract: "Measures Régie and prints one line per figure: bench NAME VALUE UNIT.",
    discussion: "Parts: \(Part.allCases.map { "\($0.rawValue) (\($0.summary))" }.joined(separator: "; ")).")

  @Argument(help: "What to measure; everything but the soak when nothing is named.")
  var parts: [Part] = []

  @Option(help: "Placements per second, for e2e.")
  var rate = 5.0

  @Option(help: "Placements measured, for e2e.")
  var placements = 200

  @Option(help: "Minutes of churn, for soak.")
  var minutes = 30.0

  @Flag(help: "For impact: also what a service and its questions notice of one by 200 rules; takes minutes more.")
  var national = false

  @Option(help: ArgumentHelp("Where to write the moments of every placement, as CSV, for e2e.", valueName: "file"))
  var samples: String?

  func validate() throws {
    guard (0.1...1000).contains(rate) else { throw ValidationError("--rate \(rate): 0.1 to 1000 is wanted") }
    guard (0.1...1440).contains(minutes) else { throw ValidationError("--minutes \(minutes): 0.1 to 1440 is wanted") }
    guard (1...5000).contains(placements) else {
      throw ValidationError("--placements \(placements): 1 to 5000 is wanted")
    }
  }

  func run() async throws {
    if try await HeldWorld.measure() { return }
    let figures = Figures()
    do {
      let parts = parts.isEmpty ? Part.usual : parts
      Console.note("machine: \(Machine.description)")
      for part in parts {
        Console.note("── \(part.rawValue): \(part.summary)")
        try await measure(part, into: figures)
      }
    } catch let error as BenchError {
      Console.note("bench: \(error)")
      throw ExitCode(1)
    }
  }

  private func measure(_ part: Part, into figures: Figures) async throws {
    switch part {
    case .engine: try EngineFigures().measure(into: figures)
    case .impact: try await ImpactFigures(isNational: national).measure(into: figures)
    case .batch: try BatchFigures().measure(into: figures)
    case .migrate: try MigrationFigures().measure(into: figures)
    case .query: try await QueryFigures().measure(into: figures)
    case .store: try await StoreFigures().measure(into: figures)
    case .centre: try await CentreFigures().measure(into: figures)
    case .e2e: try await EndToEnd(rate: rate, count: placements, file: samples).measure(into: figures)
    case .agent: try await AgentFigures().measure(into: figures)
    case .evacuate: try await EvacuationFigures().measure(into: figures)
    case .soak: try await Soak(minutes: minutes).measure(into: figures)
    }
  }
}

/// What can be measured apart.
enum Part: String, CaseIterable, ExpressibleByArgument {
  case engine, impact, batch, migrate, query, store, centre, e2e, agent, evacuate, soak

  /// What is measured when nothing is named.
  static let usual = allCases.filter { $0 != .soak }

  var summary: String {
    switch self {
    case .engine: "the decision engine in this process"
    case .impact:
      "what a proposed policy would change, in this process; and questions over HTTP while a server works that out"
    case .batch: "batches that are known to fit, placed at once in this process"
    case .migrate: "plans of evacuations that are known to fit, in this process, against bounds"
    case .query: "queries over HTTP against answers of the same size that were made beforehand"
    case .store: "decisions committed in this process against plain inserts, bytes per decision and per placement"
    case .centre: "decisions, relay and status consumer at full load, without clusters"
    case .e2e: "decision to namespace and back, at a given rate, with a real API server"
    case .agent: "the agent against a bare client of the same API server, at its start and at rest"
    case .evacuate: "two thousand environments leave a cluster, start to end, on simulated clusters"
    case .soak: "an agent with 2000 placements that change all the time, for half an hour; only when named"
    }
  }
}
