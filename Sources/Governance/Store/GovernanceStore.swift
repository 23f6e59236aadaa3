public import Foundation
public import Logging
import NIOConcurrencyHelpers
public import Postgres
public import Requests

/// All that governance remembers. A value over a pool: copies share the pool and what was prepared from the offer.
///
/// Every method throws ``StoreError`` for a refusal, `PostgresError` for the database's own faults, `CancellationError`
/// when cancelled.
public struct GovernanceStore: Sendable {
  /// Where the outbox announces new rows. The payload is empty; listeners re-read the table, after a reconnection too.
  public static let outboxChannel = "regie_outbox"

  let pool: PostgresPool
  let logger: Logger
  let mint: @Sendable () -> UUID
  let prepared = PreparedOfferCache()
  let offerRows = OfferRows()
  let world = World()
  let queue = DecisionQueue()
  let contents = StoredContents()
  let engines = EngineCache()
  let published = PublishedOfferCache()
  let life = KnownLife()
  let pace = NIOLockedValueBox(FactsPace())
  /// What anybody may read, whom nobody knows: most connections are for those who are known.
  let publicReads: FewAtOnce

  /// What seals the secrets of destinations; nil where they stand in clear.
  let vault: WebhookVault?

  /// A store over `pool`; `mint` makes identifiers, so that tests can choose them; by itself it takes random ones.
  ///
  /// - Parameter vault: what seals the secrets of webhooks' destinations; without it they stand in clear.
  public init(
    pool: PostgresPool, logger: Logger, vault: WebhookVault? = nil, mint: (@Sendable () -> UUID)? = nil
  ) {
    self.pool = pool
    publicReads = FewAtOnce(Self.few(of: pool), mostWaiting: 16, refusal: StoreError.crowded)
    self.logger = logger
    self.vault = vault
    self.mint = mint ?? { .random() }
  }

  /// Which life of the database this is (protocol rule 13).
  public func epoch() async throws -> Int64 {
    let rows = try await pool.withConnection { try await $0.query("SELECT epoch FROM epoch") }
    return try rows.only.decode("epoch")
  }

  /// Notified, without a payload, by every commit that changes what decisions are made on.
  public static let offerChannel = "regie_offer"

  /// Notified, without a payload, by every commit that reserves something for a time.
  public static let reservationChannel = "regie_reservations"

  /// Wakes whoever watches over the ends of reservations when the transaction commits.
  static let announceReservations: PostgresQuery = "SELECT pg_notify('regie_reservations', '')"

  /// Wakes whoever follows the offer when the transaction commits.
  static let announceOffer: PostgresQuery = "SELECT pg_notify('regie_offer', '')"

  /// For transactions in which much is worked out between two statements: they may lie idle for longer than others; not
  /// for ever, as a process that is stopped in one keeps its locks for so long.
  static let allowLongWork: PostgresQuery = "SET LOCAL idle_in_transaction_session_timeout = '5min'"

  /// Wakes the relay when the transaction commits.
  static let announceOutbox: PostgresQuery = "SELECT pg_notify('regie_outbox', '')"
}

extension PostgresRows {
  /// The row of a statement that always has one.
  var only: PostgresRow {
    get throws {
      guard let first else {
        throw StoreError(
          .conflict, "a row that every database of this schema has is missing",
          fr: "une ligne que toute base de ce schéma contient est absente")
      }
      return first
    }
  }
}
