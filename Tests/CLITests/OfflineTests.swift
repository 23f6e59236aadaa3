import Contract
import Events
import Foundation
import Model
import Placement
import Policy
import Testing

@testable import CLI

/// Commands that ask no service: `policy lint` and `simulate`.
@Suite(.timeLimit(.minutes(3)))
struct OfflineTests {
  static let examples = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "../../Examples").standardized.path
  private static var policy: String { "\(examples)/policy.yaml" }

  private static func changed(_ old: String, _ new: String, to path: String) throws {
    let text = try String(contentsOfFile: policy, encoding: .utf8)
    #expect(text.contains(old))
    try write(text.replacing(old, with: new), to: path)
  }

  private static let declared = "Qualifications: here all that are declared count;"

  @Test(arguments: [
    ("2026-11-23", "2026-11-23T23:00:00Z"), ("2026-07-14", "2026-07-14T22:00:00Z"),
    ("2026-03-29", "2026-03-29T22:00:00Z"), ("2026-10-25", "2026-10-25T23:00:00Z"),
    ("2028-02-29", "2028-02-29T23:00:00Z"),
  ])
  func `a day ends in Paris: what is notified on the next has no effect yet`(day: String, next: String) throws {
    let end = Timestamp(DayOption.end(of: try #require(CalendarDay(day))))
    #expect(try #require(Timestamp(next)).microseconds(since: end) == 1)
  }

  @Test func `lint has nothing to say about the example, but on which qualifications of an offer it goes by`()
    async throws
  {
    let alone = try await Run.regie("policy", "lint", Self.policy, "--day", "2026-11-26")
    #expect(alone.code == 0 && alone.output == "", "\(alone.output)")
    let arguments = ["policy", "lint", Self.policy, "--day", "2026-11-26", "--lang", "en", "--offer"]
    let offered = try await Run.regie(arguments + ["\(Self.examples)/offer"])
    #expect(offered.code == 0 && offered.lines.count == 2, "\(offered.output)")
    #expect(offered.output.hasPrefix(Self.declared) && offered.output.contains("acknowledged"))
    let machine = try await Run.regie(arguments + ["\(Self.examples)/offer", "-o", "json"])
    #expect(try ModelJSON.decoder.decode([LintLine].self, from: Data(machine.output.utf8)).isEmpty)
  }

  @Test func `that a qualification may not be acknowledged is said where somebody declares one, and else not`()
    async throws
  {
    try await withFolder { folder in
      let regions = "\(Self.examples)/offer/3-regions.yaml"
      let text = try String(contentsOfFile: regions, encoding: .utf8)
      let other = #/  qualifications:\n(    .*\n)+/#
      #expect(text.contains(other))
      try FileManager.default.copyItem(atPath: "\(Self.examples)/offer", toPath: "\(folder)/offer")
      let common = [
        "simulate", "--policy", Self.policy, "--projects", "\(Self.examples)/projects/annuaire.yaml", "--day",
        "2026-11-26", "--lang", "en", "--offer", "\(folder)/offer",
      ]
      let against = ["--against", "\(Self.examples)/policy.yaml"]
      for more in [[], against] {
        let run = try await Run.regie(common + more)
        #expect(run.lines[0].hasPrefix("PROJECT"))
        let said = run.lines.filter { $0.hasPrefix(Self.declared) }
        #expect(said.count == 1, "\(run.output)")
      }
      try write(text.replacing(other, with: ""), to: "\(folder)/offer/3-regions.yaml")
      for more in [[], against] {
        let run = try await Run.regie(common + more)
        let said = run.lines.filter { $0.hasPrefix(Self.declared) }
        #expect(run.lines[0].hasPrefix("PROJECT") && said.isEmpty, "\(run.output)")
      }
    }
  }

  @Test func `lint names file, line, column, severity, code and origin, in both languages, and ends with 1`()
    async throws
  {
    try await withFolder { folder in
      try Self.changed("operator: Gt, values: [\"1\"]", "operator: Gt, values: [\"99\"]", to: "\(folder)/p.yaml")
      // Regions of the examples lose their qualifications as time goes by.
      let lint = ["policy", "lint", "\(folder)/p.yaml", "--day", "2026-11-26"]
      let text = try await Run.regie(lint)
      #expect(text.code == 0 && text.output == "")
      let french = try await Run.regie(lint + ["--offer", "\(Self.examples)/offer"])
      #expect(french.code == 1)
      #expect(
        french.lines.first
          == "\(folder)/p.yaml:63:7: error: La règle « sensible-deux-centres » ne désigne rien dans l’offre actuelle. "
          + "[MatchesNothing, offre actuelle]")
      let english = try await Run.regie(
        lint + ["--offer", "\(Self.examples)/offer", "--lang", "en", "-o", "json"])
      let lines = try ModelJSON.decoder.decode([LintLine].self, from: Data(english.output.utf8))
      #expect(english.code == 1 && lines.first?.line == 63 && lines.first?.code == .matchesNothing)
      #expect(lines.first?.path == "spec.rules[2].places")
    }
  }

  @Test func `lint shows warnings and ends with 0, and knows the day`() async throws {
    try await withFolder { folder in
      try Self.changed(
        "      effect: prefer\n      weight: 6", "      effect: prefer\n      weight: 6\n      validUntil: 2026-11-25",
        to: "\(folder)/p.yaml")
      let before = try await Run.regie("policy", "lint", "\(folder)/p.yaml", "--day", "2026-11-25", "--lang", "en")
      #expect(before.code == 0 && before.output == "")
      let after = try await Run.regie("policy", "lint", "\(folder)/p.yaml", "--day", "2026-11-26", "--lang", "en")
      #expect(after.code == 0)
      #expect(
        after.output.hasSuffix(": warning: Rule “teleprocedures-idf” ended on 2026-11-25. [PeriodOver, text]\n"))
      let yaml = try await Run.regie("policy", "lint", "\(folder)/p.yaml", "--day", "2026-11-26", "-o", "yaml")
      #expect(yaml.code == 0 && yaml.output.contains("code: PeriodOver"))
    }
  }

  @Test func `lint points into texts that are no resources, whatever they are`() async throws {
    try await withFolder { folder in
      try write(
        "apiVersion: regie.cloud-pi-native.fr/v1\nkind: Zone\nmetadata: {name: z}\nspec: {region: 3}\n",
        to: "\(folder)/a.yaml")
      try write("{\n \"kind\": tru }", to: "\(folder)/b.json")
      try Data([0x61, 0x0A, 0x62, 0xFF]).write(to: URL(fileURLWithPath: "\(folder)/c.yml"))
      let run = try await Run.regie("policy", "lint", folder, "--lang", "en")
      #expect(run.code == 1)
      #expect(run.output.contains("\(folder)/a.yaml:4:16: error: spec.region: expected a text, found a number"))
      #expect(run.output.contains("\(folder)/b.json:2:2: error: kind: "))
      #expect(run.output.contains("\(folder)/c.yml:2:2: error: the text is not UTF-8 [InvalidDocument, text]"))
    }
  }

  @Test func `an offer that says different things of one resource is refused; what stands there twice counts once`()
    async throws
  {
    try await withFolder { folder in
      let (offer, project) = ("\(Self.examples)/offer", "\(Self.examples)/projects/ccaf.yaml")
      let common = ["simulate", "--policy", Self.policy, "--day", "2026-11-26", "--lang", "en"]
      let once = try await Run.regie(common + ["--projects", project, "--offer", offer])
      let twice = try await Run.regie(
        common + ["--projects", project, project, "--offer", offer, "\(offer)/1-operators.yaml"])
      #expect(once.code == 0 && twice.code == 0 && twice.output == once.output, "\(twice.output)")
      try write(Samples.operatorYAML, to: "\(folder)/o.yaml")
      let other = try await Run.regie(common + ["--projects", project, "--offer", offer, "\(folder)/o.yaml"])
      #expect(other.code == 2 && other.output.contains("\(folder)/o.yaml:3:"), "\(other.output)")
      #expect(other.output.contains("stands in \(offer)/1-operators.yaml as well"), "\(other.output)")
    }
  }

  @Test func `what was got of an offer, at whatever version, says the same as its source`() async throws {
    try await withFolder { folder in
      let (offer, project) = ("\(Self.examples)/offer", "\(Self.examples)/projects/ccaf.yaml")
      let common = [
        "simulate", "--policy", Self.policy, "--day", "2026-11-26", "--projects", project, "--offer", offer,
      ]
      let text = try String(contentsOfFile: "\(offer)/1-operators.yaml", encoding: .utf8)
      let metadata = "metadata:\n  name: dtnum\n"
      #expect(text.contains(metadata))
      for version in [41, 42] {
        let got = text.replacing(metadata, with: Samples.operatorMetadata(version: version) + "\n")
        try write(got, to: "\(folder)/\(version).yaml")
      }
      let source = try await Run.regie(common)
      let beside = try await Run.regie(common + ["\(folder)/41.yaml", "\(folder)/42.yaml"])
      #expect(source.code == 0 && beside.code == 0 && beside.output == source.output, "\(beside.output)")
    }
  }

  @Test func `what can not be read at all ends with 2`() async throws {
    try await withFolder { folder in
      try write("apiVersion: regie.cloud-pi-native.fr/v1\nkind: Zon\n", to: "\(folder)/bad.yaml")
      let offer = "\(Self.examples)/offer"
      let projects = "\(Self.examples)/projects"
      for arguments in [
        ["policy", "lint", "\(folder)/nowhere.yaml"], ["policy", "lint", offer],
        ["policy", "lint", Self.policy, "--offer", "\(folder)/bad.yaml"],
        ["simulate", "--policy", offer, "--offer", offer, "--projects", projects],
        ["simulate", "--policy", Self.policy, "--offer", "\(folder)/bad.yaml", "--projects", projects],
        ["simulate", "--policy", Self.policy, "--offer", offer, "--projects", "\(folder)/nowhere"],
      ] {
        let run = try await Run.regie(arguments)
        #expect(run.code == 2 && !run.output.isEmpty, "\(arguments): \(run.output)")
      }
      try Self.changed(
        "      effect: prefer\n      weight: 6", "      effect: prefer\n      weight: 60", to: "\(folder)/p.yaml")
      let invalid = try await Run.regie(
        "simulate", "--policy", "\(folder)/p.yaml", "--offer", offer, "--projects", projects, "--lang", "en")
      #expect(invalid.code == 2 && invalid.output.contains("Out of range. Found: “60”."))
    }
  }

  @Test(arguments: [
    ["policy", "lint"], ["simulate"], ["policy", "lint", "x", "--day", "tomorrow"],
    ["policy", "lint", "x", "--lang", "de"],
  ])
  func `wrong usage ends with 64`(arguments: [String]) async throws {
    #expect(try await Run.regie(arguments).code == 64)
  }

  @Test func `simulate says where projects go, in both languages, and ends with 1 when one goes nowhere`() async throws
  {
    let arguments = [
      "simulate", "--policy", Self.policy, "--offer", "\(Self.examples)/offer", "--day", "2026-11-26", "--projects",
    ]
    let all = try await Run.regie(arguments + ["\(Self.examples)/projects"])
    #expect(all.code == 1)
    #expect(
      all.lines[0].hasPrefix("PROJET") && all.lines.contains { $0.hasPrefix("megadonnees") && $0.contains(" -  ") })
    let one = try await Run.regie(arguments + ["\(Self.examples)/projects/ccaf.yaml", "--lang", "en"])
    #expect(one.code == 0)
    #expect(one.lines[0].hasPrefix("PROJECT"))
    #expect(one.lines.dropFirst().filter { $0.hasPrefix("ccaf") }.count >= 2)
    let json = try await Run.regie(arguments + ["\(Self.examples)/projects/ccaf.yaml", "-o", "json"])
    #expect(json.code == 0 && json.output.contains("\"outcome\" : \"placed\""))
    // Without --projects, they are those of the offer's files.
    let beside = try await Run.regie(
      "simulate", "--policy", Self.policy, "--offer", "\(Self.examples)/offer", "\(Self.examples)/projects/ccaf.yaml",
      "--day", "2026-11-26", "-o", "json")
    #expect(beside.code == 0 && beside.output == json.output)
  }

  @Test func `what a project does not ask for any more, and does not comply, has a line of its own`() throws {
    let files = [
      "policy", "projects/ccaf", "offer/1-operators", "offer/2-chains", "offer/3-regions", "offer/4-zones",
      "offer/5-clusters",
    ]
    let resources = try files.flatMap {
      try ResourceDocument.decode(Data(contentsOf: URL(filePath: "\(Self.examples)/\($0).yaml")))
    }
    let policies = resources.compactMap { if case .policy(let policy) = $0 { policy } else { nil } }
    let projects = resources.compactMap { if case .project(let project) = $0 { project } else { nil } }
    let (policy, project) = (try #require(policies.first), try #require(projects.first))
    let simulation = Simulation(
      offer: Offer(resources), policy: policy.spec, day: try #require(CalendarDay("2026-11-26")),
      now: Date(timeIntervalSince1970: 1_795_000_000))
    let left = ExistingPlacement(
      environment: "ancien", replica: 0, cluster: "idf-usuel-1", stage: "prod", quota: ResourceAmounts(cpu: 1_000))
    let subjects = [Simulation.Subject(project: project, existing: [left])]
    for table in [
      SimulationText.render(simulation.outcomes(of: subjects), .en),
      SimulationText.render(simulation.changes(of: subjects, from: simulation), .en),
    ] {
      let lines = table.split(separator: "\n").map(String.init).filter { $0.contains(" ancien ") }
      #expect(lines.count == 1, "\(table)")
      #expect(lines.first?.contains("idf-usuel-1") == true && lines.first?.contains("demands a DR zone") == true)
    }
  }

  @Test func `simulate says what a proposed policy would change, who does not comply, and by which rule`() async throws
  {
    try await withFolder { folder in
      try Self.changed(
        "  rules:\n",
        """
          rules:
            - id: hors-dtnum
              motive: {fr: La DTNUM est pleine., en: The DTNUM is full.}
              effect: forbid
              places: {matchLabels: {region.operator: dtnum}}

        """, to: "\(folder)/p.yaml")
      let common = [
        "simulate", "--offer", "\(Self.examples)/offer", "--day", "2026-11-26", "--projects",
        "\(Self.examples)/projects",
      ]
      let run = try await Run.regie(
        common + ["--policy", "\(folder)/p.yaml", "--against", Self.policy, "--lang", "en"])
      #expect(run.code == 1)
      #expect(run.lines[0].hasPrefix("PROJECT") && run.output.contains("hors-dtnum") && run.output.contains(" → "))
      #expect(run.output.contains("non-compliant "))
      let french = try await Run.regie(common + ["--policy", "\(folder)/p.yaml", "--against", Self.policy])
      #expect(french.output.contains("non conforme ") && french.output.contains("CHANGEMENT"))
      let same = try await Run.regie(
        common.dropLast() + [
          "\(Self.examples)/projects/ccaf.yaml", "--policy", Self.policy, "--against", "\(Self.examples)/offer",
        ])
      #expect(same.code == 0 && same.lines.last { !$0.isEmpty } == "inchangé 1", "\(same.output)")
      // An offer of today to which a cluster is added.
      try FileManager.default.copyItem(atPath: "\(Self.examples)/offer", toPath: "\(folder)/offer")
      let json = try await Run.regie(
        common + ["--policy", Self.policy, "--against", "\(folder)/offer", "-o", "json"])
      #expect(json.code == 1 && json.output.contains("\"change\" : \"stillNotPlaced\""))
    }
  }
}
