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
      #expect(view.isExhausted == false)
      let stopped = try await ask(api, #"{"projects": ["alpha", "beta"], "dryRun": true, "nodeBudget": 1}"#)
      #expect(stopped.isExhausted == true)
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
      #expect(!out.reasons.isEmpty && out.places.isEmpty && out.conflict == .alone)
      let others = some.entries.filter { $0.status == .placed }
      #expect(others.count == 2 && others.compactMap(\.conflict).isEmpty)
      let none = try await ask(
        api, #"{"projects": ["alpha", "beta", "gamma"], "dryRun": false, "allOrNothing": true}"#)
      #expect(!none.committed && none.value.placed == 0 && none.entries.allSatisfy { $0.commit == nil })
      #expect(try await api.count("decisions") == 0)
    }
  }

  @Test func `what is refused by itself has its own problem, and the others are decided on`() async throws {
    try await APIFixture.run { api in
      try await api.offer(projects: ["alpha", "beta"])
      let reserved = try await api.send(
        .post, "/api/v1/reservations", #"{"project": "alpha"}"#, type: "application/json")
      #expect(reserved.status == 201)
      let view = try await ask(api, #"{"projects": ["alpha", "beta"], "dryRun": false}"#, key: "k")
      #expect(!view.committed)
      let (alpha, beta) = (try entry("alpha", view), try entry("beta", view))
      #expect(alpha.problem?.code == ProblemCode.reservationPending.rawValue && alpha.commit == nil)
      #expect(beta.problem == nil && beta.commit?.asPlanned == true)
      #expect(try await api.count("decisions") == 2, "the reservation's and that of beta")
    }
  }

  @Test func `of all or nothing, one that is refused leaves nothing decided, and says why`() async throws {
    try await APIFixture.run { api in
      try await api.offer(projects: ["alpha", "beta"])
      let reserved = try await api.send(
        .post, "/api/v1/reservations", #"{"project": "beta"}"#, type: "application/json")
      #expect(reserved.status == 201)
      let before = try await api.rows()
      let view = try await ask(
        api, #"{"projects": ["alpha", "beta"], "dryRun": false, "allOrNothing": true}"#, key: "k")
      #expect(!view.committed && view.entries.allSatisfy { $0.commit == nil })
      #expect(try entry("beta", view).problem?.code == ProblemCode.reservationPending.rawValue)
      #expect(try entry("alpha", view).problem == nil)
      #expect(try await api.rows() == before)
    }
  }

  @Test func `all or nothing is answered once under its key, whatever is on offer afterwards`() async throws {
    try await APIFixture.run { api in
      try await api.offer(projects: ["alpha", "beta"])
      let body = #"{"projects": ["beta", "alpha"], "dryRun": false, "allOrNothing": true}"#
      let key = String(repeating: "k", count: 255)
      let view = try await ask(api, body, key: key)
      #expect(view.committed && view.entries.allSatisfy { $0.commit?.asPlanned == true })
      let closed = Offered.cluster("nord-1").replacing(
        "stages: [dev, prod]", with: "stages: [dev, prod]\n  state: closed")
      #expect(try await api.send(.put, "/api/v1/clusters/nord-1", closed).status == 200)
      let again = try await ask(api, body, key: key)
      #expect(again.committed && again.entries.allSatisfy { $0.commit?.replayed == true })
      #expect(Set(again.entries.map(\.commit?.decision)) == Set(view.entries.map(\.commit?.decision)))
      #expect(try await api.count("decisions") == 2)
      let other = body.replacing(#""beta", "alpha""#, with: #""alpha""#)
      let refused = try await api.send(
        .post, Self.path, other, type: "application/json", headers: ["Idempotency-Key": key])
      _ = try refused.problem(422, .idempotencyMismatch)
    }
  }

  @Test func `each that was decided on is answered once under its key, whatever is on offer afterwards`() async throws {
    try await APIFixture.run { api in
      try await api.offer(projects: ["alpha", "beta", "gamma"])
      let body = #"{"projects": ["beta", "alpha"], "dryRun": false, "acceptUndecided": true}"#
      let key = String(repeating: "k", count: 255)
      let view = try await ask(api, body, key: key)
      #expect(view.committed && view.entries.allSatisfy { $0.commit?.asPlanned == true })
      let closed = Offered.cluster("nord-1").replacing(
        "stages: [dev, prod]", with: "stages: [dev, prod]\n  state: closed")
      #expect(try await api.send(.put, "/api/v1/clusters/nord-1", closed).status == 200)
      let again = try await ask(api, body, key: key)
      #expect(again.committed && again.entries.allSatisfy { $0.commit?.replayed == true })
      #expect(Set(again.entries.map(\.commit?.decision)) == Set(view.entries.map(\.commit?.decision)))
      #expect(try await api.count("decisions") == 2)
      // What has no answer yet is decided beside what has.
      #expect(try await api.send(.put, "/api/v1/clusters/nord-2", Offered.cluster("nord-2")).status == 201)
      let wider = try await ask(api, body.replacing(#""alpha""#, with: #""alpha", "gamma""#), key: key)
      #expect(wider.committed && wider.entries.count == 3)
      let replayed = wider.entries.filter { $0.commit?.replayed == true }.map(\.project)
      #expect(Set(replayed) == ["alpha", "beta"])
      #expect(try await api.count("decisions") == 3)
    }
  }

  @Test func `what has a place and was not decided on leaves a batch not committed, whatever was decided before`()
    async throws
  {
    try await APIFixture.run { api in
      try await api.offer(projects: ["alpha"])
      #expect(try await ask(api, #"{"projects": ["alpha"], "dryRun": false}"#, key: "k").committed)
      // Of two environments and two clusters nobody tries every plan.
      #expect(try await api.send(.put, "/api/v1/clusters/nord-2", Offered.cluster("nord-2")).status == 201)
      #expect(try await api.send(.put, "/api/v1/projects/beta", Offered.project("beta", cpu: "20")).status == 201)
      let view = try await ask(api, #"{"projects": ["alpha", "beta"], "dryRun": false}"#, key: "k")
      let (alpha, beta) = (try entry("alpha", view), try entry("beta", view))
      try #require(view.outcome == .undecided && beta.status == .placed)
      #expect(alpha.commit?.replayed == true && beta.commit == nil && beta.problem == nil)
      #expect(!view.committed)
      #expect(try await api.count("decisions") == 1)
      let accepted = #"{"projects": ["alpha", "beta"], "dryRun": false, "acceptUndecided": true}"#
      #expect(try await ask(api, accepted, key: "k").committed)
    }
  }

  @Test(arguments: [["essai", "service"], ["service", "essai"]], [false, true])
  func `where stages have limits of their own, all are decided in the order in which they have room`(
    names: [String], allOrNothing: Bool
  ) async throws {
    try await APIFixture.run { api in
      // Of 10 cores, development may be promised 20, production no more than there are.
      for (path, text) in Offered.all {
        let given = text.replacing("cpu: 64,", with: "cpu: 10,")
          .replacing("{id: reserve, reserve: 100m}", with: "{id: double, stages: [dev], overcommit: 2}")
        try #require(try await api.send(.put, "/api/v1/\(path)", given).status == 201)
      }
      let other = "\n    - {name: dev, stage: dev, quota: {cpu: 500m, memory: 1Gi, pods: 10}}"
      let service = Offered.project("service", cpu: "8").replacing(other, with: "")
      let essai = Offered.project("essai", cpu: "12").replacing(other, with: "")
        .replacing("{name: prod, stage: prod,", with: "{name: dev, stage: dev,")
      #expect(try await api.send(.put, "/api/v1/projects/service", service).status == 201)
      #expect(try await api.send(.put, "/api/v1/projects/essai", essai).status == 201)
      let body = """
        {"projects": ["\(names[0])", "\(names[1])"], "dryRun": false, "allOrNothing": \(allOrNothing),
          "acceptUndecided": true}
        """
      let view = try await ask(api, body, key: "k")
      let problems = view.entries.compactMap(\.problem?.detail)
      #expect(view.committed && view.entries.map(\.project) == ["service", "essai"], "\(problems)")
      #expect(view.entries.allSatisfy { $0.commit?.asPlanned == true && $0.commit?.replayed == false })
      let again = try await ask(api, body, key: "k")
      #expect(again.committed && again.entries.allSatisfy { $0.commit?.replayed == true })
      #expect(try await api.count("decisions") == 2)
    }
  }

  @Test func `long keys are told apart to their last character`() async throws {
    try await APIFixture.run { api in
      try await api.offer(projects: ["alpha"])
      let body = #"{"projects": ["alpha"], "dryRun": false}"#
      let tail = String(repeating: "k", count: 250)
      #expect(try await ask(api, body, key: "a\(tail)").entries[0].commit?.replayed == false)
      #expect(try await ask(api, body, key: "b\(tail)").entries[0].commit?.replayed == false)
      #expect(try await ask(api, body, key: "a\(tail)").entries[0].commit?.replayed == true)
      let long = String(repeating: "k", count: 256)
      let refused = try await api.send(
        .post, Self.path, body, type: "application/json", headers: ["Idempotency-Key": long])
      #expect(refused.status == 400 || refused.status == 422)
    }
  }

  @Test func `of batches for the same room that come at once, each is whole or nothing`() async throws {
    try await APIFixture.run { api in
      try await api.offer()
      // Of 64 cores, less a tenth, two projects of 20.5 have room: one batch.
      let batches = [["a1", "a2"], ["b1", "b2"], ["c1", "c2"], ["d1", "d2"]]
      for name in batches.joined() {
        #expect(try await api.send(.put, "/api/v1/projects/\(name)", Offered.project(name, cpu: "20")).status == 201)
      }
      let views = try await withThrowingTaskGroup(of: BatchView.self) { group in
        for names in batches {
          let body = #"{"projects": ["\#(names[0])", "\#(names[1])"], "dryRun": false, "allOrNothing": true}"#
          group.addTask { try await ask(api, body, key: names[0]) }
        }
        return try await group.reduce(into: []) { $0.append($1) }
      }
      #expect(views.count { $0.committed } == 1)
      for view in views where !view.committed {
        #expect(view.entries.allSatisfy { $0.commit == nil })
        // Planned before the room was taken, one of them is told what is in the way; planned after, none is placed.
        let placed = view.entries.count { $0.status == .placed }
        #expect(view.entries.count { $0.problem != nil } == (placed == 0 ? 0 : 1))
      }
      #expect(try await api.count("placements") == 4)
      #expect(try await api.count("decisions") == 2)
    }
  }

  @Test func `what would have to move is proposed, and never decided on`() async throws {
    try await APIFixture.run { api in
      try await api.offer(projects: ["alpha", "beta"])
      #expect(try await api.place("alpha").status == 201)
      // Production may not stay where it is, and could go elsewhere.
      let closed = Offered.cluster("nord-1").replacing("stages: [dev, prod]", with: "stages: [dev]")
      #expect(try await api.send(.put, "/api/v1/clusters/nord-1", closed).status == 200)
      #expect(try await api.send(.put, "/api/v1/clusters/nord-2", Offered.cluster("nord-2")).status == 201)
      let proposed = try await ask(api, #"{"projects": ["alpha", "beta"], "dryRun": true, "mayMove": true}"#)
      let moved = try entry("alpha", proposed)
      #expect(moved.status == .placed && moved.places.compactMap(\.movedFrom) == ["nord-1"])
      let before = try await api.rows()
      _ = try await api.refuse(
        .post, Self.path, #"{"projects": ["alpha", "beta"], "dryRun": false, "mayMove": true}"#,
        type: "application/json", with: 422, .invalid)
      #expect(try await api.rows() == before)
      let view = try await ask(api, #"{"projects": ["alpha", "beta"], "dryRun": false}"#, key: "k")
      #expect(try entry("alpha", view).commit == nil && entry("beta", view).commit?.asPlanned == true)
    }
  }

  private func entry(_ project: String, _ view: BatchView) throws -> BatchView.Entry {
    try #require(view.entries.first { $0.project == project })
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
        (#"{"projects": ["alpha"], "dryRun": false, "mayMove": true}"#, "mayMove", 422),
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
