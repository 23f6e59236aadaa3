import Foundation
import Model
import Placement
import Testing

/// What was found on clusters, as rules and classes see it.
struct ClusterFactsTests {
  private static func offer(_ world: World, _ conformity: [String: ConformityFinding]?, on cluster: String = "dr-1")
    -> Offer
  {
    Offer(
      operators: world.operators, regions: world.regions, zones: world.zones, clusters: world.clusters,
      chains: world.chains, facts: conformity.map { [ClusterFacts(cluster: cluster, conformity: $0)] } ?? [])
  }

  private static func demanding(_ requirement: LabelSelector) -> World {
    var world = World()
    world.project.spec.dataClasses = ["restricted"]
    world.policy.dataClasses[1].requires = requirement
    return world
  }

  private static func reasons(_ world: World, _ conformity: [String: ConformityFinding]?) -> [ReasonCode] {
    let decision = world.inputs.decision(
      offer: offer(world, conformity), policy: EffectivePolicy(version: 1, spec: world.policy))
    let verdict = decision.environments.first?.candidates.first { $0.cluster == "dr-1" }
    return verdict?.reasons.map(\.code).filter { ReasonCode.chosenCodes.contains($0) } ?? []
  }

  @Test(
    arguments: [
      (nil, ReasonCode.attributeUndeclared), ([:], .attributeUndeclared),
      (["low-port": .enforced], .attributeUndeclared),
      (["root": .notEnforced], .dataClassDemand), (["root": .inconclusive], .dataClassDemand),
      (["root": .enforced], nil),
    ] as [([String: ConformityFinding]?, ReasonCode?)])
  func `a class that demands a rule holds where it was found enforced, and nowhere else`(
    found: [String: ConformityFinding]?, refusal: ReasonCode?
  ) {
    let world = Self.demanding(LabelSelector(matchLabels: ["conformity.root": "Enforced"]))
    #expect(Self.reasons(world, found) == [refusal].compactMap(\.self))
  }

  @Test func `what was never probed does not pass for what is not wrong`() {
    let notIn = LabelSelector(
      matchExpressions: [.init(key: "conformity.root", operator: .notIn, values: ["NotEnforced"])])
    let world = Self.demanding(notIn)
    #expect(Self.reasons(world, nil) == [.attributeUndeclared])
    #expect(Self.reasons(world, ["root": .notEnforced]) == [.dataClassDemand])
    #expect(Self.reasons(world, ["root": .enforced]) == [])
  }

  @Test func `a rule that forbids is not escaped by a cluster that was not probed`() {
    var world = World()
    let forbidden = LabelSelector(matchLabels: ["conformity.root": "NotEnforced"])
    world.policy.rules = [
      .init(
        id: "no-root", motive: LocalizedText(fr: "Pas de root."), subject: LabelSelector(), effect: .forbid,
        places: forbidden)
    ]
    world.project.spec.dataClasses = ["restricted"]
    #expect(Self.reasons(world, nil) == [.attributeUndeclared])
    #expect(Self.reasons(world, ["root": .notEnforced]) == [.ruleForbids])
    #expect(Self.reasons(world, ["root": .enforced]) == [])
  }

  @Test func `facts are part of the offer's bytes, and an offer without any has the bytes it always had`() throws {
    let world = World()
    let bare = try world.offer.canonicalBytes()
    #expect(try Self.offer(world, nil).canonicalBytes() == bare)
    #expect(try Self.offer(world, [:]).canonicalBytes() == bare)
    #expect(!String(decoding: bare, as: UTF8.self).contains("facts"))
    let found = Self.offer(world, ["root": .enforced, "capabilities": .notEnforced])
    let bytes = try found.canonicalBytes()
    #expect(bytes != bare)
    #expect(try ModelJSON.decoder.decode(Offer.self, from: bytes) == found)
    #expect(try ModelJSON.decoder.decode(Offer.self, from: bytes).canonicalBytes() == bytes)
  }
}

extension ReasonCode {
  /// The codes that these tests are about.
  fileprivate static let chosenCodes: Set<ReasonCode> = [.attributeUndeclared, .dataClassDemand, .ruleForbids]
}
