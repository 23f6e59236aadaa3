import Contract
import Foundation
import HTTPTypes
import Identity
import Model
import Requests
import Testing

@testable import API

/// The life of a network flow over HTTP; the OpenAPI document judges every question and answer.
struct FlowRoutesTests {
  private static let base = "/api/v1/flows"

  private static func wish(_ system: String = "chorus", project: String = "vigie") -> String {
    #"""
    {"project": "\#(project)", "environment": "prod", "system": "\#(system)", "direction": "outbound",
     "protocol": "tcp", "ports": [443, 8443], "motive": "Échanges comptables"}
    """#
  }

  /// `vigie` and `annuaire`, placed; the region is connected to `chorus`.
  private static func run(
    authentication: Authentication = .none, _ body: @escaping @Sendable (APIFixture) async throws -> Void
  ) async throws {
    try await APIFixture.run(authentication: authentication) { api in
      let resources =
        Offered.all.map { ($0.0, $0.1.replacing("[RIE]", with: "[RIE, chorus]")) }
        + ["vigie", "annuaire"].map { ("projects/\($0)", Offered.project($0)) }
      for (path, text) in resources {
        let answer = try await api.send(.put, "/api/v1/\(path)", text, headers: APIFixture.all)
        try #require([200, 201].contains(answer.status), "\(answer.text)")
      }
      for project in ["vigie", "annuaire"] {
        let answer = try await api.send(
          .post, "/api/v1/placements", #"{"project": "\#(project)"}"#, type: "application/json", headers: APIFixture.all
        )
        try #require([200, 201].contains(answer.status), "\(answer.text)")
      }
      try await body(api)
    }
  }

  private static func post(
    _ api: APIFixture, _ path: String, _ body: String, headers: [String: String] = [:]
  ) async throws -> Answer {
    try await api.send(.post, "\(base)\(path)", body, type: "application/json", headers: headers)
  }

  @Test func `a flow goes from its motive to its opening, and is taken back`() async throws {
    try await Self.run { api in
      let key = ["Idempotency-Key": "k"]
      let answer = try await Self.post(api, "", Self.wish(), headers: key)
      let asked: FlowView = try answer.decode()
      let path = "/\(asked.id.uuidString.lowercased())"
      #expect(answer.status == 201 && answer.header("location") == "\(Self.base)\(path)")
      #expect(asked.state == .pending && asked.waiting == ["dtnum"] && asked.dueAt != nil && !asked.overdue)
      #expect(asked.ends.map(\.operator) == ["dtnum"] && asked.ends.first?.region != nil && asked.delayDays == 5)
      let again = try await Self.post(api, "", Self.wish(), headers: key)
      #expect(again.header("idempotency-replayed") == "true")
      let stale = try await Self.post(api, "\(path)/open", #"{"operator": "dtnum"}"#, headers: ["If-Match": "\"9\""])
      #expect(stale.status == 412)
      let opened = try await Self.post(api, "\(path)/open", #"{"operator": "dtnum"}"#, headers: ["If-Match": "\"1\""])
      #expect(opened.header("etag") == "\"2\"")
      #expect(try opened.decode(FlowView.self).state == .opened)
      let list: ListView<FlowView> = try await api.send(.get, "\(Self.base)?project=vigie&state=opened").decode()
      #expect(list.items.map(\.id) == [asked.id])
      let late: ListView<FlowView> = try await api.send(.get, "\(Self.base)?overdue=true&operator=dtnum").decode()
      let grave: ListView<FlowView> = try await api.send(.get, "\(Self.base)?escalated=true").decode()
      #expect(grave.items.isEmpty)
      #expect(late.items.isEmpty)
      let withdrawn: FlowView = try await Self.post(api, "\(path)/withdraw", #"{"reason": "assez"}"#).decode()
      #expect(withdrawn.state == .withdrawn && withdrawn.leftOpen.map(\.operator) == ["dtnum"])
      #expect(withdrawn.closings?.map(\.operator) == ["dtnum"] && withdrawn.closings?.first?.overdue == false)
      let closed = try await Self.post(api, "\(path)/close", #"{"operator": "dtnum"}"#, headers: ["If-Match": "\"3\""])
      #expect(closed.status == 200, "\(closed.text)")
      let ended: FlowView = try closed.decode()
      #expect(ended.leftOpen.isEmpty && ended.closings == nil && ended.revision == 4)
      _ = try await Self.post(api, "\(path)/close", #"{"operator": "dtnum"}"#, headers: ["If-Match": "\"4\""])
        .problem(403, .forbidden)
      let known = try await api.send(.get, "\(Self.base)\(path)", headers: ["If-None-Match": "\"4\""])
      #expect(known.status == 304)
    }
  }

  @Test func `what can not be is refused, and says where`() async throws {
    try await Self.run { api in
      for (body, status, code, field) in [
        (Self.wish("nulle-part"), 409, ProblemCode.conflict, "system"),
        (Self.wish(project: "fantome"), 409, .conflict, "environment"),
        (Self.wish("vigie/prod"), 422, .invalid, "system"),
        (Self.wish().replacing("443, 8443", with: "0"), 422, .invalid, "ports"),
        (Self.wish().replacing("Échanges comptables", with: " "), 422, .invalid, "motive"),
        (Self.wish().replacing("443, 8443", with: ""), 400, .malformed, "ports"),
        (Self.wish().replacing("443, 8443", with: "\"ssh\""), 400, .malformed, "ports[0]"),
        (Self.wish().replacing("outbound", with: "sideways"), 400, .malformed, "direction"),
      ] {
        let problem = try await api.refuse(
          .post, Self.base, body, type: "application/json", with: status, code)
        #expect(problem.errors?.map(\.path) == [field], "\(body)")
      }
      let asked: FlowView = try await Self.post(api, "", Self.wish()).decode()
      let path = "\(Self.base)/\(asked.id.uuidString.lowercased())"
      let stranger = #"{"operator": "alize"}"#
      _ = try await api.refuse(
        .post, "\(path)/open", stranger, type: "application/json", headers: ["If-Match": "\"1\""], with: 403, .forbidden
      )
      _ = try await api.refuse(.get, "\(Self.base)/\(UUID())", with: 404, .notFound)
      let rejected: FlowView = try await Self.post(
        api, "/\(asked.id.uuidString.lowercased())/reject", #"{"operator": "dtnum", "reason": "non"}"#,
        headers: ["If-Match": "\"1\""]
      ).decode()
      #expect(rejected.state == .rejected && rejected.rejectedBy == "dtnum" && rejected.reason == "non")
      let own = #"{"operator": "dtnum"}"#
      _ = try await api.refuse(
        .post, "\(path)/open", own, type: "application/json", headers: ["If-Match": "\"2\""], with: 409, .requestState)
    }
  }

  @Test func `what an operator says of a flow is of the ends that it has read, and of no others`() async throws {
    try await Self.run { api in
      let asked: FlowView = try await Self.post(api, "", Self.wish()).decode()
      let path = "\(Self.base)/\(asked.id.uuidString.lowercased())"
      let region = try #require(asked.ends.first?.region)
      for (act, body, present) in [
        ("open", #"{"operator": "dtnum"}"#, region),
        ("reject", #"{"operator": "dtnum", "reason": "non"}"#, region), ("close", #"{"operator": "dtnum"}"#, "aucun"),
      ] {
        func refuse(_ headers: [String: String], _ status: Int, _ code: ProblemCode) async throws -> Problem {
          try await api.refuse(
            .post, "\(path)/\(act)", body, type: "application/json", headers: headers, with: status, code)
        }
        #expect(try await refuse([:], 428, .preconditionRequired).detail.contains("If-Match"))
        _ = try await refuse(["If-Match": "*"], 400, .badParameter)
        let stale = try await refuse(["If-Match": "\"9\""], 412, .versionMismatch)
        #expect(stale.detail.contains(present), "\(stale.detail)")
      }
      let same: FlowView = try await api.send(.get, path).decode()
      #expect(same.revision == 1 && same.state == .pending)
    }
  }

  @Test func `a team asks for its own, the operator of the task acts, and others do not know of it`() async throws {
    try await Self.run(authentication: .required(SpokenRoles())) { api in
      let (team, other) = (APIFixture.being(.projectTeam("vigie")), APIFixture.being(.projectTeam("betaapp")))
      _ = try await Self.post(api, "", Self.wish(), headers: other).problem(403, .forbidden)
      let asked: FlowView = try await Self.post(api, "", Self.wish("annuaire/prod"), headers: team).decode()
      let path = "/\(asked.id.uuidString.lowercased())"
      // Where the other project is, and whose, is not for this team to know before the flow is open.
      #expect(asked.ends.map(\.side) == [.environment, .system])
      #expect(asked.ends.map(\.operator) == ["dtnum", nil] && asked.waiting == ["dtnum"])
      #expect(asked.crossesSensitivities == nil && asked.crossesRegions == nil)
      #expect(asked.ends.map { $0.region != nil } == [true, false] && asked.ends[1].sensitivity == nil)
      for headers in [
        team, APIFixture.being(.projectTeam("annuaire")), APIFixture.being(.operator("dtnum")),
        APIFixture.being(.boardMember(operator: "alize")), APIFixture.being(.auditor),
      ] {
        #expect(try await api.send(.get, "\(Self.base)\(path)", headers: headers).status == 200)
        let seen: ListView<FlowView> = try await api.send(.get, Self.base, headers: headers).decode()
        #expect(seen.items.map(\.id) == [asked.id])
      }
      for headers in [other, APIFixture.being(.operator("alize"))] {
        _ = try await api.send(.get, "\(Self.base)\(path)", headers: headers).problem(404, .notFound)
        let seen: ListView<FlowView> = try await api.send(.get, Self.base, headers: headers).decode()
        #expect(seen.items.isEmpty)
      }
      _ = try await api.send(.get, Self.base, headers: APIFixture.being(.console)).problem(403, .forbidden)
      for headers in [team, APIFixture.being(.boardMember(operator: "dtnum")), APIFixture.being(.governanceAdmin)] {
        _ = try await Self.post(api, "\(path)/open", "{}", headers: headers).problem(403, .forbidden)
      }
      let stranger = APIFixture.being(.operator("alize"))
      let read = ["If-Match": "\"1\""]
      _ = try await Self.post(api, "\(path)/open", "{}", headers: stranger.merging(read) { $1 }).problem(404, .notFound)
      let far = APIFixture.being(.projectTeam("annuaire"))
      _ = try await Self.post(api, "\(path)/withdraw", "{}", headers: far).problem(403, .forbidden)
      let opened: FlowView = try await Self.post(
        api, "\(path)/open", "{}", headers: APIFixture.being(.operator("dtnum")).merging(read) { $1 }
      ).decode()
      #expect(opened.state == .opened && opened.ends.allSatisfy { $0.region != nil })
    }
  }
}
