import Contract
import Foundation
import HTTPTypes
import Identity
import Migration
import Model
import Placement
import Postgres
import Store
import Testing

@testable import API

/// Migrations over HTTP; the OpenAPI document judges every question and answer.
struct MigrationRoutesTests {
  /// `vigie` is placed on `nord-1`; then there is a `nord-2` as well.
  private static func run(
    authentication: Authentication = .none, templates: RunbookTemplates = .house,
    _ body: @escaping @Sendable (APIFixture) async throws -> Void
  ) async throws {
    try await APIFixture.run(authentication: authentication, templates: templates) { api in
      for (path, text) in Offered.all + [("projects/vigie", Offered.project("vigie"))] {
        let answer = try await api.send(.put, "/api/v1/\(path)", text, headers: APIFixture.all)
        try #require([200, 201].contains(answer.status), "\(answer.text)")
      }
      let placed = try await api.send(
        .post, "/api/v1/placements", #"{"project": "vigie"}"#, type: "application/json", headers: APIFixture.all)
      try #require([200, 201].contains(placed.status), "\(placed.text)")
      let second = try await api.send(
        .put, "/api/v1/clusters/nord-2", Offered.cluster("nord-2"), headers: APIFixture.all)
      try #require(second.status == 201, "\(second.text)")
      try await body(api)
    }
  }

  private static func post(
    _ api: APIFixture, _ path: String, _ body: String = "{}", headers: [String: String] = [:]
  ) async throws -> Answer {
    try await api.send(.post, "/api/v1/\(path)", body, type: "application/json", headers: headers)
  }

  private static func wish(_ more: String = "") -> String {
    #"{"motive": "departure", "reason": "nord-1 ferme", "scope": {"clusters": ["nord-1"]}\#(more)}"#
  }

  @Test func `a plan is shown before anything is stored, and stored with a move for each placement`() async throws {
    try await Self.run { api in
      let plan: MigrationPlan = try await Self.post(api, "migrations/plan", Self.wish()).decode()
      #expect(!plan.moves.isEmpty && plan.moves.allSatisfy { $0.to == "nord-2" } && plan.blocked.isEmpty)
      let before: ListView<MigrationView> = try await api.send(.get, "/api/v1/migrations").decode()
      #expect(before.items.isEmpty)

      let key = ["Idempotency-Key": "k"]
      let limits =
        #", "limits": {"retentionDays": 3, "perDay": 5}, "taskDays": 2, "pace": {"inFlight": 4, "maxTroubled": 1}"#
      let answer = try await Self.post(api, "migrations", Self.wish(limits), headers: key)
      let migration: MigrationView = try answer.decode()
      let path = "migrations/\(migration.id.uuidString.lowercased())"
      #expect(answer.status == 201 && answer.header("location") == "/api/v1/\(path)")
      #expect(migration.state == .planned && migration.retentionDays == 3 && migration.taskDays == 2)
      #expect(migration.pace.inFlight == 4 && migration.pace.perDay == 5 && migration.pace.maxTroubled == 1)
      #expect(migration.progress?.total == plan.moves.count)
      let again = try await Self.post(api, "migrations", Self.wish(limits), headers: key)
      #expect(again.header("idempotency-replayed") == "true")
      let stored: MigrationPlan = try await api.send(.get, "/api/v1/\(path)/plan").decode()
      #expect(stored == plan || stored.moves.map(\.source) == plan.moves.map(\.source))
      let changes: PlanChangesView = try await api.send(.get, "/api/v1/\(path)/changes").decode()
      #expect(changes.changes.isEmpty)
      let moves: ListView<MoveView> = try await api.send(
        .get, "/api/v1/moves?migration=\(migration.id)&step=planned&awaiting=serviceBody&wave=1"
      ).decode()
      #expect(moves.items.allSatisfy { $0.approvals.contains(.serviceBody) } && !moves.items.isEmpty)
    }
  }

  @Test func `it is agreed to, started, paused and sped up, and each act is refused where it has no place`()
    async throws
  {
    try await Self.run { api in
      let migration: MigrationView = try await Self.post(api, "migrations", Self.wish()).decode()
      let path = "migrations/\(migration.id.uuidString.lowercased())"
      for party in ["projectTeam", "targetOperator", "serviceBody"] {
        let agreed: ApprovalView = try await Self.post(api, "\(path)/approve", #"{"as": "\#(party)"}"#).decode()
        #expect(agreed.approved.count == migration.progress?.total && agreed.others == 0)
      }
      let none: ApprovalView = try await Self.post(api, "\(path)/approve", #"{"as": "serviceBody"}"#).decode()
      #expect(none.approved.isEmpty && none.others == migration.progress?.total)
      let early = try await Self.post(api, "\(path)/pause", #"{"reason": "attendre"}"#)
      _ = try early.problem(409, .migrationState)
      let quiet: ListView<HoldView> = try await api.send(.get, "/api/v1/\(path)/holds").decode()
      #expect(quiet.items.isEmpty, "nothing is held before it runs")
      let started: MigrationView = try await Self.post(api, "\(path)/start").decode()
      #expect(started.state == .running && started.acts.map(\.act).contains(.started))
      let paced: MigrationView = try await Self.post(api, "\(path)/pace", #"{"inFlight": 0, "perDay": 9}"#).decode()
      #expect(paced.pace.inFlight == nil && paced.pace.perDay == 9)
      let paused: MigrationView = try await Self.post(api, "\(path)/pause", #"{"reason": "gel"}"#).decode()
      #expect(paused.state == .paused && paused.acts.first { $0.act == .paused }?.reason == "gel")
      let resumed: MigrationView = try await Self.post(api, "\(path)/resume").decode()
      #expect(resumed.state == .running)
      let cancelled: MigrationView = try await Self.post(api, "\(path)/cancel", #"{"reason": "non"}"#).decode()
      #expect([.cancelling, .cancelled].contains(cancelled.state))
      let stale = try await Self.post(api, "\(path)/cancel", #"{"reason": "non"}"#, headers: ["If-Match": "\"1\""])
      _ = try stale.problem(412, .versionMismatch)
      let unknown = try await api.send(.get, "/api/v1/migrations/\(UUID())")
      _ = try unknown.problem(404, .notFound)
    }
  }

  @Test func `when the offer has moved it is not started, and told what has changed`() async throws {
    try await Self.run { api in
      let migration: MigrationView = try await Self.post(api, "migrations", Self.wish()).decode()
      let path = "migrations/\(migration.id.uuidString.lowercased())"
      _ = try await api.send(.put, "/api/v1/clusters/nord-2", Offered.cluster("nord-2", cpu: "32"))
      let changes: PlanChangesView = try await api.send(.get, "/api/v1/\(path)/changes").decode()
      #expect(changes.changes == ["cluster nord-2 changed"])
      let refused = try await Self.post(api, "\(path)/start").problem(409, .planOutdated)
      #expect(refused.detail.contains("cluster nord-2 changed"))
    }
  }

  @Test func `why there is no room at the target is told to who keeps it, and to nobody else`() async throws {
    try await Self.run(authentication: .required(SpokenRoles())) { api in
      let everybody = APIFixture.all
      let migration: MigrationView = try await Self.post(api, "migrations", Self.wish(), headers: everybody).decode()
      let path = "migrations/\(migration.id.uuidString.lowercased())"
      for party in ["projectTeam", "targetOperator", "serviceBody"] {
        _ = try await Self.post(api, "\(path)/approve", #"{"as": "\#(party)"}"#, headers: everybody)
      }
      #expect(try await Self.post(api, "\(path)/start", headers: everybody).status == 200)
      let small = Offered.cluster("nord-2", cpu: "100m")
      #expect(try await api.send(.put, "/api/v1/clusters/nord-2", small, headers: everybody).status == 200)
      for _ in 1...3 {
        _ = try await api.store.tendMigration(migration.id)
        for record in try await api.store.moves(MoveFilter(migration: migration.id)).items {
          _ = try await api.store.tendMove(record.id)
        }
      }
      func seen(_ role: Role) async throws -> (MoveView.Obstacle?, String) {
        let moves = try await api.send(
          .get, "/api/v1/moves?migration=\(migration.id)", headers: APIFixture.being(role))
        let page: ListView<MoveView> = try moves.decode()
        return (page.items.lazy.compactMap { $0.obstacles.first { $0.code == "noTarget" } }.first, moves.text)
      }
      let keeper = try await seen(.operator("dtnum"))
      #expect(keeper.0?.details.isEmpty == false, "\(keeper.1)")
      let team = try await seen(.projectTeam("vigie"))
      #expect(team.0?.details.isEmpty == true, "\(team.1)")
      let amounts = ["committed", "\"free\"", "libre"]
      #expect(amounts.allSatisfy { !team.1.contains($0) }, "\(team.1)")
      let runbook = try await api.send(
        .get, "/api/v1/\(path)/runbook?party=projectTeam&name=vigie",
        headers: APIFixture.being(.projectTeam("vigie")))
      #expect(runbook.status == 200 && runbook.text.contains("Aucun cluster n’a de place pour l’arrivée. "))
      #expect(amounts.allSatisfy { !runbook.text.contains($0) })
    }
  }

  @Test func `each party's acts on a move, and what is wrong with them`() async throws {
    try await Self.run { api in
      let migration: MigrationView = try await Self.post(api, "migrations", Self.wish()).decode()
      let page: ListView<MoveView> = try await api.send(.get, "/api/v1/moves?migration=\(migration.id)").decode()
      let path = "moves/\(try #require(page.items.first).id.uuidString.lowercased())"
      let approved: MoveView = try await Self.post(api, "\(path)/approve", #"{"as": "projectTeam"}"#).decode()
      #expect(!approved.approvals.contains(.projectTeam))
      for (act, body) in [
        ("cut-over", "{}"), ("confirm-removal", #"{"environment": "prod"}"#),
        ("confirm-target-removal", #"{"environment": "prod2"}"#), ("source-lost", #"{"acceptedLoss": "tout"}"#),
        ("declare-gone", #"{"environment": "prod", "reason": "feu"}"#), ("resume", "{}"),
        ("tasks/firstCopy", #"{"evidence": "vu"}"#),
      ] { _ = try await Self.post(api, "\(path)/\(act)", body).problem(409, .migrationState) }
      _ = try await Self.post(api, "\(path)/tasks/firstCopy", #"{"environmentID": "\#(UUID())"}"#).problem(
        422, .invalid)
      _ = try await Self.post(api, "\(path)/tasks/createEnvironment", #"{"environmentID": "\#(UUID())"}"#)
        .problem(409, .migrationState)
      _ = try await Self.post(api, "\(path)/give-up", #"{"reason": " "}"#).problem(422, .invalid)
      let unruly = try await Self.post(api, "\(path)/give-up", #"{"reason": "a\u001b[2Kb"}"#).problem(422, .invalid)
      #expect(unruly.errors?.first?.accepted == PlainText.accepted)
      let wish = Self.wish().replacing("nord-1 ferme", with: #"nord-1\u202e ferme"#)
      #expect(try await Self.post(api, "migrations", wish).problem(422, .invalid).errors?.map(\.path) == ["reason"])
      let paused: MoveView = try await Self.post(api, "\(path)/pause").decode()
      #expect(paused.pausedBy == "local" && paused.standing == .paused)
      let resumed: MoveView = try await Self.post(api, "\(path)/resume").decode()
      #expect(resumed.pausedBy == nil)
      let back: MoveView = try await Self.post(api, "\(path)/roll-back").decode()
      #expect(back.step == .rolledBack && back.rolledBackFrom == .planned)
      _ = try await Self.post(api, "\(path)/give-up", #"{"reason": "assez"}"#).problem(409, .migrationState)
      let read: MoveView = try await api.send(.get, "/api/v1/\(path)").decode()
      #expect(read == back)
      let moved: ListView<MovedEnvironmentView> = try await api.send(
        .get, "/api/v1/projects/vigie/moved-environments"
      ).decode()
      #expect(moved.items.isEmpty)
    }
  }

  @Test func `that a lost source is gone is said to its move, by the service body alone`() async throws {
    try await Self.run(authentication: .required(SpokenRoles())) { api in
      let planned = try await Self.post(api, "migrations", Self.wish(), headers: APIFixture.all)
      try #require(planned.status == 201, "\(planned.text)")
      // As if it had come there, lost, and with something left to do.
      _ = try await api.pool.withConnection { connection in
        try await connection.execute(
          """
          UPDATE moves SET under_way = true, step = 'drainingSource',
            body = body || '{"step": "drainingSource", "isSourceLost": true}'::jsonb
          WHERE environment = 'prod'
          """)
      }
      let moves = try await api.store.moves(MoveFilter(project: "vigie")).items
      let id = try #require(moves.first { $0.move.terms.environment == "prod" }).id.uuidString.lowercased()
      func declare(_ role: Role, _ body: String) async throws -> Answer {
        try await Self.post(api, "moves/\(id)/declare-gone", body, headers: APIFixture.being(role))
      }
      let prod = #"{"environment": "prod", "reason": "feu"}"#
      _ = try await declare(.projectTeam("vigie"), prod).problem(403, .forbidden)
      _ = try await declare(.console, prod).problem(403, .forbidden)
      _ = try await declare(.governanceAdmin, prod).problem(409, .migrationState)
      let other = try await declare(.governanceAdmin, #"{"environment": "dev", "reason": "feu"}"#)
      _ = try other.problem(422, .invalid)
      let silent = try await declare(.governanceAdmin, #"{"environment": "prod", "reason": " \n"}"#)
      _ = try silent.problem(422, .invalid)
      let byName = try await Self.post(
        api, "projects/vigie/removal", #"{"environments": ["prod"]}"#, headers: APIFixture.being(.governanceAdmin))
      let refused = try byName.problem(409, .conflict)
      #expect(refused.detail.contains("\(id)/declare-gone"), "\(refused.detail)")
    }
  }

  @Test(arguments: [
    (#"{"motive": "departure", "reason": "x", "scope": {"clusters": ["nord-1"], "project": "vigie"}}"#, "scope."),
    (#"{"motive": "departure", "reason": "x", "scope": {"clusters": []}}"#, "scope.clusters"),
    (#"{"motive": "departure", "reason": "x", "scope": {"placements": ["1"]}}"#, "scope.placements[0]"),
    (#"{"motive": "departure", "reason": "x", "scope": {"environment": "vigie"}}"#, "scope.environment"),
    (#"{"motive": "moving", "reason": "x", "scope": {"project": "vigie"}}"#, "motive"),
    (#"{"motive": "wish", "reason": "x", "scope": {"project": "vigie"}, "limits": {"speed": 1}}"#, "limits.speed"),
    (
      #"{"motive": "wish", "reason": "x", "scope": {"project": "vigie"}, "limits": {"days": ["soon"]}}"#,
      "limits.days[0]"
    ),
    (
      #"{"motive": "wish", "reason": "x", "scope": {"project": "vigie"}, "limits": {"blackouts": [{"from": "2026-12-01"}]}}"#,
      "limits.blackouts"
    ),
  ])
  func `a wish that is wrong is told where`(body: String, path: String) async throws {
    try await Self.run { api in
      let problem = try await Self.post(api, "migrations", body).problem(400, .malformed)
      #expect(problem.errors?.map(\.path) == [path])
    }
  }

  @Test func `numbers and lists that no plan can be made with are refused, and what was stored of them is read`()
    async throws
  {
    try await Self.run { api in
      func refused(_ path: String, _ body: String) async throws -> [String]? {
        try await Self.post(api, path, body).problem(422, .invalid).errors?.map(\.path)
      }
      for name in ["productionPerProject", "inFlightPerOperator", "perDay", "wavesPerDay"] {
        let wish = Self.wish(#", "limits": {"\#(name)": 9223372036854775807}"#)
        for path in ["migrations/plan", "migrations"] { #expect(try await refused(path, wish) == [name]) }
      }
      let day = try #require(CalendarDay("2027-01-01"))
      let days = (0...3660).map { "\"\(day.adding(days: $0))\"" }.joined(separator: ", ")
      let long = Self.wish(#", "limits": {"days": [\#(days)]}"#)
      #expect(try await refused("migrations/plan", long) == ["limits.days"])
      let migration: MigrationView = try await Self.post(api, "migrations", Self.wish()).decode()
      let path = "migrations/\(migration.id.uuidString.lowercased())"
      for name in ["inFlight", "inFlightPerOperator", "productionPerProject", "perDay"] {
        let pace = #"{"\#(name)": 9223372036854775807}"#
        #expect(try await refused("migrations", Self.wish(#", "pace": \#(pace)"#)) == ["pace.\(name)"])
        #expect(try await refused("\(path)/pace", pace) == ["pace.\(name)"])
      }
      // As a version without a bound would have it.
      try await api.pool.withConnection {
        _ = try await $0.execute(
          "UPDATE migrations SET body = jsonb_set(body, '{pace,inFlight}', '9223372036854775807')")
      }
      let read: MigrationView = try await api.send(.get, "/api/v1/\(path)").decode()
      #expect(read.pace.inFlight == .max)
    }
  }

  @Test func `a runbook says how those are reached whom it names`() async throws {
    var templates = RunbookTemplates.house
    templates.serviceContact = "Bureau des migrations, poste 4321"
    try await Self.run(templates: templates) { api in
      let reached = Offered.op.replacing(
        "  displayName: DTNUM", with: "  displayName: DTNUM\n  contact: Astreinte, poste 1234")
      #expect(try await api.send(.put, "/api/v1/operators/dtnum", reached).status == 200)
      let named = Offered.project("vigie").replacing(
        "{name: vigie}", with: "{name: vigie, annotations: {regie.cloud-pi-native.fr/contact: 'Pilotage, poste 77'}}")
      try #require(named.contains("poste 77"))
      #expect(try await api.send(.put, "/api/v1/projects/vigie", named).status == 200)
      let migration: MigrationView = try await Self.post(api, "migrations", Self.wish()).decode()
      let path = "/api/v1/migrations/\(migration.id.uuidString.lowercased())/runbook"
      for query in ["party=projectTeam&name=vigie", "party=serviceBody", "party=projectTeam&name=vigie&kind=guide"] {
        let text = try await api.send(.get, "\(path)?\(query)").text
        #expect(text.contains("DTNUM (dtnum), Astreinte, poste 1234"), "\(query): \(text)")
        #expect(text.contains("Bureau des migrations, poste 4321"), "\(query)")
        #expect(text.contains("vigie, Pilotage, poste 77"), "\(query)")
      }
      // What decisions are made on does not hold it.
      let offer = try await api.store.presentOffer().offer
      #expect(offer.operators.allSatisfy { $0.spec.contact == nil })
    }
  }

  @Test func `each party reads its own runbook`() async throws {
    try await Self.run { api in
      let migration: MigrationView = try await Self.post(api, "migrations", Self.wish()).decode()
      let path = "/api/v1/migrations/\(migration.id.uuidString.lowercased())/runbook"
      let team = try await api.send(.get, "\(path)?party=projectTeam&name=vigie")
      #expect(team.status == 200 && team.header("content-type") == "text/markdown; charset=utf-8")
      #expect(team.text.contains("vigie") && team.header("content-language") == "fr")
      let page = try await api.send(.get, "\(path)?party=sourceOperator&name=dtnum&format=html&lang=en")
      #expect(page.text.hasPrefix("<!DOCTYPE html>") || page.text.hasPrefix("<!doctype html>"))
      #expect(page.header("content-security-policy")?.hasPrefix("default-src 'none'") == true)
      let guide = try await api.send(.get, "\(path)?party=projectTeam&name=vigie&kind=guide")
      #expect(guide.status == 200 && guide.text != team.text)
      #expect(try await api.send(.get, "\(path)?party=serviceBody").status == 200)
      for query in ["", "?party=projectTeam", "?party=serviceBody&kind=guide", "?party=else"] {
        #expect(try await api.send(.get, "\(path)\(query)").status == 400, "\(query)")
      }
    }
  }

  @Test func `who is in every team, or each operator, reads that party's runbooks and no other's`() async throws {
    try await Self.run(authentication: .required(SpokenRoles())) { api in
      let planned = try await Self.post(api, "migrations", Self.wish(), headers: APIFixture.all)
      let migration: MigrationView = try planned.decode()
      let path = "/api/v1/migrations/\(migration.id.uuidString.lowercased())/runbook"
      let (team, source) = ("party=projectTeam&name=vigie", "party=sourceOperator&name=dtnum")
      for (role, own, other) in [
        (Role.projectTeam(Role.everyone), team, source), (Role.operator(Role.everyone), source, team),
      ] {
        let headers = APIFixture.being(role)
        let moves: ListView<MoveView> = try await api.send(.get, "/api/v1/moves", headers: headers).decode()
        #expect(moves.items.count == migration.progress?.total, "\(role)")
        let seen: ListView<MigrationView> = try await api.send(.get, "/api/v1/migrations", headers: headers).decode()
        #expect(seen.items.map(\.id) == [migration.id], "\(role)")
        #expect(try await api.send(.get, "\(path)?\(own)", headers: headers).status == 200, "\(role)")
        for query in ["party=serviceBody", other] {
          _ = try await api.send(.get, "\(path)?\(query)", headers: headers).problem(403, .forbidden)
        }
      }
      let auditor = APIFixture.being(.auditor)
      #expect(try await api.send(.get, "\(path)?party=serviceBody", headers: auditor).status == 200)
    }
  }
}
