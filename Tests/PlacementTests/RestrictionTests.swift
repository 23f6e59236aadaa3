import Foundation
import Model
import Placement
import Testing

@Suite struct RestrictionTests {
  private static func derogation(
    _ change: (inout DerogationSpec) -> Void = { _ in }
  ) -> [Resource<DerogationSpec>] {
    var spec = DerogationSpec(
      project: "shop", rules: ["closed-list"], motive: "migration en cours", validFrom: World.day("2026-11-01"),
      validUntil: World.day("2026-11-30"), decision: .granted, notifiedAt: World.now)
    change(&spec)
    return [Resource("d1", spec)]
  }

  private static func forbidding() -> World {
    var world = World()
    world.policy.rules = [World.rule("closed-list", .forbid, places: .term("region.name", .exists))]
    return world
  }

  @Test("a granted and notified derogation waives its rules within its period, and is recorded")
  func derogation() {
    var world = Self.forbidding()
    #expect(world.decide().outcome == .unplaceable)
    #expect(world.decide().derogations.isEmpty)
    world.derogations = Self.derogation()
    #expect(world.decide().outcome == .placed)
    #expect(world.decide().derogations == ["d1"])
    world.derogations = Self.derogation { ($0.validFrom, $0.validUntil) = (nil, nil) }
    #expect(world.decide().outcome == .placed)
  }

  @Test("a derogation has no effect unless granted, notified, in its period, of the project, and about the rule")
  func ineffectiveDerogations() {
    let ineffective = [
      Self.derogation { $0.decision = nil }, Self.derogation { $0.decision = .refused },
      Self.derogation { $0.notifiedAt = nil },
      Self.derogation { $0.notifiedAt = World.now.addingTimeInterval(1) },
      Self.derogation { $0.validFrom = World.day("2026-11-24") },
      Self.derogation { $0.validUntil = World.day("2026-11-22") }, Self.derogation { $0.project = "other" },
      Self.derogation { $0.rules = ["another-rule"] },
    ]
    for derogations in ineffective {
      var world = Self.forbidding()
      world.derogations = derogations
      #expect(world.decide().outcome == .unplaceable, "\(derogations)")
      #expect(world.decide().derogations.isEmpty)
    }
  }

  /// The stages of a rule that forbids all places and of a derogation from it, and what becomes of a project that has
  /// something in production alone.
  static let stages: [(rule: [String], derogation: [String], outcome: Decision.Outcome, isNamed: Bool)] = [
    ([], ["prod"], .placed, true), ([], ["dev", "prod"], .placed, true), (["prod"], ["prod"], .placed, true),
    (["dev", "prod"], ["prod"], .placed, true),
    // What is waived where the project has nothing, or where the rule does not hold, is not waived for it.
    ([], ["dev"], .unplaceable, false), (["prod"], ["dev"], .unplaceable, false),
    (["dev"], ["prod"], .placed, false), (["dev"], ["dev"], .placed, false),
  ]

  @Test("a derogation for some stages is named where it waives what holds there", arguments: stages.indices)
  func derogationForStages(_ number: Int) {
    let (rule, stages, outcome, isNamed) = Self.stages[number]
    var world = Self.forbidding()
    world.policy.rules[0].stages = rule
    world.derogations = Self.derogation { $0.stages = stages }
    let decision = world.decide()
    #expect(decision.outcome == outcome)
    #expect(decision.derogations == (isNamed ? ["d1"] : []))
  }

  @Test("a derogation for some stages waives nothing in others, nor another rule; several together waive more")
  func derogationsForStages() {
    var world = Self.forbidding()
    world.policy.rules.append(World.rule("own-region", .require, places: .in("region.name", "idf")))
    world.project.spec.environments = [World.environment("dev1", "dev"), World.environment("prod1", "prod")]
    world.derogations = Self.derogation { $0.stages = ["dev"] }
    let half = world.decide()
    #expect(half.outcome == .unplaceable && half.derogations == ["d1"])
    #expect(half.verdict("idf-1", environment: 0)?.accepted == true && half.codes("idf-1", environment: 0).isEmpty)
    #expect(half.codes("ara-1", environment: 0) == [.ruleRequires])
    #expect(half.codes("idf-1", environment: 1) == [.ruleForbids])
    #expect(half.codes("ara-1", environment: 1) == [.ruleRequires, .ruleForbids])
    world.derogations.append(Resource("d2", Self.derogation { $0.stages = ["prod"] }[0].spec))
    let whole = world.decide()
    #expect(whole.outcome == .placed && whole.derogations == ["d1", "d2"])
    #expect(Set(whole.assignments.map(\.region)) == ["idf"])
  }

  @Test("a rule on chains is waived in the stages of a derogation; what is liked is liked in all stages alike")
  func otherRulesInStages() {
    var world = World()
    world.project.spec.environments = [World.environment("dev1", "dev"), World.environment("prod1", "prod")]
    world.policy.rules = [World.rule("closed-list", .forbid, chains: .in("chain.name", "common"))]
    // One chain delivers to all: as long as it may not deliver to one stage it is not taken.
    for (stages, chain) in [(["prod"], "sealed"), (["dev", "prod"], "common")] {
      world.derogations = Self.derogation { $0.stages = stages }
      #expect(world.decide().chain == chain && world.decide().derogations == ["d1"])
    }
    world.policy.rules = [World.rule("closed-list", .prefer, places: .in("region.name", "idf"), weight: 5)]
    #expect(world.decide().verdict("idf-1")?.components?.affinity == 500)
    #expect(world.decide().derogations.isEmpty)
    world.derogations = Self.derogation()
    #expect(world.decide().verdict("idf-1")?.components?.affinity == 0)
    #expect(world.decide().derogations == ["d1"])
  }

  @Test("a rule holds in its period, in its stages, and for its subject")
  func scopeOfRules() {
    var world = Self.forbidding()
    let rule = world.policy.rules[0]
    func outcome(_ change: (inout PolicySpec.Rule) -> Void) -> Decision.Outcome {
      world.policy.rules = [rule]
      change(&world.policy.rules[0])
      return world.decide().outcome
    }
    #expect(outcome { $0.validFrom = World.day("2026-11-24") } == .placed)
    #expect(outcome { $0.validUntil = World.day("2026-11-22") } == .placed)
    #expect(outcome { $0.validUntil = World.day("2026-11-23") } == .unplaceable)
    #expect(outcome { $0.stages = ["dev"] } == .placed)
    #expect(outcome { $0.stages = ["prod"] } == .unplaceable)
    #expect(outcome { $0.subject = .in("project.organisation", "mj") } == .placed)
    #expect(outcome { $0.subject = .in("project.label/tier", "gold") } == .placed)
  }

  @Test("silence does not escape a restriction: not a project's, not a place's")
  func silence() {
    var world = Self.forbidding()
    // The project does not say its typology: a rule for all typologies but one is about it.
    world.policy.rules[0].subject = .notIn("project.typology", "showcase")
    #expect(world.decide().outcome == .unplaceable)
    world.project.spec.typology = "showcase"
    #expect(world.decide().outcome == .placed)
    // Forbidding what lacks a qualification catches the region that has none at all.
    world.policy.rules = [World.rule("qualified", .forbid, places: .notIn("region.qualification", "SecNumCloud"))]
    #expect(world.decide().outcome == .placed)
    world.region("ara") { $0.qualifications = [] }
    #expect(world.decide().codes("ara-1") == [.ruleForbids])
    // A number that is not declared may be any number.
    world.policy.rules = [World.rule("small", .forbid, places: .term("cluster.label/racks", .lessThan, "3"))]
    #expect(world.decide().verdict("idf-1")?.topReason?.parameters["attribute"] == "cluster.label/racks")
    // A label that is not there is not there.
    world.policy.rules = [
      World.rule("marked", .forbid, places: .in("cluster.label/old", "yes")),
      World.rule("unmarked", .forbid, places: .term("cluster.label/old", .exists)),
      World.rule("free", .require, places: .term("cluster.label/old", .doesNotExist)),
    ]
    #expect(world.decide().outcome == .placed)
    world.clusters[2].metadata.labels = ["old": "yes"]
    #expect(world.decide().codes("idf-1") == [.ruleRequires, .ruleForbids, .ruleForbids])
  }

  @Test("labels of every resource are attributes")
  func labels() {
    var world = World()
    world.regions[0].metadata.labels = ["tier": "1"]
    world.zones[0].metadata.labels = ["tier": "2"]
    world.clusters[0].metadata.labels = ["tier": "3"]
    world.chains[0].metadata.labels = ["tier": "4"]
    world.project.metadata.labels = ["tier": "5"]
    world.policy.rules = [
      World.rule(
        "tiers", .require,
        places: LabelSelector(
          matchLabels: ["region.label/tier": "1", "zone.label/tier": "2"],
          matchExpressions: [.init(key: "cluster.label/tier", operator: .greaterThan, values: ["2"])]),
        subject: .in("project.label/tier", "5")),
      World.rule("chain", .require, chains: .in("chain.label/tier", "4")),
    ]
    let decision = world.decide()
    #expect(decision.places == ["prod1/0→ara-1"])
    #expect(decision.chain == "common")
    world.policy.rules[0].places = .term("region.dataCenters", .greaterThan, "1")
    #expect(world.decide().verdict("ara-1")?.topReason?.parameters["demand"] == "region.dataCenters > 1")
    world.policy.rules[0].places = .term("region.dataCenters", .lessThan, "1")
    #expect(world.decide().verdict("ara-1")?.topReason?.parameters["demand"] == "region.dataCenters < 1")
    world.policy.rules[0].places = LabelSelector(matchExpressions: [
      .init(key: "region.name", operator: .doesNotExist), .init(key: "zone.chain", operator: .exists),
      .init(key: "zone.slug", operator: .notIn, values: ["a", "b"]),
    ])
    #expect(
      world.decide().verdict("idf-1")?.topReason?.parameters["demand"]
        == "!region.name, zone.chain, zone.slug notin (a, b)")
  }

  @Test("a class demands what its parents demand; parents in a circle end nowhere")
  func inheritance() {
    var world = World()
    world.policy.dataClasses += [
      .init(name: "medical", parent: "restricted", sensitivity: .usuel, qualifications: ["HDS", "SecNumCloud"]),
      .init(name: "left", parent: "right", sensitivity: .usuel),
      .init(name: "right", parent: "left", sensitivity: .usuel),
    ]
    world.project.spec.dataClasses = ["medical"]
    #expect(world.decide().codes("ara-1") == [.sensitivityTooLow, .qualificationMissing])
    #expect(world.decide().codes("dr-1") == [.qualificationMissing])
    world.region("idf") { $0.qualifications.append(.init(name: "HDS")) }
    #expect(world.decide().places == ["prod1/0→dr-1"])
    world.project.spec.dataClasses = ["left"]
    #expect(world.decide().outcome == .placed)
  }

  @Test("a dedicated cluster, and one that an application runs, take the projects they name")
  func namedProjects() {
    var world = World()
    world.clusters.removeAll { $0.name != "ara-1" }
    world.cluster("ara-1") {
      ($0.privacy, $0.management, $0.mode, $0.projects) = (.dedicated, .application, .observe, ["shop"])
    }
    #expect(world.decide().outcome == .placed)
  }

  @Test("services with a version that is met, not declared, or not readable")
  func services() {
    var world = World()
    world.project.spec.services = [.init(name: "s3"), .init(name: "postgresql", version: ">=16 <17")]
    #expect(world.decide().outcome == .placed)
    world.project.spec.services = [.init(name: "s3", version: "1")]
    #expect(world.decide().verdict("ara-1")?.topReason?.parameters["offered"] == "–")
    world.project.spec.services = [.init(name: "postgresql", version: "latest")]
    #expect(world.decide().codes("ara-1") == [.serviceVersion])
  }
}
