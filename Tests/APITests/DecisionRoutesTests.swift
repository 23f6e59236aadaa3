import Contract
import Foundation
import HTTPTypes
import Model
import Placement
import Postgres
import Testing

@testable import API

struct DecisionRoutesTests {
  @Test func `a decision is read and explained by its identifier, and by its project`() async throws {
    try await APIFixture.run { api in
      try await api.offer(projects: ["vigie"])
      _ = try await api.send(.get, "/api/v1/projects/vigie/explanation").problem(404, .notFound)
      let answer = try await api.place("vigie")
      let placed: DecisionView = try answer.decode()
      let path = try #require(answer.header("location"))
      #expect(try await api.send(.get, path).decode(DecisionIdentity.self) == placed.decision)
      for address in ["\(path)/explanation", "/api/v1/projects/vigie/explanation"] {
        #expect(try await api.send(.get, address).decode(ExplanationView.self) == placed.explanation)
      }
    }
  }

  @Test func `a decision made again from what is kept is the same, and decisions are listed, newest first`()
    async throws
  {
    try await APIFixture.run { api in
      try await api.offer(projects: ["vigie", "autre"])
      var placed: [DecisionIdentity] = []
      for name in ["vigie", "autre"] { placed.append(try await api.place(name).decode(DecisionView.self).decision) }
      for decision in placed {
        let answer = try await api.send(.post, "/api/v1/decisions/\(decision.id.uuidString.lowercased()):replay")
        let replay: ReplayView = try answer.decode()
        #expect(replay.outcome == .equal && replay.decision == decision && replay.differsAt == nil)
        #expect(replay.sentence.contains("octet pour octet"))
      }
      func list(_ query: String) async throws -> ListView<DecisionIdentity> {
        try await api.send(.get, "/api/v1/decisions\(query)").decode()
      }
      #expect(try await list("").items == placed.reversed())
      #expect(try await list("?project=vigie").items == [placed[0]])
      let first = try await list("?limit=1")
      #expect(first.items == [placed[1]])
      #expect(try await list("?limit=1&cursor=\(try #require(first.next))").items == [placed[0]])
      _ = try await api.send(.post, "/api/v1/decisions/x:replay").problem(400, .badParameter)
      let unknown = "0a000000-0000-4000-8000-00000000000a"
      _ = try await api.send(.post, "/api/v1/decisions/\(unknown):replay").problem(404, .notFound)
      _ = try await api.send(.get, "/api/v1/decisions/\(unknown):replay").problem(405, .methodNotAllowed)
    }
  }

  @Test func `a decision that was made on something else than what is there is told as such, wherever it is asked for`()
    async throws
  {
    try await APIFixture.run { api in
      try await api.offer(projects: ["vigie"])
      let placed: DecisionView = try await api.place("vigie").decode()
      let placement = try #require(placed.placements.first).spec.id.uuidString.lowercased()
      let decision = placed.decision.id.uuidString.lowercased()
      try await api.pool.withConnection {
        try await $0.script(
          """
          BEGIN;
          SET LOCAL session_replication_role = replica;
          UPDATE offer_snapshots SET bytes = bytes || ' '::bytea;
          COMMIT;
          """)
      }
      for path in ["decisions/\(decision)", "placements/\(placement)", "projects/vigie"] {
        _ = try await api.send(.get, "/api/v1/\(path)/explanation").problem(409, .conflict)
      }
      _ = try await api.send(.post, "/api/v1/decisions/\(decision):replay").problem(409, .conflict)
    }
  }

  @Test func `that no policy is in force is told of a choice, too, with a key or without`() async throws {
    try await APIFixture.run { api in
      let offered = Offered.all.filter { !$0.0.hasPrefix("policies/") } + [("projects/vigie", Offered.project("vigie"))]
      for (path, text) in offered { #expect(try await api.send(.put, "/api/v1/\(path)", text).status == 201) }
      let body = #"{"project": "vigie", "choices": {"prod": ["nord-1"], "dev": ["nord-1"]}}"#
      for (path, headers) in [
        ("placements", [:]), ("placements", ["Idempotency-Key": "k"]),
        ("reservations", ["Idempotency-Key": "k"]),
      ] as [(String, [String: String])] {
        let problem = try await api.refuse(
          .post, "/api/v1/\(path)", body, type: "application/json", headers: headers, with: 409, .noPolicy)
        #expect(problem.detail.contains("politique"), "\(path) \(headers)")
      }
    }
  }

  @Test func `explanations show a page, or all`() async throws {
    try await APIFixture.run { api in
      try await api.offer(projects: ["vigie"])
      for number in 2...3 {
        #expect(
          try await api.send(.put, "/api/v1/clusters/nord-\(number)", Offered.cluster("nord-\(number)")).status == 201)
      }
      let placed: DecisionView = try await api.place("vigie").decode()
      let placement = try #require(placed.placements.first).metadata.name
      let decision = placed.decision.id.uuidString.lowercased()
      for address in ["decisions/\(decision)", "placements/\(placement)", "projects/vigie"] {
        for (query, shown) in [("", 3), ("?limit=1", 1), ("?explain=full", 3)] {
          let view: ExplanationView = try await api.send(.get, "/api/v1/\(address)/explanation\(query)").decode()
          #expect(view.environments.allSatisfy { $0.candidates.count == shown && $0.omitted == 3 - shown })
          #expect(view.environments.allSatisfy { $0.accepted == 3 && $0.refused == 0 })
        }
      }
    }
  }

  @Test func `an old decision still says what it said, and the project shows the newest`() async throws {
    try await APIFixture.run { api in
      try await api.offer(projects: ["vigie"])
      let first = try await api.place("vigie")
      let path = try #require(first.header("location"))
      let refused = try await api.send(.post, "/api/v1/placements", Offered.project("vigie", cpu: "400"))
      #expect(try !refused.decode(DecisionView.self).decision.placed)
      let newest: ExplanationView = try await api.send(.get, "/api/v1/projects/vigie/explanation").decode()
      #expect(newest.outcome != .placed)
      let old: ExplanationView = try await api.send(.get, "\(path)/explanation").decode()
      #expect(try old == first.decode(DecisionView.self).explanation)
    }
  }

  @Test func `sentences are French, or English where that is preferred, and codes are the same`() async throws {
    try await APIFixture.run { api in
      try await api.offer()
      _ = try await api.send(.post, "/api/v1/placements", Offered.project("vigie", cpu: "400"))
      let path = "/api/v1/projects/vigie/explanation"
      func reasons(_ wish: String?) async throws -> [ExplanationView.ReasonView] {
        let answer = try await api.send(.get, path, headers: wish.map { ["Accept-Language": $0] } ?? [:])
        #expect(answer.header("content-language") == (wish == "en" ? "en" : "fr"))
        #expect(answer.header("vary") == "Accept-Language")
        return try answer.decode(ExplanationView.self).environments.flatMap(\.candidates).flatMap(\.reasons)
      }
      let (french, english) = (try await reasons("fr"), try await reasons("en"))
      #expect(try await reasons(nil) == french && !french.isEmpty)
      #expect(try await reasons("de") == french)
      #expect(french.map(\.code) == english.map(\.code) && french.map(\.sentence) != english.map(\.sentence))
    }
  }

  @Test func `a project is wished for by name in JSON, or comes along whole, and nothing else is a wish`() async throws
  {
    try await APIFixture.run { api in
      try await api.offer(projects: ["vigie"])
      for body in [
        "{}", #"{"project": 5}"#, #"{"project": null}"#, #"{"projet": "vigie"}"#,
        #"{"project": "vigie", "force": "yes"}"#,
        "project: vigie", "[]", #"["vigie"]"#, #""vigie""#, "vigie", Offered.op,
        #"{"project": "vigie", "project": "autre"}"#,
      ] {
        let problem = try await api.refuse(.post, "/api/v1/placements", body, with: 400, .malformed)
        #expect(problem.errors?.isEmpty == false, "\(body)")
      }
      let problem = try await api.refuse(.post, "/api/v1/placements", "{}", with: 400, .malformed)
      #expect(problem.errors?.first?.path == "kind" && problem.errors?.first?.accepted == "Project")
      for name in ["absent", "", "../vigie", "VIGIE"] {
        _ = try await api.refuse(
          .post, "/api/v1/placements", #"{"project": "\#(name)"}"#, with: 404, .notFound)
      }
      _ = try await api.refuse(
        .post, "/api/v1/placements", #"{"project": "vig\u0000ie"}"#, with: 400, .badParameter)
    }
  }

  @Test func `decisions taken at once on one nearly full cluster promise nothing twice`() async throws {
    try await APIFixture.run { api in
      let projects = (0..<8).map { "projet\($0)" }
      try await api.offer()
      for name in projects {
        // 20 and half a core each; of 64, less a tenth in reserve, two have room.
        #expect(try await api.send(.put, "/api/v1/projects/\(name)", Offered.project(name, cpu: "20")).status == 201)
      }
      let placed = try await withThrowingTaskGroup(of: Bool.self) { group in
        for name in projects {
          group.addTask { try await api.place(name).decode(DecisionView.self).decision.placed }
        }
        return try await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
      }
      #expect(placed == 2)
      let capacity: ListView<CapacityView> = try await api.send(.get, "/api/v1/capacity").decode()
      let nord = try #require(capacity.items.first)
      #expect(nord.committed.cpu == 41_000 && nord.committed.cpu <= nord.limit.cpu)
    }
  }
}

extension DecisionRoutesTests {
  /// What refuses, where it is, and why.
  private static func refusals(_ environment: ExplanationView.Environment) -> [[String]] {
    environment.candidates.filter { !$0.accepted }.map { candidate in
      [candidate.cluster, candidate.zone, candidate.region, candidate.operator, candidate.clusterLabel ?? "-"]
        + candidate.reasons.map { reason in
          let told = reason.parameters.filter { !["short", "limit", "free", "committed"].contains($0.key) }
          return "\(reason.code) \(told.sorted { $0.key < $1.key })"
        }
    }
  }

  @Test func `a decision of another version of the engine is shown as it was stored, and says so`() async throws {
    try await APIFixture.run { api in
      try await api.offer(projects: ["vigie"])
      for (name, cpu) in [("nord-0", "1"), ("nord-2", "2")] {
        let cluster = Offered.cluster(name, cpu: cpu).replacing("stages: [dev, prod]", with: "stages: [dev]")
        #expect(try await api.send(.put, "/api/v1/clusters/\(name)", cluster).status == 201)
      }
      let view: DecisionView = try await api.place("vigie").decode()
      let path = "/api/v1/decisions/\(view.decision.id.uuidString.lowercased())"
      let before: ExplanationView = try await api.send(.get, "\(path)/explanation").decode()
      #expect(before.engineVersion == nil)
      _ = try await api.pool.withConnection { connection in
        try await connection.query(
          """
          UPDATE decisions SET engine_version = 'regie-placement/0', decision = convert_to(replace(
            convert_from(decision, 'UTF8'), \(EngineVersion.current), 'regie-placement/0'), 'UTF8')
          """)
      }
      for address in [
        "\(path)/explanation", "/api/v1/projects/vigie/explanation",
        "/api/v1/placements/\(view.placements[0].spec.id)/explanation",
      ] {
        let told: ExplanationView = try await api.send(.get, address).decode()
        #expect(told.engineVersion == "regie-placement/0" && told.outcome == .placed && told.chain == before.chain)
        #expect(told.environments.map(\.accepted) == before.environments.map(\.accepted))
        #expect(
          told.environments.map { $0.candidates.filter(\.accepted) }
            == before.environments.map { $0.candidates.filter(\.accepted) })
        // Why not elsewhere, but for the amounts of each cluster.
        #expect(told.environments.map(Self.refusals) == before.environments.map(Self.refusals))
        #expect(
          told.environments.contains { !Self.refusals($0).isEmpty } && told.environments.allSatisfy { $0.omitted == 0 })
      }
      let identity: DecisionIdentity = try await api.send(.get, path).decode()
      #expect(identity.engineVersion == "regie-placement/0")
      let replay: ReplayView = try await api.send(.post, "\(path):replay").decode()
      #expect(replay.outcome == .otherEngine)
    }
  }
}
