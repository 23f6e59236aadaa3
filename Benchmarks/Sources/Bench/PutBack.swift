import Events
import Foundation
import Kubernetes
import Reconciler
import Subjects
import TestSupport

/// How long a change by hand lasts, over what the API server itself needs for a write.
struct PutBack {
  let stage: AgentStage
  private static let samples = 300

  /// One namespace after the other: each is changed once, so that nothing is taken for a fight.
  func measure(_ states: [DesiredState], by agent: Service, into figures: Figures) async throws {
    var server: [Int64] = []
    for state in states.prefix(Self.samples) { server.append(try await write(state.namespace)) }
    // What one write of the agent's takes is the server's, not the agent's.
    let writing = Distribution(microseconds: server)
    var lasting: [Int64] = []
    for state in states.prefix(Self.samples) { lasting.append(try await edit(state.namespace, agent)) }
    let times = Distribution(microseconds: lasting)
    figures.add("putback.server", writing)
    figures.add("putback.raw", times)
    figures.add("putback.p50", max(0, times.percentile(50) - writing.percentile(50)), "ms over a write")
    figures.add("putback.p99", max(0, times.percentile(99) - writing.percentile(99)), "ms over a write (aim: ≤ 100)")
  }

  /// A write of the same kind to an object that nobody minds.
  private func write(_ namespace: String) async throws -> Int64 {
    let started = ContinuousClock.now
    let path = ObjectPath(.resourceQuotas, "bench-quota", in: namespace)
    let quota = ResourceQuota(
      metadata: ObjectMeta(name: "bench-quota", namespace: namespace), spec: .init(hard: ["services": "7"]))
    try await stage.client.apply(quota, fieldManager: "bench")
    let took = ContinuousClock.now - started
    try await stage.client.delete(path)
    return Int64(took / .microseconds(1))
  }

  /// From the answer to the change until the value is as decided again.
  private func edit(_ namespace: String, _ agent: Service) async throws -> Int64 {
    let path = ObjectPath(.resourceQuotas, DesiredObjects.quotaName, in: namespace)
    let found = try await stage.client.get(path, as: ResourceQuota.self)
    let wanted = found.spec?.hard?["requests.cpu"]
    _ = try await stage.client.patch(path, merge: ["spec": ["hard": ["requests.cpu": "99"]]], as: ResourceQuota.self)
    let changed = ContinuousClock.now
    let limit = changed + .seconds(30)
    while try await stage.client.get(path, as: ResourceQuota.self).spec?.hard?["requests.cpu"] != wanted {
      guard ContinuousClock.now < limit else { throw BenchError("a change was not put back:\n\(agent.program.tail())") }
      try await Task.sleep(for: .milliseconds(2))
    }
    return Int64((ContinuousClock.now - changed) / .microseconds(1))
  }
}
