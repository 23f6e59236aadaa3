import Events
import Foundation
import Model
import Placement
import Policy
import Postgres
import Requests

/// Writes down what was judged: opens what is new, brings what is open up to date, and ends what is over.
struct FindingWriter: Sendable {
  /// Which projects were judged: what is not among the faults of one of them is over.
  enum Extent: Sendable {
    case projects([String])
    /// All those with names behind one and up to another; to the end of the alphabet where there is none.
    case names(after: String, upTo: String?)

    var condition: PostgresQuery {
      switch self {
      case .projects(let names): "f.project = ANY(\(names))"
      case .names(let first, let last?):
        "f.project COLLATE \"C\" > \(first) AND f.project COLLATE \"C\" <= \(last)"
      case .names(let first, nil): "f.project COLLATE \"C\" > \(first)"
      }
    }
  }

  let ground: JudgementGround
  let judged: [JudgedProject]
  let extent: Extent
  let mint: @Sendable () -> UUID

  /// What writing has come to.
  struct Outcome: Sendable {
    var opened = 0
    var resolved = 0
    /// The projects that are not as they were judged any more, or may be others in a moment: nothing is written of them.
    var moved: [String] = []
  }

  /// Whether offer, policy, day and life of the database are still those that were judged under, and no derogation has taken
  /// effect since by its notification's date alone; they stay so until the end of the transaction, but for the time. None is of
  /// a database that was restored and waits to be recovered.
  static func isInForce(_ ground: JudgementGround, in connection: PostgresConnection) async throws -> Bool {
    let key = ground.prepared.key
    let answers = try await connection.pipeline([
      StoreLocks.shareOffer(),
      """
      SELECT o.version = \(key.offer) AND e.epoch = \(key.epoch) AND (\(GovernanceStore.inForce)) = \(key.policy)
        AND \(GovernanceStore.today) = \(key.day.description)
        AND coalesce(clock_timestamp() < \(ground.nextNotification), true)
        AND e.suspended_at IS NULL AS same FROM offer_state o, epoch e
      """,
    ])
    return try answers[1].only.decode("same")
  }

  /// Writes what is true still: whoever has judged may have been away since, and another one may have judged meanwhile.
  ///
  /// - Returns: what has changed; nil where it was judged under something that is not in force any more.
  func write(in connection: PostgresConnection) async throws -> Outcome? {
    guard try await Self.isInForce(ground, in: connection) else { return nil }
    let open = try await connection.query(
      "SELECT DISTINCT f.project FROM findings f WHERE f.resolved_at IS NULL AND \(extent.condition)")
    let concerned = Set(try open.map { try $0.decode(String.self, "project") }).union(faults.map(\.project)).sorted()
    guard !concerned.isEmpty else { return Outcome() }
    let still = try await unmoved(among: concerned, in: connection)
    var outcome = Outcome(moved: concerned.filter { !still.contains($0) })
    guard !still.isEmpty else { return outcome }
    let current = FindingWriter(
      ground: ground, judged: judged.filter { still.contains($0.project) }, extent: .projects(still.sorted()),
      mint: mint)
    (outcome.opened, outcome.resolved) = try await current.writeAll(in: connection)
    return outcome
  }

  /// Those of some projects that are as they were judged. They stay so until the end of the transaction: whoever changes a
  /// document, or what is held that is judged, has the project's lock for itself, or the offer's. Of a project that somebody has
  /// locked nobody knows what it will be; it is not waited for.
  private func unmoved(among names: [String], in connection: PostgresConnection) async throws -> Set<String> {
    let answers = try await connection.pipeline([
      """
      SELECT name FROM unnest(\(names)) AS n (name)
      WHERE pg_try_advisory_xact_lock_shared(hashtextextended(name, 0))
      """,
      """
      SELECT name, resource_version::text AS version FROM resources
      WHERE kind = 'Project' AND name = ANY(\(names)) AND deleted_at IS NULL
      """,
      WorldReader.replicas("p.project = ANY(\(names))"),
    ])
    let versions = try Dictionary(
      answers[1].map { (try $0.decode(String.self, "name"), try $0.decode(String.self, "version")) },
      uniquingKeysWith: { first, _ in first })
    var held: [String: [HeldReplica]] = [:]
    for row in answers[2] {
      held[try row.decode(String.self, "project"), default: []].append(try HeldReplica(row: row))
    }
    let known = Dictionary(judged.map { ($0.project, $0) }, uniquingKeysWith: { first, _ in first })
    let locked = try answers[0].map { try $0.decode(String.self, "name") }
    return Set(
      locked.filter { name in
        guard let version = versions[name] else { return known[name]?.version == nil }
        guard let judged = known[name], judged.version == version else { return false }
        return judged.held.holdsStill(against: held[name] ?? [])
      })
  }

  private func writeAll(in connection: PostgresConnection) async throws -> (opened: Int, resolved: Int) {
    let reasons = try faults.map { try PostgresJSON(model: $0.fault.breach.reasons) }
    let answers = try await connection.pipeline([
      replace(reasons), open(reasons), resolve, handOver, "SELECT clock_timestamp() AS now",
    ])
    let fresh = try answers[1].filter { try $0.decode(Bool.self, "fresh") }
    let over = answers[0].map(\.self) + answers[2].map(\.self)
    let now = Timestamp(try answers[4].only.decode(Date.self, "now"))
    let (opened, resolved) = (try fresh.map(fact), try over.map(fact))
    if !opened.isEmpty || !resolved.isEmpty {
      let entry = try AuditWriter.entry(
        at: now, context: Self.judge, action: "judged", kind: "Findings",
        name: "policy/\(ground.prepared.policyVersion)",
        detail: Detail(opened: Self.placements(of: opened), resolved: Self.placements(of: resolved)))
      let facts = FactWriter(epoch: ground.prepared.key.epoch, at: now, mint: mint)
      try await connection.pipeline([entry, try facts.insert(resolved + opened)])
    }
    // On the bus no operator is named: that one was handed over concerns the two operators alone.
    let notes =
      try answers[0].map { try GovernanceStore.note(.findingResolved, $0, isReplaced: true) }
      + answers[2].map { try GovernanceStore.note(.findingResolved, $0) }
      + fresh.map { try GovernanceStore.note(.findingOpened, $0) } + answers[3].flatMap(handedOver)
    try await tell(notes, at: now, in: connection)
    return (opened.count, resolved.count)
  }

  /// Owners that want to be told of it are; where nobody does, nothing is written.
  private func tell(_ notes: [WebhookNote], at now: Timestamp, in connection: PostgresConnection) async throws {
    guard !notes.isEmpty else { return }
    let listening = try await connection.query(
      "SELECT EXISTS (SELECT FROM webhooks WHERE removed_at IS NULL) AS listening")
    guard try listening.only.decode(Bool.self, "listening") else { return }
    if let statement = try WebhookWriter.insert(notes, at: now) { try await connection.execute(statement) }
  }

  private func handedOver(_ row: PostgresRow) throws -> [WebhookNote] {
    WebhookNote.handedOver(
      id: try row.decode("id"), project: try row.decode("project"), environment: try row.decode("environment"),
      from: try row.decode("former"), to: try row.decode("operator"), rules: try row.decode("rules"),
      dueOn: try GovernanceStore.day(row.decode("due_on")), mayStay: try row.decode("may_stay"),
      isDueTold: try row.decode("due_told"))
  }

  /// What everybody is told of a finding that was opened or has ended.
  private func fact(_ row: PostgresRow) throws -> FindingFact {
    FindingFact(
      epoch: ground.prepared.key.epoch, finding: try row.decode("id"), placement: try row.decode("placement"),
      policyVersion: try row.decode("policy_version"), openedAt: Timestamp(try row.decode(Date.self, "opened_at")),
      dueOn: try GovernanceStore.day(row.decode("due_on")),
      resolvedAt: try row.decode(Date?.self, "resolved_at").map(Timestamp.init),
      resolution: try row.decode("resolution")
    )
  }

  private static let told: PostgresQuery = """
    f.id, f.placement, f.policy_version, f.opened_at, f.due_on::text AS due_on, f.resolved_at, f.resolution,
    f.project, f.environment, f.operator, f.rules, f.may_stay
    """

  /// Who judges: nobody asks for it.
  private static let judge = RequestContext(principal: "governance:judge")

  /// What the audit trail keeps: the placements.
  private struct Detail: Encodable {
    var opened: [UUID]
    var resolved: [UUID]
  }

  private static func placements(of facts: [FindingFact]) -> [UUID] {
    facts.map(\.placement).sorted { $0.uuidString < $1.uuidString }
  }

  private var faults: [(project: String, fault: JudgedProject.Fault)] {
    judged.flatMap { judged in judged.faults.map { (judged.project, $0) } }
  }

  /// Ends what has nothing to do with what is wrong by now: its owner has the whole delay for what is new, and is told. To have to
  /// go is another thing than to have the wrong chain; where only the chain is left of both, it is the same finding.
  private func replace(_ reasons: [PostgresJSON]) -> PostgresQuery {
    """
    UPDATE findings f SET resolved_at = clock_timestamp(),
      resolution = CASE WHEN f.judged_policy <> \(ground.prepared.policyVersion) THEN 'policy' ELSE 'circumstances' END
    FROM unnest(\(faults.map(\.fault.placement)), \(reasons), \(faults.map(\.fault.breach.mayStay)))
      AS n (placement, reasons, may_stay)
    WHERE f.placement = n.placement AND f.resolved_at IS NULL
      AND (f.may_stay AND NOT n.may_stay OR NOT EXISTS (\(Self.causes(of: "f.reasons")) INTERSECT \(Self.causes(of: "n.reasons"))))
    RETURNING \(Self.told)
    """
  }

  /// What is wrong: rules, and codes where it is none.
  private static func causes(of reasons: PostgresQuery) -> PostgresQuery {
    "SELECT coalesce(r -> 'parameters' ->> 'rule', r ->> 'code') FROM jsonb_array_elements(\(reasons)) AS r"
  }

  /// Opens and updates; `fresh` tells which were opened.
  private func open(_ reasons: [PostgresJSON]) -> PostgresQuery {
    let faults = faults
    let days = Int32(clamping: ground.prepared.engine.policy.spec.complianceDays ?? 30)
    let version = ground.prepared.policyVersion
    // A placement that was removed since, or that another one judges in this moment, is left alone: that is told again.
    return """
      INSERT INTO findings AS f (id, placement, project, environment, replica, cluster, zone, region, operator,
        policy_version, judged_policy, rules, reasons, may_stay, opened_at, due_on)
      SELECT n.id, p.id, p.project, p.environment, p.replica, p.cluster, p.zone, n.region, n.operator, \(version),
        \(version), ARRAY(SELECT DISTINCT r -> 'parameters' ->> 'rule' FROM jsonb_array_elements(n.reasons) AS r
          WHERE r -> 'parameters' ? 'rule' ORDER BY 1), n.reasons, n.may_stay, clock_timestamp(),
        (clock_timestamp() AT TIME ZONE 'Europe/Paris')::date + \(days)
      FROM unnest(\(faults.map { _ in mint() }), \(faults.map(\.fault.placement)), \(faults.map(\.fault.region)),
        \(faults.map(\.fault.operator)), \(reasons), \(faults.map(\.fault.breach.mayStay)))
        AS n (id, placement, region, operator, reasons, may_stay)
      JOIN placements p ON p.id = n.placement AND p.phase <> 'removed' AND p.removed_at IS NULL
      ORDER BY p.id
      ON CONFLICT (placement) WHERE resolved_at IS NULL DO UPDATE SET rules = excluded.rules,
        reasons = excluded.reasons, may_stay = excluded.may_stay, judged_policy = excluded.judged_policy
      WHERE (f.reasons, f.may_stay, f.judged_policy)
        IS DISTINCT FROM (excluded.reasons, excluded.may_stay, excluded.judged_policy)
      RETURNING \(Self.told), (xmax = 0) AS fresh
      """
  }

  /// Gives what is open in a region to its operator, where that has become another one: that one reads it, and is told of it and of
  /// its deadline; the former one does not any more, and is told that. What a move leaves is not judged, and is handed
  /// over as well.
  private var handOver: PostgresQuery {
    """
    WITH moved AS (
      SELECT f.id, f.operator AS former, r.name AS region, r.spec ->> 'operator' AS operator
      FROM findings f JOIN placements p ON p.id = f.placement
      JOIN resources z ON z.kind = 'Zone' AND z.deleted_at IS NULL AND z.spec ->> 'slug' = p.zone
      JOIN resources r ON r.kind = 'Region' AND r.deleted_at IS NULL AND r.name = z.spec ->> 'region'
      WHERE f.resolved_at IS NULL AND \(extent.condition)
        AND (f.region, f.operator) IS DISTINCT FROM (r.name, r.spec ->> 'operator')
      ORDER BY f.id FOR UPDATE OF f)
    UPDATE findings f SET region = m.region, operator = m.operator FROM moved m WHERE f.id = m.id
    RETURNING \(Self.told), m.former, f.due_told_at IS NOT NULL AS due_told
    """
  }

  /// Ends what is over, and says why: the first of the causes that is there.
  private var resolve: PostgresQuery {
    let waived = judged.flatMap { judged in
      judged.waived.sorted { ($0.environment, $0.rule) < ($1.environment, $1.rule) }.map { (judged.project, $0) }
    }
    return """
      UPDATE findings f SET resolved_at = clock_timestamp(), resolution = CASE
          WHEN NOT EXISTS (SELECT FROM placements p WHERE p.id = f.placement AND p.phase <> 'removed') THEN
            CASE WHEN EXISTS (SELECT FROM placements p WHERE p.project = f.project AND p.environment = f.environment
              AND p.replica = f.replica AND p.phase <> 'removed' AND p.id <> f.placement)
              OR EXISTS (SELECT FROM moves m WHERE m.source = f.placement AND m.step IN ('drainingSource', 'removed', 'done'))
              THEN 'migrated' ELSE 'removed' END
          WHEN EXISTS (SELECT FROM unnest(\(waived.map(\.0)), \(waived.map(\.1.environment)), \(waived.map(\.1.rule)))
            AS d (project, environment, rule)
            WHERE d.project = f.project AND d.environment = f.environment AND d.rule = ANY(f.rules)) THEN 'derogation'
          WHEN f.judged_policy <> \(ground.prepared.policyVersion) THEN 'policy'
          ELSE 'circumstances' END
      WHERE f.resolved_at IS NULL AND \(extent.condition) AND NOT (f.placement = ANY(\(faults.map(\.fault.placement))))
        -- What a move leaves is not judged any more, and does not comply before it is gone.
        AND NOT EXISTS (SELECT FROM placements p WHERE p.id = f.placement AND p.leaving AND p.phase <> 'removed')
      RETURNING \(Self.told)
      """
  }
}
