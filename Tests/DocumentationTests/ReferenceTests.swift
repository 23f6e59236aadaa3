import Contract
import Foundation
import Model
import Placement
import Policy
import Telemetry
import Testing

@testable import Agent
@testable import Kafka
@testable import Postgres
@testable import Server

@Suite("Tables made from the code")
struct ReferenceTests {
  static let tables: [GeneratedTable] = [
    GeneratedTable(name: "reasons") { _ in ReasonTable.text() },
    GeneratedTable(name: "problems") { _ in try ProblemTable.text() },
    GeneratedTable(name: "routes") { _ in try RouteTable.text() },
    GeneratedTable(name: "access") { _ in try AccessTable.text() },
    GeneratedTable(name: "metrics") { try MetricTable.text(present: $0) },
    GeneratedTable(name: "attributes") { _ in
      GeneratedTable.text(
        ["of", "names", "and labels, as"],
        AttributeNames.allCases.map { part in
          [
            "\(part)", part.names.map { "`\($0)`" }.joined(separator: " "),
            part.labelPrefixes.map { "`\($0)…`" }.joined(separator: " "),
          ]
        })
    },
    GeneratedTable(name: "findings") { _ in
      GeneratedTable.text(
        ["code", "français", "English"],
        FindingCode.allCases.map { ["`\($0.rawValue)`", $0.meaning.fr, $0.meaning.en ?? ""] })
    },
    GeneratedTable(name: "runbook-templates") { _ in RunbookTables.templates() },
    GeneratedTable(name: "runbook-placeholders") { _ in RunbookTables.placeholders() },
    GeneratedTable(name: "migration-words") { _ in RunbookTables.words() },
    GeneratedTable(name: "governance-variables") { _ in
      EnvironmentVariable.markdown(EnvironmentReader.variables { GovernanceSettings(&$0) })
    },
    GeneratedTable(name: "agent-variables") { _ in
      EnvironmentVariable.markdown(EnvironmentReader.variables { AgentSettings(&$0) })
    },
    GeneratedTable(name: "postgres-variables") { _ in
      GeneratedTable.text(
        ["variable", "libpq’s parameter"], try VariableTables.postgres().map { ["`\($0)`", "`\($1)`"] })
    },
  ]

  /// With `REGIE_UPDATE_DOCS=1` the tables are written anew instead.
  @Test("are as the code would have them", arguments: try Repository.pages())
  func tables(page: Page) throws {
    var lines = page.lines
    for place in GeneratedTable.places(in: page).reversed() {
      let table = try #require(Self.tables.first { $0.name == place.name }, "\(page): no table “\(place.name)” is made")
      let present = Array(lines[place.range])
      let wanted = try table.make(present).split(separator: "\n").map(String.init)
      lines.replaceSubrange(place.range, with: wanted)
      if !GeneratedTable.isRewriting {
        let differences = zip(present + [""], wanted + [""]).first { $0 != $1 }
        #expect(
          present == wanted,
          "\(page): \(place.name): \(String(describing: differences)); REGIE_UPDATE_DOCS=1 rewrites it")
      }
    }
    guard GeneratedTable.isRewriting, lines != page.lines else { return }
    try lines.joined(separator: "\n")
      .write(to: Repository.root.appending(path: page.path), atomically: true, encoding: .utf8)
  }

  @Test("all stand on a page")
  func shown() throws {
    let places = try Repository.pages().flatMap { GeneratedTable.places(in: $0).map(\.name) }
    #expect(places.sorted() == Self.tables.map(\.name).sorted())
  }

  @Test("of reasons show every parameter by its name")
  func parameters() {
    for code in ReasonCode.allCases {
      let reason = ReasonTable.shown(code)
      for text in [reason.sentence, reason.remedy] {
        #expect(!text.fr.contains("?") && text.en?.contains("?") == false, "\(code.rawValue): \(text)")
      }
    }
  }

  @Test("of metrics say what each means")
  func meanings() throws {
    let page = try Page("docs/operations/observability.md")
    let place = try #require(GeneratedTable.places(in: page).first { $0.name == "metrics" })
    for row in Page.rows(Array(page.lines[place.range])) {
      #expect(row[4].count > 8, "\(row[0]) has no meaning yet: write it into its row")
    }
  }

  @Test("of Postgres' variables: each reaches libpq as the parameter beside it")
  func postgres() throws {
    for (variable, parameter) in try VariableTables.postgres() {
      let value = parameter == "sslmode" ? "verify-full" : "x"
      let read = try PostgresConfiguration(environment: ["PGDATABASE": "x"].merging([variable: value]) { $1 })
      #expect(read.parameters[parameter] == value, "\(variable)")
    }
  }

  @Test("of Kafka's variables: each stands for the property beside it")
  func kafka() throws {
    let rows = try Page("docs/operations/configuration.md").table(under: "Kafka")
    var properties = 0
    for row in rows where row[1].contains("`") {
      let variable = row[0].replacing("`", with: "")
      let property = row[1].firstMatch(of: /`([a-z.]+)`/)?.1
      if let known = KafkaConfiguration.property(of: variable) {
        #expect(known == property.map(String.init), "\(variable)")
        properties += 1
      } else {
        #expect(["KAFKA_BOOTSTRAP_SERVERS", "KAFKA_CLIENT_ID"].contains(variable))
      }
    }
    #expect(properties >= 5)
  }

  @Test("of variables are complete, and no page names a variable that nothing reads")
  func variables() throws {
    let sources = try ["Sources", "Tests", "scripts", "Benchmarks"].flatMap { folder in
      try Repository.files(below: folder, suffix: "").filter { $0.contains(/\.(swift|sh)$/) }
    }
    // What this very test looks for is no proof that something reads it.
    let own = "Tests/DocumentationTests/ReferenceTests.swift"
    let read = try VariableTables.names(in: sources.filter { $0 != own } + ["Makefile"])
    let pages = try VariableTables.names(in: Repository.pages().map(\.path))
    #expect(pages.subtracting(read.union(VariableTables.composed)).sorted() == [])
    let programs = try VariableTables.names(in: sources.filter { $0.hasPrefix("Sources/") })
    let shown = try VariableTables.names(in: ["docs/operations/configuration.md"])
    #expect(programs.subtracting(shown).sorted() == [])
  }
}
