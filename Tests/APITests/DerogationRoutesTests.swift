import Contract
import Foundation
import HTTPTypes
import Identity
import Model
import Postgres
import Requests
import Testing

@testable import API

/// The life of a derogation over HTTP; the OpenAPI document judges every question and answer.
struct DerogationRoutesTests {
  private static let base = "/api/v1/derogation-requests"
  private static let wish = #"""
    {"project": "vigie", "rules": ["nowhere"], "stages": ["prod"], "motive": "Le temps de migrer",
     "costAcceptedBy": "Mme Durand", "validUntil": "2999-06-30"}
    """#

  /// Two rules, one of which nothing waives, and a board.
  private static let policy =
    Offered.policy.replacing(
      "  rules:\n",
      with: """
          rules:
            - id: nowhere
              motive: {fr: Interdit}
              effect: forbid
              places: {matchLabels: {region.name: sud}}
            - id: firm
              motive: {fr: Interdit}
              effect: forbid
              notWaivable: true
              places: {matchLabels: {region.name: sud}}

        """) + "\n  governance: {quorum: 2}\n"

  private static func run(
    authentication: Authentication = .none, _ body: @escaping @Sendable (APIFixture) async throws -> Void
  ) async throws {
    try await APIFixture.run(authentication: authentication) { api in
      let anfsi = Offered.op.replacing("dtnum", with: "anfsi")
      let resources =
        Offered.all + [
          ("operators/anfsi", anfsi), ("projects/vigie", Offered.project("vigie")), ("policies/regie", policy),
        ]
      for (path, text) in resources {
        let answer = try await api.send(.put, "/api/v1/\(path)", text, headers: APIFixture.all)
        try #require([200, 201].contains(answer.status), "\(answer.text)")
      }
      try await body(api)
    }
  }

  private static func post(
    _ api: APIFixture, _ path: String, _ body: String?, headers: [String: String] = [:]
  ) async throws -> Answer {
    try await api.send(.post, "\(base)\(path)", body, type: "application/json", headers: headers)
  }

  private static func ask(_ api: APIFixture, headers: [String: String] = [:]) async throws -> DerogationRequestView {
    let answer = try await post(api, "", wish, headers: headers)
    try #require(answer.status == 201, "\(answer.text)")
    return try answer.decode()
  }

  @Test func `a derogation goes from its motive to its end`() async throws {
    try await Self.run { api in
      let key = ["Idempotency-Key": "k"]
      let answer = try await Self.post(api, "", Self.wish, headers: key)
      let asked: DerogationRequestView = try answer.decode()
      let path = "/\(asked.id.uuidString.lowercased())"
      #expect(answer.header("location") == "\(Self.base)\(path)" && answer.header("etag") == "\"1\"")
      #expect(asked.state == .requested && asked.missing == [.operator, .homologation] && !asked.inEffect)
      #expect(asked.cost.author == "Mme Durand" && asked.cost.principal == "local")
      let again = try await Self.post(api, "", Self.wish, headers: key)
      #expect(again.header("idempotency-replayed") == "true")
      #expect(try again.decode(DerogationRequestView.self).id == asked.id)
      let opinion = #"{"party": "operator", "operator": "dtnum", "position": "favourable", "text": "d’accord"}"#
      #expect(try await Self.post(api, "\(path)/opinions", opinion).status == 201)
      let authority =
        #"{"party": "homologation", "position": "reserved", "text": "sous réserve", "author": "M. Petit"}"#
      let examined: DerogationRequestView = try await Self.post(api, "\(path)/opinions", authority).decode()
      #expect(examined.state == .examined && examined.missing.isEmpty)
      #expect(
        examined.opinions.map(\.party) == [.operator, .homologation] && examined.opinions[1].author == "M. Petit")
      let decided = try await Self.post(
        api, "\(path)/decide", #"{"outcome": "granted", "reason": "motivé"}"#, headers: ["If-Match": "\"3\""])
      #expect(decided.status == 200, "\(decided.text)")
      let notified: DerogationRequestView = try await Self.post(api, "\(path)/notify", nil).decode()
      let name = try #require(notified.derogation)
      #expect(notified.state == .notified && notified.inEffect && notified.noticeAt != nil && notified.endsAt != nil)
      let resource = try await api.send(.get, "/api/v1/derogations/\(name)")
      guard case .derogation(let derogation) = try resource.decode(AnyResource.self) else {
        Issue.record("\(resource.text)")
        return
      }
      #expect(derogation.spec.stages == ["prod"] && derogation.spec.notifiedAt != nil)
      _ = try await api.refuse(.delete, "/api/v1/derogations/\(name)", with: 409, .requestDecides)
      let list: ListView<DerogationRequestView> = try await api.send(
        .get, "\(Self.base)?project=vigie&state=notified"
      ).decode()
      #expect(list.items.map(\.id) == [asked.id])
      #expect(try await Self.post(api, "\(path)/revoke", #"{"reason": "assez"}"#).status == 200)
      let read = try await api.send(.get, "\(Self.base)\(path)")
      let revoked: DerogationRequestView = try read.decode()
      #expect(revoked.state == .revoked && revoked.ending?.reason == "assez" && revoked.derogation == nil)
      #expect(
        try await api.send(.get, "\(Self.base)\(path)", headers: ["If-None-Match": read.header("etag") ?? ""]).status
          == 304)
      #expect(try await api.send(.get, "/api/v1/derogations/\(name)").status == 404)
    }
  }

  @Test func `each refusal has its code`() async throws {
    try await Self.run { api in
      func refuse(_ path: String, _ body: String, with status: Int, _ code: ProblemCode) async throws {
        _ = try await api.refuse(
          .post, "\(Self.base)\(path)", body, type: "application/json", with: status, code)
      }
      try await refuse("", Self.wish.replacing("nowhere", with: "firm"), with: 422, .invalid)
      try await refuse("", Self.wish.replacing("nowhere", with: "near"), with: 422, .invalid)
      try await refuse("", Self.wish.replacing("nowhere", with: "unknown"), with: 422, .invalid)
      try await refuse("", Self.wish.replacing("vigie", with: "absent"), with: 409, .conflict)
      try await refuse("", Self.wish.replacing("2999-06-30", with: "2001-06-30"), with: 422, .invalid)
      let path = "/\(try await Self.ask(api).id.uuidString.lowercased())"
      try await refuse("\(path)/decide", #"{"outcome": "granted", "reason": "m"}"#, with: 409, .requestState)
      try await refuse("\(path)/revoke", #"{"reason": "m"}"#, with: 409, .requestState)
      let stranger = #"{"party": "operator", "operator": "alize", "position": "favourable", "text": "oui"}"#
      try await refuse("\(path)/opinions", stranger, with: 403, .forbidden)
      _ = try await api.refuse(.post, "\(Self.base)\(path)/notify", with: 409, .requestState)
      _ = try await api.refuse(.get, "\(Self.base)/\(UUID())", with: 404, .notFound)
      let waived = Offered.derogation.replacing(
        "rules: [near],", with: "rules: [nowhere], decision: granted, notifiedAt: \"2026-01-01T00:00:00Z\",")
      _ = try await api.refuse(.put, "/api/v1/derogations/exception-1", waived, with: 409, .requestDecides)
    }
  }

  @Test func `what is not understood is told by its field`() async throws {
    try await Self.run { api in
      // The document describes what is right; these are not.
      for (old, new, field) in [
        ("\"2999-06-30\"", "\"bientôt\"", "validUntil"), ("[\"nowhere\"]", "[]", "rules"),
        ("[\"nowhere\"]", "\"nowhere\"", "rules"), ("\"vigie\"", "7", "project"),
      ] {
        let problem = try await api.refuse(
          .post, Self.base, Self.wish.replacing(old, with: new), type: "application/json", with: 400, .malformed)
        #expect(problem.errors?.map(\.path) == [field])
      }
      let cost = try await api.refuse(
        .post, Self.base, Self.wish.replacing(#""costAcceptedBy": "Mme Durand", "#, with: ""), type: "application/json",
        with: 422, .invalid)
      #expect(cost.errors?.map(\.path) == ["costAcceptedBy"])
    }
  }

  @Test func `a team asks for its own project, operators speak for themselves, and only governance decides`()
    async throws
  {
    try await Self.run(authentication: .required(SpokenPrincipals())) { api in
      let team = APIFixture.being(.projectTeam("vigie"))
      let (other, admin) = (APIFixture.being(.projectTeam("other")), APIFixture.being(.governanceAdmin))
      let foreign = try await Self.post(api, "", Self.wish, headers: other)
      _ = try foreign.problem(403, .forbidden)
      let asked = try await Self.ask(api, headers: team)
      let path = "\(Self.base)/\(asked.id.uuidString.lowercased())"
      #expect(try await api.send(.get, path, headers: team).status == 200)
      _ = try await api.send(.get, path, headers: other).problem(404, .notFound)
      let seen: ListView<DerogationRequestView> = try await api.send(.get, Self.base, headers: other).decode()
      #expect(seen.items.isEmpty)
      func say(_ body: String, _ headers: [String: String]) async throws -> Answer {
        try await api.send(.post, "\(path)/opinions", body, type: "application/json", headers: headers)
      }
      let opinion = #"{"party": "operator", "position": "favourable", "text": "oui"}"#
      #expect(try await say(opinion, APIFixture.being(.operator("dtnum"))).status == 201)
      #expect(try await say(opinion, APIFixture.being(.boardMember(operator: "anfsi"))).status == 201)
      let named = opinion.replacing(#""position""#, with: #""operator": "anfsi", "position""#)
      _ = try await say(named, APIFixture.being(.operator("dtnum"))).problem(403, .forbidden)
      let authority = #"{"party": "homologation", "position": "favourable", "text": "oui", "author": "M. Petit"}"#
      _ = try await say(authority, APIFixture.being(.operator("dtnum"))).problem(403, .forbidden)
      // Who asked advises nobody on it.
      let both = APIFixture.being(.projectTeam("vigie"), .operator("dtnum"))
      let own = try await Self.ask(api, headers: both).id.uuidString.lowercased()
      let advice = try await api.send(
        .post, "\(Self.base)/\(own)/opinions", opinion, type: "application/json", headers: both)
      _ = try advice.problem(403, .forbidden)
      let decided = try await api.send(
        .post, "\(path)/decide", #"{"outcome": "granted", "reason": "m"}"#, type: "application/json", headers: admin)
      _ = try decided.problem(409, .requestState)
      let withdrawn = try await api.send(.post, "\(path)/withdraw", "{}", type: "application/json", headers: other)
      _ = try withdrawn.problem(404, .notFound)
      #expect(
        try await api.send(.post, "\(path)/withdraw", "{}", type: "application/json", headers: team).status == 200)
    }
  }

  @Test func `an organisation asks for its projects, and knows of theirs only`() async throws {
    try await Self.run(authentication: .required(SpokenPrincipals())) { api in
      let (own, other) = (APIFixture.being(.organisation("mi")), APIFixture.being(.organisation("mj")))
      _ = try await Self.post(api, "", Self.wish, headers: other).problem(403, .forbidden)
      let asked = try await Self.ask(api, headers: own)
      let path = "\(Self.base)/\(asked.id.uuidString.lowercased())"
      for (headers, status) in [(own, 200), (other, 404), (APIFixture.being(.projectTeam("vigie")), 200)] {
        #expect(try await api.send(.get, path, headers: headers).status == status)
        let list: ListView<DerogationRequestView> = try await api.send(.get, Self.base, headers: headers).decode()
        #expect(list.items.map(\.id) == (status == 200 ? [asked.id] : []))
      }
      let withdrawal = try await api.send(.post, "\(path)/withdraw", "{}", type: "application/json", headers: other)
      _ = try withdrawal.problem(404, .notFound)
      #expect(
        try await api.send(.post, "\(path)/withdraw", "{}", type: "application/json", headers: own).status == 200)
      _ = try await api.send(.get, "/api/v1/projects/vigie", headers: own).problem(403, .forbidden)
    }
  }

  @Test func `what is asked for restricted data is read by operators that keep a DR zone, and by no other`()
    async throws
  {
    try await Self.run(authentication: .required(SpokenPrincipals())) { api in
      let restricted = Offered.project("vigie", dataClass: "dr")
      let raised = try await api.send(.put, "/api/v1/projects/vigie", restricted, headers: APIFixture.all)
      try #require(raised.status == 200, "\(raised.text)")
      let asked = try await Self.ask(api, headers: APIFixture.being(.projectTeam("vigie")))
      let path = "\(Self.base)/\(asked.id.uuidString.lowercased())"
      let opinion = #"{"party": "operator", "position": "favourable", "text": "oui"}"#
      let dtnum = APIFixture.being(.operator("dtnum"))
      func seen(_ headers: [String: String]) async throws -> [UUID] {
        try await api.send(.get, Self.base, headers: headers).decode(ListView<DerogationRequestView>.self).items
          .map(\.id)
      }
      #expect(try await seen(dtnum).isEmpty)
      _ = try await api.send(.get, path, headers: dtnum).problem(404, .notFound)
      let unheard = try await api.send(
        .post, "\(path)/opinions", opinion, type: "application/json", headers: dtnum)
      _ = try unheard.problem(404, .notFound)
      #expect(try await seen(APIFixture.being(.boardMember(operator: "anfsi"))) == [asked.id])
      let zone = Offered.zone.replacing("sensitivity: usuel", with: "sensitivity: DR")
        .replacing("nord-usuel", with: "nord-dr").replacing("slug: nord", with: "slug: norddr")
      let claimed = try await api.send(.put, "/api/v1/zones/nord-dr", zone, headers: dtnum)
      #expect(try claimed.problem(403, .forbidden).errors?.first?.path == "spec.sensitivity")
      let claim = Offered.zone.replacing("sensitivity: usuel", with: "sensitivity: DR")
      _ = try await api.send(.put, "/api/v1/zones/nord-usuel", claim, headers: dtnum).problem(403, .forbidden)
      #expect(try await seen(dtnum).isEmpty, "nobody keeps a DR zone by his own word")
      let made = try await api.send(.put, "/api/v1/zones/nord-dr", zone, headers: APIFixture.all)
      try #require(made.status == 201, "\(made.text)")
      #expect(try await seen(dtnum) == [asked.id])
      #expect(try await seen(APIFixture.being(.operator("anfsi"))).isEmpty)
      let heard = try await api.send(
        .post, "\(path)/opinions", opinion, type: "application/json", headers: dtnum)
      #expect(heard.status == 201, "\(heard.text)")
    }
  }

  @Test func `past requests follow the project that they were asked for, as it was, and not its name`() async throws {
    try await Self.run(authentication: .required(SpokenPrincipals())) { api in
      let (team, console) = (APIFixture.being(.projectTeam("vigie")), APIFixture.being(.console))
      let (dtnum, anfsi) = (APIFixture.being(.operator("dtnum")), APIFixture.being(.boardMember(operator: "anfsi")))
      let (mi, mj) = (APIFixture.being(.organisation("mi")), APIFixture.being(.organisation("mj")))
      let (restricted, usual) = (Offered.project("vigie", dataClass: "dr"), Offered.project("vigie"))
      func seen(_ headers: [String: String]) async throws -> Set<UUID> {
        Set(
          try await api.send(.get, "\(Self.base)?project=vigie", headers: headers).decode(
            ListView<DerogationRequestView>.self
          ).items.map(\.id))
      }
      func withdrawn() async throws -> UUID {
        let id = try await Self.ask(api, headers: team).id
        let path = "/\(id.uuidString.lowercased())/withdraw"
        #expect(try await Self.post(api, path, "{}", headers: team).status == 200)
        return id
      }
      #expect(try await api.send(.put, "/api/v1/projects/vigie", restricted, headers: console).status == 200)
      let secret = try await withdrawn()
      // Its data is less sensitive by now; what was asked for it was asked when it was not.
      #expect(try await api.send(.put, "/api/v1/projects/vigie", usual, headers: console).status == 200)
      let open = try await withdrawn()
      #expect(try await seen(dtnum) == [open])
      for headers in [team, mi, anfsi] { #expect(try await seen(headers) == [secret, open]) }
      _ = try await api.send(.get, "\(Self.base)/\(secret.uuidString.lowercased())", headers: dtnum)
        .problem(404, .notFound)
      // Another project has its name.
      #expect(try await api.send(.delete, "/api/v1/projects/vigie", headers: console).status == 204)
      let other = usual.replacing("organisation: mi", with: "organisation: mj")
      #expect(try await api.send(.put, "/api/v1/projects/vigie", other, headers: console).status == 201)
      let last = try await withdrawn()
      for headers in [team, mj] { #expect(try await seen(headers) == [last]) }
      #expect(try await seen(mi) == [secret, open])
      #expect(try await seen(dtnum) == [open, last])
      #expect(try await seen(anfsi) == [secret, open, last])
      // What a program of before has stored goes by all that had the name.
      try await api.pool.withConnection {
        _ = try await $0.execute(
          "UPDATE derogation_requests SET project_uid = NULL, organisation = NULL, sensitivity = NULL")
      }
      #expect(try await seen(team) == [last])
      for headers in [mi, mj] { #expect(try await seen(headers).isEmpty) }
      #expect(try await seen(dtnum) == [secret, open, last], "both were usual when they were seen last")
      #expect(try await api.send(.put, "/api/v1/projects/vigie", restricted, headers: console).status == 200)
      #expect(try await seen(dtnum).isEmpty)
      #expect(try await seen(anfsi) == [secret, open, last])
    }
  }

  @Test func `the homologation authority reads what is asked for, says what it thinks, and decides nothing`()
    async throws
  {
    try await Self.run(authentication: .required(SpokenPrincipals())) { api in
      let asked = try await Self.ask(api, headers: APIFixture.being(.projectTeam("vigie")))
      let path = "\(Self.base)/\(asked.id.uuidString.lowercased())"
      let authority = APIFixture.being(.homologationAuthority)
      #expect(try await api.send(.get, path, headers: authority).status == 200)
      #expect(try await api.send(.get, "/api/v1/projects/vigie", headers: authority).status == 200)
      func say(_ body: String, _ headers: [String: String]) async throws -> Answer {
        try await api.send(.post, "\(path)/opinions", body, type: "application/json", headers: headers)
      }
      let opinion = #"{"party": "homologation", "position": "reserved", "text": "sous réserve"}"#
      let admin = APIFixture.being(.governanceAdmin)
      #expect(try await say(opinion, admin).status != 201, "who writes it down says whose it is")
      let said = try await say(opinion, authority)
      #expect(said.status == 201, "\(said.text)")
      let view: DerogationRequestView = try said.decode()
      #expect(view.opinions.map(\.principal) == ["oidc:homologation-authority"] && view.opinions[0].author == nil)
      #expect(view.missing == [.operator])
      let operators = #"{"party": "operator", "operator": "dtnum", "position": "favourable", "text": "oui"}"#
      _ = try await say(operators, authority).problem(403, .forbidden)
      let decide = try await api.send(
        .post, "\(path)/decide", #"{"outcome": "granted", "reason": "m"}"#, type: "application/json", headers: authority
      )
      _ = try decide.problem(403, .forbidden)
      #expect(try await say(opinion.replacing(#""text""#, with: #""author": "M. Petit", "text""#), admin).status == 201)
    }
  }
}

/// Believes whatever a token says, and calls each by its roles.
private struct SpokenPrincipals: Authenticator {
  func caller(token: String) throws -> Caller {
    let caller = try SpokenRoles().caller(token: token)
    return Caller(principal: "oidc:\(token)", credential: .token, roles: caller.roles)
  }

  func caller(key: String) throws -> Caller { try SpokenRoles().caller(key: key) }
}
