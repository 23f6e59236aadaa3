import Events
import Foundation
import Kafka
import Logging
import Metrics
import NIOConcurrencyHelpers
import Reactor
import Store

/// The zones' records, sent by the relay's own producer after the states they cover.
extension RelayDriver {
  /// Sends the records that are due. One that the bus does not take is tried again after the interval.
  ///
  /// - Parameter group: where topics are read that were not yet, so that no other zone waits for them.
  /// - Returns: When the next one is due.
  func publishRecords(
    _ books: inout ZoneBooks, _ machine: RelayMachine, beside group: inout ThrowingDiscardingTaskGroup<any Error>
  ) async throws -> ContinuousClock.Instant? {
    let troubled = machine.troubledZones
    let now = ContinuousClock.now
    books.renew(service.topics.doubted)
    let due = books.due(at: now, without: troubled)
    let zones = due.filter(isReady)
    for zone in due where !isReady(zone) {
      books.tried(zone, at: now, isPublished: false)
      guard examining.withLockedValue({ $0.insert(zone).inserted }) else { continue }
      group.addTask { await examine(zone) }
    }
    guard !zones.isEmpty else { return books.nextDue(without: troubled) }
    do {
      let numbers = try await service.store.numberZoneRecords(zones, term: term)
      for zone in zones { books.tried(zone, at: now, isPublished: false) }
      let records = numbers.compactMap { books.record($0) }
      for (record, isPublished) in zip(records, try await send(records, notAfter: now + Self.sendingWindow)) {
        books.tried(record.zone, at: now, isPublished: isPublished)
      }
    } catch {
      guard !Self.endsTerm(error) else { throw error }
      service.logger.warning("The zones' records wait", metadata: ["error": "\(error)"])
      for zone in zones { books.tried(zone, at: now, isPublished: false) }
    }
    return books.nextDue(without: troubled)
  }

  /// Whether it is known that the bus is not ahead of the database, and nothing says that the topics may be gone.
  func isReady(_ zone: String) -> Bool {
    examiner.hasExamined(zone) && !service.topics.doubted.contains(zone)
  }

  /// Looks for what agents are to be asked for, and which zones there still are; looked for again at the next quiet moment where
  /// that fails.
  func look(_ books: inout ZoneBooks) async {
    do {
      books.ask(try await service.store.reportRequests())
      books.address(try await service.store.addressedZones())
      guard books.wantsZonesOnBus else { return }
      // All zones wait for it.
      books.find(onBus: try await service.topics.zonesOnBus(within: .seconds(5)))
    } catch {
      service.logger.debug("Requests for reports, or the zones, were not read", metadata: ["error": "\(error)"])
    }
  }

  /// Looks for a zone's topics and reads the one of desired states, however long it is: its record says what the bus holds, and
  /// so waits until it is known that the bus is not ahead of the database.
  private func examine(_ zone: String) async {
    defer { examining.withLockedValue { _ = $0.remove(zone) } }
    do {
      try await service.topics.ensure(zones: [zone], within: Self.examiningPatience)
      try await examiner.examine(zone, within: Self.examiningPatience)
      bell.ring()
    } catch {
      guard !Task.isCancelled else { return }
      service.topics.doubt(zone, after: error)
      service.logger.warning("The zone's record waits", metadata: ["zone": "\(zone)", "error": "\(error)"])
    }
  }

  private func send(_ records: [ZoneRecord], notAfter latest: ContinuousClock.Instant) async throws -> [Bool] {
    let messages = try records.map(message)
    let results: [Result<KafkaDelivery, any Error>]
    if let transactions {
      results = try await transactions.send(messages)
    } else {
      results = await producer.send(messages, notAfter: latest)
    }
    if let fatal = producer.fatalError { throw fatal }
    try Task.checkCancellation()
    return zip(records, results).map { record, result in
      switch result {
      case .success:
        Counter(label: "regie.relay.zone_records").increment()
        return true
      case .failure(let error):
        service.topics.doubt(record.zone, after: error)
        service.logger.warning(
          "The bus did not take a zone's record", metadata: ["error": "\(error)", "zone": "\(record.zone)"])
        return false
      }
    }
  }

  private func message(_ record: ZoneRecord) throws -> KafkaMessage {
    let event = try BusCodec.event(
      zone: record, signer: service.signer, source: "/regie/governance", id: UUID().uuidString.lowercased(),
      time: Timestamp(Date()))
    return KafkaMessage(
      topic: Topics.desired(zone: record.zone), key: Topics.key(zone: record.zone), value: event.data,
      headers: event.headers.map { KafkaHeader($0.name, $0.value) })
  }
}
