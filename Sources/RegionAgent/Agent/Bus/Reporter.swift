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

  /// Takes a forgotten placement; never blocks. A tombstone lets the bus forget what was reported of it, in a topic that would
  /// else grow with every placement there ever was.
  func forget(_ placement: UUID) {
    book.withLockedValue { $0.forget(placement) }
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

  /// The number of this life; nil before it has one.
  var incarnation: Int64? { book.withLockedValue { $0.incarnation } }

  /// Whether the bus took everything. The heartbeat goes last: it tells what of the reports the bus has acknowledged.
  private func send(_ batch: ReportBook.Batch) async -> Bool {
    do {
      let now = Timestamp(Date())
      let stamped = batch.placements.map { report in book.withLockedValue { $0.stamp(report, at: now) } }
      let results = stamped.isEmpty ? [] : await producer.send(try stamped.map { try message($0, at: now) })
      var refused: [PlacementReport] = []
      var failure: (any Error)?
      for (index, result) in results.enumerated() {
        switch result {
        case .success(let delivery):
          book.withLockedValue {
            $0.acknowledge(stamped[index], partition: delivery.partition, offset: delivery.offset)
          }
        case .failure(let error):
          refused.append(batch.placements[index])
          failure = failure ?? error
        }
      }
      let kept = await bury(batch.buried, &failure)
      var agent = batch.agent
      if let status = batch.agent {
        let message = try message(status, at: now)
        switch await producer.send([message]).first {
        case .success: agent = nil
        case .failure(let error): failure = failure ?? error
        case nil: break
        }
      }
      book.withLockedValue { [agent, refused] in $0.giveBack(refused, buried: kept, agent: agent) }
      Counter(label: "regie.agent.reports").increment(by: batch.placements.count - refused.count)
      guard let error = failure else { return true }
      logger.warning(
        "Reports wait for the bus",
        metadata: ["placements": "\(refused.count)", "heartbeat": "\(agent != nil)", "error": "\(error)"])
      return false
    } catch {
      logger.error("A report could not be encoded", metadata: ["error": "\(error)"])
      return true
    }
  }

  /// - Returns: What the bus did not take.
  private func bury(_ placements: [UUID], _ failure: inout (any Error)?) async -> [UUID] {
    guard !placements.isEmpty else { return [] }
    let topic = Topics.observed(zone: zone)
    let results = await producer.send(
      placements.map { KafkaMessage(topic: topic, key: Topics.key(placement: $0), value: nil, headers: []) })
    var kept: [UUID] = []
    for (placement, result) in zip(placements, results) {
      switch result {
      case .success(let delivery):
        book.withLockedValue {
          $0.acknowledge(buried: placement, partition: delivery.partition, offset: delivery.offset)
        }
      case .failure(let error):
        kept.append(placement)
        failure = failure ?? error
      }
    }
    Counter(label: "regie.agent.tombstones").increment(by: placements.count - kept.count)
    return kept
  }

  private func message(_ observed: ObservedState, at now: Timestamp) throws -> KafkaMessage {
    let event = try BusCodec.event(observed: observed, source: source, id: UUID().uuidString.lowercased(), time: now)
    return message(event, key: Topics.key(placement: observed.placement))
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
