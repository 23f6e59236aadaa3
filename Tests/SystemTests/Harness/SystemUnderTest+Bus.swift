import Contract
import Events
import Foundation
import Kafka
import Model

extension SystemUnderTest {
  var desiredTopic: String { Topics.desired(zone: zone) }
  var observedTopic: String { Topics.observed(zone: zone) }

  /// Everything a topic holds now, each partition in its order.
  ///
  /// - Parameter servers: where the bus is, if it is another one.
  func records(of topic: String, at servers: String? = nil) async throws -> [KafkaRecord] {
    var configuration = busConfiguration
    if let servers { configuration.bootstrapServers = servers }
    let consumer = try KafkaConsumer(
      configuration: configuration, topic: topic, start: .beginning, logger: Self.quiet)
    var records: [KafkaRecord] = []
    do {
      var snapshot = try await consumer.snapshot()
      while !snapshot.isComplete {
        for event in try await consumer.nextBatch(max: 1000) {
          snapshot.observe(event)
          if case .record(let record) = event { records.append(record) }
        }
      }
    } catch {
      await consumer.close(within: .seconds(5))
      throw error
    }
    await consumer.close(within: .seconds(5))
    return records.sorted { ($0.partition, $0.offset) < ($1.partition, $1.offset) }
  }

  /// Puts records on the bus, as anyone with the right to write could.
  func put(_ messages: [KafkaMessage]) async throws {
    try await KafkaProducer.withProducer(configuration: busConfiguration, logger: Self.quiet) { producer in
      for result in await producer.send(messages) { _ = try result.get() }
    }
  }

  /// A record as it was, to be sent once more.
  func copy(_ record: KafkaRecord) -> KafkaMessage {
    KafkaMessage(topic: record.topic, key: record.key ?? [], value: record.value, headers: record.headers)
  }

  /// A state as the relay would send it.
  func message(_ state: DesiredState, signer: EventSigner, topic: String? = nil) throws -> KafkaMessage {
    let event = try BusCodec.event(
      desired: state, signer: signer, source: "/tests", id: UUID().uuidString, time: Timestamp(Date()))
    return KafkaMessage(
      topic: topic ?? desiredTopic, key: Topics.key(placement: state.placement), value: event.data,
      headers: event.headers.map { KafkaHeader($0.name, $0.value) })
  }

  /// Reads the desired topic as an agent would; a record that an agent would refuse is an error.
  func desiredStates() async throws -> [DesiredState] {
    let verifier = try EventVerifier(JSONWebKeySet([signer.publicKey]))
    return try await records(of: desiredTopic).compactMap { record in
      guard let value = record.value, case .placement = Topics.subject(ofKey: record.key ?? []) else { return nil }
      let headers = record.headers.map { CloudEvent.Header($0.name, $0.value) }
      return try BusCodec.desired(
        key: record.key ?? [], headers: headers, data: value, zone: zone, verifier: verifier
      ).state
    }
  }

  /// Checks over every record there is that no placement ever goes back to an older revision, that each revision says one
  /// thing, and that the last word on each placement is what the database holds.
  func expectOrderOnBus(_ placements: [PlacementView]) async throws {
    var latest: [UUID: DesiredState] = [:]
    for state in try await desiredStates() {
      if let before = latest[state.placement] {
        try demand(
          before.version < state.version || before == state,
          "\(state.placement) goes from \(before.version) to \(state.version)")
      }
      latest[state.placement] = state
    }
    for placement in placements {
      let state = latest[placement.spec.id]
      try demand(
        state?.version == StateVersion(epoch: placement.spec.epoch, revision: placement.spec.revision),
        "the bus ends with another revision of \(placement.spec.project)")
      try demand(state?.quota == placement.spec.quota)
    }
  }
}
