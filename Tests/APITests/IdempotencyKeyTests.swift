import Contract
import Foundation
import HTTPTypes
import Model
import Testing

@testable import API

struct IdempotencyKeyTests {
  @Test func `the same key and body get the same stored answer, whatever has happened since`() async throws {
    try await APIFixture.run { api in
      try await api.offer(projects: ["vigie"])
      let first = try await api.place("vigie", headers: ["Idempotency-Key": "k1"])
      #expect(first.status == 201 && first.header("idempotency-replayed") == nil)
      #expect(try await api.send(.put, "/api/v1/projects/vigie", Offered.project("vigie", cpu: "3")).status == 200)
      #expect(try await api.place("vigie").status == 201, "the world moves on")
      let before = try await api.rows()
      let again = try await api.place("vigie", headers: ["Idempotency-Key": "k1"])
      #expect(again.status == 201 && again.body == first.body)
      #expect(again.header("location") == first.header("location"))
      #expect(again.header("idempotency-replayed") == "true")
      #expect(try await api.rows() == before)
    }
  }

  @Test func `the stored answer speaks the language that is asked for`() async throws {
    try await APIFixture.run { api in
      try await api.offer(projects: ["vigie"])
      let french = try await api.place("vigie", headers: ["Idempotency-Key": "k1"])
      let english = try await api.place("vigie", headers: ["Idempotency-Key": "k1", "Accept-Language": "en"])
      #expect(french.header("content-language") == "fr" && english.header("content-language") == "en")
      #expect(try french.decode(DecisionView.self).decision == english.decode(DecisionView.self).decision)
    }
  }

  @Test func `the same body written otherwise is the same request`() async throws {
    try await APIFixture.run { api in
      try await api.offer()
      let key = ["Idempotency-Key": "k1"]
      let yaml = try await api.send(.post, "/api/v1/placements", Offered.project("vigie"), headers: key)
      #expect(yaml.status == 201, "\(yaml.text)")
      let commented = "# the same\n" + Offered.project("vigie")
      let again = try await api.send(.post, "/api/v1/placements", commented, type: "text/yaml", headers: key)
      #expect(again.header("idempotency-replayed") == "true" && again.body == yaml.body)
    }
  }

  @Test func `the same key with another body is refused, and nothing is stored`() async throws {
    try await APIFixture.run { api in
      try await api.offer(projects: ["vigie", "autre"])
      let key = ["Idempotency-Key": "k1"]
      #expect(try await api.place("vigie", headers: key).status == 201)
      for body in [#"{"project": "autre"}"#, Offered.project("vigie"), Offered.project("autre")] {
        let problem = try await api.refuse(
          .post, "/api/v1/placements", body, headers: key, with: 422, .idempotencyMismatch)
        #expect(problem.detail.contains("Idempotency-Key") && problem.errors == nil)
      }
    }
  }

  @Test func `many requests with one key at once are one decision`() async throws {
    try await APIFixture.run { api in
      try await api.offer(projects: ["vigie"])
      let answers = try await withThrowingTaskGroup(of: Answer.self) { group in
        for _ in 0..<12 { group.addTask { try await api.place("vigie", headers: ["Idempotency-Key": "k1"]) } }
        return try await group.reduce(into: [Answer]()) { $0.append($1) }
      }
      #expect(answers.allSatisfy { $0.status == 201 })
      #expect(Set(answers.map(\.body)).count == 1, "one answer for all")
      #expect(answers.filter { $0.header("idempotency-replayed") == nil }.count == 1)
      #expect(try await api.count("decisions") == 1)
      #expect(try await api.count("idempotency_keys") == 1)
      #expect(try await api.count("outbox") == 2, "one for each environment")
    }
  }

  @Test func `many requests with one key and different bodies at once: one is carried out`() async throws {
    try await APIFixture.run { api in
      let projects = (0..<6).map { "projet\($0)" }
      try await api.offer(projects: projects)
      let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
        for project in projects {
          group.addTask { try await api.place(project, headers: ["Idempotency-Key": "k1"]).status }
        }
        return try await group.reduce(into: []) { $0.append($1) }
      }
      #expect(statuses.sorted() == [201, 422, 422, 422, 422, 422])
      #expect(try await api.count("decisions") == 1)
    }
  }

  @Test func `a key whose request failed is free again, for any body`() async throws {
    try await APIFixture.run { api in
      try await api.offer(projects: ["vigie"])
      let key = ["Idempotency-Key": "k1"]
      _ = try await api.refuse(
        .post, "/api/v1/placements", #"{"project": "absent"}"#, headers: key, with: 404, .notFound)
      _ = try await api.refuse(.post, "/api/v1/placements", "kind: [", headers: key, with: 400, .malformed)
      let answer = try await api.place("vigie", headers: key)
      #expect(answer.status == 201 && answer.header("idempotency-replayed") == nil)
    }
  }

  @Test func `a decision that places nothing is an answer like any other`() async throws {
    try await APIFixture.run { api in
      try await api.offer()
      let key = ["Idempotency-Key": "k1"]
      let big = Offered.project("vigie", cpu: "400")
      let first = try await api.send(.post, "/api/v1/placements", big, headers: key)
      #expect(first.status == 200)
      #expect(try !first.decode(DecisionView.self).decision.placed)
      let again = try await api.send(.post, "/api/v1/placements", big, headers: key)
      #expect(again.header("idempotency-replayed") == "true" && again.body == first.body)
      #expect(try await api.count("decisions") == 1)
    }
  }

  @Test func `without a key, asking again for what is placed changes nothing`() async throws {
    try await APIFixture.run { api in
      try await api.offer(projects: ["vigie"])
      let first: DecisionView = try await api.place("vigie").decode()
      let before = try await api.rows()
      let answer = try await api.place("vigie")
      let again: DecisionView = try answer.decode()
      #expect(answer.status == 200 && !again.changed && first.changed)
      #expect(again.decision == first.decision && again.placements == first.placements)
      #expect(try await api.rows() == before)
    }
  }

  @Test func `keys that are not keys are refused`() async throws {
    try await APIFixture.run { api in
      try await api.offer(projects: ["vigie"])
      for key in ["", String(repeating: "k", count: 256), "clé", "a\tb"] {
        let problem = try await api.refuse(
          .post, "/api/v1/placements", #"{"project": "vigie"}"#, headers: ["Idempotency-Key": key], with: 400,
          .badParameter)
        #expect(problem.detail.contains("Idempotency-Key"))
      }
      let longest = String(repeating: "k", count: 255)
      #expect(try await api.place("vigie", headers: ["Idempotency-Key": longest]).status == 201)
    }
  }
}
