import Model
import Placement
import Testing

@testable import Policy

/// What a rule that forbids makes of places that do not declare what it asks about, as lint and as the engine have it.
@Suite struct UndeclaredForbidTests {
  /// One region that is in Lille, and one of which nobody says where it is; the clusters of the first have ranks.
  private static let offer: Offer = {
    let known = ImpactTests.Country(["lille": ["lille-1", "lille-2"], "mute": ["mute-1"]]).offer
    var (regions, clusters) = (known.regions, known.clusters)
    for index in regions.indices where regions[index].name == "lille" { regions[index].spec.location.city = "Lille" }
    for index in clusters.indices where clusters[index].name != "mute-1" {
      clusters[index].metadata.labels["rank"] = "1"
    }
    return Offer(
      operators: known.operators, regions: regions, zones: known.zones, clusters: clusters, chains: known.chains)
  }()

  private static func told(_ effect: PolicySpec.Effect, _ term: Term) -> [Finding] {
    PolicyValidator.findings(
      in: policy([rule("city", effect, all(term))]), on: offer, day: CalendarDay("2026-11-23")!
    ).filter { $0.path == "spec.rules[0].places" }
  }

  @Test("one that forbids nothing else is told with what it refuses, and not as one that means nothing")
  func undeclared() {
    let lyon = Self.told(.forbid, .among("region.city", "Lyon"))
    #expect(lyon.map(\.code) == [.refusesUndeclared] && lyon.map(\.severity) == [.warning])
    #expect(
      lyon.first?.message.fr == "La règle « city » n’interdit que ce qui ne déclare pas ce qu’elle vise : mute-1.")
    #expect(lyon.first?.message.en == "Rule “city” forbids only what does not declare what it asks about: mute-1.")
    // The engine refuses just that.
    var country = ImpactTests.Country([:])
    country.offer = Self.offer
    country.add("a")
    let engine = country.engine(policy([rule("city", .forbid, all(.among("region.city", "Lyon")))]))
    let decision = engine.decide(
      country.requests[0], on: PlacementState(ledger: Ledger(), staleZones: [], for: engine))
    let refusing = decision.environments[0].candidates.filter { !$0.accepted }
    #expect(refusing.map(\.cluster) == ["mute-1"])
    #expect(refusing.first?.reasons.map(\.code) == [.attributeUndeclared])
  }

  @Test("one that forbids what is declared, everything or nothing is told as before")
  func others() {
    #expect(Self.told(.forbid, .among("region.name", "lille")) == [])
    #expect(Self.told(.forbid, .among("region.city", "Lille")).map(\.code) == [.refusesEverything])
    #expect(Self.told(.forbid, .among("region.name", "lyon")).map(\.code) == [.matchesNothing])
    // A label is just not there.
    #expect(Self.told(.forbid, .among("cluster.label/rank", "9")).map(\.code) == [.matchesNothing, .labelLeftOut])
    // The other effects pass over what is not declared.
    for effect in [PolicySpec.Effect.require, .prefer, .avoid] {
      #expect(Self.told(effect, .among("region.city", "Lyon")).map(\.code) == [.matchesNothing])
    }
  }
}
