import Foundation
import Model
import Placement
import Testing

@testable import Policy

/// What projects of several environments or replicas hold in a simulation, and what is said of each.
struct SimulatedHoldingsTests {
  private static func simulation(_ country: ImpactTests.Country, _ rules: [PolicySpec.Rule] = []) -> Simulation {
    Simulation(
      offer: country.offer, policy: policy(rules), day: CalendarDay("2026-11-23")!,
      now: Date(timeIntervalSince1970: 1_795_000_000))
  }

  private static func quota(_ cpu: Int64) -> ResourceList { ResourceList(cpu: Quantity(cpu), memory: Quantity(1)) }

  /// A project that asks for environments, and what it has.
  private static func subject(
    _ name: String, _ environments: [(name: String, stage: String, cpu: Int64)],
    at places: [(name: String, replica: Int, cluster: String)] = []
  ) -> Simulation.Subject {
    let project = ProjectSpec(
      organisation: "mi", audience: .ministerial, dataClasses: ["ordinary"],
      environments: environments.map { .init(name: $0.name, stage: $0.stage, quota: quota($0.cpu)) })
    let existing = places.map { place in
      let asked = environments.first { $0.name == place.name }
      return ExistingPlacement(
        environment: place.name, replica: place.replica, cluster: place.cluster, stage: asked?.stage ?? "prod",
        quota: ResourceAmounts(quota(asked?.cpu ?? 1)))
    }
    return Simulation.Subject(project: Resource(name, project), existing: existing)
  }

  /// By place: the environment, where it was, where it goes, and the rules that drive it out.
  private static func moves(_ project: SimulatedProject) -> [String] {
    project.places.map { place in
      let why = place.movedBecause.map { reasons in
        reasons.map { $0.parameters["rule"] ?? $0.code.rawValue }.joined(separator: ",")
      }
      return "\(place.environment) \(place.movedFrom ?? "-") \(place.cluster) \(why ?? "-")"
    }
  }

  @Test func `what is new takes all that it asks for, beside what its project has on the same cluster`() {
    let country = ImpactTests.Country(["ara": ["ara-1"]])
    let growing = Self.subject("a", [("dev", "dev", 4), ("prod", "prod", 4)], at: [("prod", 0, "ara-1")])
    // Of ten cores eight are taken.
    let outcomes = Self.simulation(country).outcomes(of: [growing, Self.subject("b", [("prod", "prod", 4)])])
    #expect(outcomes.map(\.outcome) == [.placed, .unplaceable])
    #expect(outcomes[0].places.map(\.environment) == ["dev", "prod"])
    let room = Self.simulation(country).outcomes(of: [growing, Self.subject("b", [("prod", "prod", 2)])])
    #expect(room.map(\.outcome) == [.placed, .placed])
  }

  @Test func `what stands beside another environment of its project goes on holding what it holds, and no more`() {
    let country = ImpactTests.Country(["ara": ["ara-1"]])
    let two = Self.subject(
      "a", [("app1", "prod", 1), ("prod", "prod", 5)], at: [("app1", 0, "ara-1"), ("prod", 0, "ara-1")])
    let subjects = [two, Self.subject("b", [("prod", "prod", 4)])]
    let notB = rule("not-b", .forbid, all(.among("region.name", "ara")), subject: all(.among("project.name", "b")))
    let changes = Self.simulation(country).changes(of: subjects, from: Self.simulation(country, [notB]))
    // Of ten cores six are taken.
    #expect(changes.map(\.change) == [.same, .newlyPlaced])
  }

  @Test func `a replica too many is judged where it stands, though another one of its environment is placed`() {
    let country = ImpactTests.Country(["ara": ["ara-1"], "idf": ["idf-1"]])
    let subject = Self.subject("a", [("prod", "prod", 1)], at: [("prod", 0, "idf-1"), ("prod", 1, "ara-1")])
    let notARA = rule("not-ara", .forbid, all(.among("region.name", "ara")))
    let changes = Self.simulation(country, [notARA]).changes(of: [subject], from: Self.simulation(country))
    #expect(changes.map(\.change) == [.same])
    #expect(changes[0].before.violations == [])
    let violations = changes[0].after.violations
    #expect(violations.map(\.environment) == ["prod"] && violations.map(\.replica) == [1])
    #expect(violations.map(\.cluster) == ["ara-1"] && violations.map(\.rules) == [["not-ara"]])
  }

  @Test func `a replica that comes to where one too many of its environment stands takes all that it asks for`() {
    let country = ImpactTests.Country(["ara": ["ara-1"], "idf": ["idf-1"]])
    let notIDF = rule("not-idf", .forbid, all(.among("region.name", "idf")))
    let moving = Self.subject("a", [("prod", "prod", 4)], at: [("prod", 1, "ara-1"), ("prod", 0, "idf-1")])
    // Of ara's ten cores eight are taken.
    for (cpu, outcome) in [(4, .unplaceable), (2, .placed)] as [(Int64, Decision.Outcome)] {
      let subjects = [moving, Self.subject("b", [("prod", "prod", cpu)])]
      let outcomes = Self.simulation(country, [notIDF]).outcomes(of: subjects)
      #expect(outcomes.map(\.outcome) == [.placed, outcome], "\(cpu)")
      // What the one too many is told is nothing of the one that moves.
      #expect(Self.moves(outcomes[0]) == ["prod idf-1 ara-1 not-idf"], "\(cpu)")
    }
  }

  @Test func `each says what drives it out itself, and what only goes with another one says nothing`() {
    let country = ImpactTests.Country(["ara": ["ara-1"], "idf": ["idf-1"]])
    let prodOut = rule("prod-out", .forbid, all(.among("region.name", "idf")), stages: ["prod"])
    let devOut = rule("dev-out", .forbid, all(.among("region.name", "ara")), stages: ["dev"])
    func told(_ subject: Simulation.Subject, _ rules: [PolicySpec.Rule]) -> [String] {
      Self.moves(Self.simulation(country, rules).outcomes(of: [subject])[0])
    }
    let environments: [(name: String, stage: String, cpu: Int64)] = [("dev", "dev", 1), ("prod", "prod", 1)]
    let swapped = Self.subject("a", environments, at: [("dev", 0, "ara-1"), ("prod", 0, "idf-1")])
    #expect(told(swapped, [prodOut, devOut]) == ["dev ara-1 idf-1 dev-out", "prod idf-1 ara-1 prod-out"])
    var together = Self.subject("a", environments, at: [("dev", 0, "idf-1"), ("prod", 0, "idf-1")])
    #expect(told(together, [prodOut]) == ["dev - idf-1 -", "prod idf-1 ara-1 prod-out"])
    together.project.spec.colocation = [.init(topology: .region)]
    #expect(told(together, [prodOut]) == ["dev idf-1 ara-1 -", "prod idf-1 ara-1 prod-out"])
  }

  @Test func `what is to be removed drives nothing out, before and after`() {
    let country = ImpactTests.Country(["ara": ["ara-1"], "bre": ["bre-1"], "idf": ["idf-1"]])
    let notIDF = rule("not-idf", .forbid, all(.among("region.name", "idf")))
    let notARA = rule("not-ara", .forbid, all(.among("region.name", "ara")))
    var subject = Self.subject("a", [("prod", "prod", 1)], at: [("old", 0, "idf-1"), ("prod", 0, "ara-1")])
    for isGoing in [false, true] {
      subject.existing[0].isGoing = isGoing
      let changes = Self.simulation(country, [notIDF]).changes(of: [subject], from: Self.simulation(country))
      #expect(changes.map(\.change) == [.same], "\(isGoing)")
      let violations = changes[0].after.violations.map { "\($0.environment) \($0.cluster)" }
      #expect(violations == (isGoing ? [] : ["old idf-1"]), "\(isGoing)")
    }
    // Nor does what keeps it from coming back say why the replica goes that took its place.
    subject.existing[0].environment = "prod"
    let outcome = Self.simulation(country, [notIDF, notARA]).outcomes(of: [subject])[0]
    #expect(Self.moves(outcome) == ["prod ara-1 bre-1 not-ara"])
    #expect(outcome.violations.map(\.cluster) == ["ara-1"])
  }

  @Test func `rules that require are named as those that forbid are`() {
    let country = ImpactTests.Country(["ara": ["ara-1"], "idf": ["idf-1"]])
    let rules = [
      rule("only-idf", .require, all(.among("region.name", "idf"))),
      rule("not-ara", .forbid, all(.among("region.name", "ara"))),
    ]
    let subject = Self.subject("a", [("prod", "prod", 1)], at: [("prod", 0, "ara-1")])
    let violations = Self.simulation(country, rules).outcomes(of: [subject])[0].violations
    #expect(violations.map { Set($0.rules) } == [["only-idf", "not-ara"]])
    #expect(violations.map { $0.reasons.map(\.code) } == [[.ruleRequires, .ruleForbids]])
    let alone = Self.simulation(country, [rules[0]]).outcomes(of: [subject])[0].violations
    #expect(alone.map(\.rules) == [["only-idf"]])
  }
}
