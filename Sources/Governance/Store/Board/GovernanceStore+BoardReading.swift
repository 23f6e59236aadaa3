public import Board
import Events
public import Foundation
import Model
import Postgres

extension GovernanceStore {
  /// A draft or proposal. Of one whose deadline has passed, `isClosing` says so until somebody has counted.
  ///
  /// - Throws: ``StoreError`` of kind `notFound`.
  public func proposal(_ id: UUID) async throws -> BoardRecord {
    try await pool.withConnection { connection in
      let stored = try await stored(id, locked: false, in: connection)
      let moment = try await boardMoment(in: connection)
      var record = try await record(stored.proposal, revision: stored.revision, at: moment, in: connection)
      record.impact = try await impacts(of: [id], in: connection)[id]
      return record
    }
  }

  /// Drafts or proposals in these states, the latest first.
  public func proposals(
    in states: [Proposal.State], limit: Int = 100, cursor: String? = nil
  ) async throws -> Page<BoardRecord> {
    try Cursor.check(limit: limit)
    let before = try Cursor.decode(cursor, as: Int64.self) ?? .max
    return try await pool.withConnection { connection in
      let rows = try await connection.query(
        """
        SELECT \(StoredProposal.columns) FROM policy_proposals
        WHERE state = ANY(\(states.map(\.rawValue))) AND number < \(before) ORDER BY number DESC LIMIT \(limit + 1)
        """)
      let page = try Page(rows.map { try StoredProposal(row: $0) }, limit: limit, key: \.number)
      guard !page.items.isEmpty else { return Page(items: [], next: nil) }
      let moment = try await boardMoment(in: connection)
      let impacts = try await impacts(of: page.items.map(\.proposal.id), in: connection)
      return Page(
        items: page.items.map { stored in
          var record = BoardRecord(stored.proposal, revision: stored.revision, at: moment)
          record.impact = impacts[stored.proposal.id]
          return record
        }, next: page.next)
    }
  }

  /// Every vote cast on a proposal, the latest first: of an operator the latest counts.
  public func votes(on id: UUID, limit: Int = 100, cursor: String? = nil) async throws -> Page<CastVote> {
    let rows = try await said(
      on: id, "SELECT id, operator, choice, reason, principal, at FROM policy_votes", limit, cursor)
    let votes = try rows.map { row in
      guard let choice = Vote.Choice(rawValue: try row.decode("choice")) else { throw StoreError.noProposal(id) }
      return CastVote(
        id: try row.decode("id"),
        vote: Vote(
          operator: try row.decode("operator"), choice: choice, reason: try row.decode("reason"),
          principal: try row.decode("principal"), at: Timestamp(try row.decode(Date.self, "at"))))
    }
    return try Page(votes, limit: limit, key: \.id)
  }

  /// What was said of a proposal, the latest first.
  public func comments(on id: UUID, limit: Int = 100, cursor: String? = nil) async throws -> Page<StoredComment> {
    let rows = try await said(on: id, "SELECT id, operator, principal, body, at FROM policy_comments", limit, cursor)
    let comments = try rows.map { row in
      StoredComment(
        id: try row.decode("id"),
        comment: BoardComment(
          operator: try row.decode("operator"), principal: try row.decode("principal"), text: try row.decode("body"),
          at: Timestamp(try row.decode(Date.self, "at"))))
    }
    return try Page(comments, limit: limit, key: \.id)
  }

  private func said(
    on id: UUID, _ select: PostgresQuery, _ limit: Int, _ cursor: String?
  ) async throws -> PostgresRows {
    try Cursor.check(limit: limit)
    let before = try Cursor.decode(cursor, as: Int64.self) ?? .max
    return try await pool.withConnection { connection in
      _ = try await stored(id, locked: false, in: connection)
      return try await connection.query(
        "\(select) WHERE proposal = \(id) AND id < \(before) ORDER BY id DESC LIMIT \(limit + 1)")
    }
  }

  /// Emergency restrictions and ordinary votes of the last months, whatever has become of them.
  func earlierProposals(
    at moment: Timestamp, in connection: PostgresConnection
  ) async throws -> [EarlierProposal] {
    let rows = try await connection.query(
      """
      SELECT p.number, p.revision, p.body, v.document
      FROM policy_proposals p JOIN policy_versions v ON v.version = (p.body ->> 'base')::bigint
      WHERE p.state IN ('open', 'ratified', 'rejected', 'withdrawn', 'amended')
        AND p.updated_at > \(moment.date) - \(Int64(BoardMoment.memoryDays)) * interval '1 day'
      ORDER BY p.number
      """)
    return try rows.map { row in
      EarlierProposal(
        try StoredProposal(row: row).proposal,
        on: try row.decode(PostgresJSON.self, "document").model(PolicySpec.self))
    }
  }

  /// Where a board decides, a policy is not applied directly; but where operators have left until too few have a vote for
  /// anything to be decided. And a board that could decide nothing is not brought in.
  func checkBoard(of policy: PolicySpec, in connection: PostgresConnection) async throws {
    let moment = try await boardMoment(in: connection)
    if moment.rulesInForce?.mayDecide == true { throw StoreError.boardDecides }
    guard let next = moment.rules(of: policy), !next.mayDecide else { return }
    throw StoreError(.impossibleVote(next), kind: .conflict)
  }
}
