import Events
import Kafka
import NIOConcurrencyHelpers

/// Makes sure that a zone's topics exist, once per zone and process.
final class ZoneTopics: Sendable {
  private let admin: KafkaAdmin
  private let replication: Int
  private let known = NIOLockedValueBox<Set<String>>([])

  /// - Parameter replication: Copies of each partition, 1 to 7.
  init(admin: KafkaAdmin, replication: Int) {
    self.admin = admin
    self.replication = replication
  }

  /// Creates what is missing: compacted, with the partition count that is fixed for life.
  func ensure(zones: Set<String>) async throws {
    let missing = zones.subtracting(known.withLockedValue { $0 }).sorted()
    guard !missing.isEmpty else { return }
    let topics = missing.flatMap { zone in
      [Topics.desired(zone: zone), Topics.observed(zone: zone)].map {
        KafkaTopic($0, partitions: Int(Topics.partitions), replication: replication, compacted: true)
      }
    }
    try await admin.ensureTopics(topics, within: .seconds(20))
    known.withLockedValue { $0.formUnion(missing) }
  }
}
