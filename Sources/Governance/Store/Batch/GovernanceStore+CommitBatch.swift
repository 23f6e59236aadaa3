import Events
import Foundation
import Model
import Placement
import Postgres

extension GovernanceStore {
  /// What a batch's transaction has come to, if it commits.
  struct CommittedBatch: Sendable {
    var round: BatchRound
    /// The ledger's entries as this has left them.
    var entries: [String: Ledger.Entry] = [:]
    /// The projects it has changed in a way that is to be read.
    var changed: [String] = []
    /// Digests of what it has stored.
    var stored: [[UInt8]] = []
  }

  /// A batch's transaction. Locks are taken in one order everywhere: keys, the offer (shared), projects, placements, and
  /// last of all, for as short as may be, the ledger by cluster name.
  ///
  /// A decision whose project somebody has locked is put off: nobody is held up by what another does with one project.
  ///
  /// - Parameters:
  ///   - planned: nil to decide here, on a locked ledger.
  ///   - waits: whether it waits for a project's lock all the same: for a decision that is alone.
  /// - Throws: ``BatchGivenUp`` where there is nothing to commit.
  func commit(
    _ jobs: [DecisionJob], planned: PlannedTrials?, waits: Bool,
    in connection: PostgresConnection
  ) async throws -> CommittedBatch {
    var round = BatchRound()
    let claimed = try await claim(jobs, &round, in: connection)
    guard !claimed.isEmpty else { throw BatchGivenUp(round: round) }
    var writer: BatchWriter
    if let planned {
      let (ground, trials) = (planned.ground, planned.trials)
      let refuses = trials.contains { !$0.isPlaced }
      let (open, answer) = try await lockProjects(
        of: claimed, waits: waits, thenReading: refuses ? .read : BatchTruth.LedgerReading.none, &round, in: connection)
      guard let truth = answer else { throw BatchGivenUp(round: round) }
      writer = BatchWriter(ground: ground, truth: truth, trail: planned.trail, contents: contents, mint: mint)
      let fresh = Self.fresh(trials, among: Set(open.map(\.ticket)), truth: truth, ground: ground, &round)
      try await add(fresh, to: &writer, &round, in: connection)
    } else {
      let (open, _) = try await lockProjects(
        of: claimed, waits: waits, thenReading: nil, &round, in: connection)
      guard !open.isEmpty else { throw BatchGivenUp(round: round) }
      let (ground, truth, trials) = try await decide(open, &round, in: connection)
      writer = BatchWriter(
        ground: ground, truth: truth, trail: contents.trail(of: ground.ledger), contents: contents, mint: mint)
      try await add(trials, to: &writer, &round, in: connection)
    }
    guard !writer.isEmpty else { throw BatchGivenUp(round: round) }
    // A key of what is not committed with the others is free again.
    let done = Set(writer.tickets)
    let free = claimed.filter { !done.contains($0.ticket) }.compactMap(\.key)
    return try await write(writer, finally: free.map(\.release), round: round, in: connection)
  }

  /// Takes the keys; whose key was taken before gets that answer.
  private func claim(
    _ jobs: [DecisionJob], _ round: inout BatchRound, in connection: PostgresConnection
  ) async throws -> [DecisionJob] {
    let keyed = jobs.filter { $0.key != nil }.sorted { ($0.key?.order ?? "") < ($1.key?.order ?? "") }
    guard !keyed.isEmpty else { return jobs }
    let answers = try await connection.pipeline(keyed.compactMap(\.key).flatMap { [$0.claim, $0.select] })
    var answered: Set<BatchMachine.Ticket> = []
    for (index, job) in keyed.enumerated() where answers[2 * index].affected == 0 {
      do {
        guard let stored = try job.key?.answer(in: answers[2 * index + 1], as: StoredAnswer.self) else { continue }
        round.answer(job, .stored(stored, isReplay: true))
      } catch let error as StoreError {
        round.fail(job, error)
      }
      answered.insert(job.ticket)
    }
    return jobs.filter { !answered.contains($0.ticket) }
  }

  /// Has the rest of a transaction of decisions find rows by their keys, by plans that are made once. The planner would plan
  /// anew for every batch, which takes as long as many of the statements; and a plan that it keeps, of a table that was small,
  /// would read a large one from end to end. What is read whole all the same, of tables that stay small or where the whole ledger
  /// is asked for, seems so dear then that it would be compiled: hence `jit`. Every way that reads and writes as a batch does begins
  /// with it: connections keep their plans, and one that was made without it would be taken as it is.
  static let plansByKey: PostgresQuery = """
    SELECT set_config('plan_cache_mode', 'force_generic_plan', true), set_config('enable_seqscan', 'off', true),
      set_config('jit', 'off', true)
    """

  /// Locks the projects, and reads in the same round trip what is so of them, where that is wanted: nil where none of
  /// them could be locked.
  ///
  /// Nothing is read under somebody's lock that is not ours: whoever holds up one decision would hold up all.
  private func lockProjects(
    of jobs: [DecisionJob], waits: Bool, thenReading ledger: BatchTruth.LedgerReading?, _ round: inout BatchRound,
    in connection: PostgresConnection
  ) async throws -> (open: [DecisionJob], truth: BatchTruth?) {
    let alone = waits && jobs.count == 1 ? jobs.first : nil
    let locks: [PostgresQuery] =
      if let alone {
        Self.locksForWriting(.project, alone.project) + [Self.plansByKey]
      } else {
        [
          """
          WITH offer AS MATERIALIZED (\(StoreLocks.shareOffer())), plans AS MATERIALIZED (\(Self.plansByKey))
          SELECT name, pg_try_advisory_xact_lock(hashtextextended(name, 0)) AS locked
          FROM offer, plans, unnest(\(jobs.map(\.project))) AS p (name)
          """
        ]
      }
    let reading = ledger.map { ledger in
      BatchTruth.Reading(jobs, arePlanned: true, ledger: ledger) { names in
        alone == nil
          ? """
          ARRAY(SELECT name FROM unnest(\(names)) AS p (name) WHERE pg_try_advisory_xact_lock(hashtextextended(name, 0)))
          """ : "\(names)"
      }
    }
    let answers = try await connection.pipeline(locks + (reading?.statements ?? []))
    var open = jobs
    if alone == nil {
      let locked = try Set(
        answers[0].filter { try $0.decode(Bool.self, "locked") }.map { try $0.decode(String.self, "name") })
      round.alone += jobs.filter { !locked.contains($0.project) }
      open = jobs.filter { locked.contains($0.project) }
    }
    guard let reading, !open.isEmpty else { return (open, nil) }
    return (open, try BatchTruth(reading, answers[locks.count...]))
  }

  /// What may be committed as it was made. The others are made again; and with them all that come after one of them which
  /// had taken room: they were made on a ledger that will never have been.
  ///
  /// - Parameter tickets: those of the decisions that are still in the batch.
  private static func fresh(
    _ trials: [Trial], among tickets: Set<BatchMachine.Ticket>, truth: BatchTruth, ground: BatchGround,
    _ round: inout BatchRound
  ) -> [Trial] {
    var fresh: [Trial] = []
    var hasGivenBack = false
    for trial in trials {
      let isOpen = tickets.contains(trial.job.ticket)
      let moved = isOpen ? truth.staleness(of: trial, on: ground) : nil
      if isOpen, moved == nil, !hasGivenBack {
        fresh.append(trial)
        continue
      }
      if isOpen { round.again.append(moved.map { trial.job.again($0) } ?? trial.job) }
      hasGivenBack = hasGivenBack || trial.isPlaced
    }
    return fresh
  }

  /// Decides on the ledger's locked rows. What has expired is released first; what others have locked is passed by, so
  /// that nobody waits in a circle.
  ///
  /// Everybody waits meanwhile. So the engine is made before, and the decisions stand behind nobody.
  ///
  /// - Throws: ``BatchGivenUp`` where a day has ended or a policy begun between the two.
  func decide(
    _ jobs: [DecisionJob], _ round: inout BatchRound, in connection: PostgresConnection
  ) async throws -> (BatchGround, BatchTruth, [Trial]) {
    let ready = try await prepareHere(in: connection)
    var truth = try await BatchTruth.read(jobs, arePlanned: false, ledger: .locked, in: connection)
    if truth.head.hasDueReservations {
      _ = try await releaseDue(limit: .max, in: connection)
      truth = try await BatchTruth.read(jobs, arePlanned: false, ledger: .locked, in: connection)
    }
    guard ready.key == PreparedOffer.Key(truth.head, policy: try truth.head.policyInForce) else {
      round.again += jobs.map { $0.again(truth.head.day == ready.day ? "policy" : "day") }
      throw BatchGivenUp(round: round)
    }
    let ground = BatchGround(truth.head, ready, truth.ledger ?? [:])
    var open: [(DecisionJob, BatchGround.Subject)] = []
    for job in jobs {
      do {
        open.append((job, try truth.subject(of: job)))
      } catch {
        round.fail(job, error)
      }
    }
    return (ground, truth, try await ground.plan(open, at: truth.head.now, in: .locked))
  }

  /// Works out what each decision writes. What contradicts what is there fails alone; had it taken room, what comes after
  /// it is made again.
  func add(
    _ trials: [Trial], to writer: inout BatchWriter, _ round: inout BatchRound, in connection: PostgresConnection
  ) async throws {
    var unchanged: [Trial] = []
    var hasGivenBack = false
    for trial in trials {
      guard !hasGivenBack else {
        round.again.append(trial.job)
        continue
      }
      do {
        if try !writer.add(trial) { unchanged.append(trial) }
      } catch let error as StoreError {
        round.fail(trial.job, error)
        hasGivenBack = trial.isPlaced
      }
    }
    guard !unchanged.isEmpty else { return }
    let rows = try await connection.query(Self.latestPlaced(of: Set(unchanged.map(\.job.project)).sorted()))
    let latest = try Dictionary(
      rows.map { try DecisionSummary(row: $0) }.map { ($0.project, $0) }, uniquingKeysWith: { first, _ in first })
    for trial in unchanged { writer.repeat(trial, latest: latest[trial.job.project]) }
  }

  /// The latest decision of each project that placed it: one row of each is read, however many there are.
  ///
  /// The index of projects alone has the order that is asked for, since no one project is named to the planner: by number it
  /// would go through what was decided on all others.
  static func latestPlaced(of projects: [String]) -> PostgresQuery {
    """
    SELECT \(DecisionSummary.columns) FROM unnest(\(projects)) AS n (name) CROSS JOIN LATERAL (
      SELECT * FROM decisions d WHERE d.project = ANY(ARRAY[n.name]) AND d.placed
      ORDER BY d.project, d.number DESC LIMIT 1) AS d
    """
  }

  /// Writes it all and commits, in one round trip, the ledger last.
  ///
  /// - Parameter more: what is to be said of keys.
  func write(
    _ writer: BatchWriter, finally more: [PostgresQuery], round: BatchRound, in connection: PostgresConnection
  ) async throws -> CommittedBatch {
    let ledger = LedgerDemand(writer.reservations, heedsLimits: writer.truth.head.hasCurrentLimits)
    let statements = try writer.statements() + more
    let (transaction, held) = (writer.truth.transaction, writer.held)
    let isExpected = !held.isEmpty && world.expect(held, of: transaction)
    var isCommitted = false
    defer {
      if isExpected { world.settle(held.keys) }
      if isExpected, !isCommitted { world.giveUp(held.keys, of: transaction) }
    }
    let (answers, failure) = try await connection.commit(after: statements + ledger.statements)
    if let failure {
      guard LedgerDemand.isShort(failure), let rows = answers.last else { throw failure }
      throw BatchGivenUp(
        round: writer.losers(on: try DecisionBasis.ledger(rows), limits: try ledger.limits(rows), after: round))
    }
    isCommitted = true
    let changed = writer.changed.filter { !isExpected || held[$0] == nil }
    var committed = CommittedBatch(round: round, changed: changed, stored: writer.stored)
    if !ledger.isEmpty { committed.entries = try DecisionBasis.ledger(answers[answers.count - 1]).clusters }
    for (job, answer) in writer.answers { committed.round.answer(job, answer) }
    return committed
  }
}

extension IdempotencyRecord {
  /// By what keys are ordered where several are claimed.
  fileprivate var order: String { "\(scope)\u{0}\(key)" }

  /// Frees a key that was claimed by this transaction for what it does not commit.
  fileprivate var release: PostgresQuery {
    "DELETE FROM idempotency_keys WHERE scope = \(scope) AND key = \(key) AND response IS NULL"
  }
}
