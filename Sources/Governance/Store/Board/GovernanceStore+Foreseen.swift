import Board
import Events
import Foundation
import Model
import Policy
import Postgres
import Requests

extension GovernanceStore {
  /// Tells operators and teams, as soon as a version has its date, of what will not comply from then on: by the impact that was
  /// voted on. Where none was worked out nobody is told ahead, and on the day everybody is.
  func tellForeseen(
    _ actions: [BoardAction], of proposal: UUID, at moment: Timestamp, in connection: PostgresConnection
  ) async throws {
    for case .write(let versions) in actions {
      for version in versions where version.origin == .ratified && version.effectiveAt > moment {
        let rows = try await connection.query(Self.selectForeseen(of: proposal))
        let notes = try rows.map { row in
          WebhookNote(
            foreseen: Int(try row.decode(Int64.self, "count")), by: version.version, from: version.effectiveAt,
            operator: try row.decode("operator"), project: try row.decode("project"))
        }
        if let statement = try WebhookWriter.insert(notes, at: moment) { try await connection.execute(statement) }
      }
    }
  }

  /// How many replicas would not comply any more, by operator and by project, of those that anybody is told of.
  private static func selectForeseen(of proposal: UUID) -> PostgresQuery {
    """
    WITH latest AS (
      SELECT result FROM impacts WHERE subject = \(impactSubject(of: proposal)) ORDER BY requested_at DESC, id LIMIT 1),
    items AS (
      SELECT item ->> 'operator' AS operator, item ->> 'project' AS project
      FROM latest JOIN impact_parts p ON p.digest = latest.result AND p.section = \(Impact.Section.nonCompliances.rawValue),
        jsonb_array_elements(convert_from(p.bytes, 'UTF8')::jsonb) AS item
      WHERE NOT (item ->> 'already')::boolean)
    SELECT operator, NULL AS project, count(*) AS count FROM items
    WHERE operator IN (SELECT operator FROM webhooks WHERE removed_at IS NULL) GROUP BY operator
    UNION ALL SELECT NULL, project, count(*) FROM items
    WHERE project IN (SELECT project FROM webhooks WHERE removed_at IS NULL) GROUP BY project
    ORDER BY 1, 2
    """
  }
}

extension WebhookNote {
  /// What a version to come will make of placements.
  fileprivate init(
    foreseen count: Int, by version: Int64, from date: Timestamp, operator name: String?, project: String?
  ) {
    let (whose, whoseEN) =
      project.map { ("du projet \($0)", "of project \($0)") }
      ?? ("chez l’opérateur \(name ?? "")", "with operator \(name ?? "")")
    self.init(
      .findingForeseen, operator: name, project: project,
      text: LocalizedText(
        fr:
          "à partir du \(date), \(count) placement(s) \(whose) ne seront plus conformes (politique, version \(version)) : "
          + "à migrer, à faire livrer par une autre chaîne, ou à couvrir par une dérogation",
        en: "from \(date) on, \(count) placement(s) \(whoseEN) will not comply (policy, version \(version)): "
          + "to be migrated, to be delivered to by another chain, or to be covered by a derogation"),
      subject: WebhookNote.Subject(
        kind: "PolicyVersion", id: "\(version)", project: project, operator: name, state: "foreseen", dueAt: "\(date)"))
  }
}
