import Foundation
import Logging
import Model
import Placement
import Postgres

extension GovernanceStore {
  /// Decides on all of `requests` in one transaction, or on none.
  ///
  /// What they were planned on may be older than what is there: they are made again as any decision is, a few times
  /// before the transaction and at last with the ledger's rows locked. They are refused only on what the database says.
  ///
  /// - Throws: ``TogetherRefusal``, ``StoreError``; nothing was written then.
  func decideWhole(
    _ requests: [PlannedRequest], key: IdempotencyRecord?, context: RequestContext, deadline: ContinuousClock.Instant?
  ) async throws -> ([TogetherDecision], isReplay: Bool) {
    let jobs = zip(1..., requests).map { ticket, planned in
      DecisionJob(
        ticket: ticket, request: planned.request, purpose: .place, key: nil, context: context, deadline: deadline,
        places: planned.places, isBound: true)
    }
    return try await decideWhole(jobs, key: key)
  }

  /// What else is written in the transaction of decisions that are made all or not at all. It is asked when their projects and
  /// placements are locked, and what it throws keeps all of it from being committed.
  typealias Companion = @Sendable ([BatchWriter.Entry], BatchTruth, PostgresConnection) async throws -> [PostgresQuery]

  /// - Parameter jobs: bound to where they were planned to go, with tickets of their own.
  func decideWhole(
    _ wanted: [DecisionJob], key: IdempotencyRecord?, with companion: Companion? = nil
  ) async throws -> ([TogetherDecision], isReplay: Bool) {
    var jobs = wanted
    while true {
      let attempt = jobs[0].attempt
      guard attempt <= Self.mostAttempts else { throw StoreError.unsettled(jobs[0]) }
      do {
        return try await decideWholeOnce(
          jobs, key: key, lockingLedger: attempt > Self.optimisticAttempts, with: companion)
      } catch let error as PostgresError {
        guard error.sqlState == .foreignKeyViolation, contents.forgets(error) else { throw Self.refusal(error) }
      } catch let moved as WholeMoved {
        logger.debug("a batch is made again", metadata: ["projects": "\(jobs.count)", "moved": "\(moved.what)"])
        jobs = jobs.map { $0.again(moved.what) }
      }
    }
  }

  private func decideWholeOnce(
    _ jobs: [DecisionJob], key: IdempotencyRecord?, lockingLedger: Bool, with companion: Companion?
  ) async throws -> ([TogetherDecision], isReplay: Bool) {
    var planned: PlannedTrials?
    if !lockingLedger {
      let isKnown = jobs[0].attempt == 1 && isWorldLive
      let batch = try await plan(jobs, deadline: jobs[0].deadline)
      try batch.round.refuse(jobs)
      guard let ground = batch.ground else { throw CancellationError() }
      if let lost = batch.trials.first(where: \.isLost) {
        return try await settleLost(lost, jobs, key: key, isKnown: isKnown)
      }
      planned = PlannedTrials(
        ground: ground, trials: batch.trials, trail: try await keepContents(of: ground, batch.trials))
    } else {
      try await prepareAhead(deadline: jobs[0].deadline)
    }
    let settled = planned
    let result: WholeResult
    do {
      result = try await pool.withTransaction(deadline: jobs[0].deadline) { connection in
        try await commitWhole(jobs, key: key, planned: settled, with: companion, in: connection)
      }
    } catch let end as BatchGivenUp {
      throw WholeMoved(what: end.round.again.compactMap(\.moved.last).first ?? "ledger")
    }
    switch result {
    case .answered(let decisions): return (decisions, true)
    case .committed(let committed, let decisions):
      remember(committed)
      return (decisions, false)
    }
  }

  /// Somebody has no place where he was planned to go. That may be so because the same request has been carried out
  /// already, or because memory lags behind; else he is told.
  private func settleLost(
    _ lost: Trial, _ jobs: [DecisionJob], key: IdempotencyRecord?, isKnown: Bool
  ) async throws -> ([TogetherDecision], isReplay: Bool) {
    if let key {
      let rows = try await pool.withConnection(deadline: jobs[0].deadline) { try await $0.query(key.select) }
      if let stored = try key.answer(in: rows, as: [TogetherDecision].self) { return (stored.map(\.replayed), true) }
    }
    guard !isKnown else { throw WholeMoved(what: "ledger") }
    throw TogetherRefusal(lost)
  }

  /// How the transaction of decisions that are made all or not at all has ended.
  private enum WholeResult: Sendable {
    case answered([TogetherDecision])
    case committed(CommittedBatch, [TogetherDecision])
  }

  /// The locks are those of any batch, in the same order. It waits for those who hold up one of its projects: they are
  /// locked in one order, and whoever commits some decisions waits for none while it holds another.
  private func commitWhole(
    _ jobs: [DecisionJob], key: IdempotencyRecord?, planned: PlannedTrials?, with companion: Companion?,
    in connection: PostgresConnection
  ) async throws -> WholeResult {
    if let key {
      let answers = try await connection.pipeline([key.claim, key.select])
      if answers[0].affected == 0, let stored = try key.answer(in: answers[1], as: [TogetherDecision].self) {
        return .answered(stored.map(\.replayed))
      }
    }
    let locks: [PostgresQuery] = [
      StoreLocks.shareOffer(),
      """
      SELECT pg_advisory_xact_lock(p.key) FROM (
        SELECT DISTINCT hashtextextended(name, 0) AS key FROM unnest(\(jobs.map(\.project))) AS n (name) ORDER BY key
      ) AS p
      """, Self.plansByKey,
    ]
    // Before any row of the ledger: on one of the two ways all of them are locked before the companion is asked.
    let isOfMoves = jobs.contains { $0.arrangement != nil }
    try await connection.pipeline(locks + (isOfMoves ? [StoreLocks.takeComingRoom()] : []))
    var round = BatchRound()
    var writer: BatchWriter
    if let planned {
      let (ground, trials) = (planned.ground, planned.trials)
      let truth = try await BatchTruth.read(jobs, arePlanned: true, ledger: .none, in: connection)
      for trial in trials {
        if let moved = truth.staleness(of: trial, on: ground) { throw WholeMoved(what: moved) }
      }
      writer = BatchWriter(ground: ground, truth: truth, trail: planned.trail, contents: contents, mint: mint)
      try await add(trials, to: &writer, &round, in: connection)
    } else {
      let (ground, truth, trials) = try await decide(jobs, &round, in: connection)
      try round.refuse(jobs)
      if let lost = trials.first(where: \.isLost) { throw TogetherRefusal(lost) }
      writer = BatchWriter(
        ground: ground, truth: truth, trail: contents.trail(of: ground.ledger), contents: contents, mint: mint)
      try await add(trials, to: &writer, &round, in: connection)
    }
    try round.refuse(jobs)
    let entries = writer.inOrder(of: jobs)
    for entry in entries {
      if let move = entry.plan?.pendingMoves.first { throw TogetherRefusal(entry.job, move) }
    }
    let decisions = entries.map { TogetherDecision(writer.answer(of: $0)) }
    let beside = try await companion?(entries, writer.truth, connection) ?? []
    let committed = try await write(
      writer, finally: (try key.map { [try $0.store(decisions)] } ?? []) + beside, round: round, in: connection)
    return .committed(committed, decisions)
  }
}

/// What the decisions were made on is no longer so: nothing of them is committed, and they are made again.
private struct WholeMoved: Error {
  var what: String
}

extension BatchRound {
  /// Throws what has refused one of `jobs`, all of which were to be decided on.
  fileprivate func refuse(_ jobs: [DecisionJob]) throws {
    for (position, job) in jobs.enumerated() {
      guard case .failure(let error)? = settled[job.ticket] else { continue }
      guard let refusal = error as? StoreError, refusal.kind != .noPolicy else { throw error }
      throw TogetherRefusal(project: job.project, position: position, cause: .refused(refusal))
    }
  }
}

extension TogetherRefusal {
  /// That of a project of which something would have to move: to decide does not move anything, so that it would not be
  /// where it was planned to go.
  fileprivate init(_ job: DecisionJob, _ move: DecisionOutcome.PendingMove) {
    let error = StoreError(
      .conflict, "a replica would have to move from \(move.from) to \(move.to), and nothing is moved by a decision",
      fr: "une réplique devrait migrer de \(move.from) vers \(move.to), et une décision ne migre rien",
      accepted: "a batch in which nothing moves")
    self.init(project: job.project, position: Int(job.ticket) - 1, cause: .refused(error))
  }

  /// That of a decision whose project does not go any more where it was planned to.
  fileprivate init(_ lost: Trial) {
    self.init(
      project: lost.job.project, position: Int(lost.job.ticket) - 1, cause: .planLost(lost.plan.reasons))
  }
}
