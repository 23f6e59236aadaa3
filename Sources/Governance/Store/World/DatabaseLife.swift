import NIOConcurrencyHelpers
import Postgres

/// Which database this is, and how far it has come: enough to tell that another one answers, or this one as it was before.
struct DatabaseLife: Sendable, Hashable {
  /// The server's system identifier: another one is another cluster of databases.
  var system: String
  /// Changes when a standby takes over, and when a server was restored to a point in time.
  var timeline: String
  /// The database's and a table's number in the catalogue: a dump that was read in has others.
  var objects: [Int64]
  /// The epoch of the database (protocol rule 13).
  var epoch: Int64
  /// How much of the log has reached the disk. It never shrinks but where an earlier state of the disk came back.
  var position: Int64

  /// The latest migration that this program knows.
  private static let latestVersion: Int = StoreMigrations.all.map(\.version).max() ?? 0

  /// A dump that is read in makes triggers when all rows and indexes are there: until then it has no epoch. A later version of
  /// the program may have done away with the trigger that this one looks at, and not with all of them. With it the moment, which is no
  /// part of it.
  static let select: PostgresQuery = """
    SELECT (SELECT system_identifier::text FROM pg_control_system()) AS system,
      left(pg_walfile_name(pg_current_wal_flush_lsn()), 8) AS timeline,
      (SELECT oid::bigint FROM pg_database WHERE datname = current_database()) AS database,
      'epoch'::regclass::oid::bigint AS object,
      (SELECT epoch FROM epoch WHERE EXISTS (SELECT FROM pg_trigger
        WHERE tgrelid = to_regclass('outbox') AND tgname = 'outbox_while_suspended' AND tgenabled IN ('O', 'A'))
        OR (EXISTS (SELECT FROM schema_migrations WHERE version > \(latestVersion))
          AND EXISTS (SELECT FROM pg_trigger WHERE NOT tgisinternal AND tgenabled IN ('O', 'A')))) AS epoch,
      (pg_current_wal_flush_lsn() - '0/0')::bigint AS position, clock_timestamp() AS now
    """

  init(system: String, timeline: String, objects: [Int64], epoch: Int64, position: Int64) {
    self.system = system
    self.timeline = timeline
    self.objects = objects
    self.epoch = epoch
    self.position = position
  }

  /// Nil of a database that is being read in.
  init?(row: PostgresRow) throws {
    guard let epoch = try row.decode(Int64?.self, "epoch") else { return nil }
    self.init(
      system: try row.decode("system"), timeline: try row.decode("timeline"),
      objects: [try row.decode("database"), try row.decode("object")], epoch: epoch,
      position: try row.decode("position"))
  }

  /// What tells that this is not the database of before, gone on; empty where it is.
  func differences(from earlier: DatabaseLife) -> [String] {
    var differences: [String] = []
    if system != earlier.system { differences.append("system identifier") }
    if timeline != earlier.timeline { differences.append("timeline") }
    // Of another server, or on another timeline, it says nothing.
    let hasShrunk = differences.isEmpty && position < earlier.position
    if objects != earlier.objects { differences.append("tables") }
    if epoch < earlier.epoch { differences.append("epoch") }
    if epoch > earlier.epoch { differences.append(Self.laterEpoch) }
    if hasShrunk { differences.append("log position") }
    return differences
  }

  /// What a recovery leaves of a database that has gone on, and a restore does not.
  static let laterEpoch = "later epoch"

  /// Whether they tell of another database, and not of a recovery of this one.
  static func isAnother(_ differences: [String]) -> Bool { !differences.isEmpty && differences != [laterEpoch] }
}

/// Not all of the database is there.
struct DatabaseIncomplete: Error, CustomStringConvertible {
  let description = "a dump is being read in"
}

/// The database as it was seen last.
final class KnownLife: Sendable {
  private struct State {
    var life: DatabaseLife?
    /// When the answer had come.
    var readAt: ContinuousClock.Instant?
    /// When it was asked last, and whether there was no answer.
    var askedAt: ContinuousClock.Instant?
    var isUnknown = false
    /// Whether turns are to end that may have begun on another database.
    var owesTurns = false
    /// Whether not all of it was there when it was read last.
    var isIncomplete = false
  }

  private let state = NIOLockedValueBox(State())

  /// Takes in what was read. Two may ask at once, and the answers come in any order: what was asked for before the last
  /// answer had come may be older than that, and is left out.
  ///
  /// - Returns: what tells it from the database that was known.
  func take(_ life: DatabaseLife, askedAt moment: ContinuousClock.Instant) -> [String] {
    state.withLockedValue { state in
      if let readAt = state.readAt, moment < readAt { return [] }
      let now = ContinuousClock.now
      let differences = state.life.map { life.differences(from: $0) } ?? []
      // Who began on a part has not seen all of it.
      let owesTurns = state.owesTurns || state.isIncomplete || DatabaseLife.isAnother(differences)
      state = State(life: life, readAt: now, askedAt: now, owesTurns: owesTurns)
      return differences
    }
  }

  /// Turns are to end that may have begun on another database.
  func oweTurns() { state.withLockedValue { $0.owesTurns = true } }

  /// Not all of it is there. Turns are to end that may have begun on what was there before, once, and once more when it is whole.
  /// It is not told again by each look: nobody could lead for longer than a second where this is a mistake.
  func foundIncomplete() {
    state.withLockedValue { state in
      if !state.isIncomplete { (state.isIncomplete, state.owesTurns) = (true, true) }
    }
  }

  /// Whether turns are to end: told once, to whoever ends them.
  func takeOwedTurns() -> Bool {
    state.withLockedValue { state in
      defer { state.owesTurns = false }
      return state.owesTurns
    }
  }

  /// It was asked, and could not be told.
  ///
  /// - Returns: whether that is news.
  func failed() -> Bool {
    state.withLockedValue { state in
      defer { (state.askedAt, state.isUnknown) = (.now, true) }
      return !state.isUnknown
    }
  }

  /// When it is to be looked at again.
  func due(after age: Duration) -> ContinuousClock.Instant {
    state.withLockedValue { state in state.askedAt.map { $0 + age } ?? .now }
  }

  /// Whether it was not looked at for so long.
  func isOlder(than age: Duration) -> Bool { due(after: age) < .now }
}
