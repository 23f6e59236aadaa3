import Foundation
import Model
import Placement
import Testing

@testable import Policy

@Suite("What attributes can be")
struct AttributeDomainTests {
  private static func examples() throws -> [AnyResource] {
    let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../Examples").standardized
    let files = try ["offer", "projects", "."].flatMap { folder in
      try FileManager.default.contentsOfDirectory(at: root.appending(path: folder), includingPropertiesForKeys: nil)
    }
    return try files.filter { $0.pathExtension == "yaml" }.flatMap { try ResourceDocument.decode(Data(contentsOf: $0)) }
  }

  /// A domain narrower than what there is would find contradictions that are none.
  @Test("agrees with every place, chain and project of the examples")
  func examplesFit() throws {
    let resources = try Self.examples()
    let offer = Offer(resources)
    let day = try #require(CalendarDay("2026-11-26"))
    var known: [(AttributeNames, Attributes)] = offer.chains.map { (.chain, AttributeCatalogue.chain($0)) }
    for cluster in offer.clusters {
      let zone = try #require(offer.zones.first { $0.name == cluster.spec.zone })
      let region = try #require(offer.regions.first { $0.name == zone.spec.region })
      known.append((.place, AttributeCatalogue.place(region: region, zone: zone, cluster: cluster, on: day)))
    }
    for case .project(let project) in resources { known.append((.project, AttributeCatalogue.project(project))) }
    let classes = resources.flatMap { resource -> [String] in
      if case .policy(let policy) = resource { policy.spec.dataClasses.map(\.name) } else { [] }
    }
    #expect(Set(known.map(\.0)) == Set(AttributeNames.allCases))
    for (names, attributes) in known {
      for name in names.names + Array(attributes.values.keys) {
        let domain = AttributeDomain(of: name, dataClasses: classes)
        guard let values = attributes[name] else {
          #expect(domain.mayBeUndeclared, "\(name)")
          continue
        }
        #expect(!values.isEmpty || domain.mayBeEmpty, "\(name)")
        #expect(values.count <= 1 || domain.isMultiple, "\(name)")
        switch domain.values {
        case .any: break
        case .closed(let accepted): #expect(Set(accepted).isSuperset(of: values), "\(name)")
        case .count: #expect(values.allSatisfy { Int($0).map { $0 >= 1 } == true }, "\(name)")
        }
      }
    }
  }

  @Test func `no number is left out for one way to write it`() {
    let theory = Satisfiability(policy())
    func isPossible(_ terms: Term...) -> Bool {
      theory.isPossible(.every(LabelSelector(matchExpressions: terms).strictly))
    }
    let key = "region.label/x"
    for taken in [["0"], ["-0"], ["0", "00"], ["0", "-0", "00"], ["x", "xx"]] {
      let not = Term(key: key, operator: .notIn, values: taken)
      #expect(isPossible(.above(key, -1), .below(key, 1), not), "\(taken)")
      #expect(!isPossible(.above(key, 0), .below(key, 1), not), "\(taken)")
    }
    // What is counted is written in one way.
    #expect(!isPossible(.below("region.dataCenters", 2), .not("region.dataCenters", "1")))
    #expect(isPossible(.below("region.dataCenters", 2), .not("region.dataCenters", "01")))
  }

  @Test("what the engine reads into a selector is what the checks read into it")
  func sameReading() throws {
    let offer = Offer(try Self.examples())
    let engineReads = { (rule: PolicySpec.Rule) -> [Bool] in
      let spec = PolicySpec(
        title: LocalizedText(fr: "x"), dataClasses: [.init(name: "a", sensitivity: .usuel)], rules: [rule])
      let engine = Engine(
        offer: offer, policy: EffectivePolicy(version: 1, spec: spec), day: CalendarDay("2026-11-26")!)
      let project = ProjectSpec(
        organisation: "mi", audience: .ministerial, dataClasses: ["a"],
        environments: [.init(name: "any", stage: "prod", quota: ResourceList())])
      let decision = engine.decide(
        DecisionRequest(project: Resource("any", project), now: .distantPast),
        on: PlacementState(ledger: Ledger(), staleZones: [], for: engine))
      return decision.environments[0].candidates.map { candidate in
        !candidate.reasons.contains {
          [.ruleRequires, .ruleForbids].contains($0.code)
            || $0.code == .attributeUndeclared && $0.parameters["source"] == "r"
        }
      }
    }
    let terms: [Term] = [
      .among("region.city", "Paris"), .not("region.city", "Paris"), .has("region.city"), .hasNot("region.city"),
      .among("region.label/tier", "gold"), .not("region.label/tier", "gold"), .above("region.label/tier", 1),
      .above("region.dataCenters", 1), .below("region.dataCenters", 2), .among("region.service", "s3"),
      .among("region.subdivision", "FR-IDF"), .not("zone.chain", "x"), .among("zone.chain", "x"),
    ]
    for term in terms {
      for effect in [PolicySpec.Effect.require, .forbid] {
        let rule = rule("r", effect, all(term))
        let restriction = try #require(Restriction(rule: rule, number: 0))
        let places = offer.clusters.map { cluster -> Bool in
          guard let zone = offer.zones.first(where: { $0.name == cluster.spec.zone }),
            let region = offer.regions.first(where: { $0.name == zone.spec.region })
          else { return false }
          let attributes = AttributeCatalogue.place(
            region: region, zone: zone, cluster: cluster, on: CalendarDay("2026-11-26")!)
          return restriction.demands.hold(of: attributes)
        }
        #expect(engineReads(rule) == places, "\(effect) \(term)")
      }
    }
  }
}
