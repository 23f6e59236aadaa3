import AsyncHTTPClient
import Contract
import Foundation
import Model
import NIOCore
import NIOHTTP1
import Postgres
import TestSupport
import Testing

extension SystemSuite {
  /// More ask at the same time than there is room for.
  @Suite(.timeLimit(.minutes(6))) struct CrowdTests {}
}

extension SystemSuite.CrowdTests {
  private struct Wish: Sendable {
    let project: Resource<ProjectSpec>
    let cpu: Int64
  }

  @Test func `64 writers at two instances fill a nearly full cluster, and never more than that`() async throws {
    try await SystemUnderTest.run { system in
      let instances = [
        try await system.startGovernance(as: "governance-1"), try await system.startGovernance(as: "governance-2"),
      ]
      _ = try await system.startAgent()
      let api = instances[0].api
      try await system.declareOffer(to: api)
      // What is held for somebody leaves 44 of 64.
      let answer = try await api.send(
        .POST, "/api/v1/reservations", body: try TestAPI.body(Offered.project("attente", cpu: 20)),
        headers: ["idempotency-key": "attente"])
      let held: ReservationAnswer = try answer.decode()
      let reservation = try #require(held.reservation).id.uuidString.lowercased()
      let wishes = (0..<64).map { number in
        let cpu = Int64(1 + number % 3)
        return Wish(
          project: Offered.project("foule\(number)", cpu: cpu), cpu: ResourceAmounts(Offered.quota(cpu: cpu)).cpu)
      }
      let refused = try await Self.ask(wishes, instances)
      try #require(!refused.isEmpty && refused.count < wishes.count)

      // Nobody gives anything back: what is free in the end was free for each of those refused.
      try await Self.expect(refused, toHaveFoundNoRoomAt: api)
      try await api.waitUntilReady(wishes.count - refused.count)

      // The hold is given up, and its room comes back: each instance knows of it, and both together give it once.
      let cancelled = try await api.send(
        .POST, "/api/v1/reservations/\(reservation)/cancel", headers: ["idempotency-key": "fin"])
      try #require(cancelled.status == 200, "\(cancelled.text)")
      try #require(try await Self.free(api) >= 20_000)
      let again = try await Self.ask(refused, instances.reversed())
      try #require(again.count < refused.count)
      try await Self.expect(again, toHaveFoundNoRoomAt: api)
      try await api.waitUntilReady(wishes.count - again.count)
      try #require(try await system.count("SELECT count(*) FROM decisions") == Int64(65 + refused.count))
    }
  }

  /// Checks that no more is promised than there is, and that none of those refused would fit.
  private static func expect(_ refused: [Wish], toHaveFoundNoRoomAt api: TestAPI) async throws {
    let free = try await free(api)
    try #require(free >= 0, "more is promised than there is")
    for wish in refused {
      try #require(wish.cpu > free, "\(wish.project.name) was refused \(wish.cpu) with \(free) left")
    }
  }

  /// All at once, in turn at each instance.
  ///
  /// - Returns: those who were refused.
  private static func ask(_ wishes: [Wish], _ instances: [Governance]) async throws -> [Wish] {
    var configuration = HTTPClient.Configuration()
    configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = wishes.count
    let client = HTTPClient(configuration: configuration)
    do {
      let refused = try await withThrowingTaskGroup(of: Wish?.self) { group in
        for (number, wish) in wishes.enumerated() {
          let api = TestAPI(address: instances[number % instances.count].api.address, client: client)
          group.addTask { try await Self.isPlaced(wish, api) ? nil : wish }
        }
        return try await group.reduce(into: [Wish]()) { if let wish = $1 { $0.append(wish) } }
      }
      try await client.shutdown()
      return refused
    } catch {
      try await client.shutdown()
      throw error
    }
  }

  private static func isPlaced(_ wish: Wish, _ api: TestAPI) async throws -> Bool {
    let (key, body) = (UUID().uuidString, try TestAPI.body(wish.project))
    var last: TestAPI.Answer?
    // They wait for each other, with few connections: who is told that it took too long asks again, with his key.
    try await eventually("\(wish.project.name) is answered") {
      let answer = try await api.send(.POST, "/api/v1/placements", body: body, headers: ["idempotency-key": key])
      last = answer
      return answer.status != 503
    }
    let decision: DecisionView = try #require(last).decode()
    return decision.decision.placed
  }

  /// What may still be promised of processors.
  private static func free(_ api: TestAPI) async throws -> Int64 {
    let capacity = try #require(try await api.capacity().first)
    return capacity.limit.cpu - capacity.committed.cpu
  }
}
