import Events
import Foundation
public import Identity
public import Model
import Postgres

extension GovernanceStore {
  /// Deletes a resource that nothing refers to, with its audit entry. Its row stays, marked, for old decisions.
  ///
  /// - Parameters:
  ///   - scope: how far the caller's reach goes: what is stored must be within it.
  ///   - condition: what must be so for the deletion to take place.
  /// - Throws: ``StoreError``: `notFound`, `forbidden`, `versionMismatch`, `stillReferenced` that names by whom, `conflict` for a
  ///   policy, which is superseded and never deleted, and for an operator without which the board could decide nothing, which two
  ///   administrators remove.
  public func delete(
    _ kind: Kind, _ name: String, context: RequestContext, within scope: Scope = .everything,
    if condition: WriteCondition = .always
  ) async throws {
    guard kind != .policy else {
      throw StoreError(
        .conflict, path: "kind", "a policy is superseded, never deleted",
        fr: "une politique est remplacée, jamais supprimée", accepted: "a PUT of the next version")
    }
    // Of another's project it is not even told whether it is there.
    if kind == .project, !scope.covers(project: name) { throw StoreError.notOwn(kind, name) }
    let refusal = try await pool.withTransaction { connection in
      try await connection.execute(StoreLocks.takeOffer())
      if kind == .derogation { try await checkHand(onDerogation: name, in: connection) }
      return try await erase(kind, name, context: context, within: scope, if: condition, in: connection)
    }
    if let refusal { throw refusal }
    if kind == .project { world.forget([name]) } else { world.forgetHead() }
  }

  /// The deletion itself, inside the caller's transaction and under the offer's lock.
  ///
  /// - Returns: Why nothing is deleted yet, where that it was asked for is to be kept.
  @discardableResult
  func erase(
    _ kind: ResourceKind, _ name: String, context: RequestContext, within scope: Scope = .everything,
    if condition: WriteCondition = .always, in connection: PostgresConnection
  ) async throws -> StoreError? {
    let answers = try await connection.pipeline([
      "\(Self.selectResource(kind, name)) FOR UPDATE", Self.referrers(to: kind, name),
      "SELECT clock_timestamp() AS now",
    ])
    let present = try answers[0].first.map { try AnyResource(declared: $0) }
    guard let present, let uid = present.metadata.uid else { throw StoreError.notFound(kind, name) }
    try await check(present, isErasableWithin: scope, in: connection)
    try condition.check(against: present.metadata.resourceVersion)
    if let referrer = answers[1].first {
      throw Self.stillReferenced(
        try referrer.decode("kind"), try referrer.decode("name"), count: answers[1].count)
    }
    if kind == .operator, let refusal = try await departure(of: name, uid, context: context, in: connection) {
      return refusal
    }
    let now = Timestamp(try answers[2].only.decode(Date.self, "now"))
    let detail = PutDetail(before: present, after: nil)
    try await connection.pipeline([
      Self.author(context),
      """
      UPDATE resources SET deleted_at = \(now.date), resource_version = nextval('resource_versions')
      WHERE uid = \(uid)
      """,
      "UPDATE offer_state SET version = version + 1",
      Self.announceOffer,
      """
      UPDATE capacity_ledger SET limit_cpu = 0, limit_memory = 0, limit_gpu = 0, limit_storage = 0, limit_pods = 0,
        version = version + 1
      WHERE \(kind == .cluster) AND cluster = \(name)
      """,
      try AuditWriter.entry(
        at: now, context: context, action: "deleted", kind: kind.rawValue, name: name, detail: detail),
    ])
    if kind == .operator { try await connection.pipeline(Self.removeWebhooks(of: "operator = \(name)")) }
    if kind == .project { try await connection.pipeline(Self.removeWebhooks(of: "project = \(name)")) }
    try await revokeKeys(of: kind, name, at: now, context: context, in: connection)
    return nil
  }

  private static func stillReferenced(_ kind: String, _ name: String, count: Int) -> StoreError {
    let (others, verb, autres, verbe) =
      switch count {
      case ...1: ("", "refers", "", "s’y réfère")
      case 2: (" and 1 other", "refer", " et 1 autre", "s’y réfèrent")
      default: (" and \(count - 1) others", "refer", " et \(count - 1) autres", "s’y réfèrent")
      }
    return StoreError(
      .stillReferenced, path: "metadata.name", "\(kind) “\(name)”\(others) \(verb) to it: remove that first",
      fr: "\(kind) « \(name) »\(autres) \(verbe) : le retirer d’abord")
  }

  /// Who names a resource, live placements included.
  private static func referrers(to kind: ResourceKind, _ name: String) -> PostgresQuery {
    switch kind {
    case .operator: referrers([("Region", "spec ->> 'operator' = \(name)")])
    case .chain: referrers([("Zone", "spec ->> 'chain' = \(name)")])
    case .region:
      referrers([("Zone", "spec ->> 'region' = \(name)"), ("Chain", "spec -> 'regions' @> to_jsonb(\(name)::text)")])
    case .zone: referrers([("Cluster", "spec ->> 'zone' = \(name)")])
    case .cluster: placements("cluster = \(name)")
    case .project:
      """
      \(referrers([
        ("Derogation", "spec ->> 'project' = \(name)"),
        ("Cluster", "spec -> 'projects' @> to_jsonb(\(name)::text)"),
      ])) UNION ALL \(placements("project = \(name)")) UNION ALL
      SELECT 'DerogationRequest' AS kind, id::text AS name FROM derogation_requests
      WHERE project = \(name) AND state IN ('requested', 'examined', 'decided')
      """
    case .policy, .derogation, .placement, .migration, .flowRequest: "SELECT kind, name FROM resources WHERE false"
    }
  }

  private static func referrers(_ conditions: [(String, PostgresQuery)]) -> PostgresQuery {
    .join(
      conditions.map { kind, condition in
        "SELECT kind, name FROM resources WHERE kind = \(kind) AND deleted_at IS NULL AND \(condition)"
      }, separator: " UNION ALL ")
  }

  private static func placements(_ condition: PostgresQuery) -> PostgresQuery {
    "SELECT 'Placement' AS kind, id::text AS name FROM placements WHERE removed_at IS NULL AND \(condition)"
  }
}
