import Events
import Foundation
import Kafka
import Logging
import Metrics
import NIOConcurrencyHelpers
import Reactor
import Reconciler

/// Sends reports to the zone's observed topic: at once when the bus answers, the latest of each when it is back.
final class Reporter: Sendable {
  private let producer: KafkaProducer
  private let zone: String
  private let logger: Logger
  private let bell = Bell()
  private let book = NIOLockedValueBox(ReportBook())

  init(producer: KafkaProducer, zone: String, logger: Logger) {
    self.producer = producer
    self.zone = zone
    self.logger = logger
  }

  /// Takes a report; never blocks. Before ``run(incarnation:)`` it waits, the latest of each placement.
  func submit(_ report: PlacementReport) {
    book.withLockedValue { $0.add(report) }
    bell.ring()
  }

  /// Takes a heartbeat; only the latest waits.
  func submit(_ status: AgentStatus) {
    book.withLockedValue { $0.add(status) }
    bell.ring()
  }

  /// Sends as this life of the agent until the task is cancelled.
  func run(incarnation: Int64) async {
    book.withLockedValue { $0.begin(incarnation: incarnation) }
    var failures = 0
    while !Task.isCancelled {
      guard let batch = book.withLockedValue({ $0.take(limit: 500) }) else {
        await bell.wait()
        continue
      }
      failures = await send(batch) ? 0 : failures + 1
      if failures > 0 {
        let ceiling = min(100 << min(failures - 1, 7), 5_000)
        try? await Task.sleep(for: .milliseconds(Int.random(in: (ceiling / 2)...ceiling)))
      }
    }
  }

  /// Whether the bus took everything.
  private func send(_ batch: ReportBook.Batch) async -> Bool {
    do {
      let now = Timestamp(Date())
      var messages = try batch.placements.map { try message($0, at: now) }
      if let agent = batch.agent { messages.append(try message(agent, at: now)) }
      let failures = await producer.send(messages).map { result -> (any Error)? in
        guard case .failure(let error) = result else { return nil }
        return error
      }
      let refused = zip(batch.placements, failures).compactMap { report, error in error == nil ? nil : report }
      // The heartbeat went last.
      let agent = failures.last.flatMap { $0 } == nil ? nil : batch.agent
      book.withLockedValue { $0.giveBack(refused, agent: agent) }
      Counter(label: "regie.agent.reports").increment(by: batch.placements.count - refused.count)
      guard let error = failures.lazy.compactMap({ $0 }).first else { return true }
      logger.warning(
        "Reports wait for the bus",
        metadata: ["placements": "\(refused.count)", "heartbeat": "\(agent != nil)", "error": "\(error)"])
      return false
    } catch {
      logger.error("A report could not be encoded", metadata: ["error": "\(error)"])
      return true
    }
  }

  private func message(_ report: PlacementReport, at now: Timestamp) throws -> KafkaMessage {
    let observed = book.withLockedValue { $0.stamp(report, at: now) }
    let event = try BusCodec.event(observed: observed, source: source, id: UUID().uuidString.lowercased(), time: now)
    return message(event, key: Topics.key(placement: report.placement))
  }

  private func message(_ status: AgentStatus, at now: Timestamp) throws -> KafkaMessage {
    let stamped = book.withLockedValue { $0.stamp(status) }
    let event = try BusCodec.event(agent: stamped, source: source, id: UUID().uuidString.lowercased(), time: now)
    return message(event, key: Topics.key(agentOf: zone))
  }

  private var source: String { "/regie/region-agent/\(zone)" }

  private func message(_ event: CloudEvent, key: [UInt8]) -> KafkaMessage {
    KafkaMessage(
      topic: Topics.observed(zone: zone), key: key, value: event.data,
      headers: event.headers.map { KafkaHeader($0.name, $0.value) })
  }
}
