import Events
import Foundation
import Kafka
import Logging
import Store

extension BusSurvey {
  /// What `regie.events` holds of the board and of the audit trail, as of the end that it has now. Records of other kinds
  /// are passed over unread, there are many; but where events are listed, whether they are signed.
  ///
  /// - Parameter lists: whether it is listed as well which event lies last under each key, of whatever kind.
  func readEvents(within limit: Duration, listing lists: Bool = false) async throws -> ToldEvidence {
    try await within(limit, of: Topics.events) {
      var told = ToldEvidence(listsEvents: lists)
      try await each(Topics.events) { take($0, &told) }
      return told
    }
  }

  private func take(_ record: KafkaRecord, _ told: inout ToldEvidence) {
    guard let key = record.key, let name = String(validating: key, as: UTF8.self) else { return }
    guard let value = record.value else { return told.take(event: nil, type: nil, data: [], under: name) }
    let headers = record.headers.map { CloudEvent.Header($0.name, $0.value) }
    let belief = read(key, name, headers, value, &told)
    let identifier = belief == .refused ? nil : record[header: "ce_id"]?.string
    let place =
      belief == .unknownKey ? ToldEvidence.Place(partition: record.partition, offset: record.offset) : nil
    told.take(
      event: identifier.flatMap { UUID(uuidString: $0) }, type: record[header: "ce_type"]?.string, data: value,
      unverifiedAt: place, under: name)
  }

  /// Whether a record is believed.
  private enum Belief {
    case verified
    /// By a key that is not known any more. What it says is not lost, or a change of keys would have everything told
    /// anew; but anybody can make such a key up.
    case unknownKey
    /// Nobody believes it: what it should say is lost.
    case refused

    init(_ error: any Error) {
      self = (error as? EventRejection)?.reason == .unknownKey ? .unknownKey : .refused
    }
  }

  /// Takes what a record says.
  private func read(
    _ key: [UInt8], _ name: String, _ headers: [CloudEvent.Header], _ value: [UInt8], _ told: inout ToldEvidence
  ) -> Belief {
    func fact<Fact: PublicFact>(_ type: Fact.Type) throws -> Fact {
      try BusCodec.fact(type, key: key, headers: headers, data: value, verifier: verifier).fact
    }
    do {
      switch name.prefix(while: { $0 != "/" }) {
      case "policy": told.take(try fact(PolicyVersionFact.self))
      case "proposal": told.take(act: try fact(ProposalFact.self), data: value)
      case "vote": told.take(act: try fact(VoteFact.self), data: value)
      case "comment": told.take(act: try fact(CommentFact.self), data: value)
      case "audit":
        told.take(try BusCodec.anchor(key: key, headers: headers, data: value, verifier: verifier), under: name)
      case "epoch": told.take(try fact(EpochFact.self))
      default: return told.listsEvents ? belief(in: headers, value, under: name) : .verified
      }
      return .verified
    } catch {
      if name.hasPrefix("audit/") {
        told.refuse(anchor: headers, value: value, under: name)
      } else {
        told.refuse()
      }
      return Belief(error)
    }
  }

  /// Whether an event that is not read is believed: it is about what its key names, and signed.
  private func belief(in headers: [CloudEvent.Header], _ value: [UInt8], under name: String) -> Belief {
    do throws(EventRejection) {
      let event = try CloudEvent(headers: headers, data: value)
      // About anything else it is refused by all who read it.
      guard event.subject == name else { return .refused }
      guard let signature = event.extensions[BusCodec.signatureAttribute] else { return .refused }
      try verifier.verify(signature, over: value)
      return .verified
    } catch {
      return Belief(error)
    }
  }
}

/// Compares the database with what it has told on `regie.events`, before anything more is told there: once for each of those
/// who tell something, and each term of the relay.
struct EventsExaminer: Sendable {
  let store: GovernanceStore
  let survey: BusSurvey
  let topics: ZoneTopics

  /// What `/health` says where it is not in order yet.
  static func trouble(_ error: any Error) -> String {
    error is DatabaseRestored
      ? "la base a été restaurée : rien n'est décidé ni publié avant « regie recover »"
      : "regie.events n'a pas pu être lu (le droit « Read » y est nécessaire) : rien n'est publié avant qu'il ait été "
        + "comparé avec la base"
  }

  /// Examines until the topic was read and holds nothing that the database does not know.
  ///
  /// - Parameters:
  ///   - lists: as ``BusSurvey/readEvents(within:listing:)``.
  ///   - note: is told each time why it is not so yet.
  /// - Returns: What the topic holds.
  /// - Throws: `CancellationError` only.
  @discardableResult
  func examineUntilInOrder(
    listing lists: Bool = false, noting note: @Sendable (any Error) -> Void
  ) async throws -> ToldEvidence {
    var failures = 0
    while true {
      do {
        // A large topic takes longer, and one that is away is to be told of soon.
        return try await examine(within: .seconds(15 << min(failures, 4)), listing: lists)
      } catch {
        try Task.checkCancellation()
        note(error)
      }
      failures += 1
      try await Task.sleep(for: Pause.delay(failures: failures))
    }
  }

  /// - Returns: What the topic holds.
  /// - Throws: ``DatabaseRestored`` where the bus is ahead, or the database is suspended: all instances are by then.
  @discardableResult
  func examine(within limit: Duration, listing lists: Bool = false) async throws -> ToldEvidence {
    // Whoever is suspended has been compared: the topic is not read over and over until somebody recovers.
    if let suspension = try await store.suspension() { throw DatabaseRestored(sign: suspension.because) }
    // A reader that asks first for a topic would have it made with another number of partitions.
    try await topics.ensureEvents(within: limit)
    let told = try await survey.readEvents(within: limit, listing: lists)
    if told.refused > 0 {
      survey.logger.warning(
        "Records of regie.events can not be believed: a restored database may go unnoticed",
        metadata: ["records": "\(told.refused)", "wanted": "REGIE_EARLIER_KEYS_FILE"])
    }
    let account = try await store.account(beside: told)
    guard let sign = RestoreSigns.first(in: told, against: account) else {
      try await store.keepNumbersTold(upTo: told.highestPolicy, comparedIn: account.epoch)
      return told
    }
    // Somebody has recovered since the topic was read: it is compared again.
    guard try await store.suspend(because: sign, comparedIn: account.epoch) else {
      throw ComparisonVoid(what: Topics.events)
    }
    throw DatabaseRestored(sign: sign)
  }
}
