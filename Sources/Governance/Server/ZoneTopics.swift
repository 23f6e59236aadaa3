import Events
import Kafka
import NIOConcurrencyHelpers

/// Makes sure that a zone's topics, and the one of public facts, exist: once per zone and process.
final class ZoneTopics: Sendable {
  private let admin: KafkaAdmin
  private let replication: Int
  private let known = NIOLockedValueBox<Set<String>>([])
  private let hasEvents = NIOLockedValueBox(false)

  /// - Parameter replication: Copies of each partition, 1 to 7.
  init(admin: KafkaAdmin, replication: Int) {
    self.admin = admin
    self.replication = replication
  }

  /// Creates what is missing: compacted, with the partition count that is fixed for life.
  ///
  /// - Parameter limit: how long the broker may take.
  func ensure(zones: Set<String>, within limit: Duration = .seconds(20)) async throws {
    let missing = zones.subtracting(known.withLockedValue { $0 }).sorted()
    guard !missing.isEmpty else { return }
    try await ensure(missing.flatMap { [Topics.desired(zone: $0), Topics.observed(zone: $0)] }, within: limit)
    known.withLockedValue { $0.formUnion(missing) }
  }

  /// Creates the topic of public facts when it is missing.
  ///
  /// - Parameter limit: how long the broker may take.
  func ensureEvents(within limit: Duration = .seconds(20)) async throws {
    guard !hasEvents.withLockedValue({ $0 }) else { return }
    try await ensure([Topics.events], within: limit)
    hasEvents.withLockedValue { $0 = true }
  }

  /// Asks the brokers something that changes nothing.
  ///
  /// - Throws: `KafkaError` where none answers within some seconds.
  func reach() async throws {
    _ = try await admin.topics(within: .seconds(5))
  }

  /// The zones (their slugs) that there are topics of desired states for, be they declared or not.
  func zonesOnBus() async throws -> Set<String> {
    Set(try await admin.topics(within: .seconds(20)).compactMap(Topics.zone(ofDesired:)))
  }

  private func ensure(_ names: [String], within limit: Duration) async throws {
    let topics = names.map {
      KafkaTopic($0, partitions: Int(Topics.partitions), replication: replication, compacted: true)
    }
    try await admin.ensureTopics(topics, within: limit)
  }
}
