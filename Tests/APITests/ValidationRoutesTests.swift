import Contract
import Foundation
import HTTPTypes
import Model
import Placement
import Postgres
import Store
import Testing

@testable import API

/// Whether a project may go where somebody would have it.
struct ValidationRoutesTests {
  /// Two data centres with a cluster each, and one cluster over both.
  static func run(_ body: @escaping @Sendable (APIFixture) async throws -> Void) async throws {
    try await APIFixture.run { api in
      try await api.offer()
      for (name, centre) in [("nord-a", "dc1"), ("nord-b", "dc2"), ("nord-c", "dc2")] {
        let cluster = Offered.cluster(name, cpu: "10").replacing("[dc1, dc2]", with: "[\(centre)]")
        #expect(try await api.send(.put, "/api/v1/clusters/\(name)", cluster).status == 201)
      }
      // Two of one label, as they could be written before each had to have its own.
      try await api.pool.withConnection {
        try await $0.script(
          """
          BEGIN;
          SET LOCAL session_replication_role = replica;
          UPDATE resources SET spec = jsonb_set(spec, '{console,label}', '"Label nord-b"') WHERE name = 'nord-c';
          UPDATE offer_state SET version = version + 1;
          COMMIT;
          """)
      }
      try await body(api)
    }
  }

  static func project(cpu: String = "2") -> String {
    Offered.project("vigie", cpu: cpu).replacing("stage: prod, quota", with: "stage: prod, replicas: 2, quota")
  }

  /// With a further environment that is to be on one cluster with `dev`.
  static func tied(cpu: String = "2") -> String {
    project(cpu: cpu)
      .replacing(
        "  environments:", with: "  colocation: [{topology: cluster, environments: [dev, qualif]}]\n  environments:"
      )
      .replacing(
        "    - {name: dev,",
        with: "    - {name: qualif, stage: dev, quota: {cpu: 1, memory: 1Gi, pods: 10}}\n    - {name: dev,")
  }

  private func validate(
    _ api: APIFixture, _ choices: String, project: String = Self.project()
  ) async throws -> ValidationView {
    let json = try ProjectText.json(project)
    let answer = try await api.send(
      .post, Asked.validate, #"{"project": \#(json), "choices": \#(choices)}"#, type: "application/json")
    try #require(answer.status == 200, "\(answer.text)")
    return try answer.decode()
  }

  @Test func `choices that hold together are valid, by name or by the console's label`() async throws {
    try await Self.run { api in
      let before = try await api.rows()
      for choices in [
        #"{"prod": ["nord-a", "nord-b"], "dev": ["nord-a"]}"#,
        #"{"prod": ["Label nord-a", "nord-b"], "dev": ["nord-1"]}"#,
        #"{"prod": ["nord-c", "nord-a"], "dev": ["Nord"]}"#,
      ] {
        let view = try await validate(api, choices)
        #expect(view.valid && view.chain == "forge" && view.reasons.isEmpty && view.nearest.isEmpty, "\(choices)")
        #expect(
          view.choices.map(\.environment) == ["dev", "prod", "prod"] && view.choices.map(\.replica) == [0, 0, 1])
        #expect(view.choices.allSatisfy { $0.accepted && $0.score != nil })
      }
      #expect(try await api.rows() == before)
    }
  }

  @Test func `replicas in one data centre may each stand, and not together`() async throws {
    try await Self.run { api in
      let view = try await validate(api, #"{"prod": ["nord-b", "nord-c"], "dev": ["nord-a"]}"#)
      #expect(!view.valid && view.choices.allSatisfy(\.accepted))
      #expect(view.reasons.map(\.code) == [.spreadUnsatisfiable])
      #expect(view.nearest.count == 3 && view.chain == nil)
      // That the replicas of one environment could be placed is not known to be enough for the others.
      #expect(view.conflict == nil)
      // All but one of the choices could be kept.
      let followed = zip(view.choices, view.nearest).filter { $0.cluster == $1.cluster }.map(\.0.cluster)
      #expect(followed.count == 2 && followed.contains("nord-a"))
      #expect(view.nearest.allSatisfy { !$0.kept && $0.movedFrom == nil }, "nothing is placed yet")
    }
  }

  @Test func `environments that are spread may each stand in one data centre, and not together`() async throws {
    try await Self.run { api in
      func spread(_ words: String) -> String {
        Offered.project("vigie").components(separatedBy: "  environments:")[0] + """
            spread: [{topology: dataCenter, stage: prod\(words)}]
            environments:
              - {name: prod1, stage: prod, quota: {cpu: 1, memory: 1Gi, pods: 10}}
              - {name: prod2, stage: prod, quota: {cpu: 1, memory: 1Gi, pods: 10}}

          """
      }
      let near = #"{"prod1": ["nord-b"], "prod2": ["nord-c"]}"#
      let view = try await validate(api, near, project: spread(""))
      #expect(!view.valid && view.choices.allSatisfy(\.accepted))
      #expect(view.reasons.map(\.code) == [.spreadUnsatisfiable])
      #expect(view.reasons.first?.parameters["environments"] == "prod1, prod2")
      #expect(view.conflict == .aloneUnproven)
      #expect(
        zip(view.choices, view.nearest).count { $0.cluster == $1.cluster } == 1, "one of them has to go elsewhere")
      #expect(try await validate(api, near, project: spread(", whenUnsatisfiable: PlaceAnyway")).valid)
      #expect(try await validate(api, near, project: spread(", maxSkew: 2")).valid)
      #expect(try await validate(api, #"{"prod1": ["nord-a"], "prod2": ["nord-c"]}"#, project: spread("")).valid)
    }
  }

  @Test func `what keeps choices apart is told as it is on the whole offer, and of the places that were chosen`()
    async throws
  {
    try await Self.run { api in
      func spread(_ words: String) -> String {
        let environments = (1...3).map {
          "    - {name: prod\($0), stage: prod, quota: {cpu: 1, memory: 1Gi, pods: 10}}\n"
        }
        return Offered.project("vigie").components(separatedBy: "  environments:")[0]
          + "  spread: [{topology: dataCenter, stage: prod\(words)}]\n  environments:\n" + environments.joined()
      }
      let near = #"{"prod1": ["nord-b"], "prod2": ["nord-c"], "prod3": ["nord-c"]}"#
      let view = try await validate(api, near, project: spread(""))
      #expect(!view.valid && view.reasons.map(\.code) == [.spreadUnsatisfiable])
      // Two of them may share a data centre, once the other one has the third.
      let told = view.reasons.first?.parameters
      #expect(told?["wanted"] == "3" && told?["atMost"] == "2" && told?["available"] == "1", "\(told ?? [:])")
      let even = #"{"prod1": ["nord-a"], "prod2": ["nord-c"], "prod3": ["nord-b"]}"#
      #expect(try await validate(api, even, project: spread("")).valid)
    }
  }

  @Test func `environments that are to stay together may each stand apart, and not as a whole`() async throws {
    try await Self.run { api in
      let together = Self.tied()
      let apart = #"{"prod": ["nord-a", "nord-b"], "dev": ["nord-a"], "qualif": ["nord-b"]}"#
      let view = try await validate(api, apart, project: together)
      #expect(!view.valid && view.choices.allSatisfy(\.accepted))
      #expect(view.reasons.map(\.code) == [.colocationUnsatisfiable])
      #expect(view.reasons.first?.parameters == ["environments": "dev, qualif", "topology": "cluster"])
      let soft = together.replacing("[dev, qualif]}", with: "[dev, qualif], whenUnsatisfiable: PlaceAnyway}")
      #expect(try await validate(api, apart, project: soft).valid)
      let one = #"{"prod": ["nord-a", "nord-b"], "dev": ["nord-b"], "qualif": ["nord-b"]}"#
      #expect(try await validate(api, one, project: together).valid)
    }
  }

  @Test func `where no single tie keeps choices apart, all that do so together are named`() async throws {
    try await Self.run { api in
      // 8.8 and half a one are too much for one cluster, and two that are to stay together are not.
      let view = try await validate(
        api, #"{"prod": ["nord-a", "nord-b"], "dev": ["nord-a"], "qualif": ["nord-c"]}"#,
        project: Self.tied(cpu: "8800m"))
      #expect(!view.valid && view.choices.allSatisfy(\.accepted))
      #expect(Set(view.reasons.map(\.code)) == [.jointCapacityShort, .colocationUnsatisfiable])
      #expect(view.conflict == .all)
    }
  }

  @Test func `environments that each fit may be too much for one cluster together`() async throws {
    try await Self.run { api in
      // Of 10, less a tenth in reserve, 9 may be promised; 8.8 and half a one are too much.
      let view = try await validate(
        api, #"{"prod": ["nord-a", "nord-b"], "dev": ["nord-a"]}"#, project: Self.project(cpu: "8800m"))
      #expect(!view.valid && view.choices.allSatisfy(\.accepted))
      #expect(view.reasons.map(\.code) == [.jointCapacityShort] && view.conflict == .alone)
    }
  }

  @Test func `a choice that is refused by itself says why`() async throws {
    try await Self.run { api in
      let view = try await validate(
        api, #"{"prod": ["nord-a", "nord-1"], "dev": ["nord-b"]}"#, project: Self.project(cpu: "20"))
      #expect(!view.valid && view.choices.map(\.accepted) == [true, false, true])
      let refused = try #require(view.choices.first { !$0.accepted })
      #expect(refused.cluster == "nord-a" && refused.clusterLabel == "Label nord-a" && refused.zone == "nord")
      #expect(refused.reasons.first?.code == .capacityNeverFits && refused.score == nil)
      #expect(refused.reasons[0].sentence.hasPrefix("Trop grand"))
    }
  }

  @Test func `a validation agrees with a query about every place that this proposes`() async throws {
    try await Self.run { api in
      for cpu in ["1", "5", "8", "20", "50"] {
        let json = try ProjectText.json(Self.project(cpu: cpu))
        let view: QueryView = try await api.send(.post, Asked.query, json, type: "application/json").decode()
        guard view.explanation.outcome == .placed else { continue }
        let places = Dictionary(grouping: view.proposal, by: \.environment).mapValues { $0.map(\.cluster) }
        let choices = String(decoding: try JSONEncoder().encode(places), as: UTF8.self)
        #expect(try await validate(api, choices, project: Self.project(cpu: cpu)).valid, "\(cpu): \(choices)")
      }
    }
  }

  @Test func `every single choice is valid exactly where the query accepts it`() async throws {
    try await Self.run { api in
      let single = Offered.project("vigie", cpu: "9500m").components(separatedBy: "    - {name: dev")[0]
      let json = try ProjectText.json(single)
      let view: QueryView = try await api.send(.post, Asked.query + "?explain=full", json, type: "application/json")
        .decode()
      let candidates = view.explanation.environments[0].candidates
      #expect(Set(candidates.map(\.accepted)) == [true, false])
      for candidate in candidates {
        let verdict = try await validate(api, #"{"prod": ["\#(candidate.cluster)"]}"#, project: single)
        #expect(verdict.valid == candidate.accepted, "\(candidate.cluster)")
      }
    }
  }

  @Test func `what is already there may stay there`() async throws {
    try await APIFixture.run { api in
      try await api.offer(projects: ["vigie"])
      #expect(try await api.place("vigie").status == 201)
      let cordoned = Offered.cluster("nord-1").replacing("  stages:", with: "  state: cordoned\n  stages:")
      #expect(try await api.send(.put, "/api/v1/clusters/nord-1", cordoned).status == 200)
      let body = #"{"project": "vigie", "choices": {"prod": ["nord-1"], "dev": ["nord-1"]}}"#
      let view: ValidationView = try await api.send(.post, Asked.validate, body, type: "application/json").decode()
      #expect(view.valid)
      let other = Offered.project("autre")
      #expect(try await !validate(api, #"{"prod": ["nord-1"], "dev": ["nord-1"]}"#, project: other).valid)
    }
  }

  @Test func `what is elsewhere would be moved, also where a contract was lowered under it`() async throws {
    try await Self.run { api in
      #expect(try await api.send(.put, "/api/v1/projects/vigie", Offered.project("vigie")).status == 201)
      #expect(try await api.place("vigie").status == 201)
      let places = try await api.store.placements().items
      let present = try #require(places.first { $0.spec.environment == "prod" }).spec.cluster
      let other = try #require(["nord-a", "nord-b"].first { $0 != present })
      func ask(_ prod: String, dev: String, project: String = #""vigie""#) async throws -> ValidationView {
        let body = #"{"project": \#(project), "choices": {"\#(dev)": ["\#(present)"], "prod": ["\#(prod)"]}}"#
        return try await api.send(.post, Asked.validate, body, type: "application/json").decode()
      }
      for limit in [500, 1] {
        let policy = Offered.policy.replacing("production: {cpu: 500}", with: "production: {cpu: \(limit)}")
        #expect(try await api.send(.put, "/api/v1/policies/regie", policy).status == 200)
        let moved = try await ask(other, dev: "dev")
        #expect(moved.valid && moved.reasons.isEmpty, "\(limit)")
        #expect(moved.choices.map(\.movedFrom) == [nil, present])
        #expect(try await ask(present, dev: "dev").choices.map(\.movedFrom) == [nil, nil])
      }
    }
  }

  @Test func `what is held and not asked for any more still counts for the contract`() async throws {
    try await Self.run { api in
      #expect(try await api.send(.put, "/api/v1/projects/vigie", Offered.project("vigie")).status == 201)
      #expect(try await api.place("vigie").status == 201)
      let next = Offered.project("vigie").replacing("name: prod,", with: "name: other,")
      for (limit, isEnough) in [(4, true), (3, false)] {
        let policy = Offered.policy.replacing("production: {cpu: 500}", with: "production: {cpu: \(limit)}")
        #expect(try await api.send(.put, "/api/v1/policies/regie", policy).status == 200)
        let view = try await validate(api, #"{"other": ["nord-a"], "dev": ["nord-a"]}"#, project: next)
        #expect(view.valid == isEnough)
        #expect(view.reasons.map(\.code) == (isEnough ? [] : [.contractLimit]))
      }
    }
  }

  @Test func `choices that leave something open are refused at their place`() async throws {
    try await Self.run { api in
      let json = try ProjectText.json(Self.project())
      for (choices, path, accepted) in [
        (#"{"prod": ["nord-a"], "dev": ["nord-a"]}"#, #"choices["prod"]"#, "2"),
        (#"{"prod": ["nord-a", "nord-b"], "dev": []}"#, #"choices["dev"]"#, "1"),
        ("{}", "choices", "dev, prod"),
        (#"{"prod": ["nord-a", "nord-b"], "dev": ["nord-a"], "test": ["nord-a"]}"#, #"choices["test"]"#, "dev, prod"),
        (#"{"prod": ["nord-a", "nowhere"], "dev": ["nord-a"]}"#, #"choices["prod"][1]"#, nil),
        (#"{"prod": ["nord-a", "Label nord-b"], "dev": ["nord-a"]}"#, #"choices["prod"][1]"#, "nord-b, nord-c"),
        (
          #"{"prod": ["nord-a", "00000000-0000-4000-8000-000000000000"], "dev": ["nord-a"]}"#,
          #"choices["prod"][1]"#, nil
        ),
      ] as [(String, String, String?)] {
        let problem = try await api.refuse(
          .post, Asked.validate, #"{"project": \#(json), "choices": \#(choices)}"#, type: "application/json",
          with: 422, .invalid)
        #expect(problem.errors?.map(\.path) == [path] && problem.errors?.first?.accepted == accepted, "\(choices)")
      }
      let missing = try await api.refuse(
        .post, Asked.validate, #"{"project": \#(json)}"#, type: "application/json", with: 422, .invalid)
      #expect(missing.errors?.map(\.path) == ["choices"])
      _ = try await api.refuse(.post, Asked.validate, json, type: "application/json", with: 400, .malformed)
    }
  }
}
