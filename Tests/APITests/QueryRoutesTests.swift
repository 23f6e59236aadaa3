import Contract
import Foundation
import HTTPTypes
import Model
import Placement
import Testing

@testable import API

/// Where a project would go, asked before anything is created.
struct QueryRoutesTests {
  @Test func `a query says where every replica would go, and stores nothing`() async throws {
    try await APIFixture.run { api in
      try await api.offer()
      let before = try await api.rows()
      let answer = try await api.send(.post, Asked.query, Offered.project("vigie"))
      let view: QueryView = try answer.decode()
      #expect(answer.status == 200 && answer.header("content-language") == "fr")
      #expect(view.explanation.outcome == .placed && view.explanation.chain == "forge")
      #expect(view.explanation.chains.map(\.chain) == ["forge"] && view.explanation.chains[0].chosen)
      #expect(view.proposal.map(\.environment) == ["dev", "prod"])
      #expect(view.proposal.allSatisfy { $0.cluster == "nord-1" && $0.zone == "nord" && $0.region == "nord" })
      #expect(view.proposal.allSatisfy { $0.operator == "dtnum" && $0.clusterLabel == "Nord" && !$0.kept })
      #expect(view.basis.policyVersion == 1 && view.basis.engineVersion == EngineVersion.current)
      #expect(view.basis.supposed.isEmpty && view.basis.offerVersion > 0)
      #expect(try await api.rows() == before)
      _ = try await api.send(.get, "/api/v1/projects/vigie").problem(404, .notFound)
    }
  }

  @Test func `a stored project, a Project in three wrappings and the console's words are the same question`()
    async throws
  {
    try await APIFixture.run { api in
      try await api.offer(projects: ["vigie"])
      let json = try ProjectText.json(Offered.project("vigie"))
      let console = """
        {"project": {"name": "vigie", "organisation": "mi", "audience": "ministerial", "dataClasses": ["public"],
          "environments": [{"name": "prod", "stage": "prod", "cpu": 2, "memory": 4, "pods": 10},
            {"name": "dev", "stage": "dev", "cpu": 0.5, "memory": 1, "gpu": 0, "pods": 10}]}}
        """
      var answers: [QueryView] = []
      for (body, type) in [
        (#"{"project": "vigie"}"#, "application/json"), (json, "application/json"),
        (#"{"project": \#(json)}"#, "application/json"), (Offered.project("vigie"), "application/yaml"),
        (console, "application/json"),
      ] {
        let answer = try await api.send(.post, Asked.query, body, type: type)
        try #require(answer.status == 200, "\(answer.text)")
        answers.append(try answer.decode())
      }
      let places = answers.map { $0.proposal.map { "\($0.environment) \($0.cluster) \($0.components.balance)" } }
      #expect(Set(places).count == 1 && places[0].count == 2)
    }
  }

  @Test func `the console's identifiers come back beside the places`() async throws {
    try await APIFixture.run { api in
      try await api.offer()
      let id = "8c5a9a3e-6d0f-4c3e-8c0b-2f4f7b1f5a10"
      let labelled = Offered.cluster("nord-1").replacing("{label: Nord}", with: "{label: Nord, id: \(id)}")
      #expect(try await api.send(.put, "/api/v1/clusters/nord-1", labelled).status == 200)
      let environment = UUID()
      let view: QueryView = try await api.send(
        .post, Asked.query, Asked.console(#""id": "\#(environment)","#), type: "application/json"
      ).decode()
      #expect(view.proposal.map(\.environmentID) == [environment])
      #expect(view.proposal.map(\.clusterID) == [UUID(uuidString: id)])
      #expect(view.explanation.environments[0].candidates[0].clusterID == UUID(uuidString: id))
    }
  }

  @Test func `what the console lacks, and what is wrong with what it has, is named by its field`() async throws {
    try await APIFixture.run { api in
      try await api.offer()
      let good = Asked.console()
      for (field, without) in [
        ("audience", #""audience": "ministerial","#), ("dataClasses", #""dataClasses": ["public"],"#),
      ] {
        let problem = try await api.refuse(
          .post, Asked.query, good.replacing(without, with: ""), type: "application/json", with: 400, .malformed)
        #expect(problem.errors?.map(\.path) == ["project.\(field)"])
        #expect(problem.errors?.first?.messageFR == "champ obligatoire absent")
      }
      for (found, wanted, path, status) in [
        (#""cpu": 2"#, #""cpu": "2""#, "project.environments[0].cpu", 400),
        (#""cpu": 2"#, #""cpu": -2"#, "project.environments[0].cpu", 422),
        (#""cpu": 2"#, #""cpu": 1e30"#, "project.environments[0].cpu", 422),
        (#""memory": 4"#, #""memory": "4Gi""#, "project.environments[0].memory", 400),
        (#""memory": 4"#, #""memory": -4"#, "project.environments[0].memory", 422),
        (#""memory": 4"#, #""memory": 4, "gpu": 0.5"#, "project.environments[0].gpu", 400),
        (#""memory": 4"#, #""memory": 4, "gpu": -1"#, "project.environments[0].gpu", 422),
        (#""memory": 4"#, #""memory": 4, "storage": -1"#, "project.environments[0].storage", 422),
        (#""memory": 4"#, #""memory": 4, "replicas": 9"#, "project.environments[0].replicas", 422),
        (#""memory": 4"#, #""memory": 4, "distinct": "planet""#, "project.environments[0].distinct", 400),
        (#""memory": 4"#, #""memory": 4, "ram": 4"#, "project.environments[0].ram", 400),
        (#""name": "prod""#, #""name": "p""#, "project.environments[0].name", 422),
        (#""name": "prod""#, #""name": "prod", "id": "x""#, "project.environments[0].id", 400),
        (#""stage": "prod""#, #""stage": "live""#, "project.environments[0].stage", 422),
        (#""name": "vigie""#, #""name": "Vigie""#, "project.name", 422),
        (#""name": "vigie""#, #""name": "vigie", "id": "x""#, "project.id", 400),
        (#""ministerial""#, #""ministériel""#, "project.audience", 400),
        (#"["public"]"#, "[]", "project.dataClasses", 422),
        (#""organisation": "mi""#, #""organisation": "M I""#, "project.organisation", 422),
      ] {
        let problem = try await api.refuse(
          .post, Asked.query, good.replacing(found, with: wanted), type: "application/json", with: status,
          status == 400 ? .malformed : .invalid)
        #expect(problem.errors?.map(\.path) == [path], "\(wanted)")
      }
    }
  }

  @Test func `the console says what is kept apart and together, too`() async throws {
    try await APIFixture.run { api in
      try await api.offer()
      #expect(try await api.send(.put, "/api/v1/clusters/nord-2", Offered.cluster("nord-2")).status == 201)
      let two = Asked.console().replacing(
        "}]}}", with: #"}, {"name": "dev", "stage": "dev", "cpu": 1, "memory": 1}]}}"#)
      func ask(_ more: String) async throws -> Answer {
        let body = two.replacing(#""name": "vigie","#, with: #""name": "vigie", \#(more),"#)
        return try await api.send(.post, Asked.query, body, type: "application/json")
      }
      let together: QueryView = try await ask(#""colocation": [{"topology": "cluster"}]"#).decode()
      #expect(Set(together.proposal.map(\.cluster)).count == 1 && together.proposal.count == 2)
      let apart: QueryView = try await ask(#""spread": [{"topology": "cluster"}]"#).decode()
      #expect(Set(apart.proposal.map(\.cluster)).count == 2)
      let unknown = try await ask(#""colocation": [{"topology": "cluster", "environments": ["essai"]}]"#)
      let problem = try unknown.problem(422, .invalid)
      #expect(problem.errors?.map(\.path) == ["project.colocation[0].environments[0]"])
    }
  }

  @Test func `what is no question is refused`() async throws {
    try await APIFixture.run { api in
      try await api.offer()
      for (body, path, status) in [
        ("{}", "project", 400), ("[]", "project", 400), (#""vigie""#, "project", 400), ("", "", 400),
        (#"{"project": 5}"#, "project", 400), (#"{"project": null}"#, "project", 400),
        (#"{"project": "vigie", "when": "2027-01-01"}"#, "when", 400),
        (#"{"project": "vigie", "at": "2027-02-30"}"#, "at", 400),
        (#"{"project": "vigie", "at": 5}"#, "at", 400),
        (#"{"project": "vigie", "policy": {}}"#, "policy.apiVersion", 400),
        (
          #"{"project": "vigie", "offer": {"states": [{"kind": "Zone", "name": "x", "state": "open"}]}}"#,
          "offer.states[0].kind", 422
        ),
        (
          #"{"project": "vigie", "offer": {"states": [{"kind": "Region", "name": "x", "state": "shut"}]}}"#,
          "offer.states[0].state", 400
        ),
        (
          #"{"project": "vigie", "offer": {"remove": [{"kind": "Policy", "name": "regie"}]}}"#,
          "offer.remove[0].kind", 422
        ),
        (
          #"{"project": "vigie", "offer": {"capacities": [{"cluster": "nord-1", "capacity": {"cpu": "-1"}}]}}"#,
          "offer.capacities[0].capacity.cpu", 422
        ),
        (
          #"{"project": "vigie", "offer": {"apply": [\#(try ProjectText.json(Offered.project("x1")))]}}"#,
          "offer.apply[0].kind", 422
        ),
        (#"{"project": "vigie", "choices": {"prod": ["nord-1"]}}"#, "choices", 422),
        (try ProjectText.json(Offered.op), "kind", 400),
      ] as [(String, String, Int)] {
        let answer = try await api.send(.post, Asked.query, body, type: "application/json")
        let problem = try answer.problem(status, status == 400 ? .malformed : .invalid)
        #expect(problem.errors?.first?.path == path, "\(body): \(answer.text)")
      }
      _ = try await api.refuse(
        .post, Asked.query, #"{"project": "absent"}"#, type: "application/json", with: 404, .notFound)
      for query in ["?explain=all", "?limit=0", "?limit=1001", "?limit=5&explain=full", "?lang=de", "?x=1"] {
        _ = try await api.refuse(.post, Asked.query + query, Offered.project("vigie"), with: 400, .badParameter)
      }
      _ = try await api.refuse(.post, Asked.query, "x", type: "text/plain", with: 415, .unsupportedMediaType)
    }
  }

  @Test func `offer changes of what there is not are refused, each at its place`() async throws {
    try await APIFixture.run { api in
      try await api.offer()
      let body = """
        {"project": \(try ProjectText.json(Offered.project("vigie"))), "offer": {
          "remove": [{"kind": "Cluster", "name": "a"}], "states": [{"kind": "Region", "name": "b", "state": "closed"},
          {"kind": "Cluster", "name": "c", "state": "closed"}],
          "capacities": [{"cluster": "d", "capacity": {"cpu": "1"}}]}}
        """
      let problem = try await api.refuse(.post, Asked.query, body, type: "application/json", with: 422, .invalid)
      #expect(
        problem.errors?.map(\.path) == [
          "offer.remove[0].name", "offer.states[0].name", "offer.states[1].name", "offer.capacities[0].cluster",
        ])
    }
  }

  @Test func `a page shows the best clusters, and its counts add up to all of them`() async throws {
    try await APIFixture.run { api in
      try await api.offer()
      for number in 2...9 {
        let cluster = Offered.cluster("nord-\(number)", cpu: number < 5 ? "\(number)" : "64")
        #expect(try await api.send(.put, "/api/v1/clusters/nord-\(number)", cluster).status == 201)
      }
      func ask(_ query: String) async throws -> ExplanationView {
        try await api.send(.post, Asked.query + query, Offered.project("vigie", cpu: "5")).decode(QueryView.self)
          .explanation
      }
      let all = try await ask("?explain=full")
      for (query, shown) in [("", 9), ("?limit=1", 1), ("?limit=7", 7), ("?limit=1000", 9), ("?explain=full", 9)] {
        for (environment, whole) in zip(try await ask(query).environments, all.environments) {
          #expect(environment.candidates == Array(whole.candidates.prefix(shown)), "\(query)")
          #expect(environment.candidates.count == shown && environment.omitted == 9 - shown)
          #expect(environment.accepted + environment.refused == 9)
          #expect(environment.lost.reduce(0) { $0 + $1.count } == environment.refused)
        }
      }
      let prod = try #require(all.environments.last)
      #expect(prod.accepted == 6 && prod.refused == 3)
      #expect(prod.candidates.prefix(6).allSatisfy(\.accepted) && !prod.candidates[0].chosen.isEmpty)
      #expect(prod.candidates.suffix(3).map(\.cluster) == ["nord-2", "nord-3", "nord-4"])
      let scores = prod.candidates[1..<6].compactMap(\.score)
      #expect(scores == scores.sorted(by: >) && scores.count == 5)
    }
  }

  @Test(arguments: ["", "?limit=1", "?explain=full&lang=en"])
  func `the bytes are the ones that the encoder would write`(query: String) async throws {
    try await APIFixture.run { api in
      try await api.offer()
      let label = #"label: "Nord \"2\" \\ é – 東""#
      let cluster = Offered.cluster("nord-2", cpu: "3").replacing(
        "label: Label nord-2", with: "\(label), id: 8c5a9a3e-6d0f-4c3e-8c0b-2f4f7b1f5a10")
      #expect(try await api.send(.put, "/api/v1/clusters/nord-2", cluster).status == 201)
      for (cpu, placed) in [("2", true), ("20", true), ("900", false)] {
        let project = try ProjectText.json(Offered.project("vigie", cpu: cpu))
        for more in ["", #", "at": "2027-01-01""#, #", "offer": {"remove": [{"kind": "Cluster", "name": "nord-2"}]}"#] {
          let answer = try await api.send(
            .post, Asked.query + query, #"{"project": \#(project)\#(more)}"#, type: "application/json")
          let view: QueryView = try answer.decode()
          #expect(view.explanation.outcome == (placed ? .placed : .unplaceable))
          #expect(answer.text == String(decoding: try ModelJSON.encoder.encode(view), as: UTF8.self))
        }
      }
    }
  }

  @Test func `the same question gets the same bytes`() async throws {
    try await APIFixture.run { api in
      try await api.offer()
      func ask() async throws -> String {
        try await api.send(.post, Asked.query, Offered.project("vigie")).text
          .replacing(/"asOf":"[^"]*"/, with: "")
      }
      let first = try await ask()
      for _ in 0..<5 { #expect(try await ask() == first) }
    }
  }

  @Test(arguments: [
    (nil, nil, "fr"), ("en", nil, "en"), ("de, en;q=0.5", nil, "en"), ("en;q=0.2, fr;q=0.9", nil, "fr"),
    ("fr", "en", "en"), ("en", "fr", "fr"), ("de", nil, "fr"),
  ])
  func `sentences are in the language that is asked for`(header: String?, parameter: String?, spoken: String)
    async throws
  {
    try await APIFixture.run { api in
      try await api.offer()
      let path = Asked.query + (parameter.map { "?lang=\($0)" } ?? "")
      let headers = header.map { ["Accept-Language": $0] } ?? [:]
      let answer = try await api.send(.post, path, Offered.project("vigie", cpu: "400"), headers: headers)
      let view: QueryView = try answer.decode()
      #expect(answer.header("content-language") == spoken)
      let sentences = view.explanation.environments.flatMap(\.candidates).flatMap(\.reasons).map(\.sentence)
      #expect(sentences.contains { $0.hasPrefix(spoken == "fr" ? "Trop grand" : "Too large") }, "\(sentences)")
      let problem = try await api.send(.post, path, "{", headers: headers).problem(400, .malformed)
      #expect(problem.title == (spoken == "fr" ? "Document refusé" : "Document refused"))
    }
  }

  @Test func `what is placed already stays, and counts as there`() async throws {
    try await APIFixture.run { api in
      try await api.offer(projects: ["vigie"])
      #expect(try await api.place("vigie").status == 201)
      let view: QueryView = try await api.send(.post, Asked.query, #"{"project": "vigie"}"#).decode()
      #expect(view.proposal.count == 2 && view.proposal.allSatisfy(\.kept))
    }
  }
}

/// Bodies of questions.
enum Asked {
  static let query = "/api/v1/placements:query"
  static let validate = "/api/v1/placements:validate"

  /// One environment in the console's words, with more fields in front.
  static func console(_ more: String = "") -> String {
    """
    {"project": {"name": "vigie", "organisation": "mi", "audience": "ministerial", "dataClasses": ["public"],
      "environments": [{\(more) "name": "prod", "stage": "prod", "cpu": 2, "memory": 4}]}}
    """
  }
}
