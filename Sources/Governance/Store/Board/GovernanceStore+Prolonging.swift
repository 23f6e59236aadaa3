import Board
import Events
import Foundation
import Postgres

extension GovernanceStore {
  /// Moves the deadlines of open votes by the time in which nobody could vote; after a restore they have all their time again, as
  /// votes that were cast may be lost. In the transaction that ends the suspension, under the offer's lock.
  ///
  /// - Parameter since: when it began; nil where nothing was suspended.
  func prolongVotes(
    since: Timestamp?, isRestored: Bool, context: RequestContext, in connection: PostgresConnection
  ) async throws {
    let rows = try await connection.query(
      "SELECT \(StoredProposal.columns) FROM policy_proposals WHERE state = 'open' ORDER BY number FOR UPDATE")
    guard !rows.isEmpty else { return }
    let moment = try await boardMoment(in: connection)
    let clock = BoardActor(principal: Self.boardClock.principal, operator: nil)
    for row in rows {
      let present = try StoredProposal(row: row)
      var proposal = present.proposal
      let actions = try StoreError.asking { () throws(BoardRefusal) in
        try proposal.handle(.resumed(since: since, isRestored: isRestored), by: clock, at: moment)
      }
      guard !actions.isEmpty else { continue }
      try await store(proposal, after: present, actions, at: moment, context: context, in: connection)
    }
  }
}
