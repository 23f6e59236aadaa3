import Contract
import Foundation
import HTTPTypes
import Model
import Placement
import Testing

@testable import API

/// Many projects at once.
struct BatchRoutesTests {
  private static let path = "/api/v1/placements:batch"

  private func ask(_ api: APIFixture, _ body: String, key: String? = nil) async throws -> BatchView {
    let answer = try await api.send(
      .post, Self.path, body, type: "application/json", headers: key.map { ["Idempotency-Key": $0] } ?? [:])
    try #require(answer.status == 200, "\(answer.text)")
    return try answer.decode()
  }

  @Test func `a dry run says where all would go, and decides nothing`() async throws {
    try await APIFixture.run { api in
      try await api.offer(projects: ["alpha", "beta"])
      let before = try await api.rows()
      let view = try await ask(api, #"{"projects": ["alpha", "beta"], "dryRun": true}"#)
      #expect(view.dryRun && !view.committed && view.value.placed == 2 && view.outcome == .optimal)
      #expect(view.entries.map(\.project).sorted() == ["alpha", "beta"])
      #expect(view.entries.allSatisfy { $0.places.count == 2 && $0.commit == nil && $0.chain == "forge" })
      #expect(try await api.rows() == before)
    }
  }

  @Test func `a batch is decided in its order, and once under its key`() async throws {
    try await APIFixture.run { api in
      try await api.offer(projects: ["alpha", "beta"])
      let body = #"{"projects": ["alpha", "beta"], "dryRun": false}"#
      let view = try await ask(api, body, key: "k1")
      #expect(
        view.committed && view.entries.allSatisfy { $0.commit?.asPlanned == true && $0.commit?.replayed == false })
      #expect(try await api.count("placements") == 4)
      let again = try await ask(api, body, key: "k1")
      #expect(again.entries.allSatisfy { $0.commit?.replayed == true })
      #expect(Set(again.entries.map(\.commit?.decision)) == Set(view.entries.map(\.commit?.decision)))
      #expect(try await api.count("decisions") == 2)
    }
  }

  @Test func `what does not fit beside the others is told, and all or nothing holds`() async throws {
    try await APIFixture.run { api in
      try await api.offer()
      // Of 64 cores, less a tenth, two projects of 20.5 have room.
      for name in ["alpha", "beta", "gamma"] {
        #expect(try await api.send(.put, "/api/v1/projects/\(name)", Offered.project(name, cpu: "20")).status == 201)
      }
      let some = try await ask(api, #"{"projects": ["alpha", "beta", "gamma"], "dryRun": true}"#)
      #expect(some.value.placed == 2 && some.bound.placed >= 2)
      let out = try #require(some.entries.first { $0.status == .crowdedOut })
      #expect(!out.reasons.isEmpty && out.places.isEmpty)
      let none = try await ask(
        api, #"{"projects": ["alpha", "beta", "gamma"], "dryRun": false, "allOrNothing": true}"#)
      #expect(!none.committed && none.value.placed == 0 && none.entries.allSatisfy { $0.commit == nil })
      #expect(try await api.count("decisions") == 0)
    }
  }

  @Test func `what is no batch is refused at its field`() async throws {
    try await APIFixture.run { api in
      try await api.offer(projects: ["alpha"])
      let many = (0...1000).map { #""p\#($0)""# }.joined(separator: ",")
      for (body, path, status) in [
        (#"{"projects": ["alpha"]}"#, "dryRun", 400), (#"{"dryRun": true}"#, "projects", 400),
        (#"{"projects": "alpha", "dryRun": true}"#, "projects", 400),
        (#"{"projects": ["alpha"], "dryRun": "yes"}"#, "dryRun", 400),
        (#"{"projects": ["alpha"], "dryRun": true, "force": true}"#, "force", 400),
        (#"{"projects": [], "dryRun": true}"#, "projects", 422),
        (#"{"projects": [\#(many)], "dryRun": true}"#, "projects", 422),
        (#"{"projects": ["alpha"], "dryRun": true, "nodeBudget": 0}"#, "nodeBudget", 422),
        (#"{"projects": ["alpha"], "dryRun": true, "nodeBudget": 10000001}"#, "nodeBudget", 422),
      ] {
        let problem = try await api.refuse(
          .post, Self.path, body, type: "application/json", with: status, status == 400 ? .malformed : .invalid)
        #expect(problem.errors?.map(\.path) == [path], "\(body)")
      }
      _ = try await api.refuse(
        .post, Self.path, #"{"projects": ["alpha", "absent"], "dryRun": false}"#, type: "application/json", with: 404,
        .notFound)
    }
  }
}
