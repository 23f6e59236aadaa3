import Events
import Foundation
import Model
import NIOConcurrencyHelpers
import Placement
import Policy
import Postgres

extension GovernanceStore {
  /// How long nothing may be heard of whoever works on an impact before another takes it over.
  public static let impactPatience: Duration = .seconds(15)

  /// Takes the next impact to work on: one that waits, one whose worker is not heard any more, or one that is to be
  /// computed anew since the world has moved; each of these at its pace, however fast the world moves.
  ///
  /// - Parameters:
  ///   - worker: who works on it, for whoever looks.
  ///   - pace: how long a result is left alone at least; or twenty times what it took to compute, if that is longer.
  public func claimImpact(
    by worker: String, patience: Duration = impactPatience, pace: Duration = .seconds(60)
  ) async throws -> ImpactClaim? {
    let (patience, pace) = (patience / .seconds(1), pace / .seconds(1))
    let rows = try await pool.withConnection {
      try await $0.query(
        """
        UPDATE impacts SET state = 'running', claim = claim + 1, claimed_by = \(worker),
          renewed_at = clock_timestamp(), projects_done = 0, failure = NULL
        WHERE id = (
          SELECT i.id FROM impacts i
          WHERE i.state = 'waiting'
            OR i.state = 'running' AND i.renewed_at < clock_timestamp() - \(patience) * interval '1 second'
            OR i.state = 'done' AND i.follows AND NOT (\(Self.stillTrue))
              AND i.finished_at < clock_timestamp() - greatest(\(pace), 20 * i.seconds) * interval '1 second'
          ORDER BY i.state = 'done', i.requested_at LIMIT 1 FOR UPDATE OF i SKIP LOCKED)
        RETURNING id, claim, document
        """)
    }
    return try rows.first.map { row in
      ImpactClaim(
        id: try row.decode("id"), document: try row.decode(PostgresJSON.self, "document").model(PolicySpec.self),
        number: try row.decode("claim"))
    }
  }

  /// Works out an impact that was claimed. Between the slices others have the processor; and it is told how far it is.
  ///
  /// - Parameters:
  ///   - slice: how many projects are looked at in one go.
  ///   - rest: what is waited between slices.
  /// - Returns: whether it was finished; false where it was cancelled or taken over.
  public func workOut(
    _ claim: ImpactClaim, slice: Int = 25, resting rest: @Sendable (Duration) async throws -> Void
  ) async throws -> Bool {
    let started = ContinuousClock.now
    let (ground, world, entry) = try await impactGround()
    let names = world.projects.projects
    guard try await tell(claim, done: 0, of: names.count) else { return false }
    // In a box, so that no slice copies what those before it have found.
    let computation = try await LongWork.run {
      let computation = ImpactComputation(
        of: claim.document, version: (ground.head.policyVersion ?? 0) + 1, instead: ground.prepared?.engine,
        offer: ground.offer, ledger: Ledger(world.ledger), staleZones: ground.head.staleZones, day: ground.head.day)
      return NIOLockedValueBox(computation)
    }
    var told = ContinuousClock.now
    for start in stride(from: 0, to: names.count, by: slice) {
      try Task.checkCancellation()
      let part = names[start..<min(start + slice, names.count)]
      let begun = ContinuousClock.now
      try await LongWork.run {
        let requests = try part.compactMap { try world.projects.find($0)?.project() }.compactMap(ground.request)
        computation.withLockedValue { $0.take(requests) }
      }
      if ContinuousClock.now - told > .seconds(1) {
        guard try await tell(claim, done: start + part.count, of: names.count) else { return false }
        told = .now
      }
      try await rest(ContinuousClock.now - begun)
    }
    let result = computation.withLockedValue { $0.result }
    let seconds = (ContinuousClock.now - started) / .seconds(1)
    return try await finish(claim, result, on: ground, entry: entry, projects: names.count, seconds: seconds)
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

  /// What an impact is computed on.
  struct ImpactGround: Sendable {
    var head: DecisionBasis.Head
    /// Nil while no policy is in force.
    var prepared: PreparedOffer?
    var offer: Offer
    var digest: [UInt8]
    var derogations: [Resource<DerogationSpec>]

    func request(_ project: ProjectTable.Project) -> DecisionRequest? {
      guard let document = project.document else { return nil }
      return DecisionRequest(
        project: Resource(
          metadata: Metadata(name: document.name, labels: document.metadata.labels), spec: document.spec),
        existing: project.held.existing, derogations: derogations.filter { $0.spec.project == document.name },
        now: head.now.date)
    }
  }

  private func impactGround() async throws -> (ImpactGround, WorldReader.Everything, Int64) {
    let rows = offerRows
    let (world, parts, offer, entry) = try await pool.withTransaction(isolation: .repeatableRead, readOnly: true) {
      connection in
      let entry = try await connection.query("SELECT \(Self.lastEntry) AS entry").only.decode(Int64.self, "entry")
      let world = try await WorldReader.everything(in: connection)
      var (parts, offer): (PreparedOffer.Parts?, Offer?)
      if let policy = world.head.policyVersion {
        parts = try await PreparedOffer.Parts.read(
          policyVersion: policy, day: world.head.day, knowing: rows, in: connection)
      } else {
        let answers = try await connection.pipeline([Self.selectOffer, Self.selectFacts])
        offer = Offer(try answers[0].map { try AnyResource(row: $0) }, facts: try Self.facts(answers[1]))
      }
      return (world, parts, offer, entry)
    }
    let ready = try await parts?.prepared()
    let present = ready?.offer ?? offer ?? Offer()
    return (
      ImpactGround(
        head: world.head, prepared: ready, offer: present,
        digest: try ready?.digest ?? Digest.sha256(present.canonicalBytes()), derogations: ready?.derogations ?? []),
      world, entry
    )
  }

  /// Says how far it is, and that somebody works on it; false where it is somebody else's, or nobody's, by now.
  private func tell(_ claim: ImpactClaim, done: Int, of total: Int) async throws -> Bool {
    let rows = try await pool.withConnection {
      try await $0.query(
        """
        UPDATE impacts SET renewed_at = clock_timestamp(), projects_done = \(done), projects_total = \(total)
        WHERE id = \(claim.id) AND claim = \(claim.number) AND state = 'running' RETURNING id
        """)
    }
    return !rows.isEmpty
  }

  private func finish(
    _ claim: ImpactClaim, _ impact: Impact, on ground: ImpactGround, entry: Int64, projects: Int, seconds: Double
  ) async throws -> Bool {
    let bytes = try await LongWork.run { [UInt8](try ModelJSON.encoder.encode(impact)) }
    let (digest, summary) = (Digest.sha256(bytes), try PostgresJSON(model: impact.summary))
    let head = ground.head
    return try await pool.withTransaction { connection in
      let answers = try await connection.pipeline([
        """
        INSERT INTO impact_results (digest, summary, bytes) VALUES (\(digest), \(summary), \(bytes))
        ON CONFLICT DO NOTHING
        """,
        """
        UPDATE impacts SET state = 'done', result = \(digest), as_of = \(head.now.date),
          policy_version = \(head.policyVersion), offer_version = \(head.offerVersion),
          snapshot_digest = \(ground.digest), day = \(head.day.description)::date, epoch = \(head.epoch),
          audit_entry = \(entry), projects_done = \(projects), projects_total = \(projects),
          finished_at = clock_timestamp(), seconds = \(seconds)
        WHERE id = \(claim.id) AND claim = \(claim.number) AND state = 'running' RETURNING id
        """,
      ])
      return !answers[1].isEmpty
    }
  }
}
