import Contract
import Foundation
import HTTPTypes
import Model
import Placement
import Store
import Testing

@testable import API

/// Clusters that are chosen for some environments, beside others that stand already, or are free to go anywhere.
struct PartialChoiceTests {
  /// Two copies that fill the clusters they are on, and one environment more.
  private static let project = ValidationRoutesTests.project(cpu: "8")

  private static func post(
    _ api: APIFixture, _ path: String, _ choices: String, _ project: String = Self.project
  ) async throws -> Answer {
    let body = #"{"project": \#(try ProjectText.json(project)), "choices": \#(choices)}"#
    return try await api.send(.post, path, body, type: "application/json")
  }

  private static func validate(
    _ api: APIFixture, _ choices: String, _ project: String = Self.project
  ) async throws -> ValidationView {
    let answer = try await post(api, Asked.validate, choices, project)
    try #require(answer.status == 200, "\(answer.text)")
    return try answer.decode()
  }

  /// Runs `body` where the copies stand on `nord-a` and `nord-b`, in this order, and the rest is not there yet.
  private static func run(_ body: @escaping @Sendable (APIFixture) async throws -> Void) async throws {
    try await ValidationRoutesTests.run { api in
      let copies = Self.project.components(separatedBy: "    - {name: dev")[0]
      let placed = try await Self.post(api, "/api/v1/placements", #"{"prod": ["nord-a", "nord-b"]}"#, copies)
      try #require(placed.status == 201, "\(placed.text)")
      try await body(api)
    }
  }

  @Test func `what is wrong with a choice is told with a key as without`() async throws {
    try await APIFixture.run { api in
      try await api.offer(projects: ["vigie"])
      for choices in ["{}", #"{"autre": ["nord-1"]}"#, #"{"prod": ["nowhere"]}"#] {
        let wish = #"{"project": "vigie", "choices": \#(choices)}"#
        let plain = try await api.refuse(
          .post, "/api/v1/placements", wish, type: "application/json", with: 422, .invalid)
        let keyed = try await api.send(
          .post, "/api/v1/placements", wish, type: "application/json", headers: ["Idempotency-Key": "wrong"])
        #expect(try keyed.problem(422, .invalid).errors == plain.errors, "\(choices)")
      }
    }
  }

  @Test func `an environment of which nothing is said stays where it stands, or is free`() async throws {
    try await Self.run { api in
      for choices in [#"{"dev": ["nord-1"]}"#, #"{"dev": ["nord-a"]}"#, #"{"prod": ["nord-a", "nord-b"]}"#] {
        let view = try await Self.validate(api, choices)
        #expect(view.valid && view.reasons.isEmpty && view.chain == "forge", "\(choices)")
        let isMoved = view.choices.contains { $0.movedFrom != nil }
        #expect(!isMoved && view.choices.count == (choices.contains("dev") ? 1 : 2), "only what was asked is told")
      }
      // What stands on a cluster is not moved to make room for what is chosen beside it.
      let larger = Self.project.replacing("quota: {cpu: 500m", with: "quota: {cpu: 2")
      let full = try await Self.validate(api, #"{"dev": ["nord-a"]}"#, larger)
      #expect(!full.valid && full.choices.map(\.accepted) == [false])
      // What is free does not hide what keeps the choices apart.
      let near = try await Self.validate(api, #"{"prod": ["nord-b", "nord-c"]}"#)
      let codes = near.reasons.map(\.code)
      #expect(!near.valid && codes.contains(.spreadUnsatisfiable) && near.nearest.count == 3, "\(codes)")
    }
  }

  @Test func `to say nothing of what stands is to say that it stays there`() async throws {
    try await Self.run { api in
      let placed = try await Self.post(api, "/api/v1/placements", #"{"dev": ["nord-1"]}"#)
      try #require(placed.status == 201, "\(placed.text)")
      // One more, that is to be on one cluster with `dev`.
      let tied = ValidationRoutesTests.tied(cpu: "8")
      for (cluster, isValid) in [("nord-1", true), ("nord-c", false)] {
        let standing = #""prod": ["nord-a", "nord-b"], "dev": ["nord-1"]"#
        let part = try await Self.validate(api, #"{"qualif": ["\#(cluster)"]}"#, tied)
        let whole = try await Self.validate(api, #"{"qualif": ["\#(cluster)"], \#(standing)}"#, tied)
        #expect(part.valid == isValid && whole.valid == isValid && part.reasons == whole.reasons, "\(cluster)")
        #expect(part.reasons.map(\.code) == (isValid ? [] : [.colocationUnsatisfiable]), "\(cluster)")
      }
    }
  }

  @Test func `copies keep the clusters that they are on, in whatever order these are named`() async throws {
    try await Self.run { api in
      func places(_ view: ValidationView) -> [String] {
        view.choices.filter { $0.environment == "prod" }.map { "\($0.cluster) from \($0.movedFrom ?? "there")" }
      }
      let turned = #"{"prod": ["nord-b", "nord-a"], "dev": ["nord-1"]}"#
      let same = try await Self.validate(api, turned)
      let kept = places(same)
      #expect(same.valid && kept == ["nord-a from there", "nord-b from there"], "\(kept)")
      let one = try await Self.validate(api, #"{"prod": ["nord-c", "nord-a"], "dev": ["nord-1"]}"#)
      let moved = places(one)
      #expect(one.valid && moved == ["nord-a from there", "nord-c from nord-b"], "\(moved)")
      // What is valid is what is decided: nothing would have to be moved.
      let before = try await api.store.placements().items.map(\.spec.id)
      #expect(try await Self.post(api, "/api/v1/placements", turned).status == 201)
      let after = try await api.store.placements().items
      #expect(Set(before).isSubset(of: after.map(\.spec.id)) && after.count == 3)
      let clusters = after.map(\.spec.cluster).sorted()
      #expect(clusters == ["nord-1", "nord-a", "nord-b"])
    }
  }

  @Test func `what may not stay where it stands is no obstacle to what is chosen beside it`() async throws {
    try await Self.run { api in
      let rule = "    - {id: loin, motive: {fr: Loin}, effect: forbid, places: {matchLabels: {cluster.name: nord-a}}}"
      let policy = Offered.policy.replacing("  rules:\n", with: "  rules:\n\(rule)\n")
      try #require(try await api.send(.put, "/api/v1/policies/regie", policy).status == 200)
      #expect(try await Self.validate(api, #"{"dev": ["nord-1"]}"#).valid)
      let answer = try await Self.post(api, "/api/v1/reservations", #"{"dev": ["nord-1"]}"#)
      try #require(answer.status == 201, "\(answer.text)")
      let reserved = try #require(try answer.decode(ReservationAnswer.self).reservation)
      #expect(reserved.places.map(\.environment) == ["dev"] && reserved.places.map(\.cluster) == ["nord-1"])
      // What was chosen itself goes there or nowhere.
      let refused = try await Self.post(
        api, "/api/v1/reservations", #"{"prod": ["nord-1", "nord-b"], "dev": ["nord-1"]}"#)
      _ = try refused.problem(409, .conflict)
    }
  }
}
