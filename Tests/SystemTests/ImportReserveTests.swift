import Contract
import Foundation
import Model
import NIOHTTP1
import Postgres
import TestSupport
import Testing

extension SystemSuite {
  @Suite(.timeLimit(.minutes(6))) struct ImportReserveTests {}
}

extension SystemSuite.ImportReserveTests {
  private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().path

  private struct Outcome: Decodable {
    var project: String
    var environment: String
    var cluster: String
    var state: String
    var reasons: [String]
  }

  private struct Report: Decodable { var reserved: [Outcome]? }

  @Test func `what the console ran before is in the ledger where it runs, once, and what may not run there is told`()
    async throws
  {
    try await SystemUnderTest.run(.init(clusters: [:])) { system in
      let governance = try await system.startGovernance()
      let (console, resources) = ("\(Self.root)/docs/examples/console", "\(system.folder)/console.yaml")
      func regie(_ arguments: [String]) async throws -> (code: Int32, output: String) {
        let run = try SystemUnderTestProgram.start(
          "regie", arguments, environment: ["REGIE_SERVER": governance.api.address])
        return (try await run.waitForEnd(within: .seconds(120)), run.output)
      }
      func take(_ folder: String = console) async throws -> (code: Int32, outcomes: [Outcome]) {
        let run = try await regie([
          "import", "console", folder, "--facts", "\(folder)/facts.yaml", "--reserve", "-o", "json",
        ])
        let report = try JSONDecoder().decode(Report.self, from: Data(run.output.utf8))
        return (run.code, try #require(report.reserved, "\(run.output)"))
      }
      let written = try await regie([
        "import", "console", console, "--facts", "\(console)/facts.yaml", "--resources", resources,
      ])
      try #require(written.code == 0, "\(written.output)")
      for file in ["offer/1-operators.yaml", "offer/2-chains.yaml", "offer/3-regions.yaml", "policy.yaml"] {
        let applied = try await regie(["apply", "-f", "\(Self.root)/Examples/\(file)"])
        try #require(applied.code == 0, "\(applied.output)")
      }
      let applied = try await regie(["apply", "-f", resources])
      try #require(applied.code == 0, "\(applied.output)")

      let (code, outcomes) = try await take()
      #expect(code == 1, "one of them may not run where it does")
      #expect(
        outcomes.map { "\($0.project)/\($0.environment) \($0.cluster) \($0.state)" } == [
          "candilib/dev np-mutualise-1 reserved", "candilib/prod np-mutualise-2 reserved",
          "ccaf/prod np-mutualise-1 refused",
        ])
      #expect(outcomes[2].reasons.contains { $0.contains("DR") || $0.contains("dr-mutualise-1") }, "\(outcomes[2])")
      // In the ledger, by the console's own identifiers, and nothing is held for what was refused.
      func ledger() async throws -> [Int64] {
        [
          try await system.count("SELECT sum(committed_cpu)::bigint FROM capacity_ledger"),
          try await system.count("SELECT count(*) FROM reservations WHERE state = 'confirmed'"),
          try await system.count("SELECT count(*) FROM reservations WHERE state = 'pending'"),
        ]
      }
      #expect(try await ledger() == [4500, 2, 0])
      let placements = try await governance.api.placements()
      #expect(
        Set(placements.map(\.spec.environmentID.uuidString)) == [
          "BC06ACE5-0000-4000-8000-000000000001", "BC06ACE5-0000-4000-8000-000000000002",
        ])
      // The wishes of the import are gone again, and what was declared besides stays declared.
      let project = try await governance.api.send(.GET, "/api/v1/projects/candilib").text
      #expect(project.contains("prod") && !project.contains("np-mutualise"), "\(project)")
      #expect(try await governance.api.send(.GET, "/api/v1/projects/ccaf").text.contains("prod"))

      let again = try await take()
      #expect(again.outcomes.map(\.state) == ["known", "known", "refused"])
      #expect(try await ledger() == [4500, 2, 0])

      // Resized in the console since: the ledger goes on holding what was reserved, and that is told.
      let resized = "\(system.folder)/resized"
      try FileManager.default.copyItem(atPath: console, toPath: resized)
      let path = "\(resized)/environments.json"
      let text = try String(contentsOfFile: path, encoding: .utf8)
      try Data(text.replacing(#""cpu": 4,"#, with: #""cpu": 6,"#).utf8).write(to: URL(filePath: path))
      let (after, told) = try await take(resized)
      #expect(after == 1 && told.map(\.state) == ["known", "refused", "refused"])
      #expect(told[1].reasons.contains { $0.contains("4") && $0.contains("6") && $0.contains("cpu") }, "\(told[1])")
      #expect(try await ledger() == [4500, 2, 0])
    }
  }

  @Test func `a project that Régie does not know is stored with what could be reserved, and else not at all`()
    async throws
  {
    try await SystemUnderTest.run(.init(clusters: [:])) { system in
      let governance = try await system.startGovernance()
      let (console, resources) = ("\(system.folder)/console", "\(system.folder)/console.yaml")
      try FileManager.default.copyItem(atPath: "\(Self.root)/docs/examples/console", toPath: console)
      // No document names an environment that it does not declare: while one is asked for the group is of fewer.
      let facts = try String(contentsOfFile: "\(console)/facts.yaml", encoding: .utf8)
      let apart = "candilib: {spread: [{topology: cluster, environments: [dev, prod]}], "
      try Data(facts.replacing("candilib: {", with: apart).utf8).write(to: URL(filePath: "\(console)/facts.yaml"))
      func regie(_ arguments: [String]) async throws -> (code: Int32, output: String) {
        let run = try SystemUnderTestProgram.start(
          "regie", arguments, environment: ["REGIE_SERVER": governance.api.address])
        return (try await run.waitForEnd(within: .seconds(120)), run.output)
      }
      _ = try await regie([
        "import", "console", console, "--facts", "\(console)/facts.yaml", "--resources", resources,
      ])
      let places = try String(contentsOfFile: resources, encoding: .utf8).components(separatedBy: "---\n")
        .filter { !$0.contains("kind: Project") }.joined(separator: "---\n")
      try Data(places.utf8).write(to: URL(filePath: resources))
      for file in ["offer/1-operators.yaml", "offer/2-chains.yaml", "offer/3-regions.yaml", "policy.yaml"] {
        try #require(try await regie(["apply", "-f", "\(Self.root)/Examples/\(file)"]).code == 0)
      }
      try #require(try await regie(["apply", "-f", resources]).code == 0)
      let run = try await regie(["import", "console", console, "--facts", "\(console)/facts.yaml", "--reserve"])
      #expect(run.code == 1 && run.output.contains("candilib"), "\(run.output)")
      let stored: AnyResource = try await governance.api.send(.GET, "/api/v1/projects/candilib").decode()
      guard case .project(let project) = stored else {
        Issue.record("\(stored)")
        return
      }
      #expect(project.spec.environments.map(\.name) == ["dev", "prod"])
      #expect(project.spec.spread.map(\.environments) == [["dev", "prod"]])
      #expect(try await governance.api.send(.GET, "/api/v1/projects/ccaf").status == 404)
    }
  }

  @Test func `where the agent would write into what runs nothing is reserved`() async throws {
    try await SystemUnderTest.run(.init(clusters: [:])) { system in
      let governance = try await system.startGovernance()
      let (console, resources) = ("\(system.folder)/console", "\(system.folder)/console.yaml")
      try FileManager.default.copyItem(atPath: "\(Self.root)/docs/examples/console", toPath: console)
      let facts = try String(contentsOfFile: "\(console)/facts.yaml", encoding: .utf8)
      try Data(facts.replacing("{dataCenters", with: "{mode: gitops, dataCenters").utf8)
        .write(to: URL(filePath: "\(console)/facts.yaml"))
      func regie(_ arguments: [String]) async throws -> (code: Int32, output: String) {
        let run = try SystemUnderTestProgram.start(
          "regie", arguments, environment: ["REGIE_SERVER": governance.api.address])
        return (try await run.waitForEnd(within: .seconds(120)), run.output)
      }
      let importing = ["import", "console", console, "--facts", "\(console)/facts.yaml"]
      _ = try await regie(importing + ["--resources", resources])
      for file in ["offer/1-operators.yaml", "offer/2-chains.yaml", "offer/3-regions.yaml", "policy.yaml"] {
        try #require(try await regie(["apply", "-f", "\(Self.root)/Examples/\(file)"]).code == 0)
      }
      try #require(try await regie(["apply", "-f", resources]).code == 0)
      let run = try await regie(importing + ["--reserve", "-o", "json"])
      let outcomes = try #require(try JSONDecoder().decode(Report.self, from: Data(run.output.utf8)).reserved)
      #expect(run.code == 1 && outcomes.map(\.state) == ["refused", "refused", "refused"])
      #expect(outcomes.allSatisfy { $0.reasons.contains { $0.contains("gitops") && $0.contains("adopt") } })
      #expect(try await system.count("SELECT count(*) FROM reservations") == 0)
    }
  }
}
