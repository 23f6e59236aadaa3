import Events
import Foundation
import Model
import Placement
import Policy
import Postgres

extension GovernanceStore {
  /// What an impact is computed on.
  struct ImpactGround: Sendable {
    var head: DecisionBasis.Head
    /// The moment that it is of, and its day: when the policy is to take effect.
    var moment: Timestamp
    var day: CalendarDay
    /// The version of the policy that is in force by then.
    var base: Int64?
    /// Nil where there is no such version.
    var prepared: PreparedOffer?
    var offer: Offer
    var digest: [UInt8]
    /// By project.
    var derogations: [String: [Resource<DerogationSpec>]]

    /// When the next derogation is notified after its moment, and takes effect by that alone.
    var nextNotification: Date? {
      derogations.values.joined().compactMap(\.spec.notifiedAt).filter { $0 > moment.date }.min()
    }

    /// What findings will be of is judged; everything that the project holds takes part in where it could be.
    func subject(_ project: ProjectTable.Project) -> ImpactSubject? {
      guard let document = project.document else { return nil }
      let request = DecisionRequest(
        project: Resource(
          metadata: Metadata(name: document.name, labels: document.metadata.labels), spec: document.spec),
        existing: project.held.existing, derogations: derogations[document.name] ?? [], now: moment.date)
      return ImpactSubject(request, judging: project.held.filter(\.isJudged).existing)
    }
  }

  /// What an impact is computed on, all of one moment: what this instance has in memory, where that is kept true, or what is read
  /// from the database. With it how far the world is that is known to be in it.
  ///
  /// - Parameter patience: how long memory may take to come to what was committed by now. While it does not keep up, the
  ///   database is read.
  func impactGround(
    for claim: ImpactClaim, within patience: Duration,
    resting rest: @escaping @Sendable (Duration) async throws -> Void
  ) async throws -> (ImpactGround, WorldReader.Everything, ImpactMark) {
    if let known = try await impactGroundInMemory(for: claim, within: patience) { return known }
    return try await readImpactGround(for: claim, resting: rest)
  }

  /// Nothing of it is read but a few numbers: as many rows as the country has projects would keep the database, and the threads
  /// that all tasks share, from those who ask something meanwhile.
  private func impactGroundInMemory(
    for claim: ImpactClaim, within patience: Duration
  ) async throws -> (ImpactGround, WorldReader.Everything, ImpactMark)? {
    guard world.snapshot != nil else { return nil }
    let fence = mint().uuidString
    world.expect(fence: fence)
    defer { world.giveUp(fence) }
    // Notifications come in the order of the commits: with this one, all are heard of what was seen.
    let row = try await pool.withConnection {
      try await $0.pipeline([
        "SELECT \(ImpactMark.columns), clock_timestamp() AS now FROM impacts i WHERE i.id = \(claim.id)",
        "SELECT pg_notify(\(WorldChannel.fence), \(fence))",
      ])[0].only
    }
    let (mark, now) = (try ImpactMark(row), Timestamp(try row.decode(Date.self, "now")))
    guard let still = await world.still(after: fence, within: patience) else { return nil }
    var head = still.snapshot.head
    head.now = max(now, head.now)
    let date = try await pool.withConnection { [head] in
      try await Self.dateOfEffect(claim.effectiveAt, head: head, in: $0)
    }
    guard let policy = date.base else { return nil }
    let key = PreparedOffer.Key(head, policy: policy, on: date.day)
    let known = [still.snapshot.prepared, prepared.find(key)].compactMap(\.self).first { $0.key == key }
    guard let inForce = try await prepare(key, of: head, knowing: known) else { return nil }
    let ground = ImpactGround(
      head: head, moment: date.moment, day: date.day, base: policy, prepared: inForce, offer: inForce.offer,
      digest: inForce.digest, derogations: Dictionary(grouping: inForce.derogations, by: \.spec.project))
    let everything = WorldReader.Everything(
      head: head, headReadAt: still.snapshot.readAt, next: nil, ledger: still.snapshot.ledger, projects: still.projects)
    return (ground, everything, mark)
  }

  /// The offer of a moment under a policy; nil where the offer in the database is another one by now.
  private func prepare(
    _ key: PreparedOffer.Key, of head: DecisionBasis.Head, knowing known: PreparedOffer?
  ) async throws -> PreparedOffer? {
    if let known { return known }
    let rows = offerRows
    let parts = try await pool.withTransaction(isolation: .repeatableRead, readOnly: true) { connection in
      let (present, _) = try WorldReader.head(try await connection.query(WorldReader.selectHead))
      guard PreparedOffer.Key(present, policy: key.policy, on: key.day) == key else { return PreparedOffer.Parts?.none }
      return try await PreparedOffer.Parts.read(policyVersion: key.policy, day: key.day, knowing: rows, in: connection)
    }
    return try await parts?.prepared(in: .background)
  }

  private func readImpactGround(
    for claim: ImpactClaim, resting rest: @escaping @Sendable (Duration) async throws -> Void
  ) async throws -> (ImpactGround, WorldReader.Everything, ImpactMark) {
    let (rows, known) = (offerRows, prepared)
    let (world, date, ready, parts, offer, mark) = try await pool.withTransaction(
      isolation: .repeatableRead, readOnly: true
    ) { connection in
      // What nobody waits for may wait long for the processor, in the transaction too.
      try await connection.execute("SET LOCAL idle_in_transaction_session_timeout = '2min'")
      let mark = try ImpactMark(
        try await connection.query("SELECT \(ImpactMark.columns) FROM impacts i WHERE i.id = \(claim.id)").only)
      let world = try await WorldReader.everything(in: connection) { try await rest(min($0, .seconds(1))) }
      var (ready, parts, offer): (PreparedOffer?, PreparedOffer.Parts?, Offer?)
      let date = try await Self.dateOfEffect(claim.effectiveAt, head: world.head, in: connection)
      if let policy = date.base {
        ready = known.find(PreparedOffer.Key(world.head, policy: policy, on: date.day))
        if ready == nil {
          parts = try await PreparedOffer.Parts.read(
            policyVersion: policy, day: date.day, knowing: rows, in: connection)
        }
      } else {
        let answers = try await connection.pipeline([Self.selectOffer, Self.selectFacts])
        offer = Offer(try answers[0].map { try AnyResource(row: $0) }, facts: try Self.facts(answers[1]))
      }
      return (world, date, ready, parts, offer, mark)
    }
    let inForce = if let ready { ready } else { try await parts?.prepared(in: .background) }
    let present = inForce?.offer ?? offer ?? Offer()
    return (
      ImpactGround(
        head: world.head, moment: date.moment, day: date.day, base: date.base, prepared: inForce, offer: present,
        digest: try inForce?.digest ?? Digest.sha256(present.canonicalBytes()),
        derogations: Dictionary(grouping: inForce?.derogations ?? [], by: \.spec.project)),
      world, mark
    )
  }

  /// The moment at which a policy takes effect, its day, and the version that is in force by then: now, where it has come.
  private static func dateOfEffect(
    _ effectiveAt: Timestamp?, head: DecisionBasis.Head, in connection: PostgresConnection
  ) async throws -> (moment: Timestamp, day: CalendarDay, base: Int64?) {
    guard let effectiveAt, effectiveAt > head.now else { return (head.now, head.day, head.policyVersion) }
    let date = effectiveAt.date
    let row = try await connection.query(
      """
      SELECT (\(date)::timestamptz AT TIME ZONE 'Europe/Paris')::date::text AS day,
        (SELECT max(version) FROM policy_versions WHERE effective_at <= \(date)) AS base
      """
    ).only
    return (effectiveAt, try day(row.decode("day")), try row.decode("base"))
  }
}
