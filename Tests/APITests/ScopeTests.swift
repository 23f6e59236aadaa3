import Contract
import Events
import Foundation
import HTTPTypes
import Identity
import Model
import Postgres
import Store
import Testing

@testable import API

/// Two operators with a region, a zone and a cluster each, and projects at both.
@Suite struct ScopeTests {
  private static let head = "apiVersion: regie.cloud-pi-native.fr/v1\n"

  private static let other: [(String, String)] = [
    ("operators/autre", Offered.op.replacing("dtnum", with: "autre")),
    (
      "regions/sud",
      Offered.region.replacing("name: nord", with: "name: sud").replacing("operator: dtnum", with: "operator: autre")
    ),
    (
      "zones/sud-usuel",
      Offered.zone.replacing("name: nord-usuel", with: "name: sud-usuel").replacing("region: nord", with: "region: sud")
        .replacing("slug: nord", with: "slug: sud")
    ),
    (
      "clusters/sud-1",
      Offered.cluster("sud-1").replacing("zone: nord-usuel", with: "zone: sud-usuel")
    ),
  ]

  private func run(_ body: @escaping @Sendable (APIFixture) async throws -> Void) async throws {
    try await APIFixture.run(authentication: .required(SpokenRoles())) { api in
      for (path, text) in Offered.all + Self.other {
        let answer = try await api.send(.put, "/api/v1/\(path)", text, headers: APIFixture.all)
        try #require(answer.status == 201, "\(path): \(answer.text)")
      }
      for project in ["vigie", "basegun"] {
        let answer = try await api.send(
          .put, "/api/v1/projects/\(project)", Offered.project(project), headers: APIFixture.all)
        try #require(answer.status == 201, "\(answer.text)")
        let placed = try await api.place(project, headers: APIFixture.all)
        try #require(placed.status == 201, "\(placed.text)")
      }
      try await body(api)
    }
  }

  private func placements(_ api: APIFixture, _ roles: Role...) async throws -> [PlacementView] {
    let headers = ["authorization": "Bearer \(roles.map(\.description).joined(separator: "+"))"]
    let list: ListView<PlacementView> = try await api.send(.get, "/api/v1/placements", headers: headers).decode()
    return list.items
  }

  @Test func `an operator sees the placements of its own zones, a team its project's, an auditor all`() async throws {
    try await run { api in
      let all = try await placements(api, .auditor)
      #expect(Set(all.map(\.spec.project)) == ["vigie", "basegun"])
      let zones = Set(all.map(\.spec.zone))
      for (name, slug) in [("dtnum", "nord"), ("autre", "sud")] {
        let own = all.filter { $0.spec.zone == slug }
        #expect(try await placements(api, .operator(name)) == own)
        #expect(try await placements(api, .boardMember(operator: name)) == own)
      }
      #expect(zones.isSubset(of: ["nord", "sud"]))
      #expect(try await placements(api, .projectTeam("vigie")) == all.filter { $0.spec.project == "vigie" })
      #expect(try await placements(api, .operator("personne")).isEmpty)
      #expect(try await placements(api, .operator("dtnum"), .operator("autre")) == all)
    }
  }

  @Test func `what is another's does not exist for who asks`() async throws {
    try await run { api in
      let placement = try #require(try await placements(api, .auditor).first { $0.spec.project == "vigie" })
      let (slug, decision) = (placement.spec.zone, placement.spec.decision.uuidString.lowercased())
      let owner = slug == "nord" ? "dtnum" : "autre"
      let stranger = slug == "nord" ? "autre" : "dtnum"
      let path = "/api/v1/placements/\(placement.spec.id.uuidString.lowercased())"
      #expect(try await api.send(.get, path, headers: APIFixture.being(.operator(owner))).status == 200)
      for role in [Role.operator(stranger), .projectTeam("basegun")] {
        let hidden = try await api.send(.get, path, headers: APIFixture.being(role)).problem(404, .notFound)
        let absent = try await api.send(
          .get, "/api/v1/placements/6f6a4bb4-7b3c-4a0e-9c4f-3a5a3d1f0a11", headers: APIFixture.being(role)
        ).problem(404, .notFound)
        // Nothing tells the one from the other.
        #expect(hidden.title == absent.title && hidden.code == absent.code)
      }
      for path in [
        "\(path)/explanation", "/api/v1/decisions/\(decision)", "/api/v1/decisions/\(decision)/explanation",
        "/api/v1/projects/vigie", "/api/v1/projects/vigie/explanation",
      ] {
        let own = try await api.send(.get, path, headers: APIFixture.being(.projectTeam("vigie")))
        #expect(own.status == 200, "\(path): \(own.text)")
        _ = try await api.send(.get, path, headers: APIFixture.being(.projectTeam("basegun"))).problem(404, .notFound)
      }
    }
  }

  @Test func `lists hold what is within reach only`() async throws {
    try await run { api in
      let team = APIFixture.being(.projectTeam("vigie"))
      let projects: ListView<AnyResource> = try await api.send(.get, "/api/v1/projects", headers: team).decode()
      #expect(projects.items.map(\.metadata.name) == ["vigie"])
      let decisions: ListView<DecisionIdentity> = try await api.send(.get, "/api/v1/decisions", headers: team).decode()
      #expect(decisions.items.map(\.project) == ["vigie"])
      let others: ListView<DecisionIdentity> = try await api.send(
        .get, "/api/v1/decisions?project=basegun", headers: team
      ).decode()
      #expect(others.items.isEmpty)
      let ledger: ListView<CapacityView> = try await api.send(
        .get, "/api/v1/capacity", headers: APIFixture.being(.operator("autre"))
      ).decode()
      #expect(ledger.items.map(\.cluster) == ["nord-1", "sud-1"], "what is promised of shared clusters is published")
      let clusters: ListView<AnyResource> = try await api.send(.get, "/api/v1/clusters", headers: team).decode()
      #expect(clusters.items.count == 2, "what operators declare is published")
    }
  }

  @Test func `an operator writes its own part of the offer, and can neither take nor give any`() async throws {
    try await run { api in
      let me = APIFixture.being(.operator("autre"))
      func put(_ path: String, _ text: String) async throws -> Answer {
        try await api.send(.put, "/api/v1/\(path)", text, headers: me)
      }
      let own = Offered.cluster("sud-2").replacing("zone: nord-usuel", with: "zone: sud-usuel")
      #expect(try await put("clusters/sud-2", own).status == 201)
      // Into another's zone; over another's cluster; another's away; one's own region to another.
      _ = try await put("clusters/nord-9", Offered.cluster("nord-9")).problem(403, .forbidden)
      let taken = Offered.cluster("nord-1").replacing("zone: nord-usuel", with: "zone: sud-usuel")
      _ = try await put("clusters/nord-1", taken).problem(403, .forbidden)
      let region = Offered.region.replacing("operator: dtnum", with: "operator: autre")
      _ = try await put("regions/nord", region).problem(403, .forbidden)
      let given = Offered.region.replacing("name: nord", with: "name: sud")
      _ = try await put("regions/sud", given).problem(403, .forbidden)
      _ = try await put("zones/nord-usuel", Offered.zone.replacing("region: nord", with: "region: sud"))
        .problem(403, .forbidden)
      _ = try await api.send(.delete, "/api/v1/clusters/nord-1", headers: me).problem(403, .forbidden)
      #expect(try await api.send(.delete, "/api/v1/clusters/sud-2", headers: me).status == 204)
    }
  }

  @Test func `a team asks and decides for its own project only`() async throws {
    try await run { api in
      let team = APIFixture.being(.projectTeam("vigie"))
      #expect(try await api.place("vigie", headers: team).status == 200)
      _ = try await api.place("basegun", headers: team).problem(404, .notFound)
      for path in ["placements:query", "placements:validate"] {
        func ask(_ project: String) async throws -> Answer {
          let choices = path.hasSuffix("validate") ? #", "choices": {"prod": ["nord-1"], "dev": ["nord-1"]}"# : ""
          return try await api.send(
            .post, "/api/v1/\(path)", #"{"project": "\#(project)"\#(choices)}"#, type: "application/json", headers: team
          )
        }
        #expect(try await ask("vigie").status == 200)
        _ = try await ask("basegun").problem(404, .notFound)
      }
      let reserved = try await api.send(
        .post, "/api/v1/placements?reserve=true", #"{"project": "vigie"}"#, type: "application/json", headers: team)
      _ = try reserved.problem(403, .forbidden)
      // Nor does a team choose: clusters that are none of its business would answer to their names.
      let chosen = #"{"project": "vigie", "choices": {"prod": ["nord-1"], "dev": ["nord-1"]}}"#
      _ = try await api.send(.post, "/api/v1/placements", chosen, type: "application/json", headers: team)
        .problem(403, .forbidden)
      // Nor does who is in the team of every project.
      let everywhere = APIFixture.being(.projectTeam(Role.everyone))
      for path in ["placements?reserve=true", "reservations"] {
        let refused = try await api.send(
          .post, "/api/v1/\(path)", #"{"project": "vigie"}"#, type: "application/json", headers: everywhere)
        _ = try refused.problem(403, .forbidden)
      }
      let console = try await api.send(
        .post, "/api/v1/placements?reserve=true", #"{"project": "vigie"}"#, type: "application/json",
        headers: APIFixture.being(.console))
      #expect(console.status < 300, "\(console.text)")
      let removed = try await api.send(
        .post, "/api/v1/projects/basegun/removal", "{}", type: "application/json", headers: team)
      _ = try removed.problem(404, .notFound)
      _ = try await api.send(.put, "/api/v1/projects/basegun", Offered.project("basegun"), headers: team)
        .problem(403, .forbidden)
    }
  }

  @Test func `whose its project is a team can not say itself, so that what is for others became its business`()
    async throws
  {
    try await run { api in
      let team = APIFixture.being(.projectTeam("vigie"))
      let others = Offered.project("vigie").replacing("organisation: mi", with: "organisation: mj")
      let put = try await api.send(.put, "/api/v1/projects/vigie", others, headers: team)
      #expect(try put.problem(403, .forbidden).errors?.first?.path == "spec.organisation")
      let decided = try await api.send(.post, "/api/v1/placements", others, headers: team)
      #expect(try decided.problem(403, .forbidden).errors?.first?.path == "spec.organisation")
      // Nor that its data is also of what it is of already, which would take it out of what is for all but that.
      let sensitive = Offered.policy.replacing(
        "{name: dr, sensitivity: DR,",
        with: "{name: low, sensitivity: usuel}\n    - {name: high, parent: low, sensitivity: usuel}\n"
          + "    - {name: dr, sensitivity: DR,")
      let high = Offered.project("vigie").replacing("dataClasses: [public]", with: "dataClasses: [high]")
      for (path, text) in [("policies/regie", sensitive), ("projects/vigie", high)] {
        let answer = try await api.send(.put, "/api/v1/\(path)", text, headers: APIFixture.all)
        try #require(answer.status == 200, "\(path): \(answer.text)")
      }
      for (classes, status) in [("high, low", 403), ("high, public", 200)] {
        let text = high.replacing("[high]", with: "[\(classes)]")
        let answer = try await api.send(.put, "/api/v1/projects/vigie", text, headers: team)
        #expect(answer.status == status, "\(classes): \(answer.text)")
      }
      // Nor is a project made by its team, which would say it first.
      let own = APIFixture.being(.projectTeam("nouveau"))
      let made = try await api.send(.put, "/api/v1/projects/nouveau", Offered.project("nouveau"), headers: own)
      #expect(try made.problem(403, .forbidden).errors?.first?.path == "metadata.name")
      let console = APIFixture.being(.console)
      #expect(try await api.send(.put, "/api/v1/projects/vigie", others, headers: console).status == 200)
    }
  }

  @Test func `who is in every team is no console, and who is each operator does not administer`() async throws {
    try await run { api in
      let teams = APIFixture.being(.projectTeam(Role.everyone))
      let operators = APIFixture.being(.operator(Role.everyone))
      let all = try await placements(api, .auditor)
      for (headers, path, text, field) in [
        (teams, "projects/nouveau", Offered.project("nouveau"), "metadata.name"),
        (
          teams, "projects/vigie", Offered.project("vigie").replacing("organisation: mi", with: "organisation: mj"),
          "spec.organisation"
        ),
        (operators, "chains/autre", Offered.chain.replacing("name: forge", with: "name: autre"), "metadata.name"),
        (
          operators, "zones/nord-usuel", Offered.zone.replacing("sensitivity: usuel", with: "sensitivity: DR"),
          "spec.sensitivity"
        ),
      ] {
        let answer = try await api.send(.put, "/api/v1/\(path)", text, headers: headers)
        #expect(try answer.problem(403, .forbidden).errors?.first?.path == field, "\(path)")
      }
      for role in [Role.projectTeam(Role.everyone), .operator(Role.everyone)] {
        #expect(try await placements(api, role) == all, "each is some project's, and some operator's")
        for path in ["derogations", "derogation-requests"] {
          let answer = try await api.send(.get, "/api/v1/\(path)", headers: APIFixture.being(role))
          #expect(answer.status == 200, "\(path): \(answer.text)")
        }
      }
    }
  }

  @Test func `who is in every team, or is each operator, sees what is anybody's`() async throws {
    try await run { api in
      try await Self.fill(api)
      let teams = APIFixture.being(.projectTeam(Role.everyone))
      let operators = APIFixture.being(.operator(Role.everyone))
      let auditor = APIFixture.being(.auditor)
      func ids(_ path: String, _ headers: [String: String]) async throws -> [UUID] {
        let list: ListView<Named> = try await api.send(.get, "/api/v1/\(path)", headers: headers).decode()
        return list.items.map(\.id)
      }
      for path in ["findings", "flows", "flows?operator=dtnum", "flows?operator=autre"] {
        let all = try await ids(path, auditor)
        #expect(!all.isEmpty || path.contains("?"), "\(path)")
        // Of what an operator has to do a team sees what is open.
        if !path.contains("?") { #expect(try await ids(path, teams) == all, "\(path)") }
        #expect(try await ids(path, operators) == all, "\(path)")
      }
      func zones(_ headers: [String: String]) async throws -> [String] {
        let list: ListView<AgentView> = try await api.send(.get, "/api/v1/agents", headers: headers).decode()
        return list.items.map(\.status.zone)
      }
      let heard = try await zones(auditor)
      #expect(heard == ["nord", "sud"], "of a zone that is not declared nobody is told")
      #expect(try await zones(operators) == heard)
      for path in ["operators/dtnum/history", "regions/nord/history", "regions/sud/history"] {
        let all = try await api.send(.get, "/api/v1/\(path)", headers: auditor)
        try #require(all.status == 200, "\(path): \(all.text)")
        #expect(try await api.send(.get, "/api/v1/\(path)", headers: operators).text == all.text, "\(path)")
      }
    }
  }

  private struct Named: Codable, Sendable {
    var id: UUID
  }

  /// Findings on all that is placed, a flow of each project, and agents, one of them of a zone that there is not.
  private static func fill(_ api: APIFixture) async throws {
    let rules = ["nord-1", "sud-1"].map {
      "    - {id: pas-\($0), motive: {fr: Ailleurs}, effect: forbid, places: {matchLabels: {cluster.name: \($0)}}}\n"
    }
    let regions = [("regions/nord", Offered.region), other[1]].map {
      ($0.0, $0.1.replacing("[RIE]", with: "[RIE, chorus]"))
    }
    let policy = Offered.policy.replacing("  rules:\n", with: "  rules:\n\(rules.joined())")
    for (path, text) in regions + [("policies/regie", policy)] {
      let answer = try await api.send(.put, "/api/v1/\(path)", text, headers: APIFixture.all)
      try #require(answer.status == 200, "\(path): \(answer.text)")
    }
    let opened = try await api.store.judgeEverything(always: false).opened
    #expect(opened > 1)
    for project in ["vigie", "basegun"] {
      let wish = #"""
        {"project": "\#(project)", "environment": "prod", "system": "chorus", "direction": "outbound",
         "protocol": "tcp", "ports": [443], "motive": "Échanges comptables"}
        """#
      let answer = try await api.send(
        .post, "/api/v1/flows", wish, type: "application/json", headers: APIFixture.all)
      try #require(answer.status == 201, "\(answer.text)")
    }
    for zone in ["nord", "sud", "nulle"] {
      try await api.heartbeat(
        AgentStatus(
          zone: zone, incarnation: 1, sequence: 1, version: "0.1.0", at: Reported.moment, snapshotComplete: true,
          refusedRecords: 0, clusters: []))
    }
  }

  @Test func `reservations, derogations, capacity and losses are those of one's own as well`() async throws {
    try await run { api in
      func put(_ path: String, _ text: String) async throws {
        let answer = try await api.send(.put, "/api/v1/\(path)", text, headers: APIFixture.all)
        try #require(answer.status == 201, "\(answer.text)")
      }
      try await put("projects/tiers", Offered.project("tiers"))
      try await put("derogations/exception-1", Offered.derogation)
      let reserved = try await api.send(
        .post, "/api/v1/reservations", #"{"project": "tiers"}"#, type: "application/json",
        headers: APIFixture.being(.console))
      let reservation = try #require(reserved.header("location"), "\(reserved.text)")
      for (path, owner) in [(reservation, "tiers"), ("/api/v1/derogations/exception-1", "vigie")] {
        #expect(try await api.send(.get, path, headers: APIFixture.being(.projectTeam(owner))).status == 200, "\(path)")
        _ = try await api.send(.get, path, headers: APIFixture.being(.projectTeam("basegun"))).problem(404, .notFound)
      }
      let derogations: ListView<AnyResource> = try await api.send(
        .get, "/api/v1/derogations", headers: APIFixture.being(.projectTeam("basegun"))
      ).decode()
      #expect(derogations.items.isEmpty)
      let ledger: ListView<CapacityView> = try await api.send(
        .get, "/api/v1/capacity", headers: APIFixture.being(.boardMember(operator: "autre"))
      ).decode()
      #expect(ledger.items.map(\.cluster) == ["nord-1", "sud-1"], "the board sees all of it")
      for placement in try await placements(api, .auditor) {
        let stranger = placement.spec.zone == "nord" ? "autre" : "dtnum"
        let lost = try await api.send(
          .post, "/api/v1/placements/\(placement.spec.id.uuidString.lowercased())/declare-loss",
          #"{"reason": "incendie"}"#, type: "application/json", headers: APIFixture.being(.operator(stranger)))
        _ = try lost.problem(404, .notFound)
      }
    }
  }

  @Test func `who was known is in the trail`() async throws {
    try await run { api in
      _ = try await api.place("vigie", headers: APIFixture.being(.projectTeam("vigie")))
      let trail: ListView<AuditEntryView> = try await api.send(
        .get, "/api/v1/audit/entries", headers: APIFixture.being(.auditor)
      ).decode()
      #expect(!trail.items.isEmpty)
      #expect(trail.items.allSatisfy { $0.principal == "oidc:someone" })
    }
  }

  @Test func `the trail says as what somebody acted, and within which trace`() async throws {
    try await run { api in
      let trace = "0af7651916cd43dd8448eb211c80319c"
      var me = APIFixture.being(.operator("autre"), .auditor)
      me["traceparent"] = "00-\(trace)-b7ad6b7169203331-01"
      let own = Offered.cluster("sud-2").replacing("zone: nord-usuel", with: "zone: sud-usuel")
      #expect(try await api.send(.put, "/api/v1/clusters/sud-2", own, headers: me).status == 201)
      // As an entry was before roles were kept, and one that is none any more.
      try await api.pool.withConnection { connection in
        try await connection.script(
          """
          BEGIN;
          SET LOCAL session_replication_role = replica;
          UPDATE audit_entries SET body = convert_to('{"at":"x"}', 'UTF8') WHERE name = 'sud' AND kind = 'Region';
          UPDATE audit_entries SET body = convert_to('x', 'UTF8') WHERE name = 'sud-1' AND kind = 'Cluster';
          COMMIT;
          """)
      }
      let trail: ListView<AuditEntryView> = try await api.send(
        .get, "/api/v1/audit/entries", headers: APIFixture.being(.auditor)
      ).decode()
      func entry(_ kind: String, _ name: String) throws -> AuditEntryView {
        try #require(trail.items.first { $0.kind == kind && $0.name == name })
      }
      let written = try entry("Cluster", "sud-2")
      #expect(written.roles == ["auditor", "operator(autre)"])
      #expect(written.traceparent?.contains(trace) == true)
      for old in [try entry("Region", "sud"), try entry("Cluster", "sud-1")] {
        #expect(old.roles == nil && old.traceparent == nil)
      }
    }
  }
}
