import Foundation
import Model
import Placement
import Testing

/// When something holds, of whom, and what is tolerated or met: one row for each case.
@Suite struct TableScopeTests {
  static let before = Scenario.day("2026-11-22")
  static let theDay = Scenario.day("2026-11-23")
  static let after = Scenario.day("2026-11-24")

  /// From, until, and whether the day lies within.
  static let periods: [(CalendarDay?, CalendarDay?, Bool)] = [
    (nil, nil, true), (before, nil, true), (theDay, nil, true), (after, nil, false), (nil, before, false),
    (nil, theDay, true), (nil, after, true), (before, after, true), (theDay, theDay, true), (after, after, false),
  ]

  private static func typology(_ sign: LabelSelector.Requirement.Operator, _ values: String...) -> LabelSelector {
    LabelSelector(matchExpressions: [.init(key: "project.typology", operator: sign, values: values)])
  }

  /// A subject, and whether it means a project of the typology, of another one, and one that says nothing of it.
  static let subjects: [(LabelSelector, of: Bool, other: Bool, silent: Bool)] = [
    (typology(.in, "batch"), true, false, false), (typology(.notIn, "batch"), false, true, true),
    (typology(.exists), true, true, false), (typology(.doesNotExist), false, false, true),
  ]

  @Test("who does not say what it is stands in no list, and is whatever is left over", arguments: subjects.indices)
  func undeclaredTypology(_ number: Int) {
    let (subject, of, other, silent) = Self.subjects[number]
    for effect in [PolicySpec.Effect.forbid, .require] {
      var scenario = Scenario.calm
      let places: LabelSelector = effect == .forbid ? .term("region.name", .exists) : .in("region.name", "nowhere")
      scenario.policy.rules = [Scenario.rule("rule", effect, places: places, subject: subject)]
      for (typology, isMeant) in [("batch", of), ("portal", other), (nil, silent)] {
        scenario.project.spec.typology = typology
        #expect((scenario.decide().outcome == .unplaceable) == isMeant, "\(effect) \(typology ?? "–")")
      }
    }
  }

  /// A subject, the label that a project has, what it needs, and whether it is meant.
  static let numbersAndLists: [(LabelSelector, label: String?, services: [String], isMeant: Bool)] = [
    // To need nothing is declared by naming nothing.
    (.term("project.service", .doesNotExist), nil, [], true),
    (.term("project.service", .doesNotExist), nil, ["s3"], false),
    (.term("project.service", .exists), nil, [], false), (.term("project.service", .exists), nil, ["s3"], true),
    // A number that nobody told may be any.
    (.term("project.label/tier", .greaterThan, "3"), nil, [], true),
    (.term("project.label/tier", .greaterThan, "3"), "4", [], true),
    (.term("project.label/tier", .greaterThan, "3"), "3", [], false),
    (.term("project.label/tier", .lessThan, "3"), nil, [], true),
    (.term("project.label/tier", .lessThan, "3"), "2", [], true),
    (.term("project.label/tier", .lessThan, "3"), "3", [], false),
  ]

  @Test("who names nothing needs nothing; a number that nobody tells may be any", arguments: numbersAndLists.indices)
  func numbersAndEmptyLists(_ number: Int) {
    let (subject, label, services, isMeant) = Self.numbersAndLists[number]
    var scenario = Scenario.calm
    scenario.project.metadata.labels = label.map { ["tier": $0] } ?? [:]
    scenario.project.spec.services = services.map { .init(name: $0) }
    for effect in [PolicySpec.Effect.forbid, .require] {
      let places: LabelSelector = effect == .forbid ? .term("region.name", .exists) : .in("region.name", "nowhere")
      scenario.policy.rules = [Scenario.rule("rule", effect, places: places, subject: subject)]
      #expect((scenario.decide().outcome == .unplaceable) == isMeant, "\(effect)")
    }
  }

  @Test("a board that wants silence to be no way out says so in one rule")
  func silenceForbidden() {
    var scenario = Scenario.calm
    scenario.policy.rules = [
      Scenario.rule(
        "declare", .forbid, places: .term("region.name", .exists), subject: Self.typology(.doesNotExist))
    ]
    // What could not be applied is no rule.
    let refusals = Resource("policy", scenario.policy).problems.filter { $0.severity == .error }
    #expect(refusals == [])
    let decision = scenario.decide()
    #expect(decision.outcome == .unplaceable && decision.reasons.contains { $0.parameters["rule"] == "declare" })
    scenario.project.spec.typology = "batch"
    #expect(scenario.decide().outcome == .placed)
  }

  @Test("rules, qualifications and derogations hold from their first to their last day", arguments: periods)
  func holdsInItsPeriod(_ from: CalendarDay?, _ until: CalendarDay?, _ holds: Bool) {
    var scenario = Scenario.calm
    var rule = Scenario.rule("nowhere", .forbid, places: .term("region.name", .exists))
    (rule.validFrom, rule.validUntil) = (from, until)
    scenario.policy.rules = [rule]
    #expect((scenario.decide().outcome == .unplaceable) == holds)

    (scenario.policy.rules[0].validFrom, scenario.policy.rules[0].validUntil) = (nil, nil)
    scenario.derogations = [
      Resource(
        "d",
        DerogationSpec(
          project: "shop", rules: ["nowhere"], motive: "essai", validFrom: from, validUntil: until,
          decision: .granted, notifiedAt: scenario.now))
    ]
    #expect((scenario.decide().outcome == .placed) == holds)

    scenario = .calm
    scenario.policy.dataClasses[0].qualifications = ["HDS"]
    scenario.region("alp") { $0.qualifications = [.init(name: "HDS", validFrom: from, validUntil: until)] }
    #expect(scenario.accepted == (holds ? ["c1"] : []))
    let codes = scenario.decide().environments[0].candidates[0].refusals.map(\.code)
    let expected: [ReasonCode] =
      holds ? [] : [(from ?? Self.before) > Self.theDay ? .qualificationNotYetValid : .qualificationExpired]
    #expect(codes == expected)
  }

  static let taints: [(Taint, Toleration, Bool)] = [
    (Taint(key: "k", effect: .noPlacement), Toleration(key: "k"), true),
    (Taint(key: "k", value: "v", effect: .noPlacement), Toleration(key: "k"), false),
    (Taint(key: "k", value: "v", effect: .noPlacement), Toleration(key: "k", value: "v"), true),
    (Taint(key: "k", value: "v", effect: .noPlacement), Toleration(key: "k", value: "w"), false),
    (Taint(key: "k", value: "v", effect: .noPlacement), Toleration(key: "k", operator: .exists), true),
    (Taint(key: "k", value: "v", effect: .noPlacement), Toleration(operator: .exists), true),
    (Taint(key: "k", effect: .noPlacement), Toleration(key: "other", operator: .exists), false),
    (Taint(key: "k", effect: .noPlacement), Toleration(key: "k", effect: .noNewPlacement), false),
    (Taint(key: "k", effect: .noNewPlacement), Toleration(key: "k", effect: .noNewPlacement), true),
    (Taint(key: "k", effect: .preferNoPlacement), Toleration(key: "other"), false),
    (Taint(key: "k", effect: .preferNoPlacement), Toleration(key: "k"), true),
  ]

  @Test("a toleration accepts a taint as on Kubernetes; a soft taint costs and refuses nothing", arguments: taints)
  func toleratesTaints(_ taint: Taint, _ toleration: Toleration, _ isTolerated: Bool) {
    for onRegion in [true, false] {
      var scenario = Scenario.calm
      scenario.project.spec.tolerations = [toleration]
      if onRegion {
        scenario.region("alp") { $0.taints = [taint] }
      } else {
        scenario.cluster("c1") { $0.taints = [taint] }
      }
      let verdict = scenario.decide().environments[0].candidates[0]
      let isSoft = taint.effect == .preferNoPlacement
      #expect(verdict.accepted == (isTolerated || isSoft))
      #expect(verdict.reasons.contains { $0.code == .taintNotTolerated } == !(isTolerated || isSoft))
      if isSoft { #expect(verdict.components?.taints == (isTolerated ? 0 : -1000)) }
    }
  }

  /// Offered, wanted, met.
  static let versions: [(String?, String, Bool)] = [
    ("16", "16", true), ("16.2", "16", true), ("16", "16.2", false), ("16.0", "16", true), ("160", "16", false),
    ("16.2", ">=16", true), ("16.2", ">16.2", false), ("16.2.1", ">16.2", true), ("16.2", "<=16.2", true),
    ("16.2", "<16.2", false), ("16.10", ">16.9", true), ("16.2", ">=14 <17", true), ("17", ">=14 <17", false),
    (nil, ">=1", false), ("17.0", "<17", false), ("16.2", "=16", true),
  ]

  @Test("a version is met by number, not by text; one that is not declared meets nothing", arguments: versions)
  func meetsVersions(_ offered: String?, _ wanted: String, _ isMet: Bool) {
    var scenario = Scenario.calm
    scenario.project.spec.services = [.init(name: "engine", version: wanted)]
    scenario.region("alp") { $0.services = [.init(name: "engine", version: offered)] }
    #expect(scenario.accepted == (isMet ? ["c1"] : []))
    #expect(NaiveJudge.meets(offered, wanted) == isMet)
  }

  /// Replicas that are there already, by state and by whether places are reconsidered: whether one there may stay, and
  /// whether a new one may come.
  static let states: [(RegionSpec.State, Bool, stays: Bool, comes: Bool)] = [
    (.open, true, true, true), (.open, false, true, true), (.cordoned, true, true, false),
    (.cordoned, false, true, false), (.draining, true, true, false), (.draining, false, false, false),
    (.closed, true, false, false), (.closed, false, false, false),
  ]

  @Test("what each state of a region and of a cluster keeps and takes", arguments: states)
  func keepsAndTakes(_ state: RegionSpec.State, _ keepsExisting: Bool, stays: Bool, comes: Bool) {
    for onRegion in [true, false] {
      var scenario = Scenario.calm
      scenario.keepExisting = keepsExisting
      scenario.project.spec.environments = [Scenario.environment("prod", "prod")]
      if onRegion {
        scenario.region("alp") { $0.state = state }
      } else {
        scenario.cluster("c1") { $0.state = state }
      }
      #expect(scenario.accepted.contains("c1") == comes)
      scenario.place("prod", on: "c1", stage: "prod")
      #expect(scenario.accepted.contains("c1") == stays)
      #expect(scenario.decide().assignments.map(\.kept) == [stays])
    }
  }
}
