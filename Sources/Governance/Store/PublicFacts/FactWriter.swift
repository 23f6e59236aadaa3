import Events
import Foundation
import Postgres

/// Writes public facts, in the transaction of what they tell of; they are published after the commit.
struct FactWriter: Sendable {
  /// The epoch of the database.
  let epoch: Int64
  /// By whose clock it became so: the database's.
  let at: Timestamp
  let traceparent: String?
  let mint: @Sendable () -> UUID

  /// The epoch of what is told in a transaction: until that is committed none is minted. A recovery that mints one is
  /// waited for: what came as of the epoch before, after all was told again, would count for nobody.
  static let selectEpoch: PostgresQuery = "SELECT epoch FROM epoch FOR SHARE"

  /// A writer for one transaction.
  init(
    at: Timestamp, traceparent: String? = nil, mint: @escaping @Sendable () -> UUID,
    in connection: PostgresConnection
  ) async throws {
    let epoch = try await connection.query(Self.selectEpoch).only.decode(Int64.self, "epoch")
    self.init(epoch: epoch, at: at, traceparent: traceparent, mint: mint)
  }

  init(epoch: Int64, at: Timestamp, traceparent: String? = nil, mint: @escaping @Sendable () -> UUID) {
    self.epoch = epoch
    self.at = at
    self.traceparent = traceparent
    self.mint = mint
  }

  /// The statement that writes facts of one type, in their order. A state that is written already stays as it is: so
  /// nothing is told twice, whoever looks again.
  func insert<Fact: PublicFact>(_ facts: [Fact]) throws -> PostgresQuery {
    """
    INSERT INTO public_facts (event, type, key, revision, data, at, traceparent)
    SELECT f.event, \(Fact.type), f.key, f.revision, f.data, \(at.date), \(traceparent)
    FROM unnest(\(facts.map { _ in mint() }), \(facts.map(\.key)), \(facts.map(\.revision)),
      \(try facts.map { try BusCodec.encode($0) })) WITH ORDINALITY AS f (event, key, revision, data, place)
    ORDER BY f.place ON CONFLICT (key, revision) DO NOTHING
    """
  }
}
