import Events
import Foundation
import Migration
import Model
import Postgres

extension GovernanceStore {
  /// Asks for the removal of a project's placements: phase `removed`, not before the database's clock plus the delay.
  /// Capacity stays reserved until the removal was observed. What is to be removed already stays as it is, unless the
  /// volumes are given up now that were not before.
  ///
  /// What a move has a part in goes and stays as the move says: a name says nothing of which replica is meant.
  ///
  /// - Returns: The placements meant, as they stand now.
  /// - Throws: ``StoreError``: `notFound` where the project has no such placement, `invalid`, `idempotencyMismatch`;
  ///   `conflict` where a move says what goes.
  public func remove(
    _ request: RemovalRequest, idempotencyKey: String? = nil, context: RequestContext
  ) async throws -> RemovalOutcome {
    guard Self.removalDelaySeconds.contains(request.delaySeconds) else {
      throw StoreError(
        .invalid, path: "delaySeconds", "a delay of \(request.delaySeconds) s is not possible",
        fr: "un délai de \(request.delaySeconds) s n’est pas possible",
        accepted: "0…\(Self.removalDelaySeconds.upperBound)")
    }
    let key = try IdempotencyRecord(idempotencyKey, action: "remove", context: context, request: request)
    let outcome = try await pool.withTransaction { connection in
      let answers = try await connection.pipeline(
        (key.map { [$0.claim, $0.select] } ?? []) + Self.locksForWriting(.project, request.project) + [
          """
          SELECT \(PlacementRecord.columns) FROM \(PlacementRecord.tables)
          WHERE p.project = \(request.project) AND p.removed_at IS NULL AND p.revision >= 1
          ORDER BY p.environment, p.replica, p.id FOR UPDATE OF p, r
          """,
          "SELECT e.epoch, clock_timestamp() AS now FROM epoch e",
        ])
      if let key, answers[0].affected == 0, let stored = try key.answer(in: answers[1], as: [PlacementRecord].self) {
        return RemovalOutcome(placements: stored, isReplay: true)
      }
      let held = try answers[answers.count - 2].map { try PlacementRecord(row: $0) }
      let head = try answers[answers.count - 1].only
      let meant = try Self.meant(by: request, of: held)
      try await refuseMoving(meant, in: connection)
      let changed = try Self.removals(
        of: meant, request: request, context: context, epoch: head.decode("epoch"),
        now: Timestamp(head.decode(Date.self, "now")))
      let after = try await write(removals: changed, of: meant, request: request, context: context, in: connection)
      if let key { try await connection.execute(try key.store(after)) }
      return RemovalOutcome(placements: after)
    }
    world.forget([request.project])
    return outcome
  }

  /// How long agents may be made to wait before they delete, in seconds: 90 days at most.
  public static let removalDelaySeconds: ClosedRange<Int64> = 0...90 * 86_400

  private static func meant(by request: RemovalRequest, of held: [PlacementRecord]) throws -> [PlacementRecord] {
    for (index, name) in request.environments.enumerated()
    where !held.contains(where: { $0.spec.environment == name }) {
      throw StoreError(
        .notFound, path: "environments[\(index)]", "project “\(request.project)” has no placed environment “\(name)”",
        fr: "le projet « \(request.project) » n’a pas d’environnement placé « \(name) »",
        accepted: Set(held.map(\.spec.environment)).sorted().joined(separator: ", "))
    }
    guard !held.isEmpty else {
      throw StoreError(
        .notFound, path: "project", "project “\(request.project)” has no placement",
        fr: "le projet « \(request.project) » n’a aucun placement", accepted: "a project that was placed")
    }
    return request.environments.isEmpty ? held : held.filter { request.environments.contains($0.spec.environment) }
  }

  /// What a move has a part in goes and stays as the move says.
  private func refuseMoving(_ meant: [PlacementRecord], in connection: PostgresConnection) async throws {
    let ids = meant.map(\.spec.id)
    let rows = try await connection.query(
      """
      SELECT id, step = \(MigrationStep.drainingSource.rawValue) AND source = ANY(\(ids))
          AND coalesce((body ->> 'isSourceLost')::boolean, false) AS is_lost
      FROM moves WHERE under_way AND (target = ANY(\(ids)) OR source = ANY(\(ids))) ORDER BY id LIMIT 1
      """)
    guard let row = rows.first else { return }
    let move = try row.decode(UUID.self, "id").uuidString.lowercased()
    let acts = try row.decode(Bool.self, "is_lost") ? "declare-gone, or give-up" : "roll-back, or give-up"
    throw StoreError(
      .conflict, path: "environments", "move \(move) is under way: it says what goes",
      fr: "le déplacement \(move) est en cours : c’est lui qui dit ce qui part",
      accepted: "POST /api/v1/moves/\(move)/\(acts)")
  }

  private static func removals(
    of meant: [PlacementRecord], request: RemovalRequest, context: RequestContext, epoch: Int64, now: Timestamp
  ) -> [PlacementRecord] {
    meant.filter { $0.spec.phase != .removed || givesUpVolumes(request, of: $0) }.map { present in
      var next = present
      let isCalledFor = present.spec.phase == .removed
      next.spec.phase = .removed
      next.spec.revision += 1
      next.spec.epoch = epoch
      next.decidedAt = now
      // The wait that was promised once is neither shortened nor begun anew by giving up the volumes.
      if !isCalledFor {
        next.notBefore = Timestamp(microseconds: now.microseconds + request.delaySeconds * 1_000_000)
      }
      next.removePersistentVolumes = request.removePersistentVolumes
      next.traceparent = context.traceparent
      return next
    }
  }

  /// A removal that an agent holds up because of volumes goes on once somebody has given these up.
  private static func givesUpVolumes(_ request: RemovalRequest, of present: PlacementRecord) -> Bool {
    request.removePersistentVolumes && !present.removePersistentVolumes
  }

  private func write(
    removals: [PlacementRecord], of meant: [PlacementRecord], request: RemovalRequest, context: RequestContext,
    in connection: PostgresConnection
  ) async throws -> [PlacementRecord] {
    guard let first = removals.first else { return meant }
    let statements =
      PlacementStatements.update(removals) + [
        PlacementStatements.announce(removals, reason: "removed"),
        try AuditWriter.entry(
          at: first.decidedAt, context: context, action: "removed", kind: ResourceKind.project.rawValue,
          name: request.project, detail: RemovalDetail(request: request, placements: removals.map(\.spec.id))),
        Self.announceOutbox,
        """
        SELECT \(PlacementRecord.columns) FROM \(PlacementRecord.tables) WHERE p.id = ANY(\(meant.map(\.spec.id)))
        ORDER BY p.environment, p.replica, p.id
        """,
      ]
    let answers = try await connection.pipeline(statements)
    return try answers[answers.count - 1].map { try PlacementRecord(row: $0) }
  }
}

private struct RemovalDetail: Encodable {
  var request: RemovalRequest
  var placements: [UUID]
}
