import Contract
import Events
import Foundation
import HTTPTypes
import Model
import Placement
import Postgres
import Store
import Testing

@testable import API

struct PlacementRoutesTests {
  @Test func `a project is placed by its name, and the answer says where and why`() async throws {
    try await APIFixture.run { api in
      try await api.offer(projects: ["vigie"])
      let answer = try await api.place("vigie")
      let view: DecisionView = try answer.decode()
      #expect(answer.status == 201 && view.changed && view.decision.placed)
      #expect(answer.header("location") == "/api/v1/decisions/\(view.decision.id.uuidString.lowercased())")
      #expect(view.placements.map(\.spec.environment) == ["dev", "prod"])
      #expect(view.placements.allSatisfy { $0.spec.cluster == "nord-1" && $0.spec.revision == 1 && !$0.status.ready })
      #expect(
        view.decision.project == "vigie" && view.decision.policyVersion == 1 && view.decision.principal == "local")
      #expect(view.explanation.environments.map(\.environment) == ["dev", "prod"])
      #expect(view.explanation.environments.allSatisfy { $0.candidates.map(\.accepted) == [true] })
    }
  }

  @Test(arguments: ["application/yaml", "application/x-yaml", "text/yaml", "text/x-yaml", "application/json"])
  func `a project that comes along is stored with its decision`(type: String) async throws {
    try await APIFixture.run { api in
      try await api.offer()
      let yaml = Offered.project("vigie")
      let body = type == "application/json" ? try ProjectText.json(yaml) : yaml
      let answer = try await api.send(.post, "/api/v1/placements", body, type: type)
      #expect(answer.status == 201, "\(answer.text)")
      #expect(try await api.send(.get, "/api/v1/projects/vigie").status == 200)
      #expect(try await api.count("placements") == 2)
    }
  }

  @Test func `a project that fits nowhere is stored with the shortfall, and no placement`() async throws {
    try await APIFixture.run { api in
      try await api.offer()
      let answer = try await api.send(.post, "/api/v1/placements", Offered.project("vigie", cpu: "400"))
      let view: DecisionView = try answer.decode()
      #expect(answer.status == 200 && !view.changed && !view.decision.placed && view.placements.isEmpty)
      let prod = try #require(view.explanation.environments.first { $0.environment == "prod" })
      let reason = try #require(prod.candidates.first?.reasons.first)
      #expect(reason.code == .capacityNeverFits && reason.category == "fit" && !reason.remedy.isEmpty)
      #expect(try await api.count("placements") == 0)
      #expect(try await api.count("decisions") == 1)
      #expect(try await api.send(.get, "/api/v1/projects/vigie").status == 200)
    }
  }

  @Test func `placements are found by what is asked for`() async throws {
    try await APIFixture.run { api in
      try await api.offer(projects: ["vigie", "autre"])
      for project in ["vigie", "autre"] { #expect(try await api.place(project).status == 201) }
      func count(_ query: String) async throws -> Int {
        try await api.send(.get, "/api/v1/placements\(query)").decode(ListView<PlacementView>.self).items.count
      }
      for (query, expected) in [
        ("", 4), ("?project=vigie", 2), ("?project=vig%69e", 2), ("?project=absent", 0), ("?zone=nord", 4),
        ("?zone=nord-usuel", 0), ("?cluster=nord-1", 4), ("?cluster=nord-2", 0), ("?phase=active", 4),
        ("?phase=frozen", 0), ("?removed=true", 4), ("?removed=false", 4),
        ("?project=autre&cluster=nord-1&phase=active", 2),
      ] { #expect(try await count(query) == expected, "\(query)") }
      for (query, accepted) in [
        ("?phase=gone", "active, frozen, draining, removed"), ("?phase=", "active"), ("?removed=yes", "true, false"),
        ("?projet=vigie", "project"), ("?project=a&project=b", "cluster"), ("?limit=5&x", "cursor"),
      ] {
        let problem = try await api.refuse(.get, "/api/v1/placements\(query)", with: 400, .badParameter)
        #expect(problem.detail.contains(accepted), "\(query): \(problem.detail)")
      }
    }
  }

  @Test func `a placement shows what was decided and what became of it`() async throws {
    try await APIFixture.run { api in
      try await api.offer(projects: ["vigie"])
      let placed: DecisionView = try await api.place("vigie").decode()
      let placement = try #require(placed.placements.first)
      let path = "/api/v1/placements/\(placement.metadata.name)"
      #expect(try await api.send(.get, path).decode(PlacementView.self) == placement)
      #expect(
        try await api.send(.get, path.uppercased().replacing("/API/V1/PLACEMENTS", with: "/api/v1/placements")).status
          == 200)
      try await api.report(Reported.ready(placement))
      let seen: PlacementView = try await api.send(.get, path).decode()
      #expect(seen.status.ready && seen.status.current && seen.summary == "Ready")
      #expect(seen.status.observed?.conditions.count == 3 && seen.status.observed?.drifts.count == 1)
      let explained: ExplanationView = try await api.send(.get, "\(path)/explanation").decode()
      #expect(explained == placed.explanation)
    }
  }

  @Test func `a placement whose chain was chosen anew is explained by both decisions`() async throws {
    try await APIFixture.run { api in
      try await api.offer(projects: ["vigie"])
      func put(_ path: String, _ yaml: String) async throws {
        let answer = try await api.send(.put, "/api/v1/\(path)", yaml)
        #expect(answer.status < 300, "\(answer.text)")
      }
      try await put("zones/nord-usuel", Offered.zone.replacing(", chain: forge", with: ""))
      try await put("chains/atelier", Offered.chain.replacing("name: forge", with: "name: atelier"))
      let placed: DecisionView = try await api.place("vigie").decode()
      #expect(placed.explanation.chain == "atelier")
      let path = "/api/v1/placements/\(try #require(placed.placements.first).metadata.name)"
      let closing = """
        rules:
            - id: closed
              motive: {fr: Fermée, en: Closed}
              effect: forbid
              chains: {matchLabels: {chain.name: atelier}}
        """
      try await put("policies/regie", Offered.policy.replacing("rules:", with: closing))
      let again: DecisionView = try await api.place("vigie").decode()
      let placement: PlacementView = try await api.send(.get, path).decode()
      #expect(placement.spec.chain == "forge" && placement.spec.decision == placed.decision.id)
      #expect(placement.status.chainDecision == again.decision.id)

      var view: ExplanationView = try await api.send(.get, "\(path)/explanation").decode()
      let rechained = try #require(view.rechained)
      #expect(rechained.chain == "forge" && rechained.decision == again.decision.id)
      #expect(rechained.decidedAt == again.decision.decidedAt && rechained.chains == again.explanation.chains)
      #expect(rechained.chains.map(\.chosen) == [false, true])
      #expect(rechained.chains.first?.reasons.first?.sentence.contains("Fermée") == true)
      // The rest is what the decision said that made the revision.
      view.rechained = nil
      #expect(view == placed.explanation)
      let project: ExplanationView = try await api.send(.get, "/api/v1/projects/vigie/explanation").decode()
      #expect(project == again.explanation && project.rechained == nil)

      // Noted by nobody, as before it was: that it is another chain is told all the same.
      _ = try await api.pool.withConnection { try await $0.query("UPDATE placements SET chain_decision = NULL") }
      view = try await api.send(.get, "\(path)/explanation").decode()
      #expect(view.rechained == ExplanationView.Rechained(chain: "forge"))
    }
  }

  @Test func `a removed placement is listed only where it is asked for`() async throws {
    try await APIFixture.run { api in
      try await api.offer(projects: ["vigie"])
      let placed: DecisionView = try await api.place("vigie").decode()
      _ = try await api.store.remove(RemovalRequest(project: "vigie"), context: RequestContext(principal: "test"))
      for placement in placed.placements {
        let path = "/api/v1/placements/\(placement.metadata.name)"
        let leaving: PlacementView = try await api.send(.get, path).decode()
        #expect(leaving.spec.phase == .removed && leaving.status.removedAt == nil)
        try await api.report(Reported.gone(leaving))
        #expect(try await api.send(.get, path).decode(PlacementView.self).summary == "Removed")
      }
      let present: ListView<PlacementView> = try await api.send(.get, "/api/v1/placements").decode()
      let all: ListView<PlacementView> = try await api.send(.get, "/api/v1/placements?removed=true").decode()
      #expect(present.items.isEmpty && all.items.count == 2)
    }
  }

  @Test func `without a policy nothing is decided, and that is said`() async throws {
    try await APIFixture.run { api in
      let problem = try await api.refuse(
        .post, "/api/v1/placements", Offered.project("vigie"), with: 409, .noPolicy)
      #expect(problem.detail.contains("politique"))
    }
  }

  @Test(arguments: ["placements", "decisions"])
  func `what is no identifier is told from what does not exist`(list: String) async throws {
    try await APIFixture.run { api in
      for id in ["1", "x", "0a000000-0000-4000-8000-00000000000", "%00", "0a000000-0000-4000-8000-00000000000a%20"] {
        for suffix in ["", "/explanation"] {
          let answer = try await api.send(.get, "/api/v1/\(list)/\(id)\(suffix)")
          #expect(try answer.problem(400, .badParameter).detail.contains("UUID"))
        }
      }
      let unknown = "0a000000-0000-4000-8000-00000000000a"
      for suffix in ["", "/explanation"] {
        let problem = try await api.send(.get, "/api/v1/\(list)/\(unknown)\(suffix)").problem(404, .notFound)
        #expect(problem.detail.contains(unknown))
      }
    }
  }
}
