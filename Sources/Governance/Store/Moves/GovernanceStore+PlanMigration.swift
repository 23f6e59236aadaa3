import Events
import Foundation
public import Migration
import Model
import Placement
import Postgres

extension GovernanceStore {
  /// Plans a migration on what is so now, and stores nothing.
  ///
  /// - Throws: ``StoreError``: `invalid` for the wish, `notFound` for what is to be moved, `noPolicy`.
  public func planMigration(_ wish: MigrationWish) async throws -> MigrationPlan {
    try wish.check()
    let ground = try await planningGround(wish)
    return try await ground.plan()
  }

  /// All that a plan is made of, read at one moment.
  struct PlanningGround: Sendable {
    let inputs: PlanningInputs
    let prepared: PreparedOffer
    let head: DecisionBasis.Head
    /// The projects that the console knows by identifiers of its own.
    let inConsole: Set<String>
    /// The phases of what may be moved.
    let phases: [UUID: PlacementPhase]

    /// The plan, made where it holds up nobody.
    func plan() async throws -> MigrationPlan {
      try await LongWork.run {
        do throws(PlanningError) {
          return try inputs.plan()
        } catch {
          throw StoreError(error)
        }
      }
    }
  }

  /// - Parameter projects: what is read besides what the scope means.
  func planningGround(_ wish: MigrationWish, with projects: [String] = []) async throws -> PlanningGround {
    try await pool.withTransaction(isolation: .repeatableRead, readOnly: true) { connection in
      let answers = try await connection.pipeline([DecisionBasis.Head.select, DecisionBasis.selectLedger])
      let head = try DecisionBasis.Head(row: answers[0].only)
      let prepared = try await prepareHere(in: connection)
      let names = try await connection.query(Self.projects(meantBy: wish.scope, in: prepared.engine.offer)).map {
        try $0.decode(String.self, "project")
      }
      let all = Set(names + projects).sorted()
      let found = try await WorldReader.projects(named: all, in: connection).projects
      let known = try await connection.query(
        """
        SELECT p.project, p.from_console, coalesce(array_agg(e.environment) FILTER (WHERE e.environment IS NOT NULL), '{}')
          AS names
        FROM project_identities p LEFT JOIN environment_identities e ON e.project = p.project
        WHERE p.project = ANY(\(all)) GROUP BY p.project, p.from_console
        """)
      var (inConsole, former): (Set<String>, [String: [String]]) = ([], [:])
      for row in known {
        let project = try row.decode(String.self, "project")
        if try row.decode(Bool.self, "from_console") { inConsole.insert(project) }
        former[project] = try row.decode([String].self, "names")
      }
      let moving = try await connection.query(
        """
        SELECT source, target, step IN ('verified', 'drainingSource', 'removed') AS verified FROM moves
        WHERE under_way AND project = ANY(\(all))
        """)
      let busy = Set(
        try moving.flatMap { row in
          [try row.decode(UUID.self, "source")] + (try row.decode(UUID?.self, "target").map { [$0] } ?? [])
        })
      let moved = Set(
        try moving.filter { try $0.decode(Bool.self, "verified") }.map { try $0.decode(UUID.self, "source") })
      var table = ProjectTable()
      for (name, project) in found { table.set(name, document: project.document, held: project.held) }
      var phases: [UUID: PlacementPhase] = [:]
      var placed: [PlacedProject] = []
      var withheld: [WithheldPlacement] = []
      for name in all {
        guard let project = try table.find(name)?.project() else { continue }
        var held: [HeldReplica] = []
        // What is to be removed goes anyway.
        for replica in project.held where replica.phase != .removed {
          if let cause = replica.withheld(isMoving: busy.contains(replica.id), hasDocument: project.document != nil) {
            withheld.append(
              WithheldPlacement(replica, of: name, cause, hasMoved: moved.contains(replica.id)))
          } else {
            held.append(replica)
            phases[replica.id] = replica.phase
          }
        }
        guard let document = project.document else { continue }
        placed.append(
          PlacedProject(
            project: Resource(
              metadata: Metadata(name: name, labels: document.metadata.labels), spec: document.spec),
            replicas: held.map { PlacedProject.Replica(id: $0.id, existing: ExistingPlacement($0)) },
            derogations: prepared.derogations.filter { $0.spec.project == name }, formerNames: former[name] ?? []))
      }
      return PlanningGround(
        inputs: PlanningInputs(
          offer: prepared.engine.offer, policy: prepared.engine.policy, day: head.day, now: head.now.date,
          ledger: try DecisionBasis.ledger(answers[1]), staleZones: head.staleZones, projects: placed,
          withheld: withheld, scope: wish.scope, motive: wish.motive, limits: wish.limits),
        prepared: prepared, head: head, inConsole: inConsole, phases: phases)
    }
  }

  /// The projects of which a scope means something.
  private static func projects(meantBy scope: MoveScope, in offer: Offer) -> PostgresQuery {
    switch scope {
    case .environment(let project, _), .project(let project): return "SELECT \(project)::text AS project"
    case .selection(let ids):
      return "SELECT DISTINCT project FROM placements WHERE id = ANY(\(ids)) AND removed_at IS NULL ORDER BY project"
    case .clusters(let names):
      return """
        SELECT DISTINCT project FROM placements WHERE cluster = ANY(\(names)) AND removed_at IS NULL ORDER BY project
        """
    case .regions(let names):
      let zones = Set(offer.zones.filter { names.contains($0.spec.region) }.map(\.name))
      let clusters = offer.clusters.filter { zones.contains($0.spec.zone) }.map(\.name)
      return """
        SELECT DISTINCT project FROM placements WHERE cluster = ANY(\(clusters)) AND removed_at IS NULL ORDER BY project
        """
    }
  }
}

extension ExistingPlacement {
  /// A replica as it is held, whatever delivers to it.
  init(_ held: HeldReplica) {
    self.init(
      environment: held.environment, replica: held.replica, cluster: held.cluster, stage: held.stage,
      quota: held.reserved)
  }
}

extension HeldReplica {
  /// Why no plan moves it, whatever room there is; nil where one may.
  fileprivate func withheld(isMoving: Bool, hasDocument: Bool) -> BlockedMove.Cause? {
    if isMoving || isLeaving { return .moving }
    if revision < 1 { return .reserved }
    return hasDocument ? nil : .noDocument
  }
}

extension WithheldPlacement {
  fileprivate init(_ held: HeldReplica, of project: String, _ cause: BlockedMove.Cause, hasMoved: Bool) {
    self.init(
      id: held.id, project: project, environment: held.environment, replica: held.replica, cluster: held.cluster,
      cause: cause, hasMoved: hasMoved)
  }
}
