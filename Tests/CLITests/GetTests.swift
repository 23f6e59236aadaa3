import Contract
import Events
import Foundation
import Model
import Testing

/// `regie get`: tables to the letter, JSON and YAML that parse.
@Suite(.timeLimit(.minutes(3)))
struct GetTests {
  private func withService(_ body: @Sendable (StubService, String) async throws -> Void) async throws {
    try await StubService.with(
      { request in
        switch request.path {
        case "/api/v1/operators": try Samples.list(try Samples.resource(Samples.operatorYAML))
        case "/api/v1/operators/dtnum": try StubService.Answer(try Samples.resource(Samples.operatorYAML))
        case "/api/v1/chains": try Samples.list(try Samples.resource(Samples.chainYAML))
        case "/api/v1/placements": try Samples.list(try Samples.placement())
        case "/api/v1/placements/\(Samples.placementID)": try StubService.Answer(try Samples.placement(replica: 1))
        case "/api/v1/agents":
          try Samples.list(
            AgentView(
              status: AgentStatus(
                zone: "r1-usuel", incarnation: 1_795_476_000, sequence: 9, version: "0.1.0", at: Samples.at,
                snapshotComplete: true, refusedRecords: 2,
                clusters: [
                  .init(name: "a", reachable: true, version: "v1.20.2", placements: 3),
                  .init(name: "b", reachable: false, message: "away", placements: 0),
                ]), heardAt: Samples.at))
        case "/api/v1/capacity":
          try Samples.list(
            CapacityView(
              cluster: "a", limit: ResourceAmounts(ResourceList(cpu: Quantity("10"), memory: Quantity("64Gi"))),
              committed: ResourceAmounts(ResourceList(cpu: Quantity("2500m"), memory: Quantity("4Gi")))))
        default: try StubService.Answer(Problem(status: 404, .notFound, title: "Introuvable", detail: request.path))
        }
      }, body)
  }

  private static let tables: [([String], String)] = [
    (
      ["operators"],
      """
      NAME   DISPLAY NAME
      dtnum  Direction du numérique

      """
    ),
    (
      ["operator", "dtnum"],
      """
      NAME   DISPLAY NAME
      dtnum  Direction du numérique

      """
    ),
    (
      ["chains"],
      """
      NAME        SENSITIVITIES  REGIONS
      principale  usuel          idf

      """
    ),
    (
      ["placements"],
      """
      PROJECT  ENVIRONMENT  STAGE  ZONE      CLUSTER      STATUS  CPU  MEMORY
      vigie    prod         prod   r1-usuel  idf-usuel-1  Ready   2    4Gi

      """
    ),
    (
      ["placements", Samples.placementID, "-o", "wide"],
      """
      PROJECT  ENVIRONMENT  STAGE  ZONE      CLUSTER      STATUS  PHASE   REVISION  NAMESPACE  CHAIN       PLACEMENT
      vigie    prod/1       prod   r1-usuel  idf-usuel-1  Ready   active  1.3       a--b       principale  \(Samples.placementID)

      """
    ),
    (
      ["agents"],
      """
      ZONE      VERSION  INCARNATION  SNAPSHOT  BUS  REFUSED  CLUSTERS  HEARD
      r1-usuel  0.1.0    1795476000   complete  –    2        a,b(!)    \(Samples.at)

      """
    ),
    (
      ["capacity", "a"],
      """
      CLUSTER  CPU       MEMORY   GPU  STORAGE  PODS
      a        2500m/10  4/64 Gi  0/0  0/0 Gi   0/0

      """
    ),
  ]

  @Test(arguments: tables)
  func `a table shows what one wants to see at a glance`(arguments: [String], expected: String) async throws {
    try await withService { _, url in
      let run = try await Run.regie(["get"] + arguments + ["--server", url])
      #expect(run.code == 0)
      #expect(run.output == expected)
    }
  }

  @Test(arguments: [
    ["operators"], ["operators", "dtnum"], ["placements"], ["placements", Samples.placementID], ["agents"],
    ["agents", "r1-usuel"], ["capacity"],
  ])
  func `everything that is read comes as JSON and as YAML too, and both say the same`(arguments: [String]) async throws
  {
    try await withService { _, url in
      let json = try await Run.regie(["get"] + arguments + ["-o", "json", "--server", url])
      let yaml = try await Run.regie(["get"] + arguments + ["--output", "yaml", "--server", url])
      #expect(json.code == 0 && yaml.code == 0)
      #expect(try PlainValue(json: json.output) == PlainValue(yaml: yaml.output))
    }
  }

  @Test func `what is applied can be what was got`() async throws {
    try await withService { _, url in
      let yaml = try await Run.regie("get", "operators", "dtnum", "-o", "yaml", "--server", url)
      #expect(try ResourceDocument.decode(yaml: yaml.output) == [try Samples.resource(Samples.operatorYAML)])
    }
  }

  @Test func `a list is read to its end, page by page`() async throws {
    try await StubService.with({ request in
      request.query.contains("cursor=p2")
        ? try Samples.list(try Samples.resource(Samples.operatorYAML.replacing("dtnum}", with: "second}")))
        : try Samples.list(try Samples.resource(Samples.operatorYAML), next: "p2")
    }) { stub, url in
      let run = try await Run.regie("get", "operators", "--server", url)
      #expect(run.lines.map { $0.split(separator: " ").first.map(String.init) } == ["NAME", "dtnum", "second", nil])
      #expect(stub.requests.count == 2)
    }
  }

  @Test func `what is withheld is said, in tables beside them and else in the document`() async throws {
    let zone = try Samples.resource(
      "{apiVersion: regie.cloud-pi-native.fr/v1, kind: Zone, metadata: {name: dr}, "
        + "spec: {region: idf, sensitivity: DR, slug: dr}}")
    let view = ResourceView(zone, withheld: ["spec.git"])
    try await StubService.with({ request in
      request.path.hasSuffix("zones/dr")
        ? try StubService.Answer(view)
        : try StubService.Answer(ResourceListView(items: [view], next: nil, withheld: 3))
    }) { _, url in
      let one = try await Run.regie("get", "zones", "dr", "--server", url)
      #expect(one.output.contains("withheld from this caller: spec.git"))
      let all = try await Run.regie("get", "zones", "--server", url)
      #expect(all.output.contains("spec.git") && all.output.contains("zones : 3 sont tus"))
      let json = try await Run.regie("get", "zones", "dr", "-o", "json", "--server", url)
      #expect(try PlainValue(json: json.output) == PlainValue(json: try StubService.Answer(view).body))
    }
  }

  @Test func `names lead nowhere else, whatever they hold`() async throws {
    try await withService { stub, url in
      for name in ["a/b", "..", "é ?x=1"] { _ = try await Run.regie("get", "zones", name, "--server", url) }
      _ = try await Run.regie("get", "placements", "--project", "a&b=c", "--server", url)
      #expect(
        stub.requests.map(\.path) == [
          "/api/v1/zones/a%2Fb", "/api/v1/zones/%2E%2E", "/api/v1/zones/%C3%A9%20%3Fx%3D1", "/api/v1/placements",
        ])
      #expect(stub.requests.last?.query == "project=a%26b%3Dc")
    }
  }

  @Test func `a name that is not there ends with 1`() async throws {
    try await withService { _, url in
      let zone = try await Run.regie("get", "zones", "mars", "--server", url)
      #expect(zone.code == 1 && zone.output.contains("Introuvable"))
      let agent = try await Run.regie("get", "agents", "mars", "--server", url)
      #expect(agent.code == 1 && agent.output.contains("agents/mars n'existe pas ; il y a : r1-usuel"))
    }
  }
}
