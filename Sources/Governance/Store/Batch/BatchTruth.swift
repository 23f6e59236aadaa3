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
  /// What is known of projects, by name, where somebody may not say otherwise.
  var standings: [String: ProjectStanding] = [:]
  /// The versions of the others, by name.
  var versions: [String: String]
  /// By project, in the order of environment, replica and identifier.
  var held: [String: [PlacementRecord]]
  /// By project.
  var identities: [String: ProjectIdentity]
  /// The transaction's number.
  var transaction: String
  /// Numbers for the decisions.
  var numbers: [Int64]
  /// Read only where it matters: for refusals, and where it is locked.
  var ledger: [String: Ledger.Entry]?
  /// The placements in ``held`` whose reservation has expired and was not released yet.
  var ended: Set<UUID> = []

  /// What of the ledger a batch wants to know.
  enum LedgerReading {
    case none
    case read
    case locked
  }

  /// Reads what is so of the projects of `jobs`. Their locks are held: nobody writes their documents meanwhile. Their
  /// placements, which reports change as well, are locked.
  static func read(
    _ jobs: [DecisionJob], arePlanned: Bool, ledger: LedgerReading, in connection: PostgresConnection
  ) async throws -> BatchTruth {
    let reading = Reading(jobs, arePlanned: arePlanned, ledger: ledger, names: { "\($0)" })
    return try BatchTruth(reading, try await connection.pipeline(reading.statements))
  }

  /// What is asked of the database in one go.
  struct Reading {
    enum Part {
      case head, documents, standings, versions, placements, identities, ledger
    }

    private(set) var parts: [Part] = []
    private(set) var statements: [PostgresQuery] = []

    /// - Parameters:
    ///   - arePlanned: whether the jobs were decided already: of a project that was applied before it is then enough to
    ///     know its version.
    ///   - names: the array of those projects, out of some, whose rows may be locked.
    init(
      _ jobs: [DecisionJob], arePlanned: Bool, ledger: LedgerReading, names: ([String]) -> PostgresQuery
    ) {
      let projects = jobs.map(\.project)
      let whole = jobs.filter { !arePlanned || $0.request.inline != nil }.map(\.project)
      let known = arePlanned ? jobs.filter { $0.request.inline == nil }.map(\.project) : []
      ask(
        .head,
        """
        SELECT head.*, ARRAY(SELECT nextval('decisions_number_seq') FROM generate_series(1, \(jobs.count))) AS numbers,
          pg_current_xact_id()::text AS transaction
        FROM (\(DecisionBasis.Head.select)) AS head
        """)
      if !whole.isEmpty {
        ask(
          .documents,
          """
          SELECT \(AnyResource.columns) FROM resources
          WHERE kind = 'Project' AND name = ANY(\(names(whole))) AND deleted_at IS NULL
          """)
      }
      let keeping = jobs.filter { $0.request.inline != nil && $0.request.keepsStanding }.map(\.project)
      if !keeping.isEmpty { ask(.standings, GovernanceStore.selectStandings(of: keeping)) }
      if !known.isEmpty {
        ask(
          .versions,
          """
          SELECT name, resource_version::text AS version FROM resources
          WHERE kind = 'Project' AND name = ANY(\(names(known))) AND deleted_at IS NULL
          """)
      }
      ask(
        .placements,
        """
        SELECT \(PlacementRecord.columns), r.expires_at FROM \(PlacementRecord.tables)
        WHERE p.project = ANY(\(names(projects))) AND p.removed_at IS NULL
        ORDER BY p.project, p.environment, p.replica, p.id FOR UPDATE OF p, r
        """)
      ask(
        .identities,
        """
        SELECT p.project, p.project_id, e.environment, e.environment_id, e.moved_to
        FROM project_identities p LEFT JOIN environment_identities e ON e.project = p.project
        WHERE p.project = ANY(\(projects))
        """)
      switch ledger {
      case .none: break
      case .read: ask(.ledger, DecisionBasis.selectLedger)
      case .locked: ask(.ledger, "\(DecisionBasis.selectLedger) FOR NO KEY UPDATE")
      }
    }

    private mutating func ask(_ part: Part, _ statement: PostgresQuery) {
      parts.append(part)
      statements.append(statement)
    }
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
    if head.life != ground.head.life { return "database" }
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
    if !trial.job.request.unsaid.isEmpty,
      documents[trial.job.project]?.metadata.resourceVersion != trial.subject.over
    {
      return "project"
    }
    if !trial.subject.held.holdsStill(against: replicas(of: trial.job)) { return "placements" }
    // What has ended is no place of its project's any more: to find it placed there, or waiting there, would be an answer about
    // what is released in a moment. What others' reservations hold beyond their end matters only to who finds no room.
    if held[trial.job.project, default: []].contains(where: { ended.contains($0.spec.id) }) {
      return Self.dueReservations
    }
    guard !trial.isPlaced else { return nil }
    if ledger != ground.ledger { return "ledger" }
    return head.hasDueReservations ? Self.dueReservations : nil
  }

  /// The name of what has moved when a reservation has expired whose capacity was not given back yet.
  static let dueReservations = "reservations"
}

extension BatchTruth {
  /// Reads the answers to `reading`.
  init(_ reading: Reading, _ answers: some Sequence<PostgresRows>) throws {
    let found = Dictionary(zip(reading.parts, answers), uniquingKeysWith: { first, _ in first })
    guard let head = try found[.head]?.only else { throw PostgresError(.misuse, "the moment was not asked for") }
    self.init(
      head: try DecisionBasis.Head(row: head), documents: [:], versions: [:], held: [:], identities: [:],
      transaction: try head.decode("transaction"), numbers: try head.decode("numbers"),
      ledger: try found[.ledger].map { try DecisionBasis.ledger($0).clusters })
    for row in found[.documents].joined {
      guard case .project(let project) = try AnyResource(row: row) else { continue }
      documents[project.name] = project
    }
    standings = try GovernanceStore.standings(in: found[.standings].joined)
    for row in found[.versions].joined { versions[try row.decode("name")] = try row.decode("version") }
    for row in found[.placements].joined {
      let record = try PlacementRecord(row: row)
      held[record.spec.project, default: []].append(record)
      // The head says so too, by the same clock, or nobody would release it: while a restored database waits, none runs out.
      if self.head.hasDueReservations, let end = try row.decode(Date?.self, "expires_at"),
        Timestamp(end) <= self.head.now
      {
        ended.insert(record.spec.id)
      }
    }
    for row in found[.identities].joined {
      let project = try row.decode(String.self, "project")
      var identity =
        try identities[project] ?? ProjectIdentity(projectID: row.decode("project_id"), environmentIDs: [:])
      if let environment = try row.decode(String?.self, "environment") {
        identity.environmentIDs[environment] = try row.decode("environment_id")
        identity.moved[environment] = try row.decode("moved_to")
      }
      identities[project] = identity
    }
  }
}

extension PostgresRows? {
  /// The rows, if there are any.
  fileprivate var joined: [PostgresRow] { map(Array.init) ?? [] }
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
