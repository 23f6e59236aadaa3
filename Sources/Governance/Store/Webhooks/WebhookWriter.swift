import Events
import Foundation
import Postgres
import Requests

/// Writes down what destinations are to be told, in the transaction of what it tells of: it is told if and only if that is
/// committed. Sending is others' work, and holds nothing up here.
enum WebhookWriter {
  /// The statement that writes a delivery for each destination that wants one of these; nil where there is nothing to tell.
  ///
  /// - Parameter webhook: the only destination that is told; nil for all.
  static func insert(
    _ notes: [WebhookNote], at moment: Timestamp, onlyTo webhook: UUID? = nil
  ) throws -> PostgresQuery? {
    guard !notes.isEmpty else { return nil }
    let only: PostgresQuery = webhook.map { " AND w.id = \($0)" } ?? ""
    let bodies = try notes.map { try $0.body(at: "\(moment)") }
    return """
      INSERT INTO webhook_deliveries (id, webhook, event, body, at)
      SELECT gen_random_uuid(), w.id, n.event, n.body, \(moment.date)
      FROM unnest(\(notes.map(\.event.rawValue)), \(notes.map(Self.operator(of:))), \(notes.map { $0.project ?? "" }),
        \(bodies)) WITH ORDINALITY AS n (event, operator, project, body, place)
      JOIN webhooks w ON w.removed_at IS NULL AND n.event = ANY(w.events)
        AND (w.operator = n.operator OR w.project = n.project)\(only)
      ORDER BY n.place, w.number
      """
  }

  /// Whose destinations are told, as the column has it.
  private static func `operator`(of note: WebhookNote) -> String {
    note.isForServiceBody ? WebhookRecord.Owner.serviceBodyName : note.operator ?? ""
  }
}
