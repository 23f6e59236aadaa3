import Events
import Foundation
import Logging
import Migration
import Model
import Placement
import Postgres

extension GovernanceStore {
  /// Finds the target of a move its place and takes it: the decision, its reservation, the project's document and the move are
  /// committed together or not at all. Where there is none, the move says so and waits.
  ///
  /// - Returns: Whether it has a place now that it had not before.
  func placeMove(_ id: UUID) async throws -> Bool {
    for _ in 0..<Self.placingAttempts {
      let ground = try await placingGround(id)
      guard let ground else { return false }
      if let obstacle = ground.obstacle {
        try await tell(.unplaceable([obstacle]), toMove: id)
        return false
      }
      guard let spec = ground.project?.spec.moving(ground.terms.environment, to: ground.terms.targetEnvironment) else {
        try await tell(.unplaceable([Self.notAsked]), toMove: id)
        return false
      }
      do {
        try await place(ground, as: spec)
        return true
      } catch let refusal as TogetherRefusal {
        switch refusal.cause {
        case .planLost(let reasons):
          try await tell(
            .unplaceable(try reasons.map { String(decoding: try ModelJSON.encoder.encode($0), as: UTF8.self) }),
            toMove: id)
          return false
        case .refused(let error) where error.kind == .versionMismatch: continue
        case .refused(let error):
          try await tell(.unplaceable([error.description]), toMove: id)
          return false
        }
      } catch is MoveMoved {
        continue
      } catch is GivesWay {
        try await tell(.unplaceable([Self.givesWay]), toMove: id)
        return false
      }
    }
    // Others keep changing the project: it is tried again when they are done.
    return false
  }

  private static let placingAttempts = 3
  /// A reason that is not the engine's: the project does not ask for the environment any more.
  static let notAsked = "notAsked"
  /// The source is gone, or is to go by somebody's order.
  static let sourceGone = "sourceGone"
  /// The project has an environment of the new name that no move has made.
  static let nameTaken = "nameTaken"
  /// What room is left another move of the migration is to have.
  static let givesWay = "givesWay"
  /// Seconds that a target waits for the console: as long as anything may be held for somebody. Should it be given back after
  /// all, a place is looked for again.
  private static let holdSeconds: Int64 = 90 * 86_400

  /// What a place is looked for on.
  private struct PlacingGround: Sendable {
    var record: MoveRecord
    var project: Resource<ProjectSpec>?
    var arrangement: MoveArrangement
    /// Why nothing is placed, whatever the engine would say.
    var obstacle: String?

    var terms: MigrationTerms { record.move.terms }
  }

  /// Nil where the move needs no place now.
  private func placingGround(_ id: UUID) async throws -> PlacingGround? {
    try await pool.withTransaction(isolation: .repeatableRead, readOnly: true) { connection in
      let record = try await storedMove(id, locked: false, in: connection)
      let (move, terms) = (record.move, record.move.terms)
      guard move.step == .preparingTarget, move.target == nil, move.pausedBy == nil else { return nil }
      let answers = try await connection.pipeline([
        Self.selectResource(.project, terms.project),
        """
        SELECT source, to_cluster FROM moves WHERE migration = \(record.migration) AND project = \(terms.project)
          AND id <> \(id) AND target IS NULL AND standing <> 'ended'
        """,
        """
        SELECT f.placement FROM findings f JOIN placements p ON p.id = f.placement
        WHERE f.resolved_at IS NULL AND NOT f.may_stay AND p.project = \(terms.project)
        """,
        "SELECT phase FROM placements WHERE id = \(terms.source) AND removed_at IS NULL",
        """
        SELECT EXISTS (SELECT FROM environment_identities
          WHERE project = \(terms.project) AND environment = \(terms.environment)
            AND moved_to = \(terms.targetEnvironment))
          OR EXISTS (SELECT FROM moves m WHERE m.project = \(terms.project) AND m.environment = \(terms.environment)
            AND m.target_environment = \(terms.targetEnvironment) AND m.id <> \(id) AND \(MoveStatements.leads)) AS own
        """,
        // In a life of the database that was lost it may have had its place already, and users.
        """
        SELECT EXISTS (SELECT FROM placements p WHERE p.project = \(terms.project)
          AND p.environment = \(terms.targetEnvironment) AND p.removed_at IS NULL
          AND NOT EXISTS (SELECT FROM moves o WHERE o.target = p.id)) AS stands
        """,
      ])
      var project: Resource<ProjectSpec>?
      if let row = answers[0].first, case .project(let found) = try AnyResource(row: row) { project = found }
      // What was made under the new name by somebody else is his.
      let own = try answers[4].only.decode(Bool.self, "own")
      let isTaken = project?.spec.environments.contains { $0.name == terms.targetEnvironment } ?? false
      let isStanding = try answers[5].only.decode(Bool.self, "stands")
      let phase = try answers[3].first?.decode(String.self, "phase")
      let isGone = phase == nil || phase == PlacementPhase.removed.rawValue
      return PlacingGround(
        record: record, project: project,
        arrangement: MoveArrangement(
          environment: terms.targetEnvironment,
          assumed: Dictionary(
            try answers[1].map { (try $0.decode(UUID.self, "source"), try $0.decode(String.self, "to_cluster")) },
            uniquingKeysWith: { first, _ in first }),
          illegal: Set(try answers[2].map { try $0.decode("placement") }), source: terms.source),
        obstacle: isGone ? Self.sourceGone : isStanding || isTaken && !own ? Self.nameTaken : nil)
    }
  }

  private func place(_ ground: PlacingGround, as spec: ProjectSpec) async throws {
    guard var project = ground.project else { return }
    project.spec = spec
    let (record, terms) = (ground.record, ground.terms)
    let isInConsole = record.move[.createEnvironment] != nil
    let pin = Pin(
      environment: terms.targetEnvironment, replica: ground.arrangement.replica(of: spec),
      cluster: record.route.toCluster)
    let job = DecisionJob(
      ticket: 1, request: PlacementRequest(project: project),
      purpose: isInConsole ? .reserve(ttlSeconds: Self.holdSeconds) : .place, key: nil, context: .mover, deadline: nil,
      places: [pin], isBound: true, arrangement: ground.arrangement)
    let mint = mint
    _ = try await decideWhole([job], key: nil) { entries, truth, connection in
      guard let row = try await connection.query(MoveStatements.select(record.id, locked: true)).first else {
        throw StoreError.noMove(record.id)
      }
      let now = truth.head.now
      let present = try MoveRecord(row: row, asOf: now)
      guard present.revision == record.revision, let entry = entries.first, let placed = entry.inserted.first else {
        throw MoveMoved()
      }
      if try await givesWay(present, taking: ResourceAmounts(placed.spec.quota), in: connection) { throw GivesWay() }
      var (locked, after) = (present, present.move)
      locked.hold = entry.hold?.id
      let notices = try StoreError.moving { () throws(MigrationRefusal) in
        try after.handle(.placed(placed.spec.id), by: .mover, at: now)
      }
      let writing = MoveWriting(
        locked: LockedMove(record: locked, sight: MoveSight(), epoch: truth.head.epoch, now: now), after: after,
        notices: notices, context: .mover)
      return try writing.statements(mint: mint) + [
        "UPDATE placements SET move = \(record.id) WHERE id = \(placed.spec.id)",
        "UPDATE placements SET move = \(record.id), leaving = true WHERE id = \(terms.source)",
        """
        UPDATE environment_identities SET moved_to = \(terms.targetEnvironment)
        WHERE project = \(terms.project) AND environment = \(terms.environment)
        """,
        MoveStatements.renumber(terms.environment, of: terms.project),
      ]
    }
    world.forget([terms.project])
  }

  /// Tells a move what is seen of it, in a transaction of its own.
  private func tell(_ event: MigrationEvent, toMove id: UUID) async throws {
    _ = try await carrying(id, context: .mover, tellsFlows: false) { locked, connection in
      // Somebody was faster.
      guard locked.record.move.target == nil else { return nil }
      return try await carry(locked, (event, .mover), context: .mover, isTold: false, in: connection)
    }
  }
}

/// There is room, and it is another move's.
private struct GivesWay: Error {}
