import Events
import Foundation
import Model
import Postgres
import Store
import Subjects
import TestSupport

/// From a decision to its namespace, and the report of that back in the database; at a given rate, whether or not the
/// system keeps up (an open loop), with the real programs and a real API server.
///
/// A placement's time begins at `decided_at`, which the database's clock gives inside the decision's transaction, so the
/// commit is counted. It ends when this process hears of the committed report, so that commit is counted as well. The
/// stages between are cut where governance and the agent take the time anyway. All clocks are this machine's.
struct EndToEnd {
  let rate: Double
  let count: Int
  /// Where the samples go, if anywhere.
  let file: String?
  /// Placed before, and left out: connections are made, statements prepared and the offer loaded by then.
  private static let warmUps = 10

  func measure(into figures: Figures) async throws {
    guard KubernetesServer.hasControllerManager else {
      throw BenchError("e2e needs a real API server and its controller manager: make kube, or set KUBEBUILDER_ASSETS")
    }
    Console.subject(of: "e2e", clusters: 1, rules: 0, environments: 1)
    let surroundings = try await Surroundings()
    Console.note("API server: kube-apiserver with etcd and controller manager, starting")
    let kubernetes = try await KubernetesServer.start()
    Console.note("API server: \(try await Self.version(of: kubernetes))")
    let governance = try await surroundings.startGovernance()
    for resource in Offered.resources(zone: surroundings.zone, clusters: ["c1"]) { try await governance.put(resource) }
    let watch = try await ReportWatch.install(in: surroundings.database)
    let agent = try await surroundings.startAgent(clusters: "c1=\(kubernetes.adminKubeconfigPath)")
    let samples = try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { await watch.follow() }
      defer { group.cancelAll() }
      try await place(Self.warmUps, named: "warmup", at: governance, until: watch)
      Console.note("\(count) placements at \(rate)/s")
      let answers = try await place(count, named: "project", at: governance, until: watch)
      figures.add("e2e.answer", Distribution(microseconds: answers))
      return try await Samples.read(watch, from: surroundings.database, namedLike: "project%")
    }
    guard samples.count == count else {
      throw BenchError("\(samples.count) of \(count) placements can be accounted for")
    }
    report(samples, to: figures)
    if let file { try Data(Samples.csv(samples).utf8).write(to: URL(fileURLWithPath: file)) }
    try await agent.program.stop()
    try await governance.program.stop()
    try await surroundings.end()
  }

  /// Asks for so many placements, each at its own moment, and waits until all are ready.
  ///
  /// - Returns: How long each answer took from the moment it was due, in microseconds.
  @discardableResult
  private func place(
    _ count: Int, named prefix: String, at governance: Service, until watch: ReportWatch
  ) async throws -> [Int64] {
    let start = ContinuousClock.now
    let before = watch.readyCount
    let answers = try await withThrowingTaskGroup(of: Int64.self) { group in
      for number in 0..<count {
        let due = start + .microseconds(Int64(Double(number) / rate * 1_000_000))
        group.addTask {
          try await Task.sleep(until: due, tolerance: .zero, clock: .continuous)
          try await governance.place(Offered.project("\(prefix)\(number)"))
          return Int64((ContinuousClock.now - due) / .microseconds(1))
        }
      }
      group.addTask {
        while !Task.isCancelled, watch.readyCount - before < count {
          try? await Task.sleep(for: .seconds(5))
          Console.note("  \(watch.readyCount - before)/\(count) ready")
        }
        return -1
      }
      defer { group.cancelAll() }
      var answers: [Int64] = []
      while answers.count < count, let answer = try await group.next() { if answer >= 0 { answers.append(answer) } }
      try await governance.wait("\(count) placements are ready") { watch.readyCount - before >= count }
      return answers
    }
    return answers
  }

  private func report(_ samples: [Sample], to figures: Figures) {
    func times(_ path: (Sample) -> Int64) -> Distribution { Distribution(microseconds: samples.map(path)) }
    figures.add("e2e", times { $0.stored.microseconds(since: $0.decided) })
    figures.add("e2e.relay", times { $0.published.microseconds(since: $0.decided) })
    figures.add("e2e.bus", times { $0.received.microseconds(since: $0.published) })
    figures.add("e2e.apply", times { $0.applied.microseconds(since: $0.received) })
    figures.add("e2e.status", times { $0.stored.microseconds(since: $0.applied) })
    figures.add("e2e.ready", times { $0.ready.microseconds(since: $0.decided) })
  }

  private static func version(of server: KubernetesServer) async throws -> String {
    guard let curl = ChildProcess.locate("curl") else { return "version unknown" }
    let answer = try await ChildProcess.run(
      curl,
      ["-sf", "--cacert", server.caPath, "-H", "Authorization: Bearer \(server.adminToken)", "\(server.url)/version"])
    struct Version: Decodable { var gitVersion: String }
    return "Kubernetes \(try JSONDecoder().decode(Version.self, from: Data(answer.utf8)).gitVersion)"
  }
}
