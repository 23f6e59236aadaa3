import Foundation
import Model
import Placement
import Testing

@testable import Policy

@Suite("What would become of projects")
struct SimulationTests {
  private static let day = CalendarDay("2026-11-23")!
  private static let now = Date(timeIntervalSince1970: 1_795_000_000)

  /// Two regions of one cluster each.
  private static func offer(without region: String? = nil, cpu: Int64 = 10) -> Offer {
    let names: [String] = ["ara", "idf"].filter { $0 != region }
    return Offer(
      operators: [Resource("dtnum", OperatorSpec(displayName: "DTNUM"))],
      regions: names.map { name in
        Resource(
          name,
          RegionSpec(
            operator: "dtnum", location: .init(country: "FR"), dataCenters: [.init(name: "a")],
            audience: Audience(organisations: ["*"], scopes: [.ministerial])))
      },
      zones: names.map { Resource("\($0)-usuel", ZoneSpec(region: $0, sensitivity: .usuel, slug: $0)) },
      clusters: names.map { name in
        Resource(
          "\(name)-1",
          ClusterSpec(
            zone: "\(name)-usuel", dataCenters: ["a"], stages: ["prod"],
            capacity: ResourceList(cpu: Quantity(cpu), memory: Quantity(100))))
      },
      chains: [
        Resource(
          "common",
          ChainSpec(
            displayName: "Chaîne", sensitivities: [.usuel], regions: names,
            audience: Audience(organisations: ["*"], scopes: [.ministerial])))
      ])
  }

  private static func subject(_ name: String, cpu: Int64 = 4, at cluster: String? = nil) -> Simulation.Subject {
    let quota = ResourceList(cpu: Quantity(cpu), memory: Quantity(1))
    let project = ProjectSpec(
      organisation: "mi", audience: .ministerial, dataClasses: ["ordinary"],
      environments: [.init(name: "prod", stage: "prod", quota: quota)])
    let existing = cluster.map {
      ExistingPlacement(environment: "prod", replica: 0, cluster: $0, stage: "prod", quota: ResourceAmounts(quota))
    }
    return Simulation.Subject(project: Resource(name, project), existing: existing.map { [$0] } ?? [])
  }

  private static func simulation(
    _ rules: [PolicySpec.Rule] = [], offer: Offer = offer(), derogations: [Resource<DerogationSpec>] = []
  ) -> Simulation {
    Simulation(offer: offer, policy: policy(rules), derogations: derogations, day: day, now: now)
  }

  private static let notIDF = rule("not-idf", .forbid, all(.among("region.name", "idf")))
  private static let onlyIDF = rule("idf", .require, all(.among("region.name", "idf")))

  @Test("each project is placed on what those before it left, in the order of names")
  func inTurn() {
    let outcomes = Self.simulation().outcomes(of: ["c", "a", "e", "b", "d"].map { Self.subject($0) })
    #expect(outcomes.map(\.project) == ["a", "b", "c", "d", "e"])
    #expect(outcomes.map(\.outcome) == [.placed, .placed, .placed, .placed, .unplaceable])
    #expect(Set(outcomes.flatMap(\.places).map(\.cluster)) == ["ara-1", "idf-1"])
    #expect(outcomes[0].chain == "common" && outcomes[4].places.isEmpty && !outcomes[4].reasons.isEmpty)
    let place = outcomes[0].places[0]
    #expect([place.zone, place.region, place.operator, place.stage] == [place.region, place.region, "dtnum", "prod"])
  }

  @Test("what is there already holds its place, and growing takes only what is more")
  func existing() {
    let outcomes = Self.simulation().outcomes(of: [
      Self.subject("a", cpu: 8, at: "ara-1"), Self.subject("b", cpu: 8, at: "idf-1"), Self.subject("c", cpu: 2),
      Self.subject("d", cpu: 2), Self.subject("e", cpu: 2),
    ])
    #expect(outcomes.map { $0.outcome == .placed } == [true, true, true, true, false])
    #expect(outcomes[0].places.map(\.cluster) == ["ara-1"] && outcomes[0].violations.isEmpty)
  }

  @Test("a rule that drives projects out: who moves, who is lost, and by which rule")
  func drivenOut() {
    let changes = Self.simulation([Self.notIDF]).changes(
      of: [Self.subject("a", cpu: 6), Self.subject("b", cpu: 6), Self.subject("c", cpu: 11)],
      from: Self.simulation())
    #expect(changes.map(\.project) == ["a", "b", "c"])
    let kinds = Dictionary(uniqueKeysWithValues: changes.map { ($0.before.places.first?.cluster ?? "", $0.change) })
    #expect(kinds == ["ara-1": .same, "idf-1": .noLongerPlaced, "": .stillNotPlaced])
    let lost = changes.first { $0.change == .noLongerPlaced }
    #expect(lost?.after.violations.map(\.rules) == [["not-idf"]])
    #expect(lost?.after.violations.first?.cluster == "idf-1")
    #expect(changes.first { $0.change == .same }?.after.violations == [])

    let moved = Self.simulation([Self.notIDF]).changes(
      of: [Self.subject("a", at: "idf-1")], from: Self.simulation())
    #expect(moved.map(\.change) == [.moves])
    #expect(moved[0].after.places.map(\.movedFrom) == ["idf-1"] && moved[0].after.places.map(\.cluster) == ["ara-1"])
    #expect(moved[0].after.violations.map(\.rules) == [["not-idf"]])
  }

  @Test("what moves before the change holds its old place beside it: nothing has changed where nothing changes")
  func unchanged() {
    let rule = rule("not-a", .forbid, all(.among("region.name", "idf")), subject: all(.among("project.name", "a")))
    let same = Self.simulation([rule])
    let subjects = [Self.subject("a", cpu: 8, at: "idf-1"), Self.subject("b", cpu: 8)]
    let changes = same.changes(of: subjects, from: same)
    #expect(changes.map(\.change) == [.same, .stillNotPlaced])
    #expect(changes[0].before.places.map(\.movedFrom) == ["idf-1"] && changes[0].after.violations == [])
    // Nor is there room where one asks for less than it holds, or for nothing any more.
    var (less, gone) = (Self.subject("a", cpu: 8, at: "idf-1"), Self.subject("a", cpu: 2, at: "idf-1"))
    less.project.spec.environments[0].quota.cpu = Quantity(2)
    gone.existing[0].environment = "old"
    gone.existing[0].quota.cpu = 8000
    for one in [less, gone] {
      let free = Self.simulation()
      let changes = free.changes(
        of: [one, Self.subject("b", cpu: 8, at: "ara-1"), Self.subject("c", cpu: 5)], from: free)
      #expect(changes.map(\.change) == [.same, .same, .stillNotPlaced])
    }
  }

  @Test("a rule that is lifted, a region that is added or resized: who is newly placed")
  func newlyPlaced() {
    let big = [Self.subject("a", cpu: 20)]
    let larger = Self.simulation(offer: Self.offer(cpu: 30)).changes(of: big, from: Self.simulation())
    #expect(larger.map(\.change) == [.newlyPlaced])
    let added = Self.simulation([Self.onlyIDF]).changes(
      of: [Self.subject("a")], from: Self.simulation([Self.onlyIDF], offer: Self.offer(without: "idf")))
    #expect(added.map(\.change) == [.newlyPlaced])
  }

  @Test("a region that goes: what was there is told that its cluster is gone, and nothing else")
  func gone() {
    let changes = Self.simulation(offer: Self.offer(without: "idf")).changes(
      of: [Self.subject("a", at: "idf-1")], from: Self.simulation())
    #expect(changes.map(\.change) == [.moves])
    #expect(changes[0].after.violations.map(\.cluster) == ["idf-1"])
    #expect(changes[0].after.violations.flatMap(\.reasons).map(\.code) == [.unresolvedReference])
    #expect(changes[0].after.violations[0].rules == [])
  }

  @Test("what may not stay where it is, though no restriction drives it out, says why")
  func notAdmitted() throws {
    let offer = Self.offer()
    let clusters = offer.clusters.map { cluster in
      var changed = cluster
      if cluster.name == "idf-1" { changed.spec.stages = ["dev"] }
      return changed
    }
    let without = Offer(
      operators: offer.operators, regions: offer.regions, zones: offer.zones, clusters: clusters, chains: offer.chains)
    let subjects = [Self.subject("a", at: "idf-1"), Self.subject("b", at: "ara-1")]
    let outcomes = Self.simulation(offer: without).outcomes(of: subjects)
    let (moved, kept) = (try #require(outcomes[0].places.first), try #require(outcomes[1].places.first))
    #expect(moved.movedFrom == "idf-1" && moved.cluster == "ara-1" && outcomes[0].isBroken)
    #expect(outcomes[0].violations.map { $0.reasons.map(\.code) } == [[.stageNotAdmitted]])
    #expect(moved.movedBecause?.first?.code == .stageNotAdmitted && outcomes[1].violations.isEmpty)
    #expect(kept.movedFrom == nil && kept.movedBecause == nil)
  }

  @Test("to want to grow where nothing new may come is no breach, as findings and impacts have it")
  func growing() {
    let offer = Self.offer()
    let changes: [(inout RegionSpec) -> Void] = [
      { $0.state = .cordoned }, { $0.state = .draining },
      { $0.taints = [Taint(key: "old", effect: .noNewPlacement)] },
    ]
    for change in changes {
      var regions = offer.regions
      for index in regions.indices where regions[index].name == "idf" { change(&regions[index].spec) }
      let kept = Offer(
        operators: offer.operators, regions: regions, zones: offer.zones, clusters: offer.clusters,
        chains: offer.chains)
      var growing = Self.subject("a", at: "idf-1")
      growing.project.spec.environments[0].quota.cpu = Quantity(8)
      let outcome = Self.simulation(offer: kept).outcomes(of: [growing])[0]
      #expect(outcome.violations == [] && !outcome.isBroken)
      #expect(outcome.places.map(\.movedFrom) == ["idf-1"] && outcome.places[0].movedBecause?.isEmpty == false)
      let driven = Self.simulation([Self.notIDF], offer: kept).outcomes(of: [growing])[0]
      #expect(driven.isBroken && driven.violations.map(\.rules) == [["not-idf"]])
      #expect(driven.violations.first?.reasons.first?.code == .ruleForbids)
    }
  }

  @Test("what a project does not ask for any more is judged where it stands, and not what is to be removed")
  func unasked() {
    var subject = Self.subject("a", at: "idf-1")
    subject.existing[0].environment = "old"
    let outcome = Self.simulation([Self.notIDF]).outcomes(of: [subject])[0]
    #expect(outcome.outcome == .placed && outcome.places.map(\.cluster) == ["ara-1"] && outcome.isBroken)
    #expect(outcome.violations.map(\.environment) == ["old"] && outcome.violations.map(\.rules) == [["not-idf"]])
    #expect(outcome.violations.map(\.cluster) == ["idf-1"])
    subject.existing[0].isGoing = true
    #expect(Self.simulation([Self.notIDF]).outcomes(of: [subject])[0].violations == [])
  }

  @Test("a derogation lets a project stay, but for a rule that no derogation waives")
  func derogations() {
    let derogation = Resource(
      "d",
      DerogationSpec(
        project: "a", rules: ["not-idf"], motive: "motif", decision: .granted, notifiedAt: Self.now))
    func violations(_ change: (inout PolicySpec.Rule) -> Void) -> [[String]] {
      var rule = Self.notIDF
      change(&rule)
      return Self.simulation([rule], derogations: [derogation])
        .outcomes(of: [Self.subject("a", at: "idf-1")])[0].violations.map(\.rules)
    }
    #expect(violations { _ in } == [])
    #expect(violations { $0.notWaivable = true } == [["not-idf"]])
  }

  @Test("is written as JSON, and read again")
  func coding() throws {
    let changes = Self.simulation([Self.notIDF]).changes(of: [Self.subject("a", at: "idf-1")], from: Self.simulation())
    let data = try ModelJSON.encoder.encode(changes)
    #expect(try ModelJSON.decoder.decode([SimulatedChange].self, from: data) == changes)
  }
}
