import Foundation
import Logging
import Model
import Placement
import Postgres

extension GovernanceStore {
  /// Makes decisions and commits them together, until each has an answer. What had lost a race is made again; after a
  /// few times it is made with the ledger's rows locked, so that it is sure to come through. What the database refuses
  /// is found by halving, so that it fails alone.
  ///
  /// - Parameter waits: whether it waits for whoever has locked a project. Otherwise, such a decision is put off.
  func commit(_ jobs: [DecisionJob], waits: Bool) async -> BatchRound {
    var round = BatchRound(again: jobs)
    while !round.again.isEmpty {
      let together = round.again
      round.again = []
      // Nothing can move under locked rows; should it look so after all, somebody is told rather than kept.
      for job in together where job.attempt > Self.mostAttempts { round.fail(job, StoreError.unsettled(job)) }
      let patient = together.filter { (Self.optimisticAttempts + 1...Self.mostAttempts).contains($0.attempt) }
      let quick = together.filter { $0.attempt <= Self.optimisticAttempts }
      if !quick.isEmpty { round.add(await attempt(quick, lockingLedger: false, waits: waits)) }
      if !patient.isEmpty { round.add(await attempt(patient, lockingLedger: true, waits: waits)) }
    }
    return round
  }

  /// How often a decision is made without locking the ledger.
  static let optimisticAttempts = 3
  static let mostAttempts = 8

  private func attempt(_ jobs: [DecisionJob], lockingLedger: Bool, waits: Bool) async -> BatchRound {
    do {
      do {
        return try await commitOnce(jobs, lockingLedger: lockingLedger, waits: waits)
      } catch let error as PostgresError where error.sqlState == .foreignKeyViolation && contents.forgets(error) {
        return try await commitOnce(jobs, lockingLedger: lockingLedger, waits: waits)
      }
    } catch let error where jobs.count > 1 && !Self.concernsAll(error) {
      logger.debug("a batch is halved", metadata: ["decisions": "\(jobs.count)", "error": "\(error)"])
      let middle = jobs.count / 2
      var round = await attempt(Array(jobs[..<middle]), lockingLedger: lockingLedger, waits: waits)
      round.add(await attempt(Array(jobs[middle...]), lockingLedger: lockingLedger, waits: waits))
      return round
    } catch {
      var round = BatchRound()
      for job in jobs { round.fail(job, jobs.count == 1 ? Self.refusal(error) : error) }
      return round
    }
  }

  private func commitOnce(_ jobs: [DecisionJob], lockingLedger: Bool, waits: Bool) async throws -> BatchRound {
    let deadline = Self.deadline(of: jobs)
    var (round, open) = (BatchRound(), jobs)
    var planned: PlannedTrials?
    if !lockingLedger {
      let batch = try await plan(jobs, deadline: deadline)
      round = batch.round
      guard let ground = batch.ground, !batch.trials.isEmpty else { return round }
      planned = PlannedTrials(
        ground: ground, trials: batch.trials, trail: try await keepContents(of: ground, batch.trials))
      open = batch.trials.map(\.job)
    } else {
      try await prepareAhead(deadline: deadline)
    }
    let settled = planned
    let committing = open
    do {
      let committed = try await pool.withTransaction(deadline: deadline) { connection in
        try await commit(committing, planned: settled, waits: waits, in: connection)
      }
      remember(committed)
      round.add(committed.round)
    } catch let end as BatchGivenUp {
      round.add(end.round)
    }
    return round
  }

  /// Has the engine of the offer as it is made outside of all transactions: mostly it is there by then that one needs it.
  func prepareAhead(deadline: ContinuousClock.Instant?) async throws {
    let rows = try await pool.withConnection(deadline: deadline) { try await $0.query(DecisionBasis.Head.select) }
    _ = try await prepare(try DecisionBasis.Head(row: rows.only), deadline: deadline)
  }

  /// What this instance has done itself it need not be told.
  func remember(_ committed: CommittedBatch) {
    world.take(committed.entries)
    world.forget(committed.changed)
    contents.remember(committed.stored)
  }

  /// A batch has the patience of the most patient: nobody is to fail because of another's hurry.
  private static func deadline(of jobs: [DecisionJob]) -> ContinuousClock.Instant? {
    let deadlines = jobs.compactMap(\.deadline)
    return deadlines.count == jobs.count ? deadlines.max() : nil
  }

  /// Whether what has failed a batch would have failed each of its decisions alone.
  private static func concernsAll(_ error: any Error) -> Bool {
    if error is CancellationError { return true }
    guard let error = error as? PostgresError else { return false }
    return ![.server, .invalidParameter, .decoding].contains(error.kind)
  }

  /// What the database's refusal of a single decision means.
  static func refusal(_ error: any Error) -> any Error {
    guard let error = error as? PostgresError, error.sqlState == .uniqueViolation,
      ["project_identities", "environment_identities"].contains(error.table)
    else { return error }
    return StoreError(
      .conflict, path: "spec.consoleID", "the console's identifier belongs to another project or environment",
      fr: "l’identifiant de la console appartient à un autre projet ou environnement",
      accepted: "the identifier of this one, or none")
  }
}

extension StoreError {
  static func unsettled(_ job: DecisionJob) -> StoreError {
    StoreError(
      .contended, path: "project", "what the decision was made on kept changing: \(job.moved.joined(separator: ", "))",
      fr: "ce sur quoi la décision se fondait n’a cessé de changer : \(job.moved.joined(separator: ", "))",
      accepted: "the same request, later")
  }
}
