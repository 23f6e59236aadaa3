import Events
import Foundation
import Model
import Placement
import Postgres

/// What is so inside a batch's transaction, under its locks.
struct BatchTruth: Sendable {
  var head: DecisionBasis.Head
  /// The projects, by name, where more is asked of them than whether they have changed.
  var documents: [String: Resource<ProjectSpec>]
  /// The versions of the others, by name.
  var versions: [String: String]
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

  /// Reads what is so of the projects of `jobs`. Their locks are held; documents and placements are locked as well.
  ///
  /// - Parameter arePlanned: whether the jobs were decided already: of a project that was applied before it is then
  ///   enough to know its version.
  static func read(
    _ jobs: [DecisionJob], arePlanned: Bool, ledger: LedgerReading, in connection: PostgresConnection
  ) async throws -> BatchTruth {
    let projects = jobs.map(\.project)
    let whole = jobs.filter { !arePlanned || $0.request.inline != nil }.map(\.project)
    let known = arePlanned ? jobs.filter { $0.request.inline == nil }.map(\.project) : []
    var statements: [PostgresQuery] = [
      DecisionBasis.Head.select,
      """
      SELECT \(AnyResource.columns) FROM resources
      WHERE kind = 'Project' AND name = ANY(\(whole)) AND deleted_at IS NULL ORDER BY name FOR SHARE
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
      SELECT nextval(pg_get_serial_sequence('decisions', 'number')) AS number FROM generate_series(1, \(jobs.count))
      """,
      """
      SELECT name, resource_version::text AS version FROM resources
      WHERE kind = 'Project' AND name = ANY(\(known)) AND deleted_at IS NULL ORDER BY name FOR SHARE
      """,
    ]
    switch ledger {
    case .none: break
    case .read: statements.append(DecisionBasis.selectLedger)
    case .locked: statements.append("\(DecisionBasis.selectLedger) FOR NO KEY UPDATE")
    }
    let answers = try await connection.pipeline(statements)
    var truth = BatchTruth(
      head: try DecisionBasis.Head(row: answers[0].only), documents: [:], versions: [:], held: [:], identities: [:],
      numbers: try answers[5].map { try $0.decode("number") },
      ledger: answers.count > 7 ? try DecisionBasis.ledger(answers[7]).clusters : nil)
    for row in answers[6] { truth.versions[try row.decode("name")] = try row.decode("version") }
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
    try job.subject(document: documents[job.project], held: replicas(of: job))
  }

  private func replicas(of job: DecisionJob) -> [HeldReplica] {
    held[job.project, default: []].map(HeldReplica.init)
  }

  /// What a decision was made on and is no longer so; nil where it may be committed. Whether there is room for what it
  /// takes is asked of the ledger's rows in the end; a refusal must be true of the ledger as it is.
  func staleness(of trial: Trial, on ground: BatchGround) -> String? {
    if head.offerVersion != ground.head.offerVersion { return "offer" }
    if head.policyVersion != ground.head.policyVersion { return "policy" }
    if head.epoch != ground.head.epoch { return "epoch" }
    if head.day != ground.head.day { return "day" }
    if head.staleZones != ground.head.staleZones { return "heartbeats" }
    if trial.request.hasNotification(between: head.now.date) { return "derogation" }
    if trial.job.request.inline == nil,
      versions[trial.job.project] != trial.subject.project.metadata.resourceVersion
    {
      return "project"
    }
    if !trial.subject.held.holdsStill(against: replicas(of: trial.job)) { return "placements" }
    guard !trial.isPlaced else { return nil }
    if ledger != ground.ledger { return "ledger" }
    return head.hasDueReservations ? Self.dueReservations : nil
  }

  /// The name of what has moved when a reservation has expired whose capacity was not given back yet.
  static let dueReservations = "reservations"
}

extension DecisionRequest {
  /// Whether a derogation is notified between the moment the decision was made for and another one. What was made in memory
  /// was made for a moment that this instance's clock has guessed: only the database's decides what has been notified.
  fileprivate func hasNotification(between moment: Date) -> Bool {
    derogations.contains { derogation in
      guard let notified = derogation.spec.notifiedAt else { return false }
      return (notified <= now) != (notified <= moment)
    }
  }
}
