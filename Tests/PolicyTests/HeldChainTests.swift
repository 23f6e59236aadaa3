import Foundation
import Model
import Placement
import Testing

@testable import Policy

/// A policy that another chain has to deliver under, where what stands may stay.
@Suite struct HeldChainTests {
  private static let chains = ["atelier", "forge"].map { name in
    Resource(
      name,
      ChainSpec(
        displayName: name, sensitivities: [.usuel], regions: ["ara", "idf"],
        audience: Audience(organisations: ["*"], scopes: [.ministerial])))
  }

  private static func country() -> ImpactTests.Country {
    var country = ImpactTests.Country(["idf": ["idf-1"], "ara": ["ara-1"]])
    let offer = country.offer
    country.offer = Offer(
      operators: offer.operators, regions: offer.regions, zones: offer.zones, clusters: offer.clusters, chains: chains)
    for (name, cluster) in [("a", "idf-1"), ("b", "ara-1"), ("c", "idf-1")] {
      country.add(name, cpu: 2, at: cluster)
      country.requests[country.requests.count - 1].existing[0].chain = name == "c" ? nil : "atelier"
    }
    return country
  }

  private static let noAtelier = rule("closed", .forbid, chains: all(.among("chain.name", "atelier")))
  private static let notIDF = rule("not-idf", .forbid, all(.among("region.name", "idf")))

  @Test("what only has the wrong chain does not comply, stays, and has nowhere to go")
  func impact() throws {
    let impact = Self.country().impact(of: policy([Self.noAtelier]))
    #expect(
      impact.nonCompliances.map(\.project) == ["a", "b"] && impact.nonCompliances.map(\.mayStay) == [true, true])
    #expect(impact.nonCompliances.allSatisfy { $0.rules == ["closed"] && $0.reasons.map(\.code) == [.ruleForbids] })
    #expect(impact.summary.nonCompliant == 2 && impact.summary.noLongerPlaceable == 0)
    #expect(impact.migrations.isEmpty && impact.summary.migrations == 0)
    let already = Self.country().impact(of: policy([Self.noAtelier]), instead: policy([Self.noAtelier]))
    #expect(already.nonCompliances.map(\.already) == [true, true])
    // To have to go is news of what had only the wrong chain; the other way round it is none.
    let worse = Self.country().impact(of: policy([Self.noAtelier, Self.notIDF]), instead: policy([Self.noAtelier]))
    #expect(worse.nonCompliances.map(\.already) == [false, true, false])
    #expect(worse.summary.nonCompliant == 2 && worse.summary.alreadyNonCompliant == 1)
    let better = Self.country().impact(of: policy([Self.noAtelier]), instead: policy([Self.notIDF]))
    #expect(better.nonCompliances.map(\.already) == [true, false] && better.summary.compliantAgain == 1)
    // What is told of one that has to go is as it was before there were chains.
    let driven = Self.country().impact(of: policy([Self.notIDF]))
    #expect(driven.nonCompliances.map(\.mayStay) == [nil, nil])
    #expect(try !String(decoding: ModelJSON.encoder.encode(driven), as: UTF8.self).contains("mayStay"))
  }

  @Test func `what only has the wrong chain has nowhere to go either where its project as a whole fits nowhere`() {
    var country = Self.country()
    country.requests[0].project.spec.environments.append(
      .init(name: "big", stage: "dev", quota: ResourceList(cpu: Quantity(99), memory: Quantity(1))))
    let impact = country.impact(of: policy([Self.noAtelier]))
    #expect(
      impact.nonCompliances.map(\.project) == ["a", "b"] && impact.nonCompliances.map(\.mayStay) == [true, true])
    #expect(impact.migrations.isEmpty && impact.summary.migrations == 0)
    #expect(impact.summary.migrationsThatDoNotFit == 0)
  }

  @Test("what has to go and has the wrong chain is told both, and moves")
  func both() {
    let impact = Self.country().impact(of: policy([Self.noAtelier, Self.notIDF]))
    #expect(impact.nonCompliances.map(\.project) == ["a", "b", "c"])
    #expect(impact.nonCompliances.map(\.mayStay) == [nil, true, nil])
    #expect(impact.nonCompliances.map(\.rules) == [["closed", "not-idf"], ["closed"], ["not-idf"]])
    #expect(impact.nonCompliances[0].reasons.map { $0.parameters["rule"] } == ["not-idf", "closed"])
    #expect(impact.migrations.map(\.project) == ["a", "c"] && impact.migrations.map(\.to) == ["ara-1", "ara-1"])
  }

  @Test("a simulation tells what another chain would deliver to")
  func simulation() {
    let country = Self.country()
    func simulation(_ rules: [PolicySpec.Rule]) -> Simulation {
      Simulation(
        offer: country.offer, policy: policy(rules), day: CalendarDay("2026-11-23")!,
        now: Date(timeIntervalSince1970: 1_795_000_000))
    }
    let subjects = country.requests.map { Simulation.Subject(project: $0.project, existing: $0.existing) }
    let outcomes = simulation([Self.noAtelier]).outcomes(of: subjects)
    #expect(outcomes.map(\.chain) == ["forge", "forge", "forge"])
    #expect(outcomes.map { $0.violations.map(\.mayStay) } == [[true], [true], []])
    #expect(outcomes[0].violations[0].rules == ["closed"] && outcomes[0].places[0].movedFrom == nil)
    #expect(outcomes.allSatisfy { !$0.isBroken })
    let changes = simulation([Self.noAtelier]).changes(of: subjects, from: simulation([]))
    #expect(changes.map(\.change) == [.rechained, .rechained, .rechained])
    #expect(changes.allSatisfy { $0.before.chain == "atelier" && $0.after.chain == "forge" })
    #expect(changes.map { $0.after.violations.map(\.mayStay) } == [[true], [true], [true]])
    #expect(simulation([]).changes(of: subjects, from: simulation([])).map(\.change) == [.same, .same, .same])
    let driven = simulation([Self.notIDF]).outcomes(of: subjects)
    #expect(driven.map { $0.violations.map(\.mayStay) } == [[nil], [], [nil]])
    #expect(driven.map(\.isBroken) == [true, false, true])
    // Of what is on a cluster that is gone, that is all that is said.
    var gone = subjects
    gone[0].existing[0].cluster = "nowhere"
    let lost = simulation([Self.noAtelier]).outcomes(of: gone)
    #expect(lost[0].violations.map { $0.reasons.map(\.code) } == [[.unresolvedReference]] && lost[0].isBroken)
  }
}
