import Foundation
import Model
import Placement

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

/// The demo's offer, prepared for the engine, and its projects as requests.
struct EngineInputs: Sendable {
  let engine: Engine
  let requests: [DecisionRequest]
  let clusters: Int

  /// - Parameter copies: How often each cluster stands in the offer, under names of its own.
  init(copies: Int = 1) throws {
    let resources = try Examples.load()
    let multiplied = resources.flatMap { resource -> [AnyResource] in
      guard case .cluster(let cluster) = resource else { return [resource] }
      return (1...copies).map { .cluster(Resource($0 == 1 ? cluster.name : "\(cluster.name)-\($0)", cluster.spec)) }
    }
    let policies = resources.compactMap { if case .policy(let policy) = $0 { policy } else { nil } }
    guard let policy = policies.first, let day = CalendarDay(year: 2026, month: 6, day: 1) else {
      throw BenchError("Examples/ holds no policy")
    }
    let offer = Offer(multiplied)
    engine = Engine(offer: offer, policy: EffectivePolicy(version: 1, spec: policy.spec))
    clusters = offer.clusters.count
    requests = resources.compactMap { resource in
      guard case .project(let project) = resource else { return nil }
      return DecisionRequest(project: project, day: day, now: Date(timeIntervalSince1970: 1_780_000_000))
    }
  }

  /// Decides, and keeps the compiler from leaving it out.
  @inline(never)
  func decide(_ request: DecisionRequest) {
    withExtendedLifetime(engine.decide(request)) {}
  }
}

/// The repository's example offer, policy and projects.
enum Examples {
  static func load() throws -> [AnyResource] {
    // This file is Benchmarks/Sources/Bench/EngineFigures.swift.
    var root = URL(fileURLWithPath: #filePath)
    for _ in 0..<4 { root.deleteLastPathComponent() }
    let folder = root.appendingPathComponent("Examples")
    let files =
      FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil)?
      .compactMap { $0 as? URL }.filter { $0.pathExtension == "yaml" }.sorted { $0.path < $1.path } ?? []
    guard !files.isEmpty else { throw BenchError("\(folder.path) holds no YAML file") }
    return try files.flatMap { try ResourceDocument.decode(try Data(contentsOf: $0)) }
  }
}
