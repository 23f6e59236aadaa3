import Events
import Foundation
import Kafka
import KafkaMock
import Model
import Placement
import Store
import TestSupport
import Testing

@testable import Server

/// An agent that is not heard any more, or never was, as the status consumer finds it.
@Suite(.timeLimit(.minutes(5)))
struct SilenceTests {
  /// As long a time between looks as a busy machine needs: what takes three times as long does not count.
  private static let fast = SilenceCount.Pace(interval: .milliseconds(500), portion: .milliseconds(200))

  private static func consumer(_ fixture: ServerFixture) throws -> StatusConsumerService {
    var service = try fixture.status()
    service.silence = fast
    return service
  }

  private static func heartbeat(_ sequence: Int64) throws -> KafkaMessage {
    let status = AgentStatus(
      zone: "z0", incarnation: 1, sequence: sequence, version: "1", at: Timestamp(Date()), snapshotComplete: true,
      clusters: [])
    let event = try BusCodec.event(agent: status, source: "/test", id: UUID().uuidString, time: Timestamp(Date()))
    return KafkaMessage(
      topic: Topics.observed(zone: "z0"), key: Topics.key(agentOf: "z0"), value: event.data,
      headers: event.headers.map { KafkaHeader($0.name, $0.value) })
  }

  private static func silence(_ fixture: ServerFixture) async throws -> Duration? {
    try await fixture.store.agents().first?.silence
  }

  @Test func `silence grows while everything is read, begins anew with a heartbeat, and rests while the bus is away`()
    async throws
  {
    try await ServerFixture.run { fixture in
      try await fixture.with(try Self.consumer(fixture)) {
        try await fixture.send([try Self.heartbeat(1)])
        let grows = try await eventually { try await Self.silence(fixture) ?? .zero > .seconds(1) }
        #expect(grows)
        try await fixture.send([try Self.heartbeat(2)])
        let isHeard = try await eventually { try await fixture.store.agents().first?.status.sequence == 2 }
        #expect(isHeard)
        let growsAgain = try await eventually { try await Self.silence(fixture) ?? .zero > .milliseconds(200) }
        #expect(growsAgain)
        try await fixture.mock.setDown()
        // What is under way when it goes is told still.
        var before = try #require(try await Self.silence(fixture))
        for _ in 0..<15 {
          try await Task.sleep(for: .seconds(2))
          let now = try #require(try await Self.silence(fixture))
          if now == before { break }
          before = now
        }
        try await Task.sleep(for: .seconds(3))
        #expect(try await Self.silence(fixture) == before)
        try await fixture.mock.setUp()
        let goesOn = try await eventually { try await Self.silence(fixture) ?? .zero > before }
        #expect(goesOn)
      }
    }
  }

  @Test func `a zone that is never heard takes nothing new, and does once it is heard`() async throws {
    try await ServerFixture.run { fixture in
      var policy = try #require(try await fixture.store.policyInForce()).spec
      policy.heartbeatLimitSeconds = 10
      _ = try await fixture.store.put(.policy(Resource("regie", policy)), context: someone)
      let kept = try await fixture.place("alpha")
      try await fixture.with(try Self.consumer(fixture)) {
        let wish = PlacementRequest(project: Offered.project("beta"))
        #expect(try await fixture.store.preview(wish).outcome == .placed)
        let isRefused = try await eventually(within: .seconds(120)) {
          try await fixture.store.preview(wish).outcome == .unplaceable
        }
        #expect(isRefused)
        try await fixture.send([try Self.heartbeat(1)])
        let isPlaced = try await eventually { try await fixture.store.preview(wish).outcome == .placed }
        #expect(isPlaced)
      }
      #expect(try await fixture.store.placement(kept.spec.id).spec == kept.spec)
    }
  }
}
