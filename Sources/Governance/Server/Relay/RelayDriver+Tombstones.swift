import Events
import Kafka
import Logging
import Metrics
import Reactor
import Store

/// Tombstones of forgotten placements (protocol rule 11), sent by the relay's own producer while no state of any placement is on
/// its way: the relay sends one thing after the other.
extension RelayDriver {
  /// Tombstones at a time, so that decisions come between them.
  private static let tombstoneLimit = 256

  /// Sends the tombstones that are due, and lets the zones' records count these placements no more once the database has it: a
  /// leader that ends in between leaves them noted, and the next one sends them again. What the bus does not take waits for the
  /// next quiet moment.
  func bury(_ books: inout ZoneBooks, _ machine: RelayMachine) async throws {
    let aside = machine.troubledZones.union(books.names.filter { !isReady($0) })
    let began = ContinuousClock.now
    do {
      let due = try await service.store.dueTombstones(term: term, limit: Self.tombstoneLimit, excluding: aside)
        .filter { isReady($0.zone) }
      guard !due.isEmpty else { return }
      let published = try await send(due, notAfter: began + Self.sendingWindow)
      try await service.store.markTombstones(published.map(\.placement))
      books.bury(published)
      Counter(label: "regie.relay.tombstones").increment(by: published.count)
      // A full batch that the bus took may have left some behind.
      if published.count == Self.tombstoneLimit { bell.ring() }
    } catch {
      guard !Self.endsTerm(error) else { throw error }
      service.logger.warning("Tombstones wait", metadata: ["error": "\(error)"])
    }
  }

  private func send(
    _ due: [DueTombstone], notAfter latest: ContinuousClock.Instant
  ) async throws -> [PublishedTombstone] {
    let messages = due.map { tombstone in
      KafkaMessage(
        topic: Topics.desired(zone: tombstone.zone), key: Topics.key(placement: tombstone.placement), value: nil,
        headers: [])
    }
    let results: [Result<KafkaDelivery, any Error>]
    if let transactions {
      results = try await transactions.send(messages)
    } else {
      results = await producer.send(messages, notAfter: latest)
    }
    if let fatal = producer.fatalError { throw fatal }
    try Task.checkCancellation()
    var refused = 0
    var published: [PublishedTombstone] = []
    for (tombstone, result) in zip(due, results) {
      // Of one that the bus has nobody knows where, the zone's record could not say that it covers it.
      guard case .success(let delivery) = result, delivery.offset >= 0 else {
        if case .failure(let error) = result { service.topics.doubt(tombstone.zone, after: error) }
        refused += 1
        continue
      }
      published.append(
        PublishedTombstone(
          placement: tombstone.placement, zone: tombstone.zone, partition: delivery.partition, offset: delivery.offset))
    }
    if refused > 0 {
      service.logger.warning(
        "The bus did not take tombstones, or did not say where: they wait", metadata: ["placements": "\(refused)"])
    }
    return published.sorted { ($0.partition, $0.offset) < ($1.partition, $1.offset) }
  }
}
