import Board
import Events
import Foundation
import Model
import Postgres
import Trail

extension GovernanceStore {
  /// How long it counts, in days, that an administrator has asked for the removal of an operator whom the board needs.
  static let departureDays = 7

  /// Where a board decides, no administrator alone makes it one that can decide nothing, after which he could apply a policy by
  /// himself: the operator whom it takes for that is removed once a second one, who has signed in, has asked for it too. That the
  /// first has is in the trail. So it is where the board of a version that has its date already, or of a text that is voted on,
  /// could decide nothing without it.
  ///
  /// Call it in the transaction of the removal, under the offer's lock.
  ///
  /// - Returns: Why it is not removed by now; nil where it may be.
  func departure(
    of name: String, _ uid: UUID, context: RequestContext, in connection: PostgresConnection
  ) async throws -> StoreError? {
    let moment = try await boardMoment(in: connection)
    // Where no board decides, whoever administers applies what he likes as it is.
    guard let present = moment.rulesInForce, present.mayDecide else { return nil }
    let coming = moment.line.awaited(after: moment.at).map(\.spec) + (try await textsVotedOn(in: connection))
    let needing = ([present] + coming.compactMap(moment.rules)).first { $0.mayDecide && !$0.without(name).mayDecide }
    guard let rules = needing else { return nil }
    guard AuditPerson.isPerson(context.principal) else { return .departure(of: name, rules, until: nil) }
    let asked = try await connection.query(
      """
      SELECT a.person, d.asked_at FROM board_departures d JOIN audit_entries a ON a.id = d.entry
      WHERE d.operator = \(uid) AND d.asked_at > \(moment.at.date) - \(Int64(Self.departureDays)) * interval '1 day'
      """
    ).first
    if let asked {
      // A name that is gone tells nobody apart.
      if let first = try asked.decode(String?.self, "person"), first != context.principal { return nil }
      let since = Timestamp(try asked.decode(Date.self, "asked_at"))
      return .departure(of: name, rules, until: since.adding(days: Self.departureDays))
    }
    let entry = try AuditWriter.entry(
      at: moment.at, context: context, action: "departure-asked", kind: ResourceKind.operator.rawValue, name: name,
      detail: Departure(quorum: rules.quorum, voters: rules.voters))
    let id: Int64 = try await connection.query("\(entry) RETURNING id").only.decode("id")
    try await connection.execute(
      """
      INSERT INTO board_departures (operator, entry, asked_at) VALUES (\(uid), \(id), \(moment.at.date))
      ON CONFLICT (operator) DO UPDATE SET entry = excluded.entry, asked_at = excluded.asked_at
      """)
    return .departure(of: name, rules, until: moment.at.adding(days: Self.departureDays))
  }

  private func textsVotedOn(in connection: PostgresConnection) async throws -> [PolicySpec] {
    try await connection.query("SELECT \(StoredProposal.columns) FROM policy_proposals WHERE state = 'open'").map {
      try StoredProposal(row: $0).proposal.spec
    }
  }

  /// What the trail holds of it.
  private struct Departure: Encodable {
    /// Votes in favour that are needed.
    var quorum: Int
    /// Who has one while the operator is there.
    var voters: [String]
  }
}

extension VotingRules {
  /// The same where an operator has left.
  fileprivate func without(_ operator: String) -> VotingRules {
    var rules = self
    rules.voters.removeAll { $0 == `operator` }
    return rules
  }
}

extension StoreError {
  /// - Parameter moment: until when the first administrator's request counts; nil where whoever asks is nobody.
  fileprivate static func departure(of name: String, _ rules: VotingRules, until moment: Timestamp?) -> StoreError {
    let needed = max(rules.quorum, VotingRules.fewestVoters)
    let (until, jusque) = moment.map { (", until \($0)", ", jusqu’au \($0)") } ?? ("", "")
    return StoreError(
      .conflict, path: "metadata.name",
      "without operator “\(name)” the board, as it is or is to become, has \(rules.voters.count - 1) of the \(needed) votes "
        + "that it takes, and can decide nothing any more: two administrators remove it, each signed in\(until)",
      fr:
        "sans l’opérateur « \(name) » l’instance, telle qu’elle est ou doit devenir, a \(rules.voters.count - 1) des "
        + "\(needed) voix qu’il faut, et ne peut plus rien décider : deux administrateurs identifiés le retirent\(jusque)",
      accepted:
        "the same request by another administrator, who has signed in; or first a policy that asks for fewer votes / "
        + "la même demande par un autre administrateur, identifié ; ou d’abord une politique qui demande moins de voix")
  }
}
