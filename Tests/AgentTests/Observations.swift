import Events
import Foundation
import Kafka
import NIOConcurrencyHelpers
import Reactor
import Testing

@testable import Agent

/// What agents reported, as it arrives.
final class Observations: Sendable {
  private struct Content {
    var placements: [ObservedState] = []
    var agents: [AgentStatus] = []
    var tombstones: [UUID] = []
  }

  private let box = NIOLockedValueBox(Content())
  private let bell = Bell()

  /// In the order of arrival.
  var placements: [ObservedState] { box.withLockedValue { $0.placements } }
  /// In the order of arrival.
  var agents: [AgentStatus] { box.withLockedValue { $0.agents } }

  /// Of which placements there was a tombstone, in the order of arrival.
  var tombstones: [UUID] { box.withLockedValue { $0.tombstones } }

  func take(_ event: KafkaConsumerEvent, zone: String) {
    guard case .record(let record) = event else { return }
    defer { bell.ring() }
    if record.isTombstone, case .placement(let placement)? = Topics.subject(ofKey: record.key ?? []) {
      return box.withLockedValue { $0.tombstones.append(placement) }
    }
    let headers = record.headers.map { CloudEvent.Header($0.name, $0.value) }
    do {
      switch try BusCodec.observation(key: record.key ?? [], headers: headers, data: record.value ?? [], zone: zone) {
      case .placement(let state): box.withLockedValue { $0.placements.append(state) }
      case .agent(let status): box.withLockedValue { $0.agents.append(status) }
      }
    } catch {
      Issue.record("an observation that governance would refuse: \(error)")
    }
  }

  /// Waits for a tombstone of a placement.
  func tombstone(of placement: UUID, _ what: Comment) async throws {
    _ = try await first(what) { tombstones.first { $0 == placement } }
  }

  /// The first heartbeat that is as asked for.
  @discardableResult
  func agent(_ what: Comment, where holds: (AgentStatus) -> Bool) async throws -> AgentStatus {
    try await first(what) { agents.first(where: holds) }
  }

  /// The first report of a placement that is as asked for, of those after the first `count`.
  @discardableResult
  func placement(
    _ what: Comment, after count: Int = 0, where holds: (ObservedState) -> Bool
  ) async throws -> ObservedState {
    try await first(what) { placements.dropFirst(count).first(where: holds) }
  }

  /// Waits on the bell; the time is one that only a defect reaches.
  private func first<Value>(_ what: Comment, _ find: () -> Value?) async throws -> Value {
    let deadline = ContinuousClock.now + .seconds(120)
    while true {
      if let value = find() { return value }
      try #require(ContinuousClock.now < deadline, what)
      await bell.wait(until: .now + .seconds(1))
    }
  }
}

extension ObservedState {
  /// `True Applied`, …; empty when the condition is not there.
  func says(_ type: String) -> String {
    conditions.first { $0.type == type }.map { "\($0.status.rawValue) \($0.reason)" } ?? ""
  }
}
