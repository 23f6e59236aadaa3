import Board
import Events
import Foundation
import Identity
import Model
import Postgres
import Requests

extension GovernanceStore {
  /// The moment as the rules of requests see it, by the database's clock.
  func derogationMoment(in connection: PostgresConnection) async throws -> DerogationMoment {
    let board = try await boardMoment(in: connection)
    return DerogationMoment(
      at: board.at, policy: board.line.inForce(at: board.at)?.spec, operators: board.operators)
  }

  /// A stored request.
  ///
  /// - Throws: ``StoreError`` of kind `notFound`: one out of reach is not told from none.
  func storedDerogation(
    _ id: UUID, within reach: DerogationReach = .everything, locked: Bool, in connection: PostgresConnection
  ) async throws -> DerogationRecord {
    let select: PostgresQuery = """
      SELECT \(DerogationRecord.columns), clock_timestamp() AS now FROM derogation_requests
      WHERE id = \(id) AND \(reach.condition)
      """
    guard let row = try await connection.query(locked ? "\(select) FOR UPDATE" : select).first else {
      throw StoreError.noDerogationRequest(id)
    }
    return try DerogationRecord(row: row, asOf: Timestamp(try row.decode(Date.self, "now")))
  }

  /// Nothing is granted to another project of the name than the one that has asked. Which one an earlier program's request was
  /// of is not stored: then the project must have been there before it.
  func checkProject(of request: DerogationRequest, in connection: PostgresConnection) async throws {
    let name = request.scope.project
    let rows = try await connection.query(
      """
      SELECT 1 FROM derogation_requests d JOIN resources r ON r.kind = 'Project' AND r.name = d.project
      WHERE d.id = \(request.id) AND r.deleted_at IS NULL
        AND coalesce(r.uid = d.project_uid, r.created_at <= d.created_at)
      """)
    guard rows.isEmpty else { return }
    throw StoreError(
      .conflict, path: "project", "the Project “\(name)” that has asked for it is there no more",
      fr: "le Project « \(name) » qui l’a demandée n’existe plus",
      accepted: "POST /api/v1/derogation-requests, …/withdraw")
  }

  /// Stores what a request has become, and what follows from it.
  func store(
    _ request: DerogationRequest, after present: DerogationRecord, _ actions: [DerogationAction],
    at moment: DerogationMoment, context: RequestContext, in connection: PostgresConnection
  ) async throws {
    let resource = request.state == .notified ? request.resourceName : nil
    try await connection.execute(
      """
      UPDATE derogation_requests SET state = \(request.state.rawValue), revision = revision + 1,
        resource = \(resource), next_at = \(request.next?.date), body = \(try PostgresJSON(model: request)),
        updated_at = \(moment.at.date)
      WHERE id = \(request.id)
      """)
    if let statement = try WebhookWriter.insert(WebhookNote.notes(of: request, after: actions), at: moment.at) {
      try await connection.execute(statement)
    }
    for action in actions {
      switch action {
      case .apply(let spec):
        _ = try await put(
          .derogation(Resource(request.resourceName, spec)), context: context, within: .everything, if: .absent,
          in: connection)
      case .end:
        try await erase(.derogation, request.resourceName, context: context, in: connection)
      case .tell(let deed):
        try await connection.execute(try DerogationDetail(request).entry(deed.rawValue, at: moment.at, context))
      }
    }
  }

  /// Under a policy with a board nobody writes by hand what waives it; and what a request has notified is that request's.
  func checkHand(on resource: AnyResource, in connection: PostgresConnection) async throws {
    guard case .derogation(let derogation) = resource else { return }
    try await checkHand(onDerogation: derogation.name, in: connection)
    guard derogation.spec.notifiedAt != nil else { return }
    let moment = try await boardMoment(in: connection)
    guard moment.line.inForce(at: moment.at)?.spec.governance != nil else { return }
    let rows = try await connection.query(Self.selectResource(.derogation, derogation.name))
    // Applying again what is there changes nothing.
    if let row = rows.first, resource.hasSameSpec(as: try AnyResource(declared: row)) { return }
    throw StoreError.askForDerogation
  }

  /// What a request has notified is changed by that request.
  func checkHand(onDerogation name: String, in connection: PostgresConnection) async throws {
    let rows = try await connection.query("SELECT id FROM derogation_requests WHERE resource = \(name)")
    if let row = rows.first { throw StoreError.requestDecides(try row.decode("id")) }
  }
}

/// What the audit trail keeps of an act on a request: what it is about and what was said last. Words are kept as digests, and
/// nobody's name at all: the trail is sealed for good, and names in it have a place of their own.
struct DerogationDetail: Encodable {
  /// The kind of thing such entries are about.
  static let kind = "DerogationRequest"

  private let id: UUID
  private let scope: DerogationRequest.Scope
  private let state: DerogationRequest.State
  private let motive: String
  private let opinions: Int
  private let lastOpinion: SaidOpinion?
  private let outcome: Verdict.Outcome?
  private let reason: String?
  private let notifiedAt: Timestamp?
  private let endedAt: Timestamp?
  private let endReason: String?

  private struct SaidOpinion: Encodable {
    var party: Opinion.Party
    var position: Opinion.Position
    var text: String
  }

  init(_ request: DerogationRequest) {
    (id, scope, state, motive) = (request.id, request.scope, request.state, Self.digest(request.motive))
    opinions = request.opinions.count
    lastOpinion = request.opinions.last.map {
      SaidOpinion(party: $0.party, position: $0.position, text: Self.digest($0.text))
    }
    (outcome, reason) = (request.verdict?.outcome, request.verdict.map { Self.digest($0.reason) })
    (notifiedAt, endedAt) = (request.notifiedAt, request.endedAt)
    endReason = request.ending?.reason.map(Self.digest)
  }

  private static func digest(_ text: String) -> String { Digest.hexadecimal(Digest.sha256(Array(text.utf8))) }

  /// The entry of an act.
  func entry(_ action: String, at: Timestamp, _ context: RequestContext) throws -> PostgresQuery {
    try AuditWriter.entry(
      at: at, context: context, action: action, kind: Self.kind, name: id.uuidString.lowercased(), detail: self)
  }
}
