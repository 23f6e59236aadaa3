import Events
import Foundation
import Kubernetes
import Model
import NIOConcurrencyHelpers
import SimulatedCluster
import Testing

@testable import Agent
@testable import Reconciler

/// What an API server is asked for new placements: `apply.ratio` follows from it, and no clock is needed to see it.
@Suite(.timeLimit(.minutes(5)))
struct RequestBudgetTests {
  private static let numbers = 1...64 as ClosedRange<UInt8>
  private static let plurals = [
    "namespaces", "resourcequotas", "limitranges", "networkpolicies", "events", "configmaps", "pods",
  ]

  /// The kind of a request, such as `PATCH resourcequotas`.
  private static func kind(_ request: RecordedRequest) -> String {
    let parts = request.path.split(separator: "/").map(String.init)
    // To list and to watch is asked of a kind, not of one of its objects, and not for each placement.
    if request.method == "GET", let last = parts.last, plurals.contains(last) { return "LIST \(last)" }
    return "\(request.method) \(parts.last { plurals.contains($0) } ?? "others")"
  }

  @Test
  func `a new placement is an apply for each object, an Event, two reports, and little else`()
    async throws
  {
    // What is held up is waited for as long as that takes.
    try await AgentRig.with(callTimeout: .seconds(120)) { rig in
      try await rig.withAgent { seen in
        try await seen.agent("it lives") { $0.snapshotComplete && $0.clusters.first?.reachable == true }
        // The probes' own namespace and pods are asked for before, and not again today.
        try await seen.agent("it was probed") {
          $0.clusters.first?.conformity?.answers.allSatisfy { $0.result != .inconclusive } == true
        }
        let (_, asked) = try await rig.clusters[0].requests { try await Self.begin(rig, seen) }
        Self.judge(asked, reports: seen.placements.count)
      }
    }
  }

  private static func begin(_ rig: AgentRig, _ seen: Observations) async throws {
    // All but the first come while it is written down.
    let first = HeldRequest()
    rig.clusters[0].inject(.hold(first), method: "POST", path: "/api/v1/namespaces/regie-system/configmaps")
    try await rig.publish(AgentRig.state(numbers.lowerBound), isRecorded: false)
    await first.arrived()
    try await withThrowingTaskGroup(of: Void.self) { group in
      for number in numbers.dropFirst() {
        group.addTask { try await rig.publish(AgentRig.state(number), isRecorded: false) }
      }
      try await group.waitForAll()
    }
    try await seen.agent("all have come") { $0.clusters.first?.placements == numbers.count }
    first.release()
    try await eventually("all are ready") {
      Set(seen.placements.filter { $0.says(ConditionType.ready).hasPrefix("True") }.map(\.placement)).count
        == numbers.count
    }
  }

  private static func judge(_ asked: [RecordedRequest], reports: Int) {
    let count = numbers.count
    let kinds = Dictionary(grouping: asked, by: kind).mapValues(\.count)
    for (kind, number) in kinds.sorted(by: { $0.key < $1.key }) {
      print("requests per placement: \(kind) \(Double(number) / Double(count))")
    }
    #expect(kinds["GET namespaces"] == nil, "a namespace that is to be made is not looked at")
    for kind in ["PATCH namespaces", "PATCH resourcequotas", "PATCH limitranges"] {
      #expect(kinds[kind] == count, "\(kind)")
    }
    #expect(kinds["PATCH networkpolicies"] == 2 * count)
    #expect(kinds["POST events"] ?? 0 <= count)
    let reads = kinds["GET configmaps"] ?? 0
    let writes = (kinds["PUT configmaps"] ?? 0) + (kinds["POST configmaps"] ?? 0)
    #expect(reads < writes && reads + writes <= count / 2, "\(reads) readings of the memory, \(writes) writes")
    #expect(reports <= 2 * count)
  }

  @Test func `a memory that is known and not read again loses nothing of what others have written since`() async throws
  {
    let ids = (0...5 as ClosedRange<UInt8>).map { AgentRig.state($0).placement }
    let entry = try #require(PlacementMemory("1.1 active"))
    try await AgentRig.with { rig in
      let memory = ClusterMemory(client: rig.clients[0].client, namespace: "regie-system", zone: "z1")
      let first = try await memory.remember([ids[1]: entry], standing: [:])
      let (shards, asked) = try await rig.clusters[0].requests {
        try await memory.remember([ids[2]: entry], standing: [:], known: first.shards).shards
      }
      #expect(asked.map(\.method) == ["PUT"])
      // The first of these two is another writer's, to the second.
      for number in 3...4 as ClosedRange<UInt8> {
        _ = try await memory.remember([ids[Int(number)]: entry], standing: [:], known: shards)
      }
      #expect(Set(try await memory.recall().entries.keys) == Set(ids[1...4]))
      try await rig.clients[0].client.delete(ObjectPath(.configMaps, "regie-memory-z1-0", in: "regie-system"))
      _ = try await memory.remember([ids[5]: entry], standing: [ids[1]: entry], known: shards)
      #expect(Set(try await memory.recall().entries.keys) == [ids[1], ids[5]])
    }
  }
}
