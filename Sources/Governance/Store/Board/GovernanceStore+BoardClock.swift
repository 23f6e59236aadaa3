import Board
import Events
public import Foundation
import Logging
import Model
import Postgres

extension GovernanceStore {
  /// Closes the votes whose deadline has passed by the database's clock, and tells of the versions whose date has come.
  /// Any number of instances may do so at once; whoever comes first under the row's lock does it. While a restored database waits
  /// to be recovered nothing ends by time: votes on it may be lost.
  ///
  /// - Returns: What was closed, and when to come again.
  public func tendBoard() async throws -> BoardTending {
    guard try await suspension() == nil else { return BoardTending(closed: [], next: nil) }
    let due = try await pool.withConnection {
      try await $0.query(
        "SELECT id FROM policy_proposals WHERE state = 'open' AND closes_at <= clock_timestamp() ORDER BY closes_at, number"
      )
    }
    var closed: [UUID] = []
    var failure: (any Error)?
    for row in due {
      let id = try row.decode(UUID.self, "id")
      do {
        if try await close(id) { closed.append(id) }
      } catch is CancellationError {
        throw CancellationError()
      } catch {
        // One vote that can not be counted keeps neither the others nor the dates from being looked after.
        failure = failure ?? error
        logger.warning(
          "A vote could not be closed",
          metadata: ["proposal": "\(id.uuidString.lowercased())", "error": "\(error)"])
      }
    }
    let hasEffects = try await pool.withConnection { connection in
      !(try await connection.query("\(Self.selectEffects) LIMIT 1").isEmpty)
    }
    if hasEffects {
      try await pool.withTransaction { connection in
        try await connection.execute(StoreLocks.takeOffer())
        try await tellEffects(context: Self.boardClock, in: connection)
        try await tellVersions(context: Self.boardClock, in: connection)
      }
      world.forgetHead()
    }
    if let failure { throw failure }
    let rows = try await pool.withConnection {
      try await $0.query(
        """
        SELECT (extract(epoch FROM least(
          (SELECT min(closes_at) FROM policy_proposals WHERE state = 'open'),
          (SELECT min(v.effective_at) FROM policy_origins o JOIN policy_versions v USING (version)
            WHERE o.told_at IS NULL)) - clock_timestamp()) * 1000000)::bigint AS next
        """)
    }
    return BoardTending(closed: closed, next: try rows.only.age("next"))
  }

  /// Closes a vote whose deadline has passed, and the one on what it amends, where nobody has yet.
  func closeIfDue(_ id: UUID) async throws {
    let rows = try await pool.withConnection {
      try await $0.query(
        """
        SELECT p.id FROM policy_proposals p
        WHERE p.id IN (SELECT \(id) UNION ALL
            SELECT (a.body ->> 'amends')::uuid FROM policy_proposals a WHERE a.id = \(id))
          AND p.state = 'open' AND p.closes_at <= clock_timestamp()
        """)
    }
    for row in rows { _ = try await close(try row.decode("id")) }
  }

  /// - Returns: Whether it was this call that closed it.
  private func close(_ id: UUID) async throws -> Bool {
    let isClosed = try await pool.withTransaction { connection in
      try await connection.execute(StoreLocks.takeOffer())
      let present = try await stored(id, locked: true, in: connection)
      let moment = try await boardMoment(in: connection)
      var proposal = present.proposal
      let clock = BoardActor(principal: Self.boardClock.principal, operator: nil)
      let actions = try StoreError.asking { () throws(BoardRefusal) in
        try proposal.handle(.clock, by: clock, at: moment)
      }
      guard !actions.isEmpty else { return false }
      try await store(proposal, after: present, actions, at: moment, context: Self.boardClock, in: connection)
      return true
    }
    if isClosed {
      world.forgetHead()
      logger.info("A vote is closed", metadata: ["proposal": "\(id.uuidString.lowercased())"])
    }
    return isClosed
  }

  /// Who closes votes and tells of dates: nobody asks for it.
  static let boardClock = RequestContext(principal: "governance:clock")

  /// Versions of the board whose date has come, and that nothing tells of yet, by date.
  private static let selectEffects: PostgresQuery = """
    SELECT v.version, v.effective_at, o.origin, o.proposal, v.document, b.version AS before, b.document AS text_before,
      EXISTS (SELECT FROM policy_versions w WHERE w.version > v.version AND w.effective_at <= v.effective_at) AS left_out,
      v.version = (\(inForce)) AS in_force
    FROM policy_origins o JOIN policy_versions v USING (version)
    LEFT JOIN policy_versions b ON b.version =
      (SELECT max(version) FROM policy_versions WHERE effective_at < v.effective_at)
    WHERE o.told_at IS NULL AND v.effective_at <= clock_timestamp() ORDER BY v.effective_at, v.version
    """

  /// Tells, once, that the date of versions has come: in the audit trail, and as what the policy's resource says. Decisions
  /// have gone by the date before, whether anybody has told of it or not. Under the offer's lock.
  func tellEffects(context: RequestContext, in connection: PostgresConnection) async throws {
    let rows = try await connection.query(Self.selectEffects)
    guard !rows.isEmpty else { return }
    let now = Timestamp(try await connection.query("SELECT clock_timestamp() AS now").only.decode(Date.self, "now"))
    var statements: [PostgresQuery] = []
    var isInForce = false
    for row in rows where !(try row.decode(Bool.self, "left_out")) {
      isInForce = try isInForce || row.decode(Bool.self, "in_force")
      let detail = EffectDetail(
        effectiveAt: Timestamp(try row.decode(Date.self, "effective_at")), origin: try row.decode("origin"),
        proposal: try row.decode("proposal"), digest: try Self.digest(try row.decode("document")),
        before: try row.decode(Int64?.self, "before").map { version in
          EffectDetail.Before(version: version, digest: try Self.digest(try row.decode("text_before")))
        })
      statements.append(
        try AuditWriter.entry(
          at: now, context: context, action: "effective", kind: EffectDetail.kind,
          name: "\(try row.decode(Int64.self, "version"))", detail: detail))
    }
    let versions = try rows.map { try $0.decode(Int64.self, "version") }
    statements.append("UPDATE policy_origins SET told_at = \(now.date) WHERE version = ANY(\(versions))")
    try await connection.pipeline(statements)
    if isInForce { try await showPolicyInForce(in: connection) }
  }

  /// The policy's resource says what the version in force says, and the ledger's limits follow it.
  private func showPolicyInForce(in connection: PostgresConnection) async throws {
    let rows = try await connection.query(
      """
      UPDATE resources r SET spec = v.document, generation = generation + 1,
        resource_version = nextval('resource_versions'), updated_at = clock_timestamp()
      FROM policy_versions v WHERE v.version = (\(Self.inForce)) AND r.uid = v.resource AND r.spec <> v.document
      RETURNING \(Self.resourceColumns)
      """)
    guard let row = rows.first else { return }
    try await connection.pipeline(["UPDATE offer_state SET version = version + 1", Self.announceOffer])
    try await refreshLimits(after: try AnyResource(row: row), in: connection)
  }

  private static func digest(_ document: PostgresJSON) throws -> String {
    try BoardDetail.digest(of: document.model(PolicySpec.self))
  }

  private static let resourceColumns: PostgresQuery =
    "r.uid, r.kind, r.name, r.generation, r.resource_version, r.labels, r.annotations, r.spec, r.created_at, r.verdicts"
}

/// What ``GovernanceStore/tendBoard()`` did.
public struct BoardTending: Sendable, Hashable {
  /// The proposals whose vote was closed.
  public let closed: [UUID]
  /// How long until the next deadline or date, by the database's clock; nil while there is none.
  public let next: Duration?
}

/// What the audit trail keeps of a version's date.
private struct EffectDetail: Encodable {
  /// The kind of thing such entries are about.
  static let kind = "PolicyVersion"

  /// The version that it takes the place of.
  struct Before: Encodable {
    var version: Int64
    var digest: String
  }

  var effectiveAt: Timestamp
  var origin: String
  var proposal: UUID
  /// SHA-256 of the text, hexadecimal.
  var digest: String
  var before: Before?
}
