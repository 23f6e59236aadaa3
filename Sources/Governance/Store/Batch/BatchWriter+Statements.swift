import Events
import Foundation
import Model
import Placement
import Postgres

extension BatchWriter {
  /// All that the batch writes, but the ledger.
  func statements() throws -> [PostgresQuery] {
    let written = entries.filter(\.isWritten)
    // What decisions name by its digest is mostly stored by now; see ``GovernanceStore/keepContents(of:)``.
    var statements = missing.map(\.statement)
    for entry in entries {
      if let put = entry.put {
        statements.append(
          try GovernanceStore.write(.project(put.new), over: put.old.map { .project($0) }, uid: mint()))
      }
    }
    statements += identityStatements()
    if !written.isEmpty { statements.append(decisions(written)) }
    let holders = written.filter { $0.hold != nil }
    if !holders.isEmpty { statements.append(holds(holders)) }
    let inserted = written.flatMap { entry in entry.inserted.map { ($0, entry.hold) } }
    if !inserted.isEmpty { statements.append(PlacementStatements.insert(inserted)) }
    let updated = written.flatMap { $0.plan?.updated ?? [] }
    if !updated.isEmpty { statements += PlacementStatements.update(updated) }
    let rechained = written.flatMap { $0.plan?.rechained ?? [] }
    if !rechained.isEmpty { statements += PlacementStatements.rechain(rechained) }
    // A reservation changes nothing that is placed: what is new of it is all there is.
    if !updated.isEmpty { statements.append(PlacementStatements.announce(updated, reason: "decided")) }
    if !updated.isEmpty || inserted.contains(where: { $0.1 == nil }) {
      statements.append(GovernanceStore.announceOutbox)
    }
    if !holders.isEmpty { statements.append(GovernanceStore.announceReservations) }
    let audit = try auditEntries()
    if !audit.isEmpty { statements.append(AuditWriter.insert(audit)) }
    return statements + (try keyStatements())
  }

  private func identityStatements() -> [PostgresQuery] {
    var (projects, projectIDs, ours): ([String], [UUID], [Bool]) = ([], [], [])
    var (owners, names, ids, given): ([String], [String], [UUID], [Bool]) = ([], [], [], [])
    var adoptions: [PostgresQuery] = []
    for entry in entries {
      guard let plan = entry.identity else { continue }
      let (project, spec) = (entry.job.project, entry.trial.subject.project.spec)
      if plan.isNew {
        projects.append(project)
        projectIDs.append(plan.identity.projectID)
        ours.append(spec.consoleID != nil)
      }
      for environment in spec.environments where plan.newEnvironments.contains(environment.name) {
        guard let id = plan.identity.environmentIDs[environment.name] else { continue }
        owners.append(project)
        names.append(environment.name)
        ids.append(id)
        given.append(environment.consoleID != nil)
      }
      adoptions += plan.adoptions(of: project)
    }
    guard !projects.isEmpty || !names.isEmpty else { return adoptions }
    // Mostly there is a project with its environments, and each statement costs a transaction the same for one row as for many.
    let statement: PostgresQuery = """
      WITH projects AS (
        INSERT INTO project_identities (project, project_id, from_console)
        SELECT * FROM unnest(\(projects), \(projectIDs), \(ours)))
      INSERT INTO environment_identities (project, environment, environment_id, from_console)
      SELECT * FROM unnest(\(owners), \(names), \(ids), \(given))
      """
    return [statement] + adoptions
  }

  private func decisions(_ written: [Entry]) -> PostgresQuery {
    let moved = written.map { $0.job.moved.joined(separator: "\n") }
    return """
      INSERT INTO decisions (id, number, project, placed, attempts, moved, engine_version, policy_version,
        snapshot_digest, inputs, decision, epoch, principal, decided_at, day, stale_zones, ledger_checkpoint,
        ledger_delta)
      OVERRIDING SYSTEM VALUE
      SELECT d.id, d.number, d.project, d.placed, d.attempts, string_to_array(d.moved, E'\\n'),
        \(EngineVersion.current), \(ground.prepared.policyVersion), \(ground.prepared.digest), d.inputs, d.decision,
        \(truth.head.epoch), d.principal, \(truth.head.now.date), \(ground.head.day.description)::date,
        \(ground.head.staleZones), d.checkpoint, d.delta
      FROM unnest(\(written.map(\.id)), \(written.map(\.number)), \(written.map(\.job.project)),
        \(written.map(\.trial.isPlaced)), \(written.map { Int32($0.job.attempt) }), \(moved),
        \(written.map(\.trial.inputs)),
        \(written.map(\.document)), \(written.map(\.job.context.principal)),
        \(written.map(\.ledger.checkpoint)), \(written.map(\.ledger.delta)))
        AS d (id, number, project, placed, attempts, moved, inputs, decision, principal, checkpoint, delta)
      """
  }

  private func holds(_ holders: [Entry]) -> PostgresQuery {
    """
    INSERT INTO holds (id, project, decision, principal, created_at, expires_at)
    SELECT h.id, h.project, h.decision, h.principal, \(truth.head.now.date), h.expires_at
    FROM unnest(\(holders.compactMap { $0.hold?.id }), \(holders.map(\.job.project)), \(holders.map(\.id)),
      \(holders.map(\.job.context.principal)), \(holders.compactMap { $0.hold?.expiresAt.date }))
      AS h (id, project, decision, principal, expires_at)
    """
  }

  private func auditEntries() throws -> [AuditWriter.Row] {
    var rows: [AuditWriter.Row] = []
    for entry in entries {
      if let put = entry.put {
        let detail = PutDetail(before: put.old.map(AnyResource.project), after: .project(put.new))
        rows.append(
          try AuditWriter.row(
            at: truth.head.now, context: entry.job.context,
            action: (put.old == nil ? Change.created : Change.changed).rawValue, kind: ResourceKind.project.rawValue,
            name: entry.job.project, detail: detail))
      }
      guard entry.isWritten else { continue }
      rows.append(
        AuditWriter.row(
          at: truth.head.now, context: entry.job.context, action: entry.hold == nil ? "decided" : "reserved",
          kind: ResourceKind.project.rawValue, name: entry.job.project, written: entry.auditDetail))
    }
    return rows
  }

  private func keyStatements() throws -> [PostgresQuery] {
    let keyed = try entries.compactMap { entry in
      try entry.job.key.map { ($0, try BusCodec.encode(answer(of: entry))) }
    }
    guard !keyed.isEmpty else { return [] }
    return [
      """
      UPDATE idempotency_keys k SET response = w.response
      FROM unnest(\(keyed.map(\.0.scope)), \(keyed.map(\.0.key)), \(keyed.map(\.1))) AS w (scope, key, response)
      WHERE k.scope = w.scope AND k.key = w.key
      """
    ]
  }
}

extension IdentityPlan {
  /// Takes over the console's identifiers.
  fileprivate func adoptions(of project: String) -> [PostgresQuery] {
    var statements: [PostgresQuery] = []
    if adoptsProject {
      statements.append(
        """
        UPDATE project_identities SET project_id = \(identity.projectID), from_console = true
        WHERE project = \(project)
        """)
    }
    for name in adoptedEnvironments {
      guard let id = identity.environmentIDs[name] else { continue }
      statements.append(
        """
        UPDATE environment_identities SET environment_id = \(id), from_console = true
        WHERE project = \(project) AND environment = \(name)
        """)
    }
    return statements
  }
}

extension BatchWriter.Entry {
  /// What the audit trail keeps of a decision; the decision itself stands beside it. Written directly, since every
  /// decision waits for it; members in the order of their names, those that are absent left out.
  fileprivate var auditDetail: [UInt8] {
    JSONBytes.written { json in
      json.raw(#"{"changes":"#)
      json.list(plan?.changed ?? []) { record, json in
        json.raw("{")
        if let chain = record.spec.chain {
          json.raw(#""chain":"#)
          json.text(chain)
          json.raw(",")
        }
        json.raw(#""cluster":"#)
        json.text(record.spec.cluster)
        json.raw(#","phase":"#)
        json.text(record.spec.phase.rawValue)
        json.raw(#","placement":"#)
        json.text(record.spec.id.uuidString)
        json.raw(#","revision":"#)
        json.number(record.spec.revision)
        json.raw("}")
      }
      json.raw(#","decision":"#)
      json.text(id.uuidString)
      json.raw(#","digest":"#)
      json.text(Digest.hexadecimal(trial.digest))
      if let hold {
        json.raw(#","expiresAt":"#)
        json.text(hold.expiresAt.description)
      }
      json.raw(#","outcome":"#)
      json.text(trial.plan.outcome.rawValue)
      json.raw(#","policyVersion":"#)
      json.number(trial.plan.policyVersion)
      let rechained = plan?.rechained ?? []
      if !rechained.isEmpty {
        json.raw(#","rechained":"#)
        json.list(rechained) { record, json in
          json.raw(#"{"chain":"#)
          json.text(record.spec.chain ?? "")
          json.raw(#","placement":"#)
          json.text(record.spec.id.uuidString)
          json.raw("}")
        }
      }
      if let hold {
        json.raw(#","reservation":"#)
        json.text(hold.id.uuidString)
      }
      json.raw("}")
    }
  }
}
