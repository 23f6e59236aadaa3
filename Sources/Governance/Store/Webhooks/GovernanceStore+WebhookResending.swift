import Events
public import Foundation
public import Identity
import Model
import Postgres
import Requests

extension GovernanceStore {
  /// Has something delivered that was given up: with the same identifier and body, and tried for a day from now on.
  ///
  /// - Throws: ``StoreError``: `notFound`, also where it is out of reach or its destination was taken away; `conflict` where it was
  ///   not given up, or its destination has ended: nothing is sent there.
  public func resendDelivery(
    _ id: UUID, within reach: Scope = .everything, context: RequestContext
  ) async throws -> DeliveryRecord {
    try await pool.withTransaction { connection in
      let found = try await connection.query("SELECT webhook FROM webhook_deliveries WHERE id = \(id)")
      let delivery = id.uuidString.lowercased()
      let absent = StoreError(
        .notFound, path: "id", "there is no delivery \(delivery)", fr: "il n’existe pas de livraison \(delivery)")
      guard let webhook = try found.first?.decode(UUID.self, "webhook"),
        let record = try await presentWebhook(webhook, in: connection), reach.covers(record.owner)
      else { throw absent }
      guard !record.isEnded else {
        throw StoreError(
          .conflict, path: "id", "the key that made the destination of delivery \(delivery) has ended",
          fr: "la clé qui a créé la destination de la livraison \(delivery) a pris fin",
          accepted: "POST /api/v1/webhooks, and a delivery of its own")
      }
      let rows = try await connection.query(
        """
        UPDATE webhook_deliveries SET state = 'pending', settled_at = NULL, claimed_until = NULL,
          resent_at = clock_timestamp()
        WHERE id = \(id) AND state = 'dead' RETURNING \(DeliveryRecord.columns), resent_at AS now
        """)
      guard let row = rows.first else {
        throw StoreError(
          .conflict, path: "id", "delivery \(delivery) was not given up",
          fr: "la livraison \(delivery) n’a pas été abandonnée",
          accepted: "GET /api/v1/webhooks/\(webhook.uuidString.lowercased())/deliveries?state=dead")
      }
      let now = Timestamp(try row.decode(Date.self, "now"))
      try await connection.pipeline([
        // Whoever asks for it by hand expects it to be tried now.
        "UPDATE webhooks SET retry_at = '-infinity' WHERE id = \(webhook)",
        "SELECT pg_notify('regie_webhooks', '')",
        try Self.entry("resent", record, delivery: delivery, at: now, context),
      ])
      return try DeliveryRecord(row: row)
    }
  }
}
