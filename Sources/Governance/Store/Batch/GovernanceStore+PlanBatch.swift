import Events
import Foundation
import Logging
import Model
import Placement
import Postgres

extension GovernanceStore {
  /// A batch as planned before its transaction.
  struct PlannedBatch: Sendable {
    /// What is settled already: by a stored answer, or because there is nothing to decide on.
    var round = BatchRound()
    var ground: BatchGround?
    var trials: [Trial] = []
  }

  /// Makes the decisions of a batch, on what is in memory where that is kept true, else on what the database says.
  func plan(_ jobs: [DecisionJob], deadline: ContinuousClock.Instant?) async throws -> PlannedBatch {
    if jobs.allSatisfy({ $0.attempt == 1 }), let planned = try await planFromMemory(jobs) { return planned }
    if jobs.contains(where: { $0.moved.last == BatchTruth.dueReservations }) {
      try await releaseAhead(deadline: deadline)
    }
    let first = try await look(jobs, deadline: deadline)
    guard first.head.hasDueReservations else { return try await plan(jobs, on: first, deadline: deadline) }
    try await releaseAhead(deadline: deadline)
    return try await plan(jobs, on: try await look(jobs, deadline: deadline), deadline: deadline)
  }

  /// Releases what has expired before anything is decided. Where the database refuses that, it is decided on what is held: mostly
  /// that is another project's, and nobody is to be kept from deciding by it.
  private func releaseAhead(deadline: ContinuousClock.Instant?) async throws {
    do {
      _ = try await expireReservations(deadline: deadline)
    } catch let error as PostgresError where error.kind == .server {
      logger.error("It is decided without what has expired being released", metadata: ["error": "\(error)"])
    }
  }

  /// What decisions on these would be made on, as the database says. What has expired is released first, so that nobody
  /// is refused for want of it.
  ///
  /// - Parameter deadline: for the whole; as long as usual where it is nil.
  func ground(
    of requests: [PlacementRequest], deadline: ContinuousClock.Instant?
  ) async throws -> (BatchGround, [BatchGround.Subject]) {
    let jobs = requests.map { request in
      DecisionJob(
        request: request, purpose: .place, key: nil, context: RequestContext(principal: ""), deadline: nil)
    }
    var look = try await look(jobs, deadline: deadline)
    if look.head.hasDueReservations {
      try await releaseAhead(deadline: deadline)
      look = try await self.look(jobs, deadline: deadline)
    }
    let subjects = try jobs.map { job in
      try job.subject(document: look.documents[job.project], held: look.held[job.project] ?? [])
    }
    return (BatchGround(look.head, try await prepare(look.head, deadline: deadline), look.ledger), subjects)
  }

  /// Nil where memory does not know enough, or one of these is wrong by itself: it may have its stored answer all the same, of which
  /// the database alone knows.
  private func planFromMemory(_ jobs: [DecisionJob]) async throws -> PlannedBatch? {
    guard let snapshot = world.snapshot, let prepared = snapshot.prepared, let state = snapshot.state else {
      return nil
    }
    var subjects: [BatchGround.Subject] = []
    for job in jobs {
      guard let view = try world.view(of: job.project) else { return nil }
      // It may have been put a moment ago.
      guard job.request.inline != nil || view.project?.document != nil else { return nil }
      let subject = try? job.subject(
        document: view.project?.document, spec: view.project?.spec, held: view.project?.held ?? [])
      guard let subject else { return nil }
      subjects.append(subject)
    }
    let ground = BatchGround(head: snapshot.head, prepared: prepared, ledger: snapshot.ledger, state: state)
    return PlannedBatch(ground: ground, trials: try await ground.plan(zip(jobs, subjects), at: snapshot.now))
  }

  /// What the database says, outside of any transaction.
  private struct Look {
    var head: DecisionBasis.Head
    var documents: [String: Resource<ProjectSpec>]
    var held: [String: [HeldReplica]]
    var ledger: [String: Ledger.Entry]
    /// Stored answers, by ticket.
    var answers: [BatchMachine.Ticket: Result<BatchAnswer, any Error>]
  }

  private func look(_ jobs: [DecisionJob], deadline: ContinuousClock.Instant?) async throws -> Look {
    let names = Set(jobs.map(\.project)).sorted()
    let keyed = jobs.filter { $0.key != nil }
    let answers = try await pool.withConnection(deadline: deadline) { connection in
      try await connection.pipeline(
        [
          DecisionBasis.Head.select, DecisionBasis.selectLedger,
          """
          SELECT \(AnyResource.columns) FROM resources
          WHERE kind = 'Project' AND name = ANY(\(names)) AND deleted_at IS NULL
          """,
          """
          SELECT \(HeldReplica.columns) FROM \(PlacementRecord.tables)
          WHERE p.removed_at IS NULL AND p.project = ANY(\(names))
          ORDER BY p.project, p.environment, p.replica, p.id
          """,
        ] + keyed.compactMap { $0.key?.select })
    }
    var look = Look(
      head: try DecisionBasis.Head(row: answers[0].only), documents: [:], held: [:],
      ledger: try DecisionBasis.ledger(answers[1]).clusters, answers: [:])
    for row in answers[2] {
      guard case .project(let project) = try AnyResource(row: row) else { continue }
      look.documents[project.name] = project
    }
    for row in answers[3] {
      look.held[try row.decode("project"), default: []].append(try HeldReplica(row: row))
    }
    for (job, rows) in zip(keyed, answers[4...]) {
      do {
        guard let stored = try job.key?.answer(in: rows, as: StoredAnswer.self) else { continue }
        look.answers[job.ticket] = .success(.stored(stored, isReplay: true))
      } catch let error as StoreError {
        look.answers[job.ticket] = .failure(error)
      }
    }
    return look
  }

  private func plan(
    _ jobs: [DecisionJob], on look: Look, deadline: ContinuousClock.Instant?
  ) async throws -> PlannedBatch {
    // A stored answer holds whatever has become of the project, and of the policy, since.
    var planned = PlannedBatch(round: BatchRound(settled: look.answers))
    var open: [(DecisionJob, BatchGround.Subject)] = []
    for job in jobs where look.answers[job.ticket] == nil {
      do {
        open.append(
          (job, try job.subject(document: look.documents[job.project], held: look.held[job.project] ?? [])))
      } catch {
        planned.round.fail(job, error)
      }
    }
    guard !open.isEmpty else { return planned }
    do {
      let prepared = try await prepare(look.head, deadline: deadline)
      let ground = BatchGround(look.head, prepared, look.ledger)
      planned.ground = ground
      planned.trials = try await ground.plan(open, at: look.head.now)
    } catch let error as StoreError {
      for (job, _) in open { planned.round.fail(job, error) }
    }
    return planned
  }
}

extension BatchGround {
  /// A ground that was read.
  init(_ head: DecisionBasis.Head, _ prepared: PreparedOffer, _ ledger: [String: Ledger.Entry]) {
    self.init(
      head: head, prepared: prepared, ledger: ledger,
      state: PlacementState(ledger: Ledger(ledger), staleZones: head.staleZones, for: prepared.engine))
  }
}
