import Events
import Foundation
import Kafka
import Logging
import Metrics
import NIOConcurrencyHelpers
import Reactor
import Reconciler

/// Sends reports to the zone's observed topic: at once when the bus answers, the latest of each when it is back.
///
/// Its producer is its own: one that is of no more use is replaced, and whatever becomes of it ends nothing but itself.
/// An agent that may not report goes on keeping its clusters.
final class Reporter: Sendable {
  private let bus: KafkaConfiguration
  private let zone: String
  private let health: BusHealth
  private let logger: Logger
  private let bell = Bell()
  private let book = NIOLockedValueBox(ReportBook())
  private let line = NIOLockedValueBox<KafkaProducer?>(nil)
  /// Since the bus last took something.
  private let failures = NIOLockedValueBox(0)

  init(bus: KafkaConfiguration, zone: String, health: BusHealth, logger: Logger) {
    self.bus = bus
    self.zone = zone
    self.health = health
    self.logger = logger
  }

  /// How long an agent that stops may take to deliver what it has handed over.
  private static let closing: Duration = .seconds(5)
  /// In milliseconds: as long as a refused report waits, and as long as a new producer does.
  private static let longestPause = (report: 5_000, producer: 10_000)

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

  /// Sends as this life of the agent until the task is cancelled; a producer that is of no more use is replaced.
  func run(incarnation: Int64) async {
    book.withLockedValue { $0.begin(incarnation: incarnation) }
    while !Task.isCancelled {
      do { try await serve() } catch { if !Task.isCancelled { note(error) } }
      await pause(upTo: Self.longestPause.producer)
    }
  }

  /// One producer's turn, which ends with it.
  private func serve() async throws {
    let producer = try KafkaProducer(configuration: bus, logger: logger)
    line.withLockedValue { $0 = producer }
    // Beside this task and not below it: what was handed over is delivered although the agent is told to stop.
    let serving = Task.detached { try await producer.run() }
    let limit = min(bus.closeTimeout, Self.closing)
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await serving.value }
      group.addTask {
        await self.follow(producer)
        await producer.close(within: limit)
      }
      defer { group.cancelAll() }
      try await group.next()
    }
    // Whichever of the two ended first.
    if let error = producer.fatalError { throw error }
  }

  private func follow(_ producer: KafkaProducer) async {
    while !Task.isCancelled {
      guard let batch = book.withLockedValue({ $0.take(limit: 500) }) else {
        await bell.wait()
        continue
      }
      guard let isTaken = await send(batch, with: producer) else { continue }
      if isTaken {
        failures.withLockedValue { $0 = 0 }
        health.pass(.reports)
        continue
      }
      // The next producer's pause is enough.
      guard producer.fatalError == nil else { return }
      await pause(upTo: Self.longestPause.report)
    }
  }

  /// Grows with each failure, with jitter; returns at once when the task is cancelled.
  private func pause(upTo limit: Int) async {
    let count = failures.withLockedValue { failures in
      failures += 1
      return failures
    }
    let ceiling = min(100 << min(count - 1, 7), limit)
    try? await Task.sleep(for: .milliseconds(Int.random(in: (ceiling / 2)...ceiling)))
  }

  private func note(_ error: any Error) {
    health.degraded(.reports, "le bus refuse les comptes rendus : ils attendent")
    let metadata: Logger.Metadata = ["topic": "\(Topics.observed(zone: zone))", "error": "\(error)"]
    logger.error(
      "Reports wait for a new producer; what is decided stays enforced",
      metadata: metadata.merging(missingRights(error)) { $1 })
  }

  /// What to grant where the bus is there and refuses.
  private func missingRights(_ error: any Error) -> Logger.Metadata {
    guard let error = error as? KafkaError, error.code == .authorization else { return [:] }
    let topic = Topics.observed(zone: zone)
    return ["grant": "Write on topic \(topic); before Kafka 2.8 also IdempotentWrite on the cluster"]
  }

  /// The producer that sends now, or that did last.
  var producer: KafkaProducer? { line.withLockedValue { $0 } }

  /// The number of this life; nil before it has one.
  var incarnation: Int64? { book.withLockedValue { $0.incarnation } }

  /// Whether the bus took everything; nil where it was not asked. The heartbeat goes last: it tells what of the reports
  /// the bus has acknowledged.
  private func send(_ batch: ReportBook.Batch, with producer: KafkaProducer) async -> Bool? {
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
      let kept = await bury(batch.buried, with: producer, &failure)
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
      // Who stops has nothing to complain of; that a producer is of no more use is said where it ends.
      guard !Task.isCancelled, producer.fatalError == nil else { return false }
      health.degraded(.reports, "le bus ne prend pas les comptes rendus : ils attendent")
      let metadata: Logger.Metadata = [
        "placements": "\(refused.count)", "heartbeat": "\(agent != nil)", "error": "\(error)",
      ]
      logger.warning("Reports wait for the bus", metadata: metadata.merging(missingRights(error)) { $1 })
      return false
    } catch {
      logger.error("A report could not be encoded", metadata: ["error": "\(error)"])
      return nil
    }
  }

  /// - Returns: What the bus did not take.
  private func bury(
    _ placements: [UUID], with producer: KafkaProducer, _ failure: inout (any Error)?
  ) async -> [UUID] {
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
