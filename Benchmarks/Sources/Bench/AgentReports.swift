import Events
import Foundation
import Kafka
import Model
import NIOConcurrencyHelpers

/// What agents of a zone say of placements, as it arrives.
final class AgentReports: Sendable {
  /// The last thing said of a placement.
  struct Said: Sendable {
    var incarnation: Int64
    var version: StateVersion
    var phase: PlacementPhase
    var isApplied: Bool
    var isReady: Bool
    var at: ContinuousClock.Instant
  }

  private let zone: String
  private let said = NIOLockedValueBox<[UUID: Said]>([:])

  init(zone: String) { self.zone = zone }

  /// Reads until the task is cancelled.
  func follow(_ bus: KafkaConfiguration) async throws {
    let consumer = try KafkaConsumer(
      configuration: bus.named("reports"), topic: Topics.observed(zone: zone), logger: Surroundings.quiet)
    do {
      while !Task.isCancelled { for event in try await consumer.nextBatch(max: 500) { take(event) } }
    } catch is CancellationError {
      // Nobody asks any more.
    }
    await Task { await consumer.close(within: .seconds(5)) }.value
  }

  private func take(_ event: KafkaConsumerEvent) {
    let now = ContinuousClock.now
    guard case .record(let record) = event,
      let found = try? BusCodec.observation(
        key: record.key ?? [], headers: record.headers.map { CloudEvent.Header($0.name, $0.value) },
        data: record.value ?? [], zone: zone),
      case .placement(let state) = found
    else { return }
    func holds(_ type: String) -> Bool { state.conditions.contains { $0.type == type && $0.status == .yes } }
    let next = Said(
      incarnation: state.incarnation,
      version: StateVersion(epoch: state.observedEpoch, revision: state.observedRevision), phase: state.phase,
      isApplied: holds(ConditionType.applied), isReady: holds(ConditionType.ready), at: now)
    said.withLockedValue { said in
      // Of the same version and life, the moment at which it was said to be applied first is kept.
      if let known = said[state.placement], known.incarnation == next.incarnation, known.version == next.version,
        known.isApplied == next.isApplied
      {
        said[state.placement]?.isReady = next.isReady
        said[state.placement]?.phase = next.phase
      } else {
        said[state.placement] = next
      }
    }
  }

  subscript(placement: UUID) -> Said? { said.withLockedValue { $0[placement] } }

  /// How many of these are as `condition` asks.
  func count(of states: [DesiredState], where condition: (Said) -> Bool) -> Int {
    said.withLockedValue { said in
      states.count { state in said[state.placement].map { $0.version == state.version && condition($0) } ?? false }
    }
  }

  /// When the last of these was said to be applied.
  func lastApplied(of states: [DesiredState]) -> ContinuousClock.Instant? {
    said.withLockedValue { said in states.compactMap { said[$0.placement]?.at }.max() }
  }
}
