import Contract
import Events
import Foundation
import HTTPTypes
import Identity
import Model
import Policy
import Postgres
import Testing

@testable import API

/// The versions of what is on offer, and the difference between two moments.
struct OfferHistoryRoutesTests {
  private func now(_ api: APIFixture) async throws -> String {
    let rows = try await api.pool.withConnection { try await $0.query("SELECT clock_timestamp() AS now") }
    return Timestamp(try #require(rows.first).decode(Date.self, "now")).description
  }

  private func run(_ body: @escaping @Sendable (APIFixture) async throws -> Void) async throws {
    try await APIFixture.run(authentication: .required(SpokenRoles())) { api in
      for (path, text) in Offered.all {
        #expect(try await api.send(.put, "/api/v1/\(path)", text, headers: APIFixture.all).status == 201)
      }
      try await body(api)
    }
  }

  private func difference(
    _ api: APIFixture, _ query: String, _ roles: Role..., lang: String = "fr"
  ) async throws -> OfferDifferenceView {
    let headers = ["authorization": "Bearer \(roles.map(\.description).joined(separator: "+"))"]
    return try await api.send(.get, "/api/v1/offer/diff?\(query)&lang=\(lang)", headers: headers).decode()
  }

  @Test func `between two moments stands what was changed between them, and of the policy likewise`() async throws {
    try await run { api in
      let before = try await now(api)
      let smaller = Offered.cluster("nord-1", cpu: "32")
      #expect(
        try await api.send(.put, "/api/v1/clusters/nord-1", smaller, headers: APIFixture.being(.operator("dtnum")))
          .status
          == 200)
      let between = try await now(api)
      let policy = Offered.policy.replacing("weight: 2", with: "weight: 3")
      #expect(
        try await api.send(.put, "/api/v1/policies/regie", policy, headers: APIFixture.being(.governanceAdmin)).status
          == 200)
      let whole = try await difference(api, "from=\(before)", .auditor)
      #expect(whole.entries.map(\.name) == ["nord-1"] && whole.entries[0].fields.map(\.field) == ["capacity.cpu"])
      #expect(whole.policy.from == 1 && whole.policy.to == 2 && whole.policy.entries.map(\.name) == ["near"])
      #expect(whole.withInternals && whole.from.description == before)
      let english = try await difference(api, "from=\(before)&to=\(between)", .auditor, lang: "en")
      #expect(english.entries.map(\.sentence) == ["The cluster “nord-1” changes: declared capacity, CPU: 64 → 32."])
      #expect(english.policy.from == 1 && english.policy.to == 1 && english.policy.entries.isEmpty)
      #expect(try await difference(api, "from=\(between)&to=\(between)", .auditor).isEmpty)
      let first = try await difference(api, "from=2020-01-01T00:00:00Z", .auditor)
      #expect(first.entries.map(\.change) == [.added, .added, .added, .added, .added])
      #expect(first.policy.from == nil && first.policy.to == 2 && first.policy.entries.isEmpty)
    }
  }

  @Test func `what an operator keeps to itself is told to itself, the board, administrators and auditors`() async throws
  {
    try await run { api in
      let before = try await now(api)
      let tainted = Offered.region.replacing("key: slow", with: "key: slower")
      #expect(try await api.send(.put, "/api/v1/regions/nord", tainted, headers: APIFixture.all).status == 200)
      for role in [
        Role.operator("dtnum"), .boardMember(operator: "autre"), .governanceAdmin, .auditor,
      ] {
        let seen = try await difference(api, "from=\(before)", role)
        #expect(seen.entries.map { $0.fields.map(\.field) } == [["taints"]], "\(role)")
        #expect(seen.withInternals == (role.kind != .operator))
      }
      for role in [Role.operator("autre"), .console, .projectTeam("vigie")] {
        #expect(try await difference(api, "from=\(before)", role).isEmpty, "\(role)")
      }
    }
  }

  @Test func `moments that are none, or the wrong way round, are refused`() async throws {
    try await run { api in
      for query in [
        "", "?from=hier", "?from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z", "?from=2026-01-01T00:00:00Z&au=x",
      ] {
        _ = try await api.send(.get, "/api/v1/offer/diff\(query)", headers: APIFixture.all).problem(400, .badParameter)
      }
    }
  }

  @Test func `versions say who wrote what, to those who may know`() async throws {
    try await run { api in
      let path = "/api/v1/regions/nord/history"
      let cordoned = Offered.region + "\n  state: cordoned"
      #expect(
        try await api.send(.put, "/api/v1/regions/nord", cordoned, headers: APIFixture.being(.operator("dtnum"))).status
          == 200)
      for role in [Role.operator("dtnum"), .boardMember(operator: "autre"), .governanceAdmin, .auditor] {
        let list: ListView<ResourceVersionView> = try await api.send(
          .get, path, headers: APIFixture.being(role)
        ).decode()
        #expect(list.items.map(\.change) == [.changed, .created], "\(role)")
        #expect(list.items.map(\.principal) == ["oidc:someone", "oidc:someone"] && list.next == nil)
        guard case .region(let region) = list.items[0].resource else {
          Issue.record("a region")
          return
        }
        #expect(region.spec.state == .cordoned)
      }
      for role in [Role.console, .projectTeam("vigie")] {
        _ = try await api.send(.get, path, headers: APIFixture.being(role)).problem(403, .forbidden)
      }
      _ = try await api.send(.get, path, headers: APIFixture.being(.operator("autre"))).problem(404, .notFound)
      _ = try await api.send(.get, "/api/v1/regions/rien/history", headers: APIFixture.all).problem(404, .notFound)
      for (kind, name) in [
        ("operators", "dtnum"), ("chains", "forge"), ("zones", "nord-usuel"), ("clusters", "nord-1"),
      ] {
        let page: ListView<ResourceVersionView> = try await api.send(
          .get, "/api/v1/\(kind)/\(name)/history?limit=1", headers: APIFixture.all
        ).decode()
        #expect(page.items.map(\.resource.metadata.name) == [name])
      }
    }
  }
}
