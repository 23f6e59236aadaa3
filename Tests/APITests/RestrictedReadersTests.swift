import Contract
import Foundation
import HTTPTypes
import Identity
import Model
import Placement
import Postgres
import Store
import Testing

@testable import API

/// What a DR zone's facts show, and to whom (protocol rule 6): nothing of what is hosted there, and no figure of its clusters,
/// to whoever has no right to it, on any route and in any public fact.
struct RestrictedReadersTests {
  /// A project that is too large for the cluster as well, and has no right to be there, learns the second and not the first.
  @Test func `questions and decisions of others tell no figure of a DR cluster`() async throws {
    try await RestrictedZone.run { api, zone in
      let team = APIFixture.being(.projectTeam("vigie"))
      let decided = try await api.send(
        .post, "/api/v1/placements?explain=full", #"{"project": "vigie"}"#, type: "application/json", headers: team)
      zone.check(decided, asked: "POST placements", "project-team(vigie)")
      for path in ["projects/vigie/explanation", "projects/vigie/explanation?explain=full"] {
        let answer = try await api.send(.get, "/api/v1/\(path)", headers: team)
        #expect(answer.status == 200)
        zone.check(answer, asked: path, "project-team(vigie)")
      }
      for path in ["placements:query", "placements:validate"] {
        let answer = try await api.send(
          .post, "/api/v1/\(path)?explain=full", #"{"project": "vigie"}"#, type: "application/json", headers: team)
        zone.check(answer, asked: path, "project-team(vigie)")
      }
    }
  }

  /// What a team may suppose, so that it would be told of the DR cluster, or of the one that is others' own, if it were judged by
  /// what is supposed: that its data is DR, that its zone is none any more, that nothing is reserved in the policy, that the
  /// cluster is its own.
  private static func suppositions(cpu: String) -> [String] {
    let inline = { (dataClass: String) in
      #"{"apiVersion": "regie.cloud-pi-native.fr/v1", "kind": "Project", "metadata": {"name": "vigie"}, "spec": "#
        + #"{"organisation": "mi", "audience": "ministerial", "dataClasses": ["\#(dataClass)"], "environments": "#
        + #"[{"name": "prod", "stage": "prod", "quota": {"cpu": "\#(cpu)", "memory": "1Gi"}}]}}"#
    }
    let zone =
      #"{"apiVersion": "regie.cloud-pi-native.fr/v1", "kind": "Zone", "metadata": {"name": "nord-dr"}, "spec": "#
      + #"{"region": "nord", "sensitivity": "usuel", "slug": "nord-dr", "chain": "forge"}}"#
    let cluster = { (name: String) in
      #"{"apiVersion": "regie.cloud-pi-native.fr/v1", "kind": "Cluster", "metadata": {"name": "\#(name)"}, "spec": "#
        + #"{"zone": "nord-usuel", "dataCenters": ["dc1"], "stages": ["prod", "dev"], "#
        + #""capacity": {"cpu": "77", "memory": "900Gi"}}}"#
    }
    return [
      #"{"project": \#(inline("dr"))}"#,
      #"{"project": \#(inline("public")), "offer": {"apply": [\#(zone)]}}"#,
      #"{"project": "vigie", "offer": {"apply": [\#(zone)]}}"#,
      #"{"project": \#(inline("public")), "offer": {"apply": [\#(cluster("dr-1"))]}}"#,
      #"{"project": "vigie", "offer": {"apply": [\#(cluster("propre-1"))]}}"#,
      #"{"project": "vigie", "at": "2027-01-01"}"#,
    ]
  }

  private static func accepting(_ view: QueryView) -> [[String]] {
    view.explanation.environments.map { $0.candidates.filter(\.accepted).map(\.cluster).sorted() }
  }

  /// Were it answered on all there is, what fits would tell what is free: no figure need be written for that.
  @Test func `what a team supposes, of itself or of the offer, does not tell it what fits on others' clusters`()
    async throws
  {
    try await RestrictedZone.run { api, zone in
      let (team, all) = (APIFixture.being(.projectTeam("vigie")), APIFixture.all)
      func ask(_ body: String, _ reader: [String: String]) async throws -> Answer {
        try await api.send(
          .post, "/api/v1/placements:query?explain=full", body, type: "application/json", headers: reader)
      }
      // 55.463 cores are left of the DR cluster: the first fits, the second does not. Whoever may know sees the difference.
      for (number, pair) in zip(Self.suppositions(cpu: "55"), Self.suppositions(cpu: "56")).enumerated() {
        let (small, large) = (try await ask(pair.0, team), try await ask(pair.1, team))
        for answer in [small, large] {
          #expect(answer.status == 200, "\(number): \(answer.text.prefix(600))")
          zone.check(answer, asked: pair.0, "project-team(vigie)")
          guard number != 3, number != 4 else { continue }
          #expect(!answer.text.contains("dr-1") && !answer.text.contains("propre-1"), "\(number): \(answer.text)")
        }
        let view: QueryView = try small.decode()
        #expect(view.explanation.environments.allSatisfy { $0.withheld == 2 }, "\(number)")
        #expect(Self.accepting(view) == Self.accepting(try large.decode()), "\(number)")
      }
      let told: QueryView = try await ask(Self.suppositions(cpu: "55")[0], all).decode()
      let refused: QueryView = try await ask(Self.suppositions(cpu: "56")[0], all).decode()
      #expect(told.explanation.outcome == .placed && refused.explanation.outcome != .placed)
      #expect(told.explanation.environments.allSatisfy { $0.withheld == nil })
    }
  }

  @Test func `what a team supposes to be away, full or measured tells it not what there is`() async throws {
    try await RestrictedZone.run { api, _ in
      let team = APIFixture.being(.projectTeam("vigie"))
      for change in [
        #"{"remove": [{"kind": "Cluster", "name": "NAME"}]}"#,
        #"{"states": [{"kind": "Cluster", "name": "NAME", "state": "closed"}]}"#,
        #"{"capacities": [{"cluster": "NAME", "capacity": {"cpu": "1", "memory": "1Gi"}}]}"#,
      ] {
        var answers: Set<String> = []
        for name in ["dr-1", "propre-1", "personne"] {
          let answer = try await api.send(
            .post, "/api/v1/placements:query",
            #"{"project": "vigie", "offer": \#(change.replacing("NAME", with: name))}"#,
            type: "application/json", headers: team)
          #expect(answer.status == 422)
          answers.insert(answer.text.replacing(name, with: "…"))
        }
        #expect(answers.count == 1, "\(answers)")
      }
    }
  }

  @Test func `a project that has business there is told, whatever else is withheld`() async throws {
    try await RestrictedZone.run { api, _ in
      let team = APIFixture.being(.projectTeam("secretdr"))
      let answer = try await api.send(
        .post, "/api/v1/placements:query?explain=full", #"{"project": "secretdr"}"#, type: "application/json",
        headers: team)
      let view: QueryView = try answer.decode()
      #expect(view.explanation.outcome == .placed && Set(view.proposal.map(\.cluster)) == ["dr-1"])
      #expect(view.explanation.environments.allSatisfy { $0.withheld == 1 })
      #expect(!answer.text.contains("propre-1"))
    }
  }

  @Test func `why a project is where it is names no cluster that is none of its business`() async throws {
    try await RestrictedZone.run { api, _ in
      #expect(try await api.place("vigie", headers: APIFixture.all).status < 300)
      let path = "/api/v1/projects/vigie/explanation?explain=full"
      let (own, all) = (
        try await api.send(.get, path, headers: APIFixture.being(.projectTeam("vigie"))),
        try await api.send(.get, path, headers: APIFixture.all)
      )
      let (told, whole): (ExplanationView, ExplanationView) = (try own.decode(), try all.decode())
      #expect(!own.text.contains("dr-1") && !own.text.contains("propre-1"))
      #expect(all.text.contains("dr-1") && all.text.contains("propre-1"))
      for (one, other) in zip(told.environments, whole.environments) {
        #expect(one.withheld == 2 && other.withheld == nil)
        #expect(one.refused == other.refused - 2 && one.accepted == other.accepted && one.omitted == 0)
        #expect(one.lost.reduce(0) { $0 + $1.count } == one.refused && one.lost != other.lost)
        #expect(one.candidates.count == other.candidates.count - 2)
      }
    }
  }

  /// What is lifted in the search for what would help is not a DR zone's reserve: else its room could be told by asking for more
  /// and more.
  @Test func `why nothing fits does not tell that others' clusters have room`() async throws {
    try await RestrictedZone.run { api, zone in
      let (team, all) = (APIFixture.being(.projectTeam("vigie")), APIFixture.all)
      let filling = Offered.project("plein", cpu: "40")
      #expect(try await api.send(.put, "/api/v1/projects/plein", filling, headers: all).status == 201)
      #expect(try await api.place("plein", headers: all).status == 201)
      // 23.9 cores are left in the open, 55.463 on the DR cluster, 41.2 on the one that is others' own.
      var told: Set<[String]> = []
      for (cpu, helps) in [("50", true), ("56", false), ("40", true)] {
        let project = Offered.project("vigie", cpu: cpu)
        let decided = try await api.send(.post, "/api/v1/placements?explain=full", project, headers: team)
        #expect(decided.status == 200, "\(decided.text)")
        for path in ["projects/vigie/explanation?explain=full", "projects/vigie/explanation"] {
          let answer = try await api.send(.get, "/api/v1/\(path)", headers: team)
          zone.check(answer, asked: path, "project-team(vigie)")
          #expect(!answer.text.contains("dr-1") && !answer.text.contains("propre-1"), "\(cpu)")
          let view: ExplanationView = try answer.decode()
          #expect(view.outcome == .unplaceable)
          told.insert(view.reasons.map(\.code.rawValue) + ["\(String(describing: view.conflict))"])
        }
        let whole: ExplanationView = try await api.send(
          .get, "/api/v1/projects/vigie/explanation", headers: all
        ).decode()
        let foreign: Set<ReasonCode> = [.restrictedZoneReserved, .dedicatedToOthers]
        #expect(whole.reasons.contains { foreign.contains($0.code) } == helps, "\(cpu): \(whole.reasons.map(\.code))")
      }
      #expect(told.count == 1, "\(told)")
    }
  }

  @Test func `that its data is DR a team can not say itself, so that DR clusters became its business`() async throws {
    try await RestrictedZone.run { api, _ in
      let (team, console) = (APIFixture.being(.projectTeam("vigie")), APIFixture.being(.console))
      let raised = Offered.project("vigie", dataClass: "dr", cpu: "2")
      let put = try await api.send(.put, "/api/v1/projects/vigie", raised, headers: team)
      #expect(try put.problem(403, .forbidden).errors?.first?.path == "spec.dataClasses")
      let decided = try await api.send(.post, "/api/v1/placements", raised, headers: team)
      _ = try decided.problem(403, .forbidden)
      // A class that a version to come makes DR is no way around it.
      let later = Offered.project("vigie", dataClass: "secret-x", cpu: "2")
      let foreseen = try await api.send(.put, "/api/v1/projects/vigie", later, headers: team)
      #expect(try foreseen.problem(403, .forbidden).errors?.first?.path == "spec.dataClasses")
      #expect(try await api.send(.put, "/api/v1/projects/vigie", raised, headers: console).status == 200)
      // What it is by now the team may say, and not that it is less: it would be rid of what holds for it.
      let same = Offered.project("vigie", dataClass: "dr", cpu: "3")
      #expect(try await api.send(.put, "/api/v1/projects/vigie", same, headers: team).status == 200)
      let less = Offered.project("vigie", cpu: "3")
      let lowered = try await api.send(.put, "/api/v1/projects/vigie", less, headers: team)
      #expect(try lowered.problem(403, .forbidden).errors?.first?.path == "spec.dataClasses")
      _ = try await api.send(.post, "/api/v1/placements", less, headers: team).problem(403, .forbidden)
      // Nor by having it deleted, and making it again.
      #expect(try await api.send(.delete, "/api/v1/projects/vigie", headers: team).status == 204)
      let anew = try await api.send(.put, "/api/v1/projects/vigie", less, headers: team)
      #expect(try anew.problem(403, .forbidden).errors?.first?.path == "spec.dataClasses")
      _ = try await api.send(.post, "/api/v1/placements", less, headers: team).problem(403, .forbidden)
      #expect(try await api.send(.put, "/api/v1/projects/vigie", same, headers: team).status == 201)
      #expect(try await api.send(.put, "/api/v1/projects/vigie", less, headers: console).status == 200)
    }
  }

  @Test func `capacity tells of no name, and of no stage, whether there is such a cluster that is withheld`()
    async throws
  {
    try await RestrictedZone.run { api, _ in
      for role in RestrictedZone.strangers {
        func withheld(_ query: String) async throws -> String {
          let answer = try await api.send(.get, "/api/v1/capacity?\(query)", headers: APIFixture.being(role))
          return answer.text.replacing(/"asOf":"[^"]*"/, with: "")
        }
        let none = try await withheld("cluster=personne")
        for name in ["dr-1", "propre-1"] {
          #expect(try await withheld("cluster=\(name)") == none, "\(role) \(name)")
        }
        #expect(try await withheld("zone=nord-dr&stage=prod") == withheld("zone=nord-dr&stage=staging"), "\(role)")
      }
    }
  }

  @Test func `what fits is counted without others' clusters, whether they take one or not`() async throws {
    try await RestrictedZone.run { api, _ in
      func ask(_ role: Role, _ stage: String = "prod") async throws -> CapacityFitsView {
        try await api.send(
          .get, "/api/v1/capacity:fits?dataClass=dr&stage=\(stage)&organisation=mi", headers: APIFixture.being(role)
        ).decode()
      }
      for role in RestrictedZone.strangers {
        let view = try await ask(role)
        #expect(view.sizes.allSatisfy { $0.withheld == 2 && $0.count == 0 && $0.places.isEmpty }, "\(role)")
      }
      let seen = try await ask(.auditor)
      #expect(seen.sizes.allSatisfy { $0.withheld == 0 && $0.count > 0 })
    }
  }

  @Test func `who speaks for an operator is told its own people, and not whoever is in some role`() async throws {
    try await RestrictedZone.run { api, _ in
      let named = Offered.op.replacing("{group: /regie/operators/dtnum}", with: "{subject: marie-curie}")
      #expect(try await api.send(.put, "/api/v1/operators/dtnum", named, headers: APIFixture.all).status == 200)
      for role in RestrictedZone.strangers + [.console] {
        for path in ["operators/dtnum", "operators"] {
          let answer = try await api.send(.get, "/api/v1/\(path)", headers: APIFixture.being(role))
          #expect(answer.status == 200 && !answer.text.contains("marie-curie"), "\(role) \(path)")
          #expect(answer.text.contains("spec.representatives"), "that something is withheld is told")
        }
      }
      for role in [Role.operator("dtnum"), .governanceAdmin, .boardMember(operator: "autre")] {
        let answer = try await api.send(.get, "/api/v1/operators/dtnum", headers: APIFixture.being(role))
        #expect(answer.text.contains("marie-curie") && !answer.text.contains("withheld"), "\(role)")
      }
    }
  }

  @Test func `deleting tells no operator what is withheld from it`() async throws {
    try await RestrictedZone.run { api, _ in
      let other = APIFixture.being(.operator("autre"))
      var answers: Set<String> = []
      for name in ["dr-1", "propre-1", "personne"] {
        let answer = try await api.send(.delete, "/api/v1/clusters/\(name)", headers: other)
        #expect(answer.status == 404)
        answers.insert(answer.text.replacing(name, with: "…"))
      }
      #expect(answers.count == 1, "\(answers)")
      // What is published is there for everybody to see, and is another's.
      #expect(try await api.send(.delete, "/api/v1/clusters/nord-1", headers: other).status == 403)
    }
  }

  @Test func `public facts hold identifiers and digests, and nothing of what is hosted`() async throws {
    try await RestrictedZone.run { api, zone in
      _ = try await api.store.publishOffer()
      // The region may not host it any more: everything there is found not to comply.
      let closed = Offered.region.replacing("name: SecNumCloud", with: "name: HDS")
      #expect(try await api.send(.put, "/api/v1/regions/nord", closed, headers: APIFixture.all).status == 200)
      _ = try await api.store.publishOffer()
      _ = try await api.store.judgeEverything(always: true)
      let rows = try await api.pool.withConnection {
        try await $0.query("SELECT type, key, data FROM public_facts ORDER BY id")
      }
      let facts = try rows.map { row in
        (
          type: try row.decode(String.self, "type"),
          text:
            "\(try row.decode(String.self, "key")) \(String(decoding: try row.decode([UInt8].self, "data"), as: UTF8.self))"
        )
      }
      #expect(
        Set(facts.map { $0.type.split(separator: ".").dropFirst(3).joined(separator: ".") }).isSuperset(of: [
          "offer.current.v1", "policy.version.v1", "policy.finding.v1",
        ]))
      let ids = Set(zone.placements.map { $0.spec.id.uuidString.lowercased() })
      for fact in facts {
        let text = fact.text.lowercased()
        for word in zone.words + ["dr-1", "nord-dr", "nord"] where RestrictedZone.tells(text, word) {
          #expect(ids.contains(word) && fact.type.contains("finding"), "“\(word)” in \(fact.text)")
        }
      }
    }
  }
}
