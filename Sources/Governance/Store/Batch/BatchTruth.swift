import Events
import Foundation
import Model
import Placement
import Postgres

/// What is so inside a batch's transaction, under its locks.
struct BatchTruth: Sendable {
  var head: DecisionBasis.Head
  /// By name.
  var documents: [String: Resource<ProjectSpec>]
  /// By project, in the order of environment, replica and identifier.
  var held: [String: [PlacementRecord]]
  /// By project.
  var identities: [String: ProjectIdentity]
  /// Numbers for the decisions.
  var numbers: [Int64]
  /// Read only where it matters: for refusals, and where it is locked.
  var ledger: [String: Ledger.Entry]?

  /// What of the ledger a batch wants to know.
  enum LedgerReading {
    case none
    case read
    case locked
  }

  /// Reads what is so of `projects`. Their locks are held; the documents and placements are locked as well.
  static func read(
    _ projects: [String], decisions: Int, ledger: LedgerReading, in connection: PostgresConnection
  ) async throws -> BatchTruth {
    var statements: [PostgresQuery] = [
      DecisionBasis.Head.select,
      """
      SELECT \(AnyResource.columns) FROM resources
      WHERE kind = 'Project' AND name = ANY(\(projects)) AND deleted_at IS NULL ORDER BY name FOR SHARE
      """,
      """
      SELECT \(PlacementRecord.columns) FROM \(PlacementRecord.tables)
      WHERE p.project = ANY(\(projects)) AND p.removed_at IS NULL
      ORDER BY p.project, p.environment, p.replica, p.id FOR UPDATE OF p, r
      """,
      "SELECT project, project_id FROM project_identities WHERE project = ANY(\(projects))",
      """
      SELECT project, environment, environment_id FROM environment_identities WHERE project = ANY(\(projects))
      """,
      """
      SELECT nextval(pg_get_serial_sequence('decisions', 'number')) AS number FROM generate_series(1, \(decisions))
      """,
    ]
    switch ledger {
    case .none: break
    case .read: statements.append(DecisionBasis.selectLedger)
    case .locked: statements.append("\(DecisionBasis.selectLedger) FOR UPDATE")
    }
    let answers = try await connection.pipeline(statements)
    var truth = BatchTruth(
      head: try DecisionBasis.Head(row: answers[0].only), documents: [:], held: [:], identities: [:],
      numbers: try answers[5].map { try $0.decode("number") },
      ledger: answers.count > 6 ? try DecisionBasis.ledger(answers[6]).clusters : nil)
    for row in answers[1] {
      guard case .project(let project) = try AnyResource(row: row) else { continue }
      truth.documents[project.name] = project
    }
    for row in answers[2] {
      let record = try PlacementRecord(row: row)
      truth.held[record.spec.project, default: []].append(record)
    }
    for row in answers[3] {
      truth.identities[try row.decode("project")] = ProjectIdentity(
        projectID: try row.decode("project_id"), environmentIDs: [:])
    }
    for row in answers[4] {
      truth.identities[try row.decode(String.self, "project")]?
        .environmentIDs[try row.decode("environment")] = try row.decode("environment_id")
    }
    return truth
  }

  func subject(of job: DecisionJob) throws(StoreError) -> BatchGround.Subject {
    try job.subject(document: documents[job.project], held: held[job.project, default: []].map(HeldReplica.init))
  }

  /// What a decision was made on and is no longer so; nil where it may be committed. Whether there is room for what it
  /// takes is asked of the ledger's rows in the end; a refusal must be true of the ledger as it is.
  func staleness(of trial: Trial, on ground: BatchGround) -> String? {
    if head.offerVersion != ground.head.offerVersion { return "offer" }
    if head.policyVersion != ground.head.policyVersion { return "policy" }
    if head.epoch != ground.head.epoch { return "epoch" }
    if head.day != ground.head.day { return "day" }
    if head.staleZones != ground.head.staleZones { return "heartbeats" }
    guard let present = try? subject(of: trial.job) else { return "project" }
    let (before, now) = (trial.subject.project, present.project)
    if before.spec != now.spec || before.metadata.labels != now.metadata.labels { return "project" }
    if !trial.subject.held.holdsStill(against: present.held) { return "placements" }
    guard !trial.isPlaced else { return nil }
    if ledger != ground.ledger { return "ledger" }
    return head.hasDueReservations ? Self.dueReservations : nil
  }

  /// The name of what has moved when a reservation has expired whose capacity was not given back yet.
  static let dueReservations = "reservations"
}
