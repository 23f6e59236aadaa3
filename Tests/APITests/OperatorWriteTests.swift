import Contract
import Foundation
import HTTPTypes
import Testing

@testable import API

/// Who is an operator, and who speaks for one, is the electorate: neither keys nor an operator of all make it.
@Suite struct OperatorWriteTests {
  private static let admin = ["authorization": "Bearer governance-admin"]
  private static let dtnum = Offered.op.replacing(
    "representatives: [{group: /regie/operators/dtnum}]", with: "representatives: []")

  /// The small offer, put by who administers, and the headers of a new key in this role.
  private static func run(
    _ role: String, _ body: @escaping @Sendable (APIFixture, [String: String]) async throws -> Void
  ) async throws {
    try await KeyedAPI.run { api, _ in
      for (path, text) in Offered.all {
        #expect(try await api.send(.put, "/api/v1/\(path)", text, headers: admin).status == 201)
      }
      let new: NewAPIKeyView = try await api.send(
        .post, "/api/v1/keys", #"{"name": "n", "roles": ["\#(role)"]}"#, type: "application/json", headers: admin
      ).decode()
      try await body(api, ["x-api-key": new.secret])
    }
  }

  @Test(arguments: ["operator(dtnum)", "operator(*)"])
  func `a key says neither who speaks for an operator nor what it is`(role: String) async throws {
    try await Self.run(role) { api, key in
      let new = Offered.op.replacing("name: dtnum", with: "name: nouveau")
      for (name, text) in [("dtnum", Self.dtnum), ("nouveau", new), ("dtnum", Offered.op)] {
        let problem = try await api.refuse(
          .put, "/api/v1/operators/\(name)", text, headers: key, with: 403, .forbidden)
        #expect(problem.detail.contains("clé"))
      }
      // The rest of its part of the offer it keeps.
      let cluster = Offered.cluster("nord-2")
      #expect(try await api.send(.put, "/api/v1/clusters/nord-2", cluster, headers: key).status == 201)
    }
  }

  @Test func `who is every operator is not who administers: representatives, and nothing else`() async throws {
    try await Self.run("console") { api, _ in
      let everyone = ["authorization": "Bearer operator(*)"]
      let new = Offered.op.replacing("name: dtnum", with: "name: nouveau")
      _ = try await api.refuse(.put, "/api/v1/operators/nouveau", new, headers: everyone, with: 403, .forbidden)
      let labelled = Offered.op.replacing("team: socle", with: "team: autre")
      _ = try await api.refuse(.put, "/api/v1/operators/dtnum", labelled, headers: everyone, with: 403, .forbidden)
      #expect(try await api.send(.put, "/api/v1/operators/dtnum", Self.dtnum, headers: everyone).status == 200)
      #expect(try await api.send(.put, "/api/v1/operators/nouveau", new, headers: Self.admin).status == 201)
    }
  }
}
