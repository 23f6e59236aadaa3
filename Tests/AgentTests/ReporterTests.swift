import CRdKafka
import Events
import Foundation
import KafkaMock
import Logging
import Model
import NIOConcurrencyHelpers
import Telemetry
import TestSupport
import Testing

@testable import Agent
@testable import Kafka
@testable import Reconciler

/// Reports on their way to a bus that refuses them now and then.
@Suite(.timeLimit(.minutes(5)))
struct ReporterTests {
  /// TOPIC_AUTHORIZATION_FAILED: refused for good as far as the producer is concerned.
  private static let refusal: Int32 = 29

  private func report(_ number: UInt8, revision: Int64 = 1) -> PlacementReport {
    let state = AgentRig.state(number, revision: revision)
    return PlacementReport(
      placement: state.placement, zone: state.zone, cluster: state.cluster, version: state.version,
      phase: state.phase, conditions: [], used: nil, drifts: [], driftsOmitted: 0,
      timeline: ObservedState.Timeline())
  }

  private func withReporter(
    logger: Logger = AgentRig.quiet, _ body: @Sendable (Reporter, AgentRig, Observations) async throws -> Void
  ) async throws {
    try await AgentRig.with(clusters: []) { rig in
      let check = try rig.telemetry.health.register("kafka", component: "bus", role: .informative)
      let health = BusHealth(check)
      health.pass(.decisions)
      // What is submitted together goes in one request, however slowly it is handed over.
      var bus = rig.kafka
      bus.linger = .milliseconds(200)
      let reporter = Reporter(bus: bus, zone: AgentRig.zone, health: health, logger: logger)
      try await rig.withObservations { seen in try await body(reporter, rig, seen) }
    }
  }

  private func running(_ reporter: Reporter, _ body: () async throws -> Void) async throws {
    let task = Task { await reporter.run(incarnation: 5) }
    let result: Result<Void, any Error>
    do { result = .success(try await body()) } catch { result = .failure(error) }
    task.cancel()
    await task.value
    try result.get()
  }

  @Test func `what was submitted before the life began leaves as this life's, the latest of each`() async throws {
    try await withReporter { reporter, _, seen in
      for revision in Int64(1)...50 { reporter.submit(report(1, revision: revision)) }
      reporter.submit(report(2))
      try await running(reporter) {
        try await seen.placement("the last is sent") { $0.placement == AgentRig.state(2).placement }
      }
      #expect(seen.placements.map(\.observedRevision) == [50, 1])
      #expect(seen.placements.map(\.incarnation) == [5, 5] && seen.placements.map(\.sequence) == [1, 2])
    }
  }

  @Test func `a report that the bus refused is sent again, in its place and under a new number`() async throws {
    try await withReporter { reporter, rig, seen in
      try await rig.mock.pushErrors(.produce, [Self.refusal])
      for number in UInt8(1)...3 { reporter.submit(report(number)) }
      try await running(reporter) {
        try await seen.placement("all arrive") { $0.placement == AgentRig.state(3).placement }
      }
      #expect(seen.placements.map(\.placement) == (UInt8(1)...3).map { AgentRig.state($0).placement })
      #expect(seen.placements.map(\.sequence).allSatisfy { $0 > 3 })
    }
  }

  @Test func `a heartbeat that the bus refused is sent again, alone and beside reports that it took`() async throws {
    for beside in [false, true] {
      try await withReporter { reporter, rig, seen in
        try await rig.mock.pushErrors(.produce, [Self.refusal, Self.refusal])
        if beside { reporter.submit(report(1)) }
        reporter.submit(
          AgentStatus(
            zone: AgentRig.zone, incarnation: 0, sequence: 0, version: "1", at: Timestamp(Date()),
            snapshotComplete: true, clusters: []))
        try await running(reporter) {
          let beat = try await seen.agent("it arrives all the same") { $0.snapshotComplete }
          #expect(beat.incarnation == 5 && beat.sequence > (beside ? 2 : 1))
        }
        #expect(seen.agents.count == 1)
      }
    }
  }

  @Test func `after many refusals the latest arrives, and nothing that it replaced`() async throws {
    try await withReporter { reporter, rig, seen in
      try await rig.mock.pushErrors(.produce, Array(repeating: Self.refusal, count: 4))
      try await running(reporter) {
        for revision in Int64(1)...5 {
          reporter.submit(report(1, revision: revision))
          await Task.yield()
        }
        try await seen.placement("the latest arrives") { $0.observedRevision == 5 }
      }
      let revisions = seen.placements.map(\.observedRevision)
      #expect(revisions == revisions.sorted() && revisions.last == 5)
    }
  }

  @Test func `a heartbeat bears the life's number and the next of its sequence`() async throws {
    try await withReporter { reporter, _, seen in
      reporter.submit(report(1))
      reporter.submit(
        AgentStatus(
          zone: AgentRig.zone, incarnation: 0, sequence: 0, version: "1", at: Timestamp(Date()),
          snapshotComplete: true, clusters: []))
      try await running(reporter) {
        let beat = try await seen.agent("it arrives") { $0.snapshotComplete }
        #expect(beat.incarnation == 5 && beat.sequence == 2)
      }
    }
  }

  @Test func `that a producer was refused is said each time, and what is to be granted`() async throws {
    for _ in 0..<5 {
      let said = LogLines()
      try await withReporter(logger: said.logger(from: .error)) { reporter, rig, seen in
        // The rig's own producer has its number then.
        try await rig.publish(AgentRig.state(9))
        try await rig.mock.pushErrors(.initProducerID, [31])
        // It is handed over before the producer has heard that it may not send.
        reporter.submit(report(1))
        try await running(reporter) {
          try await seen.placement("it is sent by the next one") { $0.placement == AgentRig.state(1).placement }
        }
      }
      let grants = said.all.compactMap { $0.metadata["grant"] }
      #expect(grants.count == 1)
    }
  }

  @Test func `a producer that is of no more use is replaced, and what waited leaves with the new one`() async throws {
    try await withReporter { reporter, rig, seen in
      try await running(reporter) {
        reporter.submit(report(1))
        try await seen.placement("the first is sent") { $0.placement == AgentRig.state(1).placement }
        let first = try #require(reporter.producer)
        try await eventually("its bus has said so") { first.outstanding == 0 }
        do {
          let handle = try #require(first.state.withLockedValue { $0.handleWhileItLasts })
          _ = rd_kafka_test_fatal_error(handle.client, RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED, "a test's doing")
        }
        try await eventually("it is given up, although nothing was to be sent") { reporter.producer !== first }
        reporter.submit(report(2))
        try await seen.placement("the second is sent") { $0.placement == AgentRig.state(2).placement }
        try await eventually("all is well again") { rig.telemetry.health.report().status == .pass }
      }
      #expect(seen.placements.map(\.incarnation) == [5, 5] && seen.placements.map(\.sequence) == [1, 2])
    }
  }
}
