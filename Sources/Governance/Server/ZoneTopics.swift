import Events
import Kafka
import NIOConcurrencyHelpers

/// Makes sure that a zone's topics, and the one of public facts, exist: once for as long as nothing says that they may be gone.
final class ZoneTopics: Sendable {
  /// What is known of a zone's topics.
  private enum Standing: Sendable {
    case there
    /// They were there, and something has failed since as it would without them: somebody may have deleted them.
    case doubted
  }

  /// What was there is looked for for so long at most: brokers that do not answer leave it at that.
  private static let patienceInDoubt: Duration = .seconds(5)

  private let admin: KafkaAdmin
  private let replication: Int
  private let eventsMemory: Duration
  private let known = NIOLockedValueBox<[String: Standing]>([:])
  /// When the topic of public facts was found.
  private let eventsFound = NIOLockedValueBox<ContinuousClock.Instant?>(nil)

  /// - Parameters:
  ///   - replication: Copies of each partition, 1 to 7.
  ///   - eventsMemory: for how long it counts that the topic of public facts was found: whoever writes to it asks each time, and
  ///     tells of no failure.
  init(admin: KafkaAdmin, replication: Int, eventsMemory: Duration = .seconds(60)) {
    self.admin = admin
    self.replication = replication
    self.eventsMemory = eventsMemory
  }

  /// Creates what is missing: compacted, with the partition count that is fixed for life.
  ///
  /// - Parameters:
  ///   - limit: how long the broker may take.
  ///   - looksAgain: whether what is in doubt is looked for.
  func ensure(zones: Set<String>, within limit: Duration = .seconds(20), looksAgain: Bool = true) async throws {
    let standings = known.withLockedValue { $0 }
    let unsure = zones.filter { standings[$0] != .there && (looksAgain || standings[$0] == nil) }.sorted()
    guard !unsure.isEmpty else { return }
    let wereThere = unsure.allSatisfy { standings[$0] == .doubted }
    let names = unsure.flatMap { [Topics.desired(zone: $0), Topics.observed(zone: $0)] }
    guard try await ensure(names, wereThere: wereThere, within: limit) else { return }
    known.withLockedValue { known in
      for zone in unsure { known[zone] = .there }
    }
  }

  /// Takes note of what has failed on a zone's topics: where it would have failed so without them, they are looked for again.
  func doubt(_ zone: String, after error: any Error) {
    let code = (error as? KafkaError)?.code
    guard code == .unknownTopic || code == .timedOut || error is SurveyTimeout else { return }
    known.withLockedValue { known in
      if known[zone] != nil { known[zone] = .doubted }
    }
  }

  /// The zones whose topics may be gone.
  var doubted: Set<String> { Set(known.withLockedValue { $0 }.filter { $0.value == .doubted }.keys) }

  /// Creates the topic of public facts when it is missing.
  ///
  /// - Parameter limit: how long the broker may take.
  func ensureEvents(within limit: Duration = .seconds(20)) async throws {
    let found = eventsFound.withLockedValue { $0 }
    if let found, ContinuousClock.now - found < eventsMemory { return }
    guard try await ensure([Topics.events], wereThere: found != nil, within: limit) else { return }
    eventsFound.withLockedValue { $0 = ContinuousClock.now }
  }

  /// Asks the brokers something that changes nothing.
  ///
  /// - Throws: `KafkaError` where none answers within some seconds.
  func reach() async throws {
    _ = try await admin.topics(within: .seconds(5))
  }

  /// The zones (their slugs) that there are topics of desired states for, be they declared or not.
  ///
  /// - Parameter limit: how long the broker may take.
  func zonesOnBus(within limit: Duration = .seconds(20)) async throws -> Set<String> {
    Set(try await admin.topics(within: limit).compactMap(Topics.zone(ofDesired:)))
  }

  /// - Returns: false where nobody has said whether topics that were there still are.
  private func ensure(_ names: [String], wereThere: Bool, within limit: Duration) async throws -> Bool {
    let topics = names.map {
      KafkaTopic($0, partitions: Int(Topics.partitions), replication: replication, compacted: true)
    }
    guard wereThere else {
      try await admin.ensureTopics(topics, within: limit)
      return true
    }
    do {
      try await admin.ensureTopics(topics, within: min(limit, Self.patienceInDoubt))
      return true
    } catch let error as KafkaError where error.code == .timedOut || error.code == .transport {
      return false
    }
  }
}
