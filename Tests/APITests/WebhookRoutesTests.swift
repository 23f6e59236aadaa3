import Contract
import Foundation
import HTTPTypes
import Identity
import Model
import Postgres
import Requests
import Testing

@testable import API

/// Destinations over HTTP; the OpenAPI document judges every question and answer.
struct WebhookRoutesTests {
  private static let base = "/api/v1/webhooks"

  private static func wish(_ owner: String = #""operator": "dtnum""#, _ rest: String = "") -> String {
    #"{\#(owner), "url": "https://chat.example.fr/hooks/abc"\#(rest)}"#
  }

  private static func run(
    authentication: Authentication = .none, _ body: @escaping @Sendable (APIFixture) async throws -> Void
  ) async throws {
    try await APIFixture.run(authentication: authentication) { api in
      for (path, text) in Offered.all + [("projects/vigie", Offered.project("vigie"))] {
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

  @Test func `a destination is made, tried, looked at and taken away, and its secret is shown once`() async throws {
    try await Self.run { api in
      let answer = try await Self.post(api, "", Self.wish(#""operator": "dtnum""#, #", "events": ["flow.asked"]"#))
      let made: WebhookView = try answer.decode()
      #expect(answer.status == 201 && made.secret?.count == 64 && made.address == "https://chat.example.fr/…")
      #expect(made.operator == "dtnum" && made.project == nil && made.events == [.flowAsked])
      let path = "/\(made.id.uuidString.lowercased())"
      #expect(answer.header("location") == "\(Self.base)\(path)")
      #expect(answer.header("cache-control") == "no-store")
      let listed = try await api.send(.get, Self.base)
      #expect(try listed.decode(ListView<WebhookView>.self).items.map(\.secret) == [nil])
      #expect(!listed.text.contains(made.secret ?? "?") && !listed.text.contains("hooks/abc"))
      let trial = try await Self.post(api, "\(path)/test", nil)
      #expect(trial.status == 202)
      let waiting: ListView<DeliveryView> = try await api.send(
        .get, "\(Self.base)\(path)/deliveries?state=pending"
      ).decode()
      #expect(waiting.items.map(\.id) == [try trial.decode(DeliveryView.self).id])
      #expect(waiting.items.map(\.event) == ["webhook.test"])
      #expect(try await api.send(.delete, "\(Self.base)\(path)").status == 204)
      _ = try await api.send(.get, "\(Self.base)\(path)/deliveries").problem(404, .notFound)
      #expect(try await api.send(.get, Self.base).decode(ListView<WebhookView>.self).items.isEmpty)
    }
  }

  @Test func `what was given up is sent again by its owner, and destinations are found by who has made them`()
    async throws
  {
    try await Self.run(authentication: .required(SpokenRoles())) { api in
      let speaker = APIFixture.being(.operator("dtnum"))
      let made: WebhookView = try await Self.post(api, "", Self.wish(), headers: speaker).decode()
      let trial: DeliveryView = try await Self.post(
        api, "/\(made.id.uuidString.lowercased())/test", nil, headers: speaker
      ).decode()
      let path = "/api/v1/webhook-deliveries/\(trial.id.uuidString.lowercased())/resend"
      func resend(_ headers: [String: String]) async throws -> Answer {
        try await api.send(.post, path, nil, type: "application/json", headers: headers)
      }
      _ = try await resend(speaker).problem(409, .conflict)
      try await api.pool.withConnection {
        _ = try await $0.execute("UPDATE webhook_deliveries SET state = 'dead', settled_at = clock_timestamp()")
      }
      _ = try await resend(APIFixture.being(.projectTeam("vigie"))).problem(404, .notFound)
      _ = try await resend(APIFixture.being(.auditor)).problem(403, .forbidden)
      let again = try await resend(speaker)
      #expect(again.status == 202)
      #expect(try again.decode(DeliveryView.self).state == "pending")
      func list(_ principal: String) async throws -> [WebhookView] {
        try await api.send(
          .get, "\(Self.base)?principal=\(principal)", headers: APIFixture.being(.governanceAdmin)
        ).decode(ListView<WebhookView>.self).items
      }
      #expect(try await list("oidc:someone").map(\.id) == [made.id])
      #expect(try await list("oidc:other").isEmpty)
    }
  }

  @Test func `an address that nothing is delivered to, and what is not understood, is refused`() async throws {
    try await Self.run { api in
      for (old, new, field) in [
        ("https://", "http://", "url"), ("chat.example.fr", "127.0.0.1", "url"), ("chat.example.fr", "[::1]", "url"),
        ("chat.example.fr", "169.254.169.254", "url"), ("chat", "user:pass@chat", "url"),
        (#""operator": "dtnum""#, #""operator": "dtnum", "project": "vigie""#, "operator"),
        (#""operator": "dtnum", "#, "", "operator"),
        (#"abc""#, #"abc", "events": ["flow.dreamt"]"#, "events"),
        (#"abc""#, #"abc", "events": ["webhook.test"]"#, "events"),
      ] {
        let problem = try await api.refuse(
          .post, Self.base, Self.wish().replacing(old, with: new), type: "application/json", with: 400, .malformed)
        #expect(problem.errors?.map(\.path) == [field], "\(new)")
      }
      let absent = try await api.refuse(
        .post, Self.base, Self.wish(#""project": "fantome""#), type: "application/json", with: 409, .conflict)
      #expect(absent.errors?.map(\.path) == ["project"])
    }
  }

  @Test func `who administers makes one for the service body, and nobody else, and nobody else sees it`() async throws {
    try await Self.run(authentication: .required(SpokenRoles())) { api in
      let admin = APIFixture.being(.governanceAdmin)
      let answer = try await Self.post(api, "", Self.wish(#""serviceBody": true"#), headers: admin)
      let made: WebhookView = try answer.decode()
      #expect(answer.status == 201 && made.serviceBody == true && made.operator == nil && made.project == nil)
      let path = "/\(made.id.uuidString.lowercased())"
      for role in [
        Role.operator("dtnum"), .operator(Role.everyone), .projectTeam("vigie"), .projectTeam(Role.everyone), .auditor,
        .boardMember(operator: "dtnum"),
      ] {
        _ = try await Self.post(api, "", Self.wish(#""serviceBody": true"#), headers: APIFixture.being(role))
          .problem(403, .forbidden)
      }
      for role in [
        Role.operator("dtnum"), .operator(Role.everyone), .projectTeam("vigie"), .projectTeam(Role.everyone),
      ] {
        let other = APIFixture.being(role)
        let seen: ListView<WebhookView> = try await api.send(.get, Self.base, headers: other).decode()
        #expect(seen.items.isEmpty, "\(role)")
        _ = try await Self.post(api, "\(path)/test", nil, headers: other).problem(404, .notFound)
        _ = try await api.send(.get, "\(Self.base)\(path)/deliveries", headers: other).problem(404, .notFound)
        _ = try await api.send(.delete, "\(Self.base)\(path)", headers: other).problem(404, .notFound)
      }
      #expect(try await Self.post(api, "\(path)/test", nil, headers: admin).status == 202)
      for wish in [#""operator": "dtnum", "serviceBody": true"#, #""serviceBody": false"#] {
        _ = try await Self.post(api, "", Self.wish(wish), headers: admin).problem(400, .malformed)
      }
      #expect(try await api.send(.delete, "\(Self.base)\(path)", headers: admin).status == 204)
    }
  }

  @Test func `each has destinations for its own, and knows of no others`() async throws {
    try await Self.run(authentication: .required(SpokenRoles())) { api in
      let (team, speaker) = (APIFixture.being(.projectTeam("vigie")), APIFixture.being(.operator("dtnum")))
      let own = try await Self.post(api, "", Self.wish(#""project": "vigie""#), headers: team)
      let path = "/\(try own.decode(WebhookView.self).id.uuidString.lowercased())"
      #expect(own.status == 201)
      _ = try await Self.post(api, "", Self.wish(), headers: team).problem(403, .forbidden)
      _ = try await Self.post(api, "", Self.wish(#""project": "vigie""#), headers: speaker).problem(403, .forbidden)
      let theirs = try await Self.post(api, "", Self.wish(), headers: speaker)
      #expect(theirs.status == 201)
      let seen: ListView<WebhookView> = try await api.send(.get, Self.base, headers: team).decode()
      #expect(seen.items.map(\.project) == ["vigie"])
      _ = try await Self.post(api, "\(path)/test", nil, headers: speaker).problem(404, .notFound)
      _ = try await api.send(.delete, "\(Self.base)\(path)", headers: speaker).problem(404, .notFound)
      let all: ListView<WebhookView> = try await api.send(
        .get, Self.base, headers: APIFixture.being(.auditor)
      ).decode()
      #expect(all.items.count == 2)
      for headers in [APIFixture.being(.auditor), APIFixture.being(.boardMember(operator: "dtnum"))] {
        _ = try await Self.post(api, "", Self.wish(), headers: headers).problem(403, .forbidden)
      }
      // Who is in every team is no operator, and who is each operator in no team.
      let others = "/\(try theirs.decode(WebhookView.self).id.uuidString.lowercased())"
      for (role, owner, foreign, wish) in [
        (Role.projectTeam(Role.everyone), "vigie", others, Self.wish()),
        (Role.operator(Role.everyone), "dtnum", path, Self.wish(#""project": "vigie""#)),
      ] {
        let headers = APIFixture.being(role)
        let own: ListView<WebhookView> = try await api.send(.get, Self.base, headers: headers).decode()
        let owners = own.items.map { $0.project ?? $0.operator }
        #expect(owners == [owner], "\(role)")
        _ = try await Self.post(api, "", wish, headers: headers).problem(403, .forbidden)
        _ = try await api.send(.delete, "\(Self.base)\(foreign)", headers: headers).problem(404, .notFound)
      }
    }
  }
}
