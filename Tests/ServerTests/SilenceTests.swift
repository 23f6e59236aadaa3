import Events
import Foundation
import Kafka
import KafkaMock
import Logging
import Metrics
import Model
import Placement
import Store
import Telemetry
import TestSupport
import Testing

@testable import Server

/// An agent that is not heard any more, or never was, as the status consumer finds it.
@Suite(.timeLimit(.minutes(5)))
struct SilenceTests {
  /// As long a time between looks as a busy machine needs: what takes three times as long does not count.
  private static let fast = SilenceCount.Pace(interval: .milliseconds(500), portion: .milliseconds(200))

  private static let earlierLife = "regie_status_earlier_life{zone=\"z0\"}"

  private static func consumer(_ fixture: ServerFixture) throws -> StatusConsumerService {
    var service = try fixture.status()
    service.silence = fast
    return service
  }

  private static func heartbeat(_ sequence: Int64, of incarnation: Int64 = 1) throws -> KafkaMessage {
    let status = AgentStatus(
      zone: "z0", incarnation: incarnation, sequence: sequence, version: "1", at: Timestamp(Date()),
      snapshotComplete: true, clusters: [])
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
        // What is under way when it goes is told still, and has been once it is seen that nobody answers.
        let isAway = try await eventually { fixture.healthStatus("status") == .degraded }
        #expect(isAway)
        let before = try #require(try await Self.silence(fixture))
        try await Task.sleep(for: .seconds(3))
        #expect(try await Self.silence(fixture) == before)
        try await fixture.mock.setUp()
        let goesOn = try await eventually { try await Self.silence(fixture) ?? .zero > before }
        #expect(goesOn)
      }
    }
  }

  /// The agent's present life was heard, and has died; one that it has followed runs on, and speaks.
  @Test func `an agent whose word does not count ends no silence, and is told of`() async throws {
    let registry = PrometheusRegistry()
    try await withMetricsFactory(PrometheusMetricsFactory(registry: registry)) {
      try await ServerFixture.run { fixture in
        let lines = LogLines()
        // Several of its heartbeats come between two looks.
        let service = StatusConsumerService(
          store: fixture.store, database: fixture.database, bus: fixture.bus, topics: fixture.topics,
          silence: SilenceCount.Pace(interval: .seconds(1), portion: .milliseconds(200)),
          holderPatience: ServerFixture.patience,
          health: try fixture.telemetry.health.register("s", component: "test", role: .informative),
          logger: lines.logger(from: .warning))
        try await fixture.with(service) {
          try await fixture.send([try Self.heartbeat(1, of: 2)])
          let isHeard = try await eventually { try await fixture.store.agents().first?.status.incarnation == 2 }
          #expect(isHeard)
          let isThere = try await eventually { registry.value(Self.earlierLife) == 0 }
          #expect(isThere)
          var bus = fixture.bus
          bus.messageTimeout = .seconds(60)
          try await KafkaProducer.withProducer(configuration: bus, logger: KafkaBroker.quiet) { producer in
            var sequence: Int64 = 0
            let grows = try await eventually {
              sequence += 1
              _ = try await producer.send(try Self.heartbeat(sequence, of: 1))
              try await Task.sleep(for: .milliseconds(200))
              return try await Self.silence(fixture) ?? .zero > .seconds(1)
            }
            #expect(grows)
          }
          let isShown = try await eventually { registry.value(Self.earlierLife) == 1 }
          #expect(isShown)
          #expect(try await fixture.store.agents().first?.status.incarnation == 2)
        }
        #expect(registry.value(Self.earlierLife) == 0, "who does not read does not know")
        #expect(lines.contain("An earlier life of the zone's agent is still heard"))
      }
    }
  }

  @Test func `a zone that is never heard takes nothing new, and does once it is heard`() async throws {
    try await ServerFixture.run { fixture in
      var policy = try #require(try await fixture.store.policyInForce()).spec
      policy.heartbeatLimitSeconds = 10
      _ = try await fixture.store.put(.policy(Resource("regie", policy)), context: someone)
      let kept = try await fixture.place("alpha")
      let wish = PlacementRequest(project: Offered.project("beta"))
      #expect(try await fixture.store.preview(wish).outcome == .placed)
      try await fixture.with(try Self.consumer(fixture)) {
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
