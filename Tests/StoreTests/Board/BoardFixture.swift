import Board
import Events
import Foundation
import Model
import Postgres
import Testing

@testable import Store

extension StoreFixture {
  /// The operators of the board's tests.
  static let operators = ["alize", "anfsi", "dtnum"]
  static let motive = LocalizedText(fr: "Il le faut", en: "It must be")

  /// A policy with a board.
  static func boardPolicy(
    quorum: Int = 2, rules: [String] = [], emergencyDays: Int? = nil, voters: [String] = []
  ) -> PolicySpec {
    guard case .policy(var policy) = Offered.policy() else { preconditionFailure("the fixture's policy is a policy") }
    policy.spec.governance = .init(quorum: quorum, emergencyDays: emergencyDays, voters: voters)
    policy.spec.rules = rules.map {
      PolicySpec.Rule(
        id: $0, motive: LocalizedText(fr: $0), effect: .forbid,
        places: LabelSelector(matchLabels: ["region.name": "ailleurs"]))
    }
    return policy.spec
  }

  /// An offer with three operators, and a policy with a board as its second version.
  func board(_ policy: PolicySpec = boardPolicy()) async throws {
    try await offer()
    for name in Self.operators { try await represent(name, by: [.init(subject: name)]) }
    _ = try await store.put(.policy(Resource("regie", policy)), context: someone)
  }

  static func actor(_ name: String) -> BoardActor {
    BoardActor(principal: "user:\(name)", operator: name, subject: name)
  }
  static func context(_ name: String) -> RequestContext { RequestContext(principal: "user:\(name)") }

  /// Says who speaks for an operator.
  func represent(_ name: String, by representatives: [OperatorSpec.Representative]) async throws {
    let spec = OperatorSpec(displayName: name, representatives: representatives)
    _ = try await store.put(.operator(Resource(name, spec)), context: someone)
  }

  /// Drafts and proposes a text.
  func propose(
    _ spec: PolicySpec?, kind: Proposal.Kind = .version, base: Int64? = nil, restores: Int64? = nil,
    amends: UUID? = nil,
    effectiveAt: Timestamp? = nil, by name: String = "dtnum"
  ) async throws -> BoardRecord {
    let draft = try await store.draft(
      spec, kind: kind, base: base, restores: restores, amends: amends, by: Self.actor(name),
      context: Self.context(name))
    return try await store.act(
      .proposed(motive: Self.motive, effectiveAt: effectiveAt), on: draft.proposal.id, by: Self.actor(name),
      context: Self.context(name))
  }

  /// Votes of these operators, one after the other, though nobody may have worked out what would change.
  @discardableResult
  func vote(_ choice: Vote.Choice, on id: UUID, _ names: String...) async throws -> BoardRecord {
    for name in names {
      _ = try await store.act(
        .voted(choice, reason: nil, withoutImpact: true), on: id, by: Self.actor(name), context: Self.context(name))
    }
    return try await store.proposal(id)
  }

  /// Lets the deadline of a vote pass.
  func passDeadline(of id: UUID) async throws {
    try await tamper(
      """
      UPDATE policy_proposals SET closes_at = statement_timestamp() - interval '1 second',
        body = jsonb_set(body, '{closesAt}', to_jsonb(to_char(
          (statement_timestamp() - interval '1 second') AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')))
      WHERE id = '\(id)'
      """)
  }

  /// Brings the dates of versions that are to come nearer by so many days, to now at the nearest: what was, was so.
  ///
  /// As where a policy is changed nobody decides meanwhile, and now is when that is so: who decided between that moment
  /// and the commit would go by the version of before, and seem to have overlooked the one that has begun.
  func bringNearer(days: Int) async throws {
    try await tamper(
      """
      SELECT pg_advisory_xact_lock(\(StoreLocks.offer));
      WITH present AS MATERIALIZED (SELECT clock_timestamp() AS at)
      UPDATE policy_versions SET effective_at = greatest(present.at, effective_at - \(days) * interval '1 day')
      FROM present WHERE effective_at > present.at
      """)
  }

  /// What the policy's resource says.
  func shownPolicy() async throws -> PolicySpec {
    guard case .policy(let shown) = try await store.get(.policy, "regie") else {
      throw StoreError(.notFound, "the policy is away", fr: "la politique est absente")
    }
    return shown.spec
  }

  /// What the audit trail tells of the board, in its order.
  func deeds() async throws -> [String] {
    try await pool.withConnection { connection in
      try await connection.query(
        "SELECT action FROM audit_entries WHERE kind IN ('PolicyProposal', 'PolicyVersion') ORDER BY id"
      ).map { try $0.decode(String.self, "action") }
    }
  }

  /// The number of the policy that a new decision is made under.
  func decided(_ project: String) async throws -> Int64 { try await place(project).decision.policyVersion }
}
