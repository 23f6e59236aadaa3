import Foundation
import Model
import Testing

@Suite("Resources are checked against each other")
struct CrossReferenceTests {
  private func paths(
    without removed: Kind? = nil, adding added: AnyResource..., changing change: (inout AnyResource) -> Void = { _ in }
  ) -> [String] {
    var resources = Samples.all.filter { $0.kind != removed }
    resources.append(.operator(Resource("anfsi", Samples.operator)))
    for index in resources.indices { change(&resources[index]) }
    return CrossReferences.problems(in: resources + added)
      .map { "\($0.resource ?? "?") \($0.path)" + ($0.severity == .warning ? " (warning)" : "") }
  }

  @Test("what fits together is accepted")
  func fits() { #expect(paths() == []) }

  @Test(
    "what is missing is named",
    arguments: [
      (Kind.operator, ["Region/idf spec.operator", "Policy/politique spec.governance.voters[0]"]),
      (.chain, ["Zone/idf-usuel spec.chain"]),
      (.region, ["Chain/chaine spec.regions[0] (warning)", "Zone/idf-usuel spec.region"]),
      (.zone, ["Cluster/idf-1 spec.zone", "Placement/placement-1 spec.zone"]),
      (.cluster, ["Placement/placement-1 spec.cluster", "Migration/migration-1 spec.moves[0].targetCluster"]),
      (.policy, ["Project/candilib spec.dataClasses[0]", "Derogation/derogation-1 spec.rules[0]"]),
      (
        .project,
        [
          "Cluster/idf-1 spec.projects[0] (warning)", "Derogation/derogation-1 spec.project",
          "Placement/placement-1 spec.project", "Migration/migration-1 spec.project", "FlowRequest/flux-1 spec.project",
        ]
      ),
      (.placement, ["Migration/migration-1 spec.moves[0].source"]),
    ])
  func missing(kind: Kind, expected: [String]) { #expect(paths(without: kind) == expected) }

  @Test("a chain delivers only where and what it may")
  func chains() {
    let found = paths { resource in
      guard case .chain(var chain) = resource else { return }
      (chain.spec.regions, chain.spec.sensitivities) = ([], [.restricted])
      resource = .chain(chain)
    }
    #expect(found == ["Zone/idf-usuel spec.chain", "Zone/idf-usuel spec.chain"])
    let unchained = paths { resource in
      guard case .zone(var zone) = resource else { return }
      zone.spec.chain = nil
      resource = .zone(zone)
    }
    #expect(unchained == [])
  }

  @Test("a cluster stands in data centres of its region")
  func dataCenters() throws {
    var resources = Samples.all + [.operator(Resource("anfsi", Samples.operator))]
    var cluster = Samples.cluster
    cluster.dataCenters = ["idf-1", "idf-3"]
    resources[4] = .cluster(Resource("idf-1", cluster))
    let problem = try #require(CrossReferences.problems(in: resources).first)
    #expect(problem.description.hasPrefix("Cluster/idf-1 spec.dataCenters[1]: no such data centre of region “idf”"))
    #expect(problem.accepted == "idf-1, idf-2")
    #expect(problem.message.hasSuffix("did you mean “idf-1”?") && problem.messageFR.contains("vouliez-vous dire"))
  }

  @Test("an environment belongs to the project named")
  func environments() {
    let found = paths { resource in
      guard case .flowRequest(var request) = resource else { return }
      request.spec.environment = "recette"
      resource = .flowRequest(request)
    }
    #expect(found == ["FlowRequest/flux-1 spec.environment"])
  }

  @Test("a migration moves placements of its own project")
  func migrations() {
    let found = paths(adding: .project(Resource("basegun", Self.anonymous))) { resource in
      guard case .migration(var migration) = resource else { return }
      (migration.spec.project, migration.spec.moves[0].targetCluster) = ("basegun", nil)
      resource = .migration(migration)
    }
    #expect(found == ["Migration/migration-1 spec.moves[0].source"])
  }

  @Test("a derogation waives only what may be waived")
  func notWaivable() {
    let found = paths { resource in
      guard case .policy(var policy) = resource else { return }
      policy.spec.rules[0].notWaivable = true
      resource = .policy(policy)
    }
    #expect(found == ["Derogation/derogation-1 spec.rules[0]"])
  }

  @Test("names, slugs, labels and identifiers are taken once")
  func unique() {
    var zone = Samples.zone
    #expect(paths(adding: .zone(Resource("other", zone))) == ["Zone/other spec.slug"])
    zone.slug = "r2-usuel"
    #expect(paths(adding: .zone(Resource("idf-usuel", zone))).first == "Zone/idf-usuel metadata.name")
    #expect(
      paths(adding: .cluster(Resource("other", Samples.cluster))) == [
        "Cluster/other spec.console.label", "Cluster/other spec.console.id",
      ])
    var cluster = Samples.cluster
    cluster.console = nil
    #expect(paths(adding: .cluster(Resource("other", cluster))) == [])
    #expect(
      paths(adding: .project(Resource("other", Samples.project))) == [
        "Project/other spec.consoleID", "Project/other spec.environments[0].consoleID",
      ])
    #expect(paths(adding: .placement(Resource("other", Samples.placement))) == ["Placement/other spec.id"])
    // One name may be used by several kinds.
    #expect(paths(adding: .project(Resource("idf", Self.anonymous))) == [])
  }

  private static var anonymous: ProjectSpec {
    var project = Samples.project
    project.consoleID = nil
    project.environments[0].consoleID = nil
    return project
  }
}
