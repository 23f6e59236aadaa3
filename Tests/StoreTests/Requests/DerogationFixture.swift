import Events
import Foundation
import Identity
import Model
import Placement
import Postgres
import Requests
import Store
import Testing

extension StoreFixture {
  static let admin = RequestActor(principal: "oidc:admin", isAdmin: true)
  static let team = RequestActor(principal: "oidc:team", isApplicant: true)

  /// A project in production and development, a rule that forbids where it is, and a board if one is wanted.
  func derogable(board: Bool = true, notice: Int? = nil, firm: Bool = false) async throws {
    try await offer()
    _ = try await place("basegun", environments: ["prod", "dev"])
    if board {
      _ = try await store.put(.operator(Resource("anfsi", OperatorSpec(displayName: "ANFSI"))), context: someone)
    }
    guard case .policy(var policy) = Offered.policy() else { throw CancellationError() }
    func rule(_ id: String, firm: Bool) -> PolicySpec.Rule {
      PolicySpec.Rule(
        id: id, motive: LocalizedText(fr: id), effect: .forbid,
        places: LabelSelector(matchLabels: ["region.name": "nord"]), notWaivable: firm)
    }
    policy.spec.rules = [rule("not-here", firm: firm)]
    policy.spec.derogationNoticeDays = notice
    if board { policy.spec.governance = .init(quorum: 2) }
    _ = try await store.put(.policy(policy), context: someone)
  }

  /// A request, and what it is to become.
  func ask(
    _ rules: [String] = ["not-here"], project: String = "basegun", stages: [String]? = nil, from: CalendarDay? = nil,
    until: CalendarDay? = nil,
    key: String? = nil
  ) async throws -> DerogationRecord {
    try await store.requestDerogation(
      DerogationRequest.Scope(project: project, rules: rules, stages: stages, validFrom: from, validUntil: until),
      motive: "Le temps de migrer", costAcceptedBy: "Mme Durand", by: Self.team, idempotencyKey: key,
      context: RequestContext(principal: Self.team.principal))
  }

  @discardableResult
  func act(
    _ event: DerogationEvent, on id: UUID, by actor: RequestActor = admin
  ) async throws -> DerogationRecord {
    try await store.act(event, on: id, by: actor, context: RequestContext(principal: actor.principal))
  }

  /// Opinions, and a decision.
  func decide(_ id: UUID, _ outcome: Verdict.Outcome = .granted) async throws {
    let speaker = RequestActor(principal: "oidc:dtnum", operator: "dtnum")
    try await act(.opined(.operator("dtnum"), .favourable, text: "d’accord", author: nil), on: id, by: speaker)
    try await act(.opined(.homologation, .reserved, text: "sous réserve", author: "M. Petit"), on: id)
    try await act(.decided(outcome, reason: "motivé"), on: id)
  }

  /// The day that it is in Paris, so many days later.
  func today(_ days: Int = 0) async throws -> CalendarDay {
    let text = try await pool.withConnection {
      try await $0.query("SELECT (clock_timestamp() AT TIME ZONE 'Europe/Paris')::date::text AS day").first?
        .decode(String.self, "day")
    }
    return try #require(CalendarDay(text ?? "")).adding(days: days)
  }

  /// Makes the period of a request so many days older: as if the clock had gone on.
  func letPass(days: Int, on id: UUID) async throws {
    let request = try await store.derogationRequest(id).request
    let dates = [("validFrom", request.scope.validFrom), ("validUntil", request.scope.validUntil)]
    try await pool.withConnection { connection in
      for (field, day) in dates {
        guard let day = day?.adding(days: -days).description else { continue }
        try await connection.execute(
          """
          UPDATE derogation_requests SET body = jsonb_set(body, ARRAY['scope', \(field)::text], to_jsonb(\(day)::text))
          WHERE id = \(id)
          """)
        try await connection.execute(
          """
          UPDATE resources SET spec = jsonb_set(spec, ARRAY[\(field)::text], to_jsonb(\(day)::text)),
            resource_version = nextval('resource_versions')
          WHERE kind = 'Derogation' AND name = \(request.resourceName)
          """)
      }
      try await connection.execute(
        "UPDATE derogation_requests SET next_at = next_at - \(days) * interval '1 day' WHERE id = \(id)")
      try await connection.execute("UPDATE offer_state SET version = version + 1")
    }
  }

  /// The derogations that an explanation of where the project may be names.
  func used() async throws -> [String] {
    let basis = try await store.basis(PlacementRequest(project: "basegun"))
    return basis.engine.explain(basis.request, on: basis.state).decision.derogations
  }
}
