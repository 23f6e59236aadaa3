import Contract
import Foundation
import Model
import Testing

@testable import CLI

/// `regie import console --reserve`: what is left of a project where the run goes wrong, or others write beside it.
@Suite(.timeLimit(.minutes(3)))
struct ImportReservingTests {
  private static let console = "\(OfflineTests.examples)/../docs/examples/console"

  /// The project as its team has declared it: with wishes of its own, one of its environments not in the console.
  private static let own: Resource<ProjectSpec> = {
    let wishes = ProjectSpec.Preferences(terms: [
      LabelSelector(matchExpressions: [.init(key: "region.name", operator: .in, values: ["dtnum-idf"])])
    ])
    return Resource(
      metadata: Metadata(name: "candilib", annotations: ["team": "here"]),
      spec: ProjectSpec(
        organisation: "mi", audience: .ministerial, dataClasses: ["usuelle"], preferences: wishes,
        environments: [
          .init(name: "recette", stage: "staging", quota: ResourceList(cpu: Quantity(1), memory: Quantity("1Gi"))),
          .init(
            name: "dev", stage: "dev", quota: ResourceList(cpu: Quantity("500m"), memory: Quantity("1Gi")), replicas: 1),
          .init(name: "prod", stage: "prod", quota: ResourceList(cpu: Quantity(4), memory: Quantity("8Gi"))),
        ]))
  }()

  /// - Parameters:
  ///   - more: what the facts say of the project besides.
  ///   - projects: how the identifiers of the console's projects end.
  private static func take(
    _ ledger: ConsoleLedger, mode: String? = nil, more: String? = nil, projects: [String] = ["1"], runs: Int = 1
  ) async throws -> [(code: Int32, report: ConsoleImportReport)] {
    var taken: [(Int32, ConsoleImportReport)] = []
    try await withFolder { folder in
      for name in try FileManager.default.contentsOfDirectory(atPath: console) {
        try FileManager.default.copyItem(atPath: "\(console)/\(name)", toPath: "\(folder)/\(name)")
      }
      let facts = "\(folder)/facts.yaml"
      if let mode {
        let text = try String(contentsOfFile: facts, encoding: .utf8)
        try write(text.replacing("NP mutualisé 1: {", with: "NP mutualisé 1: {mode: \(mode), "), to: facts)
      }
      if let more {
        let text = try String(contentsOfFile: facts, encoding: .utf8)
        try write(text.replacing("candilib: {", with: "candilib: {\(more), "), to: facts)
      }
      // Only this project: what becomes of one says most.
      let path = "\(folder)/environments.json"
      let all = try JSONDecoder().decode(
        [ConsoleExport.Environment].self, from: Data(contentsOf: URL(filePath: path)))
      let kept = all.filter { one in projects.contains { one.projectId.uuidString.hasSuffix($0) } }
      let lines = kept.map { one in
        """
        {"id":"\(one.id)","name":"\(one.name)","projectId":"\(one.projectId)","clusterId":"\(one.clusterId)",
        "stageId":"\(one.stageId)","cpu":\(one.cpu),"memory":\(one.memory)}
        """
      }
      try write("[\(lines.joined(separator: ","))]", to: path)
      let list = URL(filePath: "\(folder)/projects.json")
      let known = try JSONSerialization.jsonObject(with: Data(contentsOf: list)) as? [[String: Any]] ?? []
      let those = known.filter { one in projects.contains { (one["id"] as? String)?.hasSuffix($0) == true } }
      try JSONSerialization.data(withJSONObject: those).write(to: list)
      taken = try await Self.runs(runs, ledger, ["import", "console", folder, "--facts", facts])
    }
    return taken
  }

  private static func runs(
    _ count: Int, _ ledger: ConsoleLedger, _ arguments: [String]
  ) async throws -> [(code: Int32, report: ConsoleImportReport)] {
    let taken = Collected()
    try await StubService.with {
      try ledger.answer($0)
    } _: { _, address in
      for _ in 0..<count {
        let run = try await Run.regie(arguments + ["--reserve", "-o", "json", "--lang", "en", "--server", address])
        // What went wrong is told behind the report, or before it.
        let text = run.output.split(separator: "regie: ", maxSplits: 1).first { $0.hasPrefix("{") } ?? ""
        let report = try ModelJSON.decoder.decode(ConsoleImportReport.self, from: Data(text.utf8))
        await taken.add(run.code, report)
      }
    }
    return await taken.all
  }

  private actor Collected {
    var all: [(code: Int32, report: ConsoleImportReport)] = []
    func add(_ code: Int32, _ report: ConsoleImportReport) { all.append((code, report)) }
  }

  private static func states(_ report: ConsoleImportReport) -> [String] {
    (report.reserved ?? []).map { "\($0.environment) \($0.state.rawValue)" }
  }

  /// The document, but for what the import adds on purpose: the console's identifiers of what is in the ledger.
  private static func document(_ ledger: ConsoleLedger) -> Resource<ProjectSpec>? {
    guard var document = ledger.now.documents["candilib"] else { return nil }
    document.metadata.resourceVersion = nil
    for index in document.spec.environments.indices { document.spec.environments[index].consoleID = nil }
    return document
  }

  @Test func `a run that breaks off loses nothing, says how far it came, and the next one goes on`() async throws {
    let ledger = ConsoleLedger([Self.own]) { request, state in
      guard request.method == "POST", request.path == "/api/v1/reservations" else { return nil }
      guard state.asked.filter({ $0 == "POST /api/v1/reservations" }).count == 2 else { return nil }
      return .init("", status: 503)
    }
    let runs = try await Self.take(ledger, runs: 2)
    #expect(runs[0].code == ExitStatus.unavailable)
    #expect(Self.states(runs[0].report) == ["dev reserved", "prod unsure"])
    #expect(Self.states(runs[1].report) == ["dev known", "prod reserved"])
    #expect(Self.document(ledger) == Self.own)
    #expect(ledger.now.placements.map(\.spec.environment) == ["dev", "prod"])
  }

  @Test func `where not even the document can be put back the next run does so, though all is known`() async throws {
    // Away from the first confirmation on: nothing more is answered, as if the program were killed.
    let ledger = ConsoleLedger([Self.own]) { _, state in
      guard state.asked.contains(where: { $0.hasSuffix("/confirm") }), !state.asked.contains("back") else { return nil }
      return .init("", status: 503)
    }
    let first = try await Self.take(ledger)
    #expect(first[0].report.marked == ["candilib"] && first[0].code == ExitStatus.unavailable)
    #expect(Self.document(ledger) != Self.own)
    // Somebody has both placed meanwhile.
    let placed = try [("dev", 1), ("prod", 2)].map { name, number in
      var view = try Samples.placement()
      let declared = try #require(Self.own.spec.environments.first { $0.name == name })
      (view.spec.project, view.spec.environment, view.spec.stage) = ("candilib", name, declared.stage)
      (view.spec.quota, view.spec.cluster) = (declared.quota, "np-mutualise-\(number)")
      view.spec.environmentID = try #require(UUID(uuidString: "BC06ACE5-0000-4000-8000-00000000000\(number)"))
      return view
    }
    ledger.change { state in
      state.asked.append("back")
      state.placements = placed
    }
    let second = try await Self.take(ledger)
    #expect(Self.states(second[0].report) == ["dev known", "prod known"] && second[0].report.marked == nil)
    #expect(Self.document(ledger) == Self.own && second[0].code == 0)
  }

  @Test func `what others write while it runs stays`() async throws {
    let ledger = ConsoleLedger([Self.own]) { request, state in
      // Right before each reservation somebody else raises a class: of another version than was read, the first time.
      guard request.path.hasSuffix("/confirm"), var document = state.documents["candilib"] else { return nil }
      document.spec.dataClasses = ["usuelle", "diffusion-restreinte"]
      state.write(document)
      return nil
    }
    let runs = try await Self.take(ledger)
    #expect(Self.states(runs[0].report) == ["dev reserved", "prod reserved"])
    var wanted = Self.own
    wanted.spec.dataClasses = ["usuelle", "diffusion-restreinte"]
    #expect(Self.document(ledger) == wanted)
  }

  @Test func `a document that changes with every attempt is left, and told`() async throws {
    let ledger = ConsoleLedger([Self.own]) { request, state in
      guard request.path == "/api/v1/reservations", let document = state.documents["candilib"] else { return nil }
      state.write(document)
      return nil
    }
    let runs = try await Self.take(ledger)
    #expect(runs[0].code == 1 && Self.states(runs[0].report) == ["dev refused", "prod refused"])
    #expect(Self.document(ledger) == Self.own && ledger.now.placements.isEmpty)
  }

  @Test func `what runs on a cluster whose agent would write into it is refused before it is asked for`() async throws {
    for mode in [ClusterSpec.Mode.gitops, .own] {
      let ledger = ConsoleLedger([Self.own])
      ledger.change { $0.modes = ["np-mutualise-1": mode, "np-mutualise-2": .observe] }
      let runs = try await Self.take(ledger)
      #expect(Self.states(runs[0].report) == ["dev refused", "prod reserved"])
      let reasons = try #require(runs[0].report.reserved).flatMap(\.reasons)
      #expect(reasons.contains { $0.contains("mode \(mode.rawValue)") && $0.contains("adopt, observe") }, "\(reasons)")
      #expect(ledger.now.placements.map(\.spec.environment) == ["prod"])
      #expect(Self.document(ledger) == Self.own)
    }
    // By the service it is `adopt`: the facts say what it is to be.
    let ledger = ConsoleLedger([Self.own])
    let runs = try await Self.take(ledger, mode: "gitops")
    #expect(Self.states(runs[0].report) == ["dev refused", "prod reserved"])
  }

  /// As DR clusters and dedicated ones are to the console's own key.
  @Test func `what runs on a cluster of which the service tells nothing is refused, whatever its mode`() async throws {
    let ledger = ConsoleLedger([Self.own])
    ledger.change { $0.modes["np-mutualise-1"] = nil }
    let runs = try await Self.take(ledger)
    #expect(runs[0].code == 1 && Self.states(runs[0].report) == ["dev refused", "prod reserved"])
    let reasons = try #require(runs[0].report.reserved).flatMap(\.reasons)
    #expect(reasons.count == 1 && reasons.first?.contains("says nothing of np-mutualise-1") == true, "\(reasons)")
    #expect(reasons.first?.contains("governance-admin") == true)
    #expect(ledger.now.placements.map(\.spec.environment) == ["prod"])
    #expect(Self.document(ledger) == Self.own)
  }

  @Test func `a cluster that the service knows by the console's identifier is asked for by its name there`()
    async throws
  {
    let ledger = ConsoleLedger([Self.own])
    let id = try #require(UUID(uuidString: "8d1c6b52-0000-4000-8000-000000000001"))
    ledger.change { state in
      state.modes = ["np-mutualise-2": .adopt, "rosny": .adopt]
      state.identifiers = ["rosny": id]
    }
    let runs = try await Self.take(ledger)
    #expect(runs[0].code == 0 && Self.states(runs[0].report) == ["dev reserved", "prod reserved"])
    #expect(ledger.now.placements.map(\.spec.cluster) == ["rosny", "np-mutualise-2"])
  }

  @Test func `a project of which Régie has other classes, audience or organisation is refused, with both`()
    async throws
  {
    var other = Self.own
    (other.spec.organisation, other.spec.audience) = ("mj", .interministerial)
    other.spec.dataClasses = ["usuelle", "diffusion-restreinte"]
    let ledger = ConsoleLedger([other])
    let runs = try await Self.take(ledger)
    #expect(runs[0].code == 1 && Self.states(runs[0].report) == ["dev refused", "prod refused"])
    let told = [
      "organisation: Régie has mj, the facts mi", "audience: Régie has interministerial, the facts ministerial",
      "data classes: Régie has diffusion-restreinte, usuelle, the facts usuelle",
    ]
    let reasons = try #require(runs[0].report.reserved).map(\.reasons)
    #expect(reasons == [told, told])
    #expect(ledger.now.placements.isEmpty && Self.document(ledger) == other)
    let written = ledger.now.asked.filter { $0.hasPrefix("P") }
    #expect(written.isEmpty, "nothing is asked for, nothing written")

    // It is not known for the same either, where it is in the ledger already.
    let later = ConsoleLedger([Self.own])
    let first = try await Self.take(later)
    #expect(Self.states(first[0].report) == ["dev reserved", "prod reserved"])
    later.change { state in
      guard var document = state.documents["candilib"] else { return }
      document.spec.dataClasses = ["diffusion-restreinte"]
      state.write(document)
    }
    let again = try await Self.take(later)
    #expect(Self.states(again[0].report) == ["dev refused", "prod refused"])
  }

  @Test func `groups that name environments which are not reserved yet hinder none, and are put back`() async throws {
    var grouped = Self.own
    grouped.spec.spread = [
      .init(topology: .cluster, environments: ["dev", "prod", "recette"]), .init(topology: .region, stage: "prod"),
    ]
    grouped.spec.colocation = [.init(topology: .region, environments: ["recette"])]
    let ledger = ConsoleLedger([grouped]) { request, state in
      guard request.method == "POST", request.path == "/api/v1/reservations" else { return nil }
      let sent = try ModelJSON.decoder.decode(AnyResource.self, from: Data(request.body.utf8))
      guard case .project(let document) = sent else { return nil }
      state.asked += document.spec.spread.map { "apart: \($0.environments.joined(separator: " "))" }
      state.asked += document.spec.colocation.map { "together: \($0.environments.joined(separator: " "))" }
      return nil
    }
    let runs = try await Self.take(ledger)
    #expect(runs[0].code == 0 && Self.states(runs[0].report) == ["dev reserved", "prod reserved"])
    let asked = ledger.now.asked.filter { $0.contains(": ") }
    // One that names none means all: it stays, and none becomes one.
    #expect(asked == ["apart: dev", "apart: ", "apart: dev prod", "apart: "])
    #expect(Self.document(ledger) == grouped)
  }

  @Test func `of a project that is new the groups are stored as far as its environments are, and whole in the end`()
    async throws
  {
    let ledger = ConsoleLedger([])
    ledger.change { $0.modes["np-mutualise-2"] = .gitops }
    let more = "spread: [{topology: cluster, environments: [dev, prod]}]"
    let first = try await Self.take(ledger, more: more)
    #expect(Self.states(first[0].report) == ["dev reserved", "prod refused"])
    #expect(Self.document(ledger)?.spec.spread.map(\.environments) == [["dev"]])
    ledger.change { $0.modes["np-mutualise-2"] = .adopt }
    let second = try await Self.take(ledger, more: more)
    #expect(second[0].code == 0 && Self.states(second[0].report) == ["dev known", "prod reserved"])
    #expect(Self.document(ledger)?.spec.spread.map(\.environments) == [["dev", "prod"]])
  }

  /// Nothing of the first project is reserved, so that its new document would go.
  private static func refusing(
    _ hand: @escaping @Sendable (StubService.Request) throws -> StubService.Answer?
  ) -> ConsoleLedger {
    ConsoleLedger([]) { request, _ in
      let isOfFirst = request.path.hasSuffix("/candilib") || request.body.contains("\"name\":\"candilib\"")
      guard isOfFirst else { return nil }
      guard request.method == "POST" else { return try hand(request) }
      return try ConsoleLedger.refusal(400)
    }
  }

  @Test func `a project that others refer to stays declared with all that runs of it, and hinders no other`()
    async throws
  {
    let ledger = Self.refusing { request in
      guard request.method == "DELETE" else { return nil }
      return try ConsoleLedger.refusal(409)
    }
    let runs = try await Self.take(ledger, projects: ["1", "2"])
    #expect(runs[0].code == 1 && runs[0].report.marked == nil)
    #expect(Self.states(runs[0].report) == ["dev refused", "prod refused", "prod reserved"])
    let document = try #require(Self.document(ledger))
    #expect(document.spec.environments.map(\.name) == ["dev", "prod"])
    #expect(document.metadata.annotations.isEmpty && document.spec.preferences == ProjectSpec.Preferences())
    #expect(ledger.now.placements.map(\.spec.project) == ["ccaf"])
  }

  @Test func `what is refused of one project alone is told of it, and the others are asked for`() async throws {
    let ledger = Self.refusing { request in
      let isNew = request.headers["if-none-match"] == "*"
      guard request.method == "DELETE" || (request.method == "PUT" && !isNew) else { return nil }
      return try ConsoleLedger.refusal(request.method == "DELETE" ? 409 : 422)
    }
    let runs = try await Self.take(ledger, projects: ["1", "2"])
    #expect(runs[0].code == 1 && runs[0].report.marked == ["candilib"])
    #expect(Self.states(runs[0].report) == ["dev refused", "prod refused", "prod reserved"])
    let reasons = try #require(runs[0].report.reserved).map(\.reasons)
    #expect(reasons == [["refused with 400", "refused with 422"], ["refused with 400", "refused with 422"], []])
  }

  @Test func `a mark that is none is told of its project, and hinders no other`() async throws {
    var marked = Self.own
    marked.metadata.annotations[ImportMark.annotation] = "x"
    let ledger = ConsoleLedger([marked])
    let runs = try await Self.take(ledger, projects: ["1", "2"])
    #expect(runs[0].code == 1)
    #expect(Self.states(runs[0].report) == ["dev refused", "prod refused", "prod reserved"])
    let reasons = try #require(runs[0].report.reserved).map(\.reasons)
    #expect(reasons.map(\.count) == [1, 1, 0] && reasons.first?.first?.contains("import-before") == true, "\(reasons)")
    #expect(Self.document(ledger) == marked)
  }

  @Test func `a service that is away takes nothing with it of what is told and written without it`() async throws {
    let ledger = ConsoleLedger([Self.own]) { request, _ in
      guard request.path == "/api/v1/clusters" else { return nil }
      return .init("", status: 503)
    }
    try await withFolder { folder in
      let output = "\(folder)/resources.yaml"
      let runs = try await Self.runs(
        1, ledger,
        ["import", "console", Self.console, "--facts", "\(Self.console)/facts.yaml", "--resources", output])
      #expect(runs[0].code == ExitStatus.unavailable)
      #expect(runs[0].report.complete == ["Zone": 2, "Cluster": 3, "Project": 2])
      #expect(Self.states(runs[0].report) == ["dev notAsked", "prod notAsked", "prod notAsked"])
      #expect(ledger.now.asked == ["GET /api/v1/clusters"])
      #expect(FileManager.default.fileExists(atPath: output))
    }
  }

  @Test func `what is refused of whoever asks ends the run`() async throws {
    let ledger = Self.refusing { request in
      guard request.method == "DELETE" else { return nil }
      return try ConsoleLedger.refusal(403)
    }
    let runs = try await Self.take(ledger, projects: ["1", "2"])
    #expect(runs[0].code == 1 && runs[0].report.marked == ["candilib"])
    #expect(Self.states(runs[0].report) == ["dev refused", "prod refused", "prod notAsked"])
  }

  @Test func `an environment that Régie has otherwise than the console is refused, with both amounts`() async throws {
    var smaller = Self.own
    smaller.spec.environments[2].quota.cpu = Quantity(2)
    smaller.spec.environments[1].stage = "integration"
    let ledger = ConsoleLedger([smaller])
    let runs = try await Self.take(ledger)
    #expect(Self.states(runs[0].report) == ["dev refused", "prod refused"])
    let reasons = try #require(runs[0].report.reserved).flatMap(\.reasons)
    #expect(reasons.contains("Régie has 2 of cpu, the console 4"), "\(reasons)")
    #expect(reasons.contains("Régie has stage integration, the console dev"), "\(reasons)")
    #expect(ledger.now.placements.isEmpty && Self.document(ledger) == smaller)
  }
}
