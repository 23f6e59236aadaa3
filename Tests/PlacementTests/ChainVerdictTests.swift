import Model
import Placement
import Testing

@Suite struct ChainVerdictTests {
  private static func verdicts(_ world: World) -> [ChainVerdict] { world.decide().chains }

  @Test("every chain gets a verdict; the chosen one is told, and the other one why not")
  func chosen() {
    let verdicts = Self.verdicts(World())
    #expect(verdicts.map(\.chain) == ["common", "sealed"])
    #expect(verdicts.map(\.chosen) == [true, false])
    #expect(verdicts.map(\.accepted) == [true, true])
    #expect(verdicts[1].reasons.map(\.code) == [.outranked])
    #expect(verdicts[1].reasons[0].sentence.en?.contains("chain") == true)
    #expect(World().explain().record.chains == verdicts)
  }

  @Test("rules restrict chains, and prefer and avoid them, as they do places")
  func rules() {
    var world = World()
    world.policy.rules = [
      World.rule("only-sealed", .require, chains: .in("chain.name", "sealed")),
      World.rule("not-labelled", .forbid, chains: .notIn("chain.label/old", "no")),
      World.rule("liked", .prefer, chains: .in("chain.name", "sealed"), weight: 3),
      World.rule("disliked", .prefer, chains: .in("chain.name", "sealed"), weight: -1),
    ]
    let verdicts = Self.verdicts(world)
    #expect(verdicts.map(\.accepted) == [false, false])
    #expect(verdicts[0].reasons.map(\.code) == [.attributeUndeclared, .ruleRequires])
    #expect(verdicts[1].reasons.map(\.code) == [.attributeUndeclared])
    world.policy.rules.remove(at: 1)
    let sealed = Self.verdicts(world)[1]
    #expect(sealed.chosen && sealed.score == 200)
    #expect(sealed.reasons.map(\.code) == [.rulePrefers, .ruleAvoids])
    #expect(sealed.reasons.allSatisfy { $0.sentence.fr.contains("cette chaîne") })
  }

  @Test("a chain without a label that has to be there is refused by the rule: nothing of it is left to be declared")
  func missingLabels() {
    var world = World()
    let mustBeThere = LabelSelector.Requirement(key: "chain.label/tier", operator: .exists)
    // Whatever the other one is, declaring it would not help.
    let other = LabelSelector.Requirement(key: "chain.label/site", operator: .in, values: ["a"])
    for terms in [[mustBeThere], [mustBeThere, other], [other, mustBeThere]] {
      let labelled = LabelSelector(matchExpressions: terms)
      world.policy.rules = [World.rule("labelled", .require, chains: labelled)]
      #expect(Self.verdicts(world).map { $0.reasons.map(\.code) } == [[.ruleRequires], [.ruleRequires]])
    }
    world.chains[0].metadata.labels = ["tier": "1"]
    #expect(Self.verdicts(world).map { $0.reasons.map(\.code) } == [[.attributeUndeclared], [.ruleRequires]])
    #expect(Self.verdicts(world)[0].reasons[0].parameters["attribute"] == "chain.label/site")
  }

  @Test("a chain's audience, and places that it does not reach, refuse it")
  func reach() {
    var world = World()
    world.chain("common") { $0.audience = Audience(organisations: ["mj"], scopes: [.interministerial]) }
    world.chain("sealed") { $0.regions = [] }
    let verdicts = Self.verdicts(world)
    #expect(verdicts[0].reasons.map(\.code) == [.audienceRefused, .audienceRefused])
    #expect(verdicts[0].reasons[0].sentence.en?.hasPrefix("The chain “common” is not open to") == true)
    #expect(verdicts[1].reasons.map(\.code) == [.chainCannotDeliver])
    #expect(verdicts[1].reasons[0].sentence.en?.contains("no accepted place of the environment “prod1”") == true)
    #expect(verdicts.allSatisfy { $0.score == nil && !$0.chosen })
  }

  @Test("a rule that no derogation waives stays, and the derogation has no effect")
  func notWaivable() {
    var world = World()
    world.policy.rules = [World.rule("never", .forbid, places: .term("region.name", .exists))]
    world.policy.rules[0].notWaivable = true
    world.derogations = [
      Resource(
        "d", DerogationSpec(project: "shop", rules: ["never"], motive: "m", decision: .granted, notifiedAt: World.now))
    ]
    let decision = world.decide()
    #expect(decision.outcome == .unplaceable && decision.derogations.isEmpty)
    world.policy.rules[0].notWaivable = false
    #expect(world.decide().derogations == ["d"])
  }

  @Test("a negative weight turns a rule round, in the score and in what is told")
  func negativeWeights() {
    var world = World()
    world.policy.rules = [
      World.rule("p", .prefer, places: .in("region.name", "ara"), weight: -2),
      World.rule("a", .avoid, places: .in("region.name", "idf"), weight: -2),
    ]
    let decision = world.decide()
    #expect(decision.verdict("ara-1")?.components?.affinity == -200)
    #expect(decision.verdict("idf-1")?.components?.affinity == 200)
    #expect(decision.codes("ara-1") == [.ruleAvoids, .outranked])
    #expect(decision.codes("idf-1").first == .rulePrefers)
  }
}
