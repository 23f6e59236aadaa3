import Events
import Foundation
import Logging
import Model
import NIOConcurrencyHelpers
import Placement
import Policy
import Postgres

extension GovernanceStore {
  /// How long nothing may be heard of whoever works on an impact before another takes it over.
  public static let impactPatience: Duration = .seconds(15)

  /// So often an impact is begun without ever being finished before it is given up: what ends whoever works on it would end
  /// one after the other.
  public static let mostImpactClaims = 5

  /// One that failed and that somebody votes on is begun again after so long: what was in its way may have passed.
  public static let impactRetry: Duration = .seconds(3600)

  /// How long whoever works on an impact rests after so much work: four times as long, so that it takes a fifth of one processor's
  /// time at most, while anybody asks or decides anything; where nobody has for a second, not at all.
  public static func impactRest(after spent: Duration) -> Duration { impactRest(after: spent, quiet: LongWork.quiet) }

  static func impactRest(after spent: Duration, quiet: Duration) -> Duration {
    quiet < .seconds(1) ? spent * 4 : .zero
  }

  /// How long whoever works on an impact lets others pass in one slice, at the most: so it comes to its end beside somebody who
  /// asks for long.
  private static let impactCourtesy: Duration = .milliseconds(25)

  /// Takes the next impact to work on: one that waits, one whose worker is not heard any more, one of a vote that failed an hour
  /// ago, or one that is to be computed anew since the world has moved; each of these at its pace, however fast the world moves.
  /// What somebody votes on comes before what somebody only asks, to be computed anew as well: nobody's questions hold up a vote.
  /// Its pace leaves the rest of the time to these.
  ///
  /// - Parameters:
  ///   - worker: who works on it, for whoever looks.
  ///   - pace: how long a result is left alone at least; or twenty times what it took to compute, if that is longer.
  public func claimImpact(
    by worker: String, patience: Duration = impactPatience, pace: Duration = .seconds(60)
  ) async throws -> ImpactClaim? {
    let (patience, pace) = (patience / .seconds(1), pace / .seconds(1))
    let retry = Self.impactRetry / .seconds(1)
    let unheard: PostgresQuery =
      "i.state = 'running' AND i.renewed_at < clock_timestamp() - \(patience) * interval '1 second'"
    let givenUp = "it was begun \(Self.mostImpactClaims) times, and whoever worked on it was not heard any more"
    let answers = try await pool.withConnection {
      try await $0.pipeline([
        """
        UPDATE impacts i SET state = 'failed', finished_at = clock_timestamp(), failure = \(givenUp)
        WHERE \(unheard) AND i.claim - i.claims_at_result >= \(Int64(Self.mostImpactClaims))
        """,
        """
        UPDATE impacts SET state = 'running', claim = claim + 1, claimed_by = \(worker),
          renewed_at = clock_timestamp(), projects_done = 0, failure = NULL
        WHERE id = (
          SELECT i.id FROM impacts i
          WHERE i.state = 'waiting'
            OR \(unheard)
            OR i.state = 'failed' AND i.follows AND i.finished_at < clock_timestamp() - \(retry) * interval '1 second'
            OR i.state = 'done' AND i.follows AND NOT (\(Self.stillTrue))
              AND i.finished_at < clock_timestamp() - greatest(\(pace), 20 * i.seconds) * interval '1 second'
          ORDER BY NOT i.follows, i.state IN ('done', 'failed'), i.requested_at LIMIT 1 FOR UPDATE OF i SKIP LOCKED)
        RETURNING id, claim, document, effective_at
        """,
      ])
    }
    return try answers[1].first.map { row in
      ImpactClaim(
        id: try row.decode("id"), document: try row.decode(PostgresJSON.self, "document").model(PolicySpec.self),
        effectiveAt: try row.decode(Date?.self, "effective_at").map(Timestamp.init), number: try row.decode("claim"))
    }
  }

  /// Works out an impact that was claimed. Before each project those who compute something that somebody waits for have their
  /// way, between the slices everybody has the processor; and it is told how far it is. For
  /// as long as it takes, reading and writing included, it is said that somebody works on it; when it is another's by then,
  /// or nobody's, the work stops. What the database will not take is failed at once.
  ///
  /// - Parameters:
  ///   - slice: how many projects are looked at in one go.
  ///   - interval: how often it is said that somebody works on it.
  ///   - patience: how long memory may take to come to what was committed by now, before the database is read instead.
  ///   - rest: what is waited between slices.
  /// - Returns: whether it was finished; false where it was cancelled or taken over.
  public func workOut(
    _ claim: ImpactClaim, slice: Int = 25, renewing interval: Duration = .seconds(3),
    hearing patience: Duration = .seconds(2),
    resting rest: @escaping @Sendable (Duration) async throws -> Void
  ) async throws -> Bool {
    do {
      return try await withThrowingTaskGroup(of: Bool.self) { group in
        group.addTask { try await compute(claim, slice: slice, hearing: patience, resting: rest) }
        group.addTask {
          try await renew(claim, every: interval)
          return false
        }
        defer { group.cancelAll() }
        if try await group.next() == true { return true }
        // Either it stopped itself, or it is to; or it has ended in this very moment, and so there is nothing to renew.
        group.cancelAll()
        return (try? await group.next()) ?? false
      }
    } catch let error as PostgresError where Self.isTheWorksFault(error) {
      logger.error("An impact could not be worked out", metadata: ["impact": "\(claim.id)", "error": "\(error)"])
      try await failImpact(claim, because: "\(error)")
      return false
    }
  }

  /// Whether the database refuses what was worked out, and would the next time: bad data, a constraint, too large.
  private static func isTheWorksFault(_ error: PostgresError) -> Bool {
    ["22", "23", "54"].contains(error.sqlState?.category)
  }

  /// How far it is may be lost with the database's last moment: nobody waits for the disk.
  private static let hastily: PostgresQuery = "SELECT set_config('synchronous_commit', 'off', true)"

  /// Says again and again that somebody works on it, until it is somebody else's, or nobody's.
  private func renew(_ claim: ImpactClaim, every interval: Duration) async throws {
    while true {
      try await Task.sleep(for: interval)
      do {
        let rows = try await pool.withConnection {
          try await $0.pipeline([
            Self.hastily,
            """
            UPDATE impacts SET renewed_at = clock_timestamp()
            WHERE id = \(claim.id) AND claim = \(claim.number) AND state = 'running' RETURNING id
            """,
          ])[1]
        }
        if rows.isEmpty { return }
      } catch let error as PostgresError {
        // It may have passed by the next time; if not, the work itself meets it, or another takes over.
        logger.debug("An impact's claim could not be renewed", metadata: ["error": "\(error)"])
      }
    }
  }

  private func compute(
    _ claim: ImpactClaim, slice: Int, hearing patience: Duration,
    resting rest: @escaping @Sendable (Duration) async throws -> Void
  ) async throws -> Bool {
    let started = ContinuousClock.now
    let (ground, world, mark) = try await impactGround(for: claim, within: patience, resting: rest)
    let names = try await LongWork.run(in: .background) { world.projects.projects }
    guard try await tell(claim, done: 0, of: names.count) else { return false }
    let compared = try await sides(of: ground, under: claim.document, mark)
    // In a box, so that no slice copies what those before it have found.
    let computation = try await LongWork.run(in: .background) {
      let computation = ImpactComputation(
        of: claim.document, version: (ground.base ?? 0) + 1, instead: compared.present, offer: compared.offer,
        ledger: Ledger(world.ledger), staleZones: mark.silentAfter, before: mark.silentBefore, day: ground.day)
      return NIOLockedValueBox(computation)
    }
    var told = ContinuousClock.now
    for start in stride(from: 0, to: names.count, by: slice) {
      try Task.checkCancellation()
      let part = names[start..<min(start + slice, names.count)]
      let spent = try await LongWork.run(in: .background) {
        var (spent, patience) = (Duration.zero, Self.impactCourtesy)
        for name in part {
          if patience > .zero { patience -= LongWork.letOthersPass(atMost: patience) }
          let begun = ContinuousClock.now
          if let project = try world.projects.find(name)?.project(), let subject = ground.subject(project) {
            computation.withLockedValue { $0.take(CollectionOfOne(subject)) }
          }
          spent += ContinuousClock.now - begun
        }
        return spent
      }
      if ContinuousClock.now - told > .seconds(1) {
        guard try await tell(claim, done: start + part.count, of: names.count) else { return false }
        told = .now
      }
      try await rest(spent)
    }
    let result = computation.withLockedValue { $0.result }
    let seconds = (ContinuousClock.now - started) / .seconds(1)
    return try await finish(claim, result, on: ground, mark, projects: names.count, seconds: seconds)
  }

  /// It could not be worked out.
  public func failImpact(_ claim: ImpactClaim, because reason: String) async throws {
    _ = try await pool.withConnection {
      try await $0.query(
        """
        UPDATE impacts SET state = 'failed', failure = \(reason), finished_at = clock_timestamp()
        WHERE id = \(claim.id) AND claim = \(claim.number) AND state = 'running'
        """)
    }
  }

  /// Says how far it is, and that somebody works on it; false where it is somebody else's, or nobody's, by now.
  private func tell(_ claim: ImpactClaim, done: Int, of total: Int) async throws -> Bool {
    let rows = try await pool.withConnection {
      try await $0.pipeline([
        Self.hastily,
        """
        UPDATE impacts SET renewed_at = clock_timestamp(), projects_done = \(done), projects_total = \(total)
        WHERE id = \(claim.id) AND claim = \(claim.number) AND state = 'running' RETURNING id
        """,
      ])[1]
    }
    return !rows.isEmpty
  }

  private func finish(
    _ claim: ImpactClaim, _ impact: Impact, on ground: ImpactGround, _ mark: ImpactMark, projects: Int, seconds: Double
  ) async throws -> Bool {
    let (bytes, parts, digest) = try await LongWork.run(in: .background) {
      let bytes = [UInt8](try ModelJSON.encoder.encode(impact))
      return (bytes, try ImpactPart.all(of: impact), Digest.sha256(bytes))
    }
    let summary = try PostgresJSON(model: impact.summary)
    let head = ground.head
    let result: [PostgresQuery] = [
      """
      INSERT INTO impact_results (digest, summary, bytes, in_parts)
      VALUES (\(digest), \(summary), \(bytes), true)
      ON CONFLICT (digest) DO UPDATE SET found_at = clock_timestamp(), in_parts = true
      """,
      ImpactPart.insert(parts, of: digest),
    ]
    // It may be long, and nobody is to wait for it: whoever votes takes the question's row, under a lock that decisions wait
    // for. What is named by nothing is forgotten after an hour.
    try await pool.withTransaction { _ = try await $0.pipeline(result) }
    return try await pool.withTransaction { connection in
      // The question's row before the result's, as acts of the board take them.
      let rights = try await connection.query(
        """
        SELECT result FROM impacts WHERE id = \(claim.id) AND claim = \(claim.number) AND state = 'running' FOR UPDATE
        """)
      guard let right = rights.first else { return false }
      // Somebody may be reading the one whose place it takes.
      let former = try right.decode([UInt8]?.self, "result")
      let both: [[UInt8]] = [digest] + (former.map { [$0] } ?? [])
      let kept = try await connection.query(Self.keep(resultsWhere: "digest = ANY(\(both))"))
      let isKept = try kept.contains { try $0.decode([UInt8].self, "digest") == digest }
      if !isKept { try await connection.pipeline(result) }
      // It is of one that somebody votes on for as long as it is kept: whoever reads it goes on when another has come.
      try await connection.execute(
        """
        UPDATE impact_results r SET questions = array_append(array_remove(r.questions, i.id), i.id)
        FROM impacts i WHERE i.id = \(claim.id) AND i.follows AND r.digest = \(digest)
        """)
      try await connection.execute(
        """
        UPDATE impacts SET state = 'done', result = \(digest), as_of = \(head.now.date),
          policy_version = \(ground.base), offer_version = \(head.offerVersion),
          snapshot_digest = \(ground.digest), day = \(ground.day.description)::date, epoch = \(head.epoch),
          audit_entry = \(mark.entry), audit_position = \(mark.position), audit_unsealed = \(mark.unsealed),
          ledger_writes = \(mark.ledger), silent_zones = \(mark.silentZones), next_notification = \(ground.nextNotification),
          marks_claim = claim, engine = \(EngineVersion.number), engine_claim = claim,
          projects_done = \(projects), projects_total = \(projects),
          finished_at = clock_timestamp(), seconds = \(seconds), claims_at_result = claim
        WHERE id = \(claim.id)
        """)
      return true
    }
  }
}
