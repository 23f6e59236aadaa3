import API
import Logging
import Model
import NIOConcurrencyHelpers
import Store

/// Compares the database with what it has said on the bus, before anything more is said (protocol rule 13): each zone once
/// in a term of the relay, and what it has told of the board and of the audit trail.
struct BusExaminer: Sendable {
  let store: GovernanceStore
  let survey: BusSurvey
  let logger: Logger
  private let events: EventsExaminer
  private let examined = NIOLockedValueBox<Set<String>>([])
  private let eventsExamined = NIOLockedValueBox(false)
  /// Once seen, it holds for the term: a recovery ends that.
  private let sign = NIOLockedValueBox<String?>(nil)

  init(store: GovernanceStore, survey: BusSurvey, topics: ZoneTopics, logger: Logger) {
    self.store = store
    self.survey = survey
    self.logger = logger
    events = EventsExaminer(store: store, survey: survey, topics: topics)
  }

  /// Examines all zones there are; one that can not be read now is examined before anything is published to it.
  func examineAll(_ topics: ZoneTopics, within limit: Duration) async throws {
    let zones = try await store.zones().map(\.spec.slug)
    try await withThrowingTaskGroup(of: Void.self) { group in
      for zone in zones {
        group.addTask {
          do {
            // A reader that asks first for a topic would have it made with another number of partitions.
            try await topics.ensure(zones: [zone], within: limit)
            try await examine(zone, within: limit)
          } catch let error as DatabaseRestored {
            logger.critical("Nothing is decided or published", metadata: ["error": "\(error)"])
          } catch {
            try Task.checkCancellation()
            topics.doubt(zone, after: error)
            logger.warning("A zone's topic was not read yet", metadata: ["zone": "\(zone)", "error": "\(error)"])
          }
        }
      }
      try await group.waitForAll()
    }
  }

  /// Whether what was told on `regie.events` was examined, and found in order: nothing is published to any zone before, as
  /// what waits for publication may have been decided under a policy that is not the last.
  var hasExaminedEvents: Bool { eventsExamined.withLockedValue { $0 } }

  /// Examines what was told until it is found in order. It may take long: zones are examined meanwhile.
  ///
  /// - Parameter trouble: is told each time why it is not so yet.
  func examineEventsUntilInOrder(noting trouble: @Sendable (any Error) -> Void) async throws {
    try await events.examineUntilInOrder { error in
      note(error)
      trouble(error)
    }
    eventsExamined.withLockedValue { $0 = true }
  }

  private func note(_ error: any Error) {
    if error is DatabaseRestored {
      logger.critical("Nothing is decided or published", metadata: ["error": "\(error)"])
    } else {
      logger.warning("regie.events was not read yet", metadata: ["error": "\(error)"])
    }
  }

  /// Whether a zone was examined, and found in order.
  func hasExamined(_ zone: String) -> Bool { examined.withLockedValue { $0.contains(zone) } }

  /// Examines a zone unless that was done.
  ///
  /// - Throws: ``DatabaseRestored`` where the bus is ahead: all instances are suspended by then.
  func examine(_ zone: String, within limit: Duration) async throws {
    guard !examined.withLockedValue({ $0.contains(zone) }) else { return }
    if let sign = sign.withLockedValue({ $0 }) { throw DatabaseRestored(sign: sign) }
    let evidence = try await survey.read(zone: zone, withObservations: false, within: limit)
    if evidence.refused > 0 {
      logger.warning(
        "Records of a zone's topic can not be believed: a restored database may go unnoticed",
        metadata: ["zone": "\(zone)", "records": "\(evidence.refused)", "wanted": "REGIE_EARLIER_KEYS_FILE"])
    }
    let account = try await store.account(of: zone, beside: evidence)
    if let found = RestoreSigns.first(in: evidence, against: account) {
      // Somebody has recovered since the topic was read: this term is over, and the next one compares again.
      guard try await store.suspend(because: found, comparedIn: account.epoch) else {
        throw ComparisonVoid(what: "zone \(zone)")
      }
      sign.withLockedValue { $0 = found }
      throw DatabaseRestored(sign: found)
    }
    examined.withLockedValue { _ = $0.insert(zone) }
  }
}

/// The database is older than what it has said on the bus.
struct DatabaseRestored: Error, CustomStringConvertible {
  let sign: String

  var description: String { "the database was restored: \(sign); `regie recover` brings it up to date" }
}

/// The database was brought up to the bus while the two were compared.
struct ComparisonVoid: Error, CustomStringConvertible {
  let what: String

  var description: String { "\(what) has to be compared again: an epoch was minted meanwhile" }
}

/// What a recovery starts from: all topics of all zones, of those that have left as well, and what was told on
/// `regie.events`.
struct RecoveryEvidence: RecoverySurveyor {
  let store: GovernanceStore
  let survey: BusSurvey
  let topics: ZoneTopics

  /// A person waits for it; every zone counts, so one that can not be read ends it.
  private static let patience: Duration = .seconds(120)

  func told() async throws -> ToldEvidence {
    try await topics.ensureEvents()
    return try await survey.readEvents(within: Self.patience)
  }

  func evidence() async throws -> [BusEvidence] {
    let declared = Set(try await store.zones().map(\.spec.slug))
    let others = try await topics.zonesOnBus().subtracting(declared)
    let left = others.intersection(try await store.knownZones())
    let read = try await withThrowingTaskGroup(of: BusEvidence.self) { group in
      for zone in declared.union(left) {
        group.addTask {
          try await topics.ensure(zones: [zone])
          do {
            var evidence = try await survey.read(zone: zone, withObservations: true, within: Self.patience)
            evidence.hasLeft = left.contains(zone)
            return evidence
          } catch {
            topics.doubt(zone, after: error)
            throw error
          }
        }
      }
      return try await group.reduce(into: []) { $0.append($1) }
    }
    let unknown = others.subtracting(left).map { BusEvidence(zone: $0, isDeclared: false) }
    return (read + unknown).sorted { $0.zone < $1.zone }
  }
}
