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
      let results = await producer.send(messages)
      let refused = zip(batch.placements, results).compactMap { report, result -> PlacementReport? in
        guard case .failure(let error) = result else { return nil }
        logger.debug("A report waits for the bus", metadata: ["error": "\(error)"])
        return report
      }
      book.withLockedValue { $0.giveBack(refused) }
      Counter(label: "regie.agent.reports").increment(by: batch.placements.count - refused.count)
      return refused.isEmpty
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
