import Foundation
import Model
import Placement
import Policy
import Testing

@testable import CLI

/// `regie import console`: what the console has, and what it lacks.
@Suite(.timeLimit(.minutes(3)))
struct ImportTests {
  private static var console: String { "\(OfflineTests.examples)/../docs/examples/console" }
  private static var facts: String { "\(console)/facts.yaml" }
  private static let judged: [String] =
    ["--policy", "\(OfflineTests.examples)/policy.yaml", "--day", "2026-11-26", "--offer"]
    + ["1-operators", "2-chains", "3-regions"].map { "\(OfflineTests.examples)/offer/\($0).yaml" }

  private static func report(_ arguments: [String]) async throws -> (code: Int32, report: ConsoleImportReport) {
    let run = try await Run.regie(["import", "console"] + arguments + ["-o", "json"])
    return (run.code, try ModelJSON.decoder.decode(ConsoleImportReport.self, from: Data(run.output.utf8)))
  }

  private static func gaps(_ report: ConsoleImportReport) -> Set<String> {
    Set(report.missing.map { "\($0.kind) \($0.name) \($0.field)" })
  }

  /// A copy of the example whose files can be changed.
  private static func copied(_ body: (String) async throws -> Void) async throws {
    try await withFolder { folder in
      for name in try FileManager.default.contentsOfDirectory(atPath: console) {
        try FileManager.default.copyItem(atPath: "\(console)/\(name)", toPath: "\(folder)/\(name)")
      }
      try await body(folder)
    }
  }

  private static func change(_ path: String, _ old: String, _ new: String) throws {
    let text = try String(contentsOfFile: path, encoding: .utf8)
    #expect(text.contains(old))
    try write(text.replacing(old, with: new), to: path)
  }

  private static let head = "apiVersion: regie.cloud-pi-native.fr/v1\nkind: "

  /// A cluster as an offer declares it, with what it says of the console.
  private static func declared(_ name: String, _ console: String, zone: String = "ordinaire") -> String {
    """
    \(head)Cluster
    metadata: {name: \(name)}
    spec:
      zone: \(zone)
      dataCenters: [idf-1]
      stages: [dev, prod]
      capacity: {cpu: 100, memory: 400Gi}
      console: {\(console)}

    """
  }

  /// What came of an import.
  private struct Written {
    var report: ConsoleImportReport
    /// The clusters that are complete, by the last figure of the console's identifier.
    var clusters: [String: Resource<ClusterSpec>] = [:]
  }

  private static func written(_ folder: String, offer: [String]) async throws -> Written {
    let output = "\(folder)/resources.yaml"
    let files = ["1-operators", "2-chains", "3-regions"].map { "\(OfflineTests.examples)/offer/\($0).yaml" }
    try write(offer.joined(separator: "---\n"), to: "\(folder)/offer.yaml")
    let more = offer.isEmpty ? [] : ["--offer"] + files + ["\(folder)/offer.yaml"]
    let (_, report) = try await Self.report([folder, "--facts", "\(folder)/facts.yaml", "--resources", output] + more)
    var written = Written(report: report)
    for case .cluster(let cluster) in try ResourceDocument.decode(Data(contentsOf: URL(filePath: output))) {
      written.clusters[String((cluster.spec.console?.id?.uuidString ?? "").suffix(1))] = cluster
    }
    return written
  }

  @Test func `without facts everything is told that the console does not know, and nothing is made up`() async throws {
    let (code, report) = try await Self.report([Self.console])
    #expect(code == 1 && report.complete.isEmpty && report.projects == nil)
    #expect(
      Self.gaps(report) == [
        "Zone np region", "Zone np sensitivity", "Zone dr region", "Zone dr sensitivity",
        "Cluster NP mutualisé 1 dataCenters", "Cluster NP mutualisé 2 dataCenters",
        "Cluster DR mutualisé 1 dataCenters",
        "Project candilib organisation", "Project candilib audience", "Project candilib dataClasses",
        "Project ccaf organisation", "Project ccaf audience", "Project ccaf dataClasses",
      ])
    let text = try await Run.regie("import", "console", Self.console, "--lang", "en")
    #expect(text.code == 1 && text.lines.contains { $0.hasPrefix("Zone     np ") && $0.contains("sensitivity") })
  }

  @Test func `with facts all is complete, and what runs where it may not is told`() async throws {
    let (code, report) = try await Self.report([Self.console, "--facts", Self.facts] + Self.judged)
    #expect(report.missing.isEmpty && report.complete == ["Zone": 2, "Cluster": 3, "Project": 2])
    #expect(code == 1, "restricted data runs in an ordinary zone")
    let projects = try #require(report.projects)
    #expect(projects.map(\.project) == ["candilib", "ccaf"])
    #expect(
      projects[0].violations.isEmpty && projects[0].places.map(\.cluster) == ["np-mutualise-1", "np-mutualise-2"])
    #expect(projects[0].places.allSatisfy { $0.movedFrom == nil })
    #expect(projects[1].violations.map(\.cluster) == ["np-mutualise-1"])
    #expect(projects[1].places.map(\.cluster) == ["dr-mutualise-1"])
    let table = try await Run.regie(["import", "console", Self.console, "--facts", Self.facts] + Self.judged)
    #expect(table.output.hasPrefix("Complet : Cluster 3, Project 2, Zone 2") && table.output.contains("ccaf"))
  }

  @Test func `what runs where the import does not know is not judged as if it ran nowhere`() async throws {
    try await Self.copied { folder in
      try Self.change("\(folder)/facts.yaml", "NP mutualisé 1: {dataCenters: [idf-1], ", "NP mutualisé 1: {")
      let (code, report) = try await Self.report([folder, "--facts", "\(folder)/facts.yaml"] + Self.judged)
      #expect(code == 1 && Self.gaps(report).contains("Cluster NP mutualisé 1 dataCenters"))
      #expect(report.missing.contains { $0.name == "ccaf" && $0.found == "NP mutualisé 1" })
      #expect(report.projects?.contains { $0.project == "ccaf" } != true, "where its data runs nobody can say")
    }
  }

  @Test func `a project of which an environment can not be told is not complete, written or judged`() async throws {
    for (old, new, field) in [
      ("STAGE", "\"stageId\": \"5d0c1e7a-0000-4000-8000-00000000000f\"", "stageId"), ("GPU", "\"gpu\": 0.5", "gpu"),
    ] {
      try await Self.copied { folder in
        let path = "\(folder)/environments.json"
        let text = try String(contentsOfFile: path, encoding: .utf8)
        let pattern = old == "STAGE" ? #/"stageId": "[^"]*"/# : #/"gpu": [0-9.]+/#
        #expect(text.contains(pattern))
        try write(text.replacing(pattern, with: new, maxReplacements: 1), to: path)
        let output = "\(folder)/resources.yaml"
        let (code, report) = try await Self.report(
          [folder, "--facts", "\(folder)/facts.yaml", "--resources", output] + Self.judged)
        let gap = try #require(report.missing.first { $0.kind == "Environment" && $0.field == field }, "\(report)")
        let project = String(gap.name.prefix { $0 != "/" })
        #expect(code == 1 && report.complete["Project"] == 1)
        #expect(report.projects?.isEmpty == false && report.projects?.contains { $0.project == project } == false)
        let written = try ResourceDocument.decode(Data(contentsOf: URL(filePath: output)))
        #expect(!written.contains { $0.kind == .project && $0.metadata.name == project })
      }
    }
  }

  @Test func `labels that make one name make the same names in any order of the files`() async throws {
    try await Self.copied { folder in
      for file in ["clusters.json", "facts.yaml"] {
        try Self.change("\(folder)/\(file)", "NP mutualisé 2", "NP Mutualise 1")
      }
      let before = try await Self.written(folder, offer: []).clusters.mapValues(\.name)
      #expect(
        before == [
          "1": "np-mutualise-1-8d1c6b52-0000-4000-8000-000000000001",
          "2": "np-mutualise-1-8d1c6b52-0000-4000-8000-000000000002", "3": "dr-mutualise-1",
        ])
      let list = URL(filePath: "\(folder)/clusters.json")
      let all = try JSONSerialization.jsonObject(with: Data(contentsOf: list)) as? [Any] ?? []
      try JSONSerialization.data(withJSONObject: Array(all.reversed())).write(to: list)
      let after = try await Self.written(folder, offer: []).clusters.mapValues(\.name)
      #expect(after == before)
    }
  }

  @Test func `a cluster that the offer has by its identifier or label keeps its name, as a zone does by its slug`()
    async throws
  {
    try await Self.copied { folder in
      let zone =
        "\(Self.head)Zone\nmetadata: {name: ordinaire}\n"
        + "spec: {region: dtnum-idf, sensitivity: usuel, slug: np, chain: chaine-usuel}\n"
      let known = [
        zone, Self.declared("rosny", "label: Ancien nom, id: 8d1c6b52-0000-4000-8000-000000000001"),
        Self.declared("lognes", "label: NP mutualisé 2"),
      ]
      let kept = try await Self.written(folder, offer: known)
      #expect(kept.report.missing.isEmpty && kept.report.isSound, "\(kept.report.missing)")
      #expect(kept.clusters.mapValues(\.name) == ["1": "rosny", "2": "lognes", "3": "dr-mutualise-1"])
      #expect(kept.clusters.mapValues(\.spec.zone) == ["1": "ordinaire", "2": "ordinaire", "3": "dr"])
      #expect(kept.clusters["1"]?.spec.console?.label == "NP mutualisé 1")

      // Another one has the name: it is not taken from it.
      let other = Self.declared("np-mutualise-1", "label: Autre, id: 00000000-0000-4000-8000-000000000008")
      let beside = try await Self.written(folder, offer: [zone, other])
      #expect(beside.clusters["1"]?.name == "np-mutualise-1-8d1c6b52-0000-4000-8000-000000000001")
      #expect(beside.clusters["2"]?.name == "np-mutualise-2")

      // Another one has the label, and the console does not know it.
      let rival = Self.declared("ancien", "label: NP mutualisé 1, id: 00000000-0000-4000-8000-000000000009")
      let unclear = try await Self.written(folder, offer: [zone, rival])
      let gap = try #require(unclear.report.missing.first { $0.kind == "Cluster" }, "\(unclear.report)")
      #expect(gap.name == "NP mutualisé 1" && gap.field == "id")
      #expect(gap.found == "8d1c6b52-0000-4000-8000-000000000001")
      #expect(gap.accepted == "00000000-0000-4000-8000-000000000009 (ancien)")
      #expect(unclear.clusters.keys.sorted() == ["2", "3"])
    }
  }

  @Test func `of projects that have one name none is complete`() async throws {
    try await Self.copied { folder in
      try Self.change("\(folder)/projects.json", "\"name\": \"ccaf\"", "\"name\": \"candilib\"")
      let output = "\(folder)/resources.yaml"
      let (code, report) = try await Self.report(
        [folder, "--facts", "\(folder)/facts.yaml", "--resources", output] + Self.judged)
      #expect(code == 1 && report.complete["Project"] == nil && report.projects?.isEmpty == true)
      #expect(Self.gaps(report) == ["Project candilib name"])
      #expect(report.missing.map(\.found) == ["candilib", "ccaf"], "by what else they have")
      let written = try ResourceDocument.decode(Data(contentsOf: URL(filePath: output)))
      #expect(written.allSatisfy { $0.kind != .project })
    }
  }

  @Test func `a project's facts are found by its slug or identifier, and by its name if that is no other's slug`()
    async throws
  {
    try await Self.copied { folder in
      let facts = "\(folder)/facts.yaml"
      try Self.change("\(folder)/projects.json", "\"name\": \"ccaf\"", "\"name\": \"formulaires\"")
      let (_, bySlug) = try await Self.report([folder, "--facts", facts])
      #expect(bySlug.missing.isEmpty && bySlug.complete["Project"] == 2, "\(bySlug.missing)")
      // The first one's name is the other's slug by now, and nothing is said of its own.
      try Self.change("\(folder)/projects.json", "\"name\": \"candilib\"", "\"name\": \"ccaf\"")
      try Self.change(facts, "  candilib: {", "  personne: {")
      let (_, unsaid) = try await Self.report([folder, "--facts", facts])
      #expect(
        Self.gaps(unsaid) == ["Project ccaf organisation", "Project ccaf audience", "Project ccaf dataClasses"])
      try Self.change(facts, "  personne: {", "  22e7044f-0000-4000-8000-000000000001: {")
      let (_, byIdentifier) = try await Self.report([folder, "--facts", facts])
      #expect(byIdentifier.missing.isEmpty && byIdentifier.complete["Project"] == 2, "\(byIdentifier.missing)")
    }
  }

  @Test func `what may not stay where it runs is told with its reason, also where no restriction drives it out`()
    async throws
  {
    try await Self.copied { folder in
      let arguments = [folder, "--facts", "\(folder)/facts.yaml"] + Self.judged
      try Self.change("\(folder)/facts.yaml", "dataClasses: [diffusion-restreinte]", "dataClasses: [usuelle]")
      let (sound, whole) = try await Self.report(arguments)
      #expect(sound == 0 && whole.countsDeclared == true, "\(whole)")
      let path = "\(folder)/clusters.json"
      let text = try String(contentsOfFile: path, encoding: .utf8)
      let dev = "   \"4f6d3a10-0000-4000-8000-000000000001\",\n"
      #expect(text.contains(dev))
      // The first cluster does not admit the stage any more.
      try write(text.replacing(dev, with: "", maxReplacements: 1), to: path)
      let (code, report) = try await Self.report(arguments)
      let candilib = try #require(report.projects?.first { $0.project == "candilib" })
      let place = try #require(candilib.places.first { $0.environment == "dev" })
      #expect(candilib.outcome == .placed)
      #expect(candilib.violations.map(\.environment) == ["dev"] && candilib.isBroken)
      #expect(candilib.violations.first?.reasons.first?.code == .stageNotAdmitted)
      #expect(place.movedFrom == "np-mutualise-1" && place.movedBecause?.first?.code == .stageNotAdmitted)
      #expect(code == 1 && report.missing.isEmpty)
      let table = try await Run.regie(["import", "console"] + arguments + ["--lang", "en"])
      let line = try #require(table.lines.first { $0.contains("np-mutualise-1 → ") }, "\(table.output)")
      #expect(line.contains("The cluster does not admit the stage “dev”"), "\(line)")
      #expect(table.lines.contains { $0.hasPrefix("Qualifications: here all that are declared count") })
    }
  }

  @Test func `what is complete can be applied: the console's identifiers, labels and amounts are in it`() async throws {
    try await Self.copied { folder in
      let run = try await Run.regie(
        "import", "console", folder, "--facts", "\(folder)/facts.yaml", "--resources", "\(folder)/resources.yaml")
      #expect(run.code == 0, "\(run.output)")
      let resources = try ResourceDocument.decode(Data(contentsOf: URL(filePath: "\(folder)/resources.yaml")))
      #expect(resources.map(\.kind) == [.zone, .zone, .cluster, .cluster, .cluster, .project, .project])
      guard case .cluster(let cluster) = resources[2], case .project(let project) = resources[5] else {
        Issue.record("\(resources)")
        return
      }
      #expect(cluster.spec.console?.label == "NP mutualisé 1" && cluster.spec.zone == "np")
      #expect(cluster.spec.capacity.memory == Quantity("400Gi") && cluster.spec.mode == .adopt)
      #expect(cluster.spec.stages == ["dev", "integration", "prod", "staging"])
      #expect(project.spec.consoleID == UUID(uuidString: "22e7044f-0000-4000-8000-000000000001"))
      #expect(project.spec.environments.map(\.name) == ["dev", "prod"])
      #expect(project.spec.environments[0].quota.cpu == Quantity("500m"))
      #expect(project.spec.environments.allSatisfy { $0.consoleID != nil })
    }
  }

  @Test func `what points nowhere, or is no resource, is told by its name`() async throws {
    try await Self.copied { folder in
      try Self.change(
        "\(folder)/environments.json", "8d1c6b52-0000-4000-8000-000000000002", "8d1c6b52-0000-4000-8000-00000000000f")
      try Self.change("\(folder)/clusters.json", "\"DR mutualisé 1\"", "\"NP Mutualise 1\"")
      try Self.change(
        "\(folder)/clusters.json", "5b2f3a7e-0000-4000-8000-00000000000b", "5b2f3a7e-0000-4000-8000-00000000000c")
      try Self.change("\(folder)/projects.json", "\"name\": \"ccaf\"", "\"name\": \"CCAF\"")
      // Nothing is said of it then, neither by its name nor by its slug.
      try Self.change("\(folder)/projects.json", "\"slug\": \"ccaf\"", "\"slug\": \"c-caf\"")
      let (code, report) = try await Self.report([folder, "--facts", "\(folder)/facts.yaml"])
      #expect(code == 1)
      #expect(
        Self.gaps(report).isSuperset(of: [
          "Environment candilib/prod clusterId", "Cluster NP Mutualise 1 zoneId", "Cluster NP Mutualise 1 dataCenters",
          "Project CCAF organisation",
        ]), "\(Self.gaps(report))")
      #expect(report.complete == ["Zone": 2, "Cluster": 2, "Project": 1])
      try write(
        "projects: {CCAF: {organisation: mi, audience: ministerial, dataClasses: [usuelle]}}\n", to: "\(folder)/f.yaml")
      let (_, other) = try await Self.report([folder, "--facts", "\(folder)/f.yaml"])
      #expect(Self.gaps(other).contains("Project CCAF name"), "\(Self.gaps(other))")
    }
  }

  @Test func `what the facts name is looked for in the offer: the region, who runs it, and the chain`() async throws {
    try await Self.copied { folder in
      let facts = "\(folder)/facts.yaml"
      let files = ["1-operators", "2-chains", "3-regions"].map { "\(OfflineTests.examples)/offer/\($0).yaml" }
      let (sound, whole) = try await Self.report([folder, "--facts", facts, "--offer"] + files)
      #expect(sound == 0 && whole.missing.isEmpty && whole.offerChecked && whole.projects == nil, "\(whole)")
      let (unlooked, unchecked) = try await Self.report([folder, "--facts", facts])
      #expect(unlooked == 0 && !unchecked.offerChecked)
      let text = try await Run.regie("import", "console", folder, "--facts", facts, "--lang", "en")
      #expect(text.lines.contains { $0.contains("not checked") && $0.contains("--offer") }, "\(text.output)")

      // Without the operators' file nobody runs the region.
      let (alone, orphan) = try await Self.report([folder, "--facts", facts, "--offer"] + files.dropFirst())
      let zones = orphan.missing.filter { $0.kind == "Zone" }
      #expect(alone == 1 && zones.map { "\($0.name) \($0.field)" } == ["np operator", "dr operator"], "\(zones)")
      #expect(zones.allSatisfy { $0.found == "dtnum" && $0.accepted == "--offer" }, "\(zones)")
      #expect(orphan.complete == ["Project": 2], "neither zone is written, nor what is in it")

      try Self.change(
        facts, "np: {region: dtnum-idf, sensitivity: usuel, chain: chaine-usuel}",
        "np: {region: dtnum-idff, sensitivity: usuel, chain: chaine-usuell}")
      let (code, report) = try await Self.report([folder, "--facts", facts, "--offer"] + files)
      #expect(code == 1 && Self.gaps(report).isSuperset(of: ["Zone np region", "Zone np chain"]))
      let region = try #require(report.missing.first { $0.field == "region" })
      #expect(region.found == "dtnum-idff" && region.accepted.contains("dtnum-idf"), "\(region)")
      let chain = try #require(report.missing.first { $0.field == "chain" })
      #expect(chain.found == "chaine-usuell" && chain.accepted.contains("chaine-usuel"), "\(chain)")
      #expect(report.complete["Zone"] == 1)
    }
  }

  @Test func `a data centre that the region does not have is told`() async throws {
    try await Self.copied { folder in
      let facts = "\(folder)/facts.yaml"
      try Self.change(facts, "NP mutualisé 1: {dataCenters: [idf-1]", "NP mutualisé 1: {dataCenters: [idf-1, idf-9]")
      let (code, report) = try await Self.report([folder, "--facts", facts] + Self.judged)
      let gap = try #require(report.missing.first { $0.field == "dataCenters" }, "\(report)")
      #expect(code == 1 && gap.kind == "Cluster" && gap.name == "NP mutualisé 1")
      #expect(gap.found == "idf-9" && gap.accepted == "idf-1, idf-2")
      #expect(report.complete["Cluster"] == 2)
      let (_, unlooked) = try await Self.report([folder, "--facts", facts])
      #expect(unlooked.missing.isEmpty, "without an offer nobody can say")
    }
  }

  @Test func `files that can not be read end with 2 and the place`() async throws {
    try await Self.copied { folder in
      for (name, text, place) in [
        ("clusters", "[{\"id\": 7}]", "clusters.json : [0].id"), ("zones", "{", "zones.json : JSON"),
        ("stages", "[{\"id\": \"x\"}]", "stages.json : [0].name : champ obligatoire absent"),
      ] {
        let before = try String(contentsOfFile: "\(folder)/\(name).json", encoding: .utf8)
        try write(text, to: "\(folder)/\(name).json")
        let run = try await Run.regie("import", "console", folder)
        #expect(run.code == 2 && run.output.contains(place), "\(run.output)")
        try write(before, to: "\(folder)/\(name).json")
      }
      let none = try await Run.regie("import", "console", "\(folder)/none")
      #expect(none.code == 2 && none.output.contains("none/zones.json"))
      try write("zones: {np: {zone: 1}}\n", to: "\(folder)/facts.yaml")
      let run = try await Run.regie("import", "console", folder, "--facts", "\(folder)/facts.yaml")
      #expect(run.code == 2 && run.output.contains("facts.yaml:1:"), "\(run.output)")
    }
  }
}
