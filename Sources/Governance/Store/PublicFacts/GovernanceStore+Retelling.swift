import Events
import Foundation
import Postgres

extension GovernanceStore {
  /// Tells that another epoch has begun, and of everything the last that is known of it, as of this epoch: what the bus says
  /// of an earlier one is of a life that was lost, and does not hold unless it is said again. In the transaction that mints it.
  func retell(epoch: Int64, at now: Timestamp, context: RequestContext, in connection: PostgresConnection) async throws
  {
    let writer = FactWriter(epoch: epoch, at: now, traceparent: context.traceparent, mint: mint)
    try await connection.execute(try writer.insert([EpochFact(epoch: epoch, begunAt: now)]))
    var after: Int64 = 0
    // Part by part: findings are as many as there were.
    while true {
      let rows = try await connection.query(
        """
        SELECT f.id, f.data FROM public_facts f WHERE f.id > \(after) AND f.type <> \(EpochFact.type)
          AND NOT EXISTS (SELECT FROM public_facts l WHERE l.key = f.key AND l.id > f.id)
        ORDER BY f.id LIMIT \(Self.retoldTogether)
        """)
      guard let last = try rows.last?.decode(Int64.self, "id") else { return }
      let ids = try rows.map { try $0.decode(Int64.self, "id") }
      let data = try rows.map { try BusCodec.restate(fact: $0.decode([UInt8].self, "data"), epoch: epoch) }
      // When it was last about to be sent stays: what was sent then may be on its way still, and come after what is told now.
      try await connection.execute(
        """
        UPDATE public_facts f SET event = t.event, data = t.data, attempts = 0, published_at = NULL, partition = NULL,
          "offset" = NULL
        FROM unnest(\(ids), \(ids.map { _ in mint() }), \(data)) AS t (id, event, data) WHERE f.id = t.id
        """)
      after = last
    }
  }

  private static let retoldTogether = 1000
}
