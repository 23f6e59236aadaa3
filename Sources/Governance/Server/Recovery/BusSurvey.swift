import Events
import Foundation
import Kafka
import Logging
import Store

/// Reads topics from their start to the end they have now: of a zone it keeps the highest version of each placement.
struct BusSurvey: Sendable {
  let bus: KafkaConfiguration
  let verifier: EventVerifier
  let logger: Logger

  /// - Parameter earlier: the public keys of earlier signers, of whose records the topics are full after a change of keys.
  /// - Throws: ``KeyError``: none for keys that were read.
  init(
    bus: KafkaConfiguration, signer: EventSigner, earlier: JSONWebKeySet = JSONWebKeySet([]), logger: Logger
  ) throws {
    self.bus = bus
    self.logger = logger
    verifier = try EventVerifier(JSONWebKeySet(earlier.keys + [signer.publicKey]))
  }

  /// What the desired topic of a zone holds; and what its agent has said, where that is asked for.
  func read(zone: String, withObservations: Bool, within limit: Duration) async throws -> BusEvidence {
    try await within(limit, of: "the topics of zone \(zone)") {
      var evidence = BusEvidence(zone: zone)
      try await each(Topics.desired(zone: zone)) { take($0, &evidence) }
      if withObservations { try await each(Topics.observed(zone: zone)) { takeObservation($0, &evidence) } }
      return evidence
    }
  }

  /// What `body` reads, where it comes to an end in time.
  func within<Value: Sendable>(
    _ limit: Duration, of what: String, _ body: @escaping @Sendable () async throws -> Value
  ) async throws -> Value {
    try await withThrowingTaskGroup(of: Value.self) { group in
      group.addTask { try await body() }
      group.addTask {
        try await Task.sleep(for: limit)
        throw SurveyTimeout(what: what, limit: limit)
      }
      defer { group.cancelAll() }
      guard let first = try await group.next() else { throw CancellationError() }
      return first
    }
  }

  /// Gives every record of a topic to `body`, up to the end that it has now.
  func each(_ topic: String, _ body: (KafkaRecord) -> Void) async throws {
    let consumer = try KafkaConsumer(
      configuration: bus.named("survey"), topic: topic, start: .beginning, logger: logger)
    do {
      var snapshot = try await consumer.snapshot()
      while !snapshot.isComplete {
        let events = try await consumer.nextBatch(max: 1000)
        if events.isEmpty { throw CancellationError() }
        for event in events {
          snapshot.observe(event)
          switch event {
          case .record(let record): body(record)
          case .endOfPartition: continue
          case .offsetOutOfRange(let partition, _): try await consumer.seek(partition: partition, to: .beginning)
          }
        }
      }
    } catch {
      await Task { await consumer.close(within: .seconds(5)) }.value
      throw error
    }
    await consumer.close(within: .seconds(5))
  }

  private func take(_ record: KafkaRecord, _ evidence: inout BusEvidence) {
    guard let key = record.key, let value = record.value else { return }
    let headers = record.headers.map { CloudEvent.Header($0.name, $0.value) }
    do {
      switch Topics.subject(ofKey: key) {
      case .placement:
        let state = try BusCodec.desired(
          key: key, headers: headers, data: value, zone: evidence.zone, verifier: verifier
        ).state
        if let known = evidence.desired[state.placement], known.state.version >= state.version { return }
        evidence.desired[state.placement] = BusEvidence.Seen(
          state: state, content: ContentDigest(of: value), partition: record.partition, offset: record.offset)
      case .zone:
        let found = try BusCodec.zoneRecord(
          key: key, headers: headers, data: value, zone: evidence.zone, verifier: verifier)
        if evidence.record.map({ found.isNewer(than: $0) }) ?? true { evidence.record = found }
      case .cluster, .agent, nil: return
      }
    } catch {
      evidence.refused += 1
    }
  }

  private func takeObservation(_ record: KafkaRecord, _ evidence: inout BusEvidence) {
    guard let key = record.key, let value = record.value,
      case .placement(let state)? = try? BusCodec.observation(
        key: key, headers: record.headers.map { CloudEvent.Header($0.name, $0.value) }, data: value,
        zone: evidence.zone)
    else { return }
    if let known = evidence.observed[state.placement],
      (known.incarnation, known.sequence) >= (state.incarnation, state.sequence)
    {
      return
    }
    evidence.observed[state.placement] = state
  }
}

/// Topics could not be read in time.
struct SurveyTimeout: Error, CustomStringConvertible {
  let what: String
  let limit: Duration

  var description: String { "\(what) were not read within \(limit)" }
}
