import Events
import Foundation
import Model
import Postgres

extension GovernanceStore {
  /// How the database would be brought up to what its lost life has promised; changes nothing.
  public func recoveryPlan(_ evidence: [BusEvidence]) async throws -> RecoveryPlan {
    try await pool.withTransaction { RecoveryPlan(try await Self.books(in: $0), evidence) }
  }

  /// Brings the database up to what its lost life has promised, in one transaction: the epoch is minted, rows are adopted
  /// and raised, the ledger is the sum of the reservations again, all of it is published, and decisions go on.
  ///
  /// - Parameter digest: of the plan that was agreed to; see ``RecoveryPlan/digest``.
  /// - Throws: ``StoreError`` of kind `conflict` where the plan is another one by now.
  public func recover(
    _ evidence: [BusEvidence], agreedTo digest: String, context: RequestContext
  ) async throws -> RecoveryPlan {
    let plan = try await pool.withTransaction { connection in
      try await connection.execute(StoreLocks.takeOffer())
      let books = try await Self.books(in: connection)
      let plan = RecoveryPlan(books, evidence)
      guard plan.digest == digest else {
        throw StoreError(
          .conflict, path: "plan", "the plan is another one by now: \(plan.digest)",
          fr: "le plan a changé depuis : \(plan.digest)", accepted: plan.digest)
      }
      guard !plan.signs.isEmpty else { return plan }
      try await connection.pipeline(try Self.statements(plan, books, context))
      return plan
    }
    world.forget(Array(Set(plan.changes.map(\.after.spec.project))))
    return plan
  }

  private static func books(in connection: PostgresConnection) async throws -> RecoveryPlan.Books {
    let answers = try await connection.pipeline([
      "SELECT epoch, clock_timestamp() AS now FROM epoch", "SELECT zone, sequence FROM zone_records",
      "SELECT \(PlacementRecord.columns) FROM \(PlacementRecord.tables) ORDER BY p.project, p.environment, p.replica, p.id",
      "SELECT project, project_id FROM project_identities",
      "SELECT kind, name FROM resources WHERE kind IN ('Project', 'Cluster') AND deleted_at IS NULL",
    ])
    func names(_ kind: ResourceKind) throws -> Set<String> {
      Set(
        try answers[4].filter { try $0.decode(String.self, "kind") == kind.rawValue }
          .map { try $0.decode(String.self, "name") })
    }
    return RecoveryPlan.Books(
      epoch: try answers[0].only.decode("epoch"),
      sequences: Dictionary(
        try answers[1].map { (try $0.decode(String.self, "zone"), try $0.decode(Int64.self, "sequence")) },
        uniquingKeysWith: max),
      placements: try answers[2].map { try PlacementRecord(row: $0) },
      identities: Dictionary(
        try answers[3].map { (try $0.decode(String.self, "project"), try $0.decode(UUID.self, "project_id")) },
        uniquingKeysWith: { first, _ in first }),
      projects: try names(.project), clusters: try names(.cluster),
      now: Timestamp(try answers[0].only.decode(Date.self, "now")))
  }

  /// Rows that go come first: what is adopted may have their namespace.
  private static func statements(
    _ plan: RecoveryPlan, _ books: RecoveryPlan.Books, _ context: RequestContext
  ) throws -> [PostgresQuery] {
    let present = plan.changes.filter { $0.before != nil }
    let adopted = plan.changes.filter { $0.before == nil }
    let announced = plan.changes.filter { $0.action != .removed }.map(\.after)
    var statements = [mint(plan)]
    statements += PlacementStatements.update(present.map(\.after)) + RecoveryStatements.settle(present)
    statements += RecoveryStatements.clusters(adopted) + RecoveryStatements.identities(adopted)
    for part in [adopted.filter { $0.action == .removed }, adopted.filter { $0.action != .removed }] {
      statements += PlacementStatements.insert(part.map { (record: $0.after, hold: nil) })
      statements += RecoveryStatements.complete(part)
    }
    statements += [
      RecoveryStatements.mark(plan.changes), RecoveryStatements.ledger, RecoveryStatements.sequences(plan.sequences),
      // What was noted of the lost life's bus is noted anew.
      "DELETE FROM published_states WHERE placement = ANY(\(plan.changes.map(\.after.spec.id)))",
      PublishedState.store(plan.published), PlacementStatements.announce(announced, reason: "recovered"),
      // The leader begins anew: it compares once more, and reads what the bus is noted to hold.
      "UPDATE relay_leases SET term = term + 1 WHERE name = 'relay'",
      try AuditWriter.entry(
        at: books.now, context: context, action: "recovered", kind: "Database", name: "epoch",
        detail: RecoveryDetail(plan)),
      Self.announceOutbox,
    ]
    return statements
  }

  private static func mint(_ plan: RecoveryPlan) -> PostgresQuery {
    """
    UPDATE epoch SET epoch = \(plan.nextEpoch), minted_at = clock_timestamp(), reason = 'recovered',
      suspended_at = NULL, suspended_because = NULL
    """
  }
}

private struct RecoveryDetail: Encodable {
  struct Change: Encodable {
    var placement: UUID
    var action: RecoveryPlan.Action
    var from: StateVersion?
    var to: StateVersion
  }

  var signs: [String]
  var epoch: Int64
  var nextEpoch: Int64
  var changes: [Change]
  var findings: [RecoveryPlan.Finding]

  init(_ plan: RecoveryPlan) {
    signs = plan.signs
    epoch = plan.epoch
    nextEpoch = plan.nextEpoch
    changes = plan.changes.map {
      Change(placement: $0.after.spec.id, action: $0.action, from: $0.before?.version, to: $0.after.version)
    }
    findings = plan.findings
  }
}

extension RecoveryPlan {
  /// What is agreed to: every change and finding, in 64 hexadecimal digits.
  public var digest: String {
    let lines =
      signs + ["\(epoch) \(nextEpoch) \(unchanged)"]
      + changes.map { "\($0.after.spec.id) \($0.action.rawValue) \($0.after.version) \($0.after.spec.phase.rawValue)" }
      + findings.map { "\($0.zone) \($0.placement?.uuidString ?? "") \($0.kind)" }
    return Digest.hexadecimal(Digest.sha256(lines.joined(separator: "\n").utf8))
  }
}
