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

  private static func verdict(_ world: World, _ conformity: [String: ConformityFinding]?) -> CandidateVerdict? {
    let decision = world.inputs.decision(
      offer: offer(world, conformity), policy: EffectivePolicy(version: 1, spec: world.policy))
    return decision.environments.first?.candidates.first { $0.cluster == "dr-1" }
  }

  private static func reasons(_ world: World, _ conformity: [String: ConformityFinding]?) -> [ReasonCode] {
    verdict(world, conformity)?.reasons.map(\.code).filter { ReasonCode.chosenCodes.contains($0) } ?? []
  }

  @Test(
    arguments: [
      (nil, ReasonCode.attributeUndeclared), ([:], .attributeUndeclared),
      (["low-port": .enforced], .attributeUndeclared),
      (["root": .notEnforced], .dataClassDemand), (["root": .inconclusive], .attributeUndeclared),
      (["root": .enforced], nil),
    ] as [([String: ConformityFinding]?, ReasonCode?)])
  func `a class that demands a rule holds where it was found enforced, and nowhere else`(
    found: [String: ConformityFinding]?, refusal: ReasonCode?
  ) {
    let world = Self.demanding(LabelSelector(matchLabels: ["conformity.root": "Enforced"]))
    #expect(Self.reasons(world, found) == [refusal].compactMap(\.self))
  }

  /// Every way of naming a finding, and what is answered where nobody knows: the same, whether the cluster was never probed
  /// or the probes said nothing.
  @Test(arguments: Wording.all)
  func `what is not known satisfies no restriction, however it is put`(wording: Wording) {
    let world = wording.world
    for (found, finding) in [(nil, nil), ([:], nil), (["root": .inconclusive], "Inconclusive")]
      as [([String: ConformityFinding]?, String?)]
    {
      let reasons = Self.verdict(world, found)?.reasons.filter { $0.code == .attributeUndeclared } ?? []
      #expect(Self.reasons(world, found) == [.attributeUndeclared], "\(found ?? [:])")
      #expect(reasons.map { $0.parameters["finding"] } == [finding])
      #expect(reasons.map { $0.sentence.fr.contains("sondé sans réponse") } == [finding != nil])
    }
    #expect(Self.reasons(world, ["root": .enforced]) == [wording.whereEnforced].compactMap(\.self))
    #expect(Self.reasons(world, ["root": .notEnforced]) == [wording.whereNotEnforced].compactMap(\.self))
  }

  @Test func `what was measured of a cluster bounds it, although nothing else was found`() {
    var world = World()
    world.cluster("ara-1") { $0.capacitySource = .measured }
    #expect(world.decide().verdict("ara-1")?.accepted == false)
    world.facts = [ClusterFacts(cluster: "ara-1", capacity: ResourceAmounts(cpu: 50_000, memory: 400 << 30))]
    #expect(world.offer.facts == world.facts)
    let verdict = world.decide().verdict("ara-1")
    #expect(verdict?.accepted == true)
    // 46 of 50 processors are left.
    #expect(verdict?.components?.balance == 920)
  }

  @Test func `of several facts of a cluster the first ones that say anything count`() {
    let first = ClusterFacts(cluster: "dr-1", conformity: ["root": .enforced])
    let other = ClusterFacts(cluster: "ara-1", capacity: ResourceAmounts(cpu: 1))
    var world = World()
    world.facts = [
      ClusterFacts(cluster: "dr-1"), first, ClusterFacts(cluster: "dr-1", conformity: ["root": .notEnforced]), other,
    ]
    #expect(world.offer.facts == [other, first])
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

/// A way to write a restriction on what probes found, and what it says where they did.
struct Wording: Sendable, CustomTestStringConvertible {
  let world: World
  let whereEnforced: ReasonCode?
  let whereNotEnforced: ReasonCode?
  let testDescription: String

  static let all: [Wording] = [
    .demanded(.in, "Enforced", nil, .dataClassDemand), .demanded(.in, "NotEnforced", .dataClassDemand, nil),
    .demanded(.notIn, "NotEnforced", nil, .dataClassDemand), .demanded(.notIn, "Enforced", .dataClassDemand, nil),
    .rule(.require, .in, "Enforced", nil, .ruleRequires), .rule(.require, .in, "NotEnforced", .ruleRequires, nil),
    .rule(.require, .notIn, "NotEnforced", nil, .ruleRequires),
    .rule(.require, .notIn, "Enforced", .ruleRequires, nil),
    .rule(.forbid, .in, "NotEnforced", nil, .ruleForbids), .rule(.forbid, .in, "Enforced", .ruleForbids, nil),
    .rule(.forbid, .notIn, "Enforced", nil, .ruleForbids), .rule(.forbid, .notIn, "NotEnforced", .ruleForbids, nil),
  ]

  private static func selector(_ comparison: LabelSelector.Requirement.Operator, _ value: String) -> LabelSelector {
    LabelSelector(matchExpressions: [.init(key: "conformity.root", operator: comparison, values: [value])])
  }

  private static func demanded(
    _ comparison: LabelSelector.Requirement.Operator, _ value: String, _ enforced: ReasonCode?,
    _ notEnforced: ReasonCode?
  ) -> Wording {
    var world = World()
    world.project.spec.dataClasses = ["restricted"]
    world.policy.dataClasses[1].requires = selector(comparison, value)
    return Wording(
      world: world, whereEnforced: enforced, whereNotEnforced: notEnforced,
      testDescription: "a class demands \(comparison) \(value)")
  }

  private static func rule(
    _ effect: PolicySpec.Effect, _ comparison: LabelSelector.Requirement.Operator, _ value: String,
    _ enforced: ReasonCode?,
    _ notEnforced: ReasonCode?
  ) -> Wording {
    var world = World()
    world.project.spec.dataClasses = ["restricted"]
    world.policy.rules = [World.rule("root", effect, places: selector(comparison, value))]
    return Wording(
      world: world, whereEnforced: enforced, whereNotEnforced: notEnforced,
      testDescription: "a rule: \(effect) \(comparison) \(value)")
  }
}

extension ReasonCode {
  /// The codes that these tests are about.
  fileprivate static let chosenCodes: Set<ReasonCode> = [
    .attributeUndeclared, .dataClassDemand, .ruleRequires, .ruleForbids,
  ]
}
