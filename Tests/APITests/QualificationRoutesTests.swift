import Contract
import Foundation
import HTTPTypes
import Identity
import Model
import Requests
import Testing

@testable import API

/// Who may say what of a qualification, and who learns of it.
struct QualificationRoutesTests {
  private static let region = Offered.region.replacing(
    #"{name: SecNumCloud, validFrom: "2026-01-01", validUntil: "2099-12-31"}"#,
    with: """
      {name: SecNumCloud, validFrom: "2026-01-01", validUntil: "2099-12-31"}, \
      {name: HDS, validFrom: "2026-01-01", validUntil: "2099-12-31", evidence: {reference: "certificat 12"}}
      """)

  private func run(_ body: @escaping @Sendable (APIFixture, String) async throws -> Void) async throws {
    try await APIFixture.run(authentication: .required(SpokenRoles())) { api in
      for (path, text) in Offered.all {
        #expect(try await api.send(.put, "/api/v1/\(path)", text, headers: APIFixture.all).status == 201)
      }
      let declared = try await api.send(
        .put, "/api/v1/regions/nord", Self.region, headers: APIFixture.being(.operator("dtnum")))
      #expect(declared.status == 200)
      #expect(declared.header("warning")?.contains("qualifications") == true, "it is told that it does not count")
      let all = try await list(api, .auditor)
      #expect(all.map(\.name) == ["SecNumCloud", "HDS"] && all.map(\.standing) == [.acknowledged, .pending])
      try await body(api, all[1].id)
    }
  }

  private func list(_ api: APIFixture, _ roles: Role..., query: String = "") async throws -> [QualificationView] {
    let headers = ["authorization": "Bearer \(roles.map(\.description).joined(separator: "+"))"]
    let view: ListView<QualificationView> = try await api.send(
      .get, "/api/v1/qualifications\(query)", headers: headers
    ).decode()
    return view.items
  }

  private func say(
    _ api: APIFixture, _ id: String, _ verb: String, _ body: String = "{}", _ roles: Role...
  ) async throws -> Answer {
    let headers = ["authorization": "Bearer \(roles.map(\.description).joined(separator: "+"))"]
    return try await api.send(
      .post, "/api/v1/qualifications/\(id)/\(verb)", body, type: "application/json", headers: headers)
  }

  @Test func `a board member of another operator acknowledges, and nobody who is with the region's own`() async throws {
    try await run { api, id in
      for roles in [
        [Role.boardMember(operator: "dtnum")], [.boardMember(operator: "anfsi"), .operator("dtnum")],
        [.boardMember(operator: Role.everyone)],
      ] {
        let headers = ["authorization": "Bearer \(roles.map(\.description).joined(separator: "+"))"]
        _ = try await api.send(
          .post, "/api/v1/qualifications/\(id)/acknowledge", #"{"operator": "\#(roles[0].subject ?? "")"}"#,
          type: "application/json", headers: headers
        ).problem(403, .forbidden)
      }
      for role in [Role.operator("anfsi"), .auditor, .console, .projectTeam("vigie")] {
        _ = try await say(api, id, "acknowledge", "{}", role).problem(403, .forbidden)
      }
      let named = #"{"operator": "alize"}"#
      _ = try await say(api, id, "acknowledge", named, .boardMember(operator: "anfsi")).problem(403, .forbidden)
      #expect(try await list(api, .auditor, query: "?standing=pending").map(\.id) == [id])
      let said: QualificationView = try await say(api, id, "acknowledge", "{}", .boardMember(operator: "anfsi"))
        .decode()
      #expect(said.standing == .acknowledged && said.saidBy == "anfsi" && said.id == id)
      let again: QualificationView = try await say(api, id, "acknowledge", "{}", .boardMember(operator: "alize"))
        .decode()
      #expect(again == said, "it is said already")
    }
  }

  @Test func `a refusal has a reason, which is for those whom it concerns`() async throws {
    try await run { api, id in
      let body = #"{"reason": "Le certificat ne couvre pas ce site."}"#
      _ = try await say(api, id, "refuse", "{}", .governanceAdmin).problem(400, .malformed)
      _ = try await say(api, id, "refuse", #"{"reason": " "}"#, .governanceAdmin).problem(422, .invalid)
      #expect(try await say(api, id, "refuse", body, .governanceAdmin).status == 200)
      for (role, knows) in [
        (Role.operator("dtnum"), true), (.boardMember(operator: "anfsi"), true), (.auditor, true),
        (.operator("anfsi"), false), (.console, false), (.projectTeam("vigie"), false),
      ] {
        let one = try await list(api, role, query: "?region=nord&standing=refused")
        #expect(one.map(\.standing) == [.refused] && (one[0].reason != nil) == knows, "\(role)")
      }
      #expect(try await list(api, .auditor, query: "?region=sud").isEmpty)
      _ = try await api.send(.get, "/api/v1/qualifications?standing=x", headers: APIFixture.all)
        .problem(400, .badParameter)
      _ = try await say(api, "0", "acknowledge", "{}", .governanceAdmin).problem(404, .notFound)
    }
  }

  @Test func `an operator declares with days and evidence, and what who administers declares without waits`()
    async throws
  {
    try await run { api, _ in
      let bare = Offered.region.replacing("{name: SecNumCloud,", with: "{name: ISO27001}, {name: SecNumCloud,")
      let problem = try await api.send(
        .put, "/api/v1/regions/nord", bare, headers: APIFixture.being(.operator("dtnum"))
      ).problem(422, .invalid)
      #expect(
        problem.errors?.map(\.path) == [
          "spec.qualifications[0].validFrom", "spec.qualifications[0].validUntil", "spec.qualifications[0].evidence",
        ])
      let written = try await api.send(.put, "/api/v1/regions/nord", bare, headers: APIFixture.being(.governanceAdmin))
      #expect(written.status == 200 && written.header("warning")?.contains("qualifications") == true)
      let all = try await list(api, .auditor)
      #expect(all.map(\.standing) == [.pending, .acknowledged])
      _ = try await say(api, all[0].id, "acknowledge", "{}", .governanceAdmin).problem(409, .requestState)
    }
  }
}
