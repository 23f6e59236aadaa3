import Model
import Testing

@testable import Board

/// What counts as adding a restriction: the table of the concept's page.
struct EmergencyCheckTests {
  private static let day = CalendarDay(year: 2026, month: 6, day: 1)
  private static let later = CalendarDay(year: 2026, month: 9, day: 1)

  private static let before: PolicySpec = {
    var spec = Fixture.policy(rules: ["forbidden", "preferred", "required"])
    spec.rules[0].stages = ["prod"]
    (spec.rules[0].validFrom, spec.rules[0].validUntil) = (day, later)
    spec.rules[0].subject = LabelSelector(matchLabels: ["project.typology": "web"])
    spec.rules[0].places = LabelSelector(matchLabels: ["region.name": "nord", "region.country": "FR"])
    spec.rules[1] = Fixture.rule("preferred", .prefer)
    (spec.rules[2].effect, spec.rules[2].notWaivable) = (.require, true)
    spec.dataClasses.append(
      .init(
        name: "sensible", sensitivity: .usuel, qualifications: ["SecNumCloud"],
        residency: .init(countries: ["FR", "BE"], subdivisions: ["FR-69", "FR-75"]),
        requires: LabelSelector(matchLabels: ["cluster.external": "false"])))
    spec.capacity = [.init(id: "reserve", reserve: Quantity("0.1"))]
    return spec
  }()

  private static let expression = LabelSelector.Requirement(key: "region.country", operator: .in, values: ["FR"])

  private static let adding: [(String, @Sendable (inout PolicySpec) -> Void)] = [
    ("a rule that forbids", { $0.rules.insert(Fixture.rule("more", .forbid), at: 0) }),
    ("a rule that requires", { $0.rules.append(Fixture.rule("more", .require)) }),
    ("a rule that can be waived no more", { $0.rules[0].notWaivable = true }),
    ("another order of rules", { $0.rules.reverse() }),
    ("more stages", { $0.rules[0].stages = ["dev", "prod"] }), ("all stages", { $0.rules[0].stages = [] }),
    ("from earlier on", { $0.rules[0].validFrom = CalendarDay(year: 2026, month: 1, day: 1) }),
    ("from ever on", { $0.rules[0].validFrom = nil }),
    ("for longer", { $0.rules[0].validUntil = CalendarDay(year: 2027, month: 1, day: 1) }),
    ("for ever", { $0.rules[0].validUntil = nil }), ("more projects", { $0.rules[0].subject = LabelSelector() }),
    ("more places forbidden", { $0.rules[0].places?.matchLabels["region.country"] = nil }),
    ("fewer places required", { $0.rules[2].places?.matchLabels["region.country"] = "FR" }),
    ("fewer places required, by an expression", { $0.rules[2].places?.matchExpressions = [expression] }),
    ("another qualification", { $0.dataClasses[1].qualifications.append("HDS") }),
    ("a narrower residency", { $0.dataClasses[1].residency?.countries = ["FR"] }),
    ("fewer subdivisions", { $0.dataClasses[1].residency?.subdivisions = ["FR-75"] }),
    ("a residency where there was none", { $0.dataClasses[0].residency = .init(countries: ["FR"]) }),
    ("a further demand", { $0.dataClasses[1].requires?.matchLabels["region.country"] = "FR" }),
    ("a further demand, by an expression", { $0.dataClasses[1].requires?.matchExpressions = [expression] }),
    ("a first demand", { $0.dataClasses[0].requires = LabelSelector(matchLabels: ["region.country": "FR"]) }),
  ]

  private static let other: [(String, String, @Sendable (inout PolicySpec) -> Void)] = [
    ("a rule that prefers", "spec.rules[more].effect", { $0.rules.append(Fixture.rule("more", .prefer)) }),
    ("a rule removed", "spec.rules[required]", { $0.rules.removeLast() }),
    ("a preference changed", "spec.rules[preferred].effect", { $0.rules[1].weight = 2 }),
    ("a rule that can be waived", "spec.rules[required].notWaivable", { $0.rules[2].notWaivable = false }),
    ("fewer stages", "spec.rules[required].stages", { $0.rules[2].stages = ["prod"] }),
    ("other stages", "spec.rules[forbidden].stages", { $0.rules[0].stages = ["dev"] }),
    ("from later on", "spec.rules[forbidden].validFrom", { $0.rules[0].validFrom = later }),
    ("a first day", "spec.rules[required].validFrom", { $0.rules[2].validFrom = day }),
    ("for less long", "spec.rules[forbidden].validUntil", { $0.rules[0].validUntil = day }),
    ("a last day", "spec.rules[required].validUntil", { $0.rules[2].validUntil = later }),
    (
      "fewer projects", "spec.rules[required].subject",
      { $0.rules[2].subject = LabelSelector(matchLabels: ["project.typology": "web"]) }
    ),
    (
      "fewer projects, by an expression", "spec.rules[required].subject",
      { $0.rules[2].subject.matchExpressions = [expression] }
    ),
    (
      "fewer places forbidden, by an expression", "spec.rules[forbidden].places",
      { $0.rules[0].places?.matchExpressions = [expression] }
    ),
    ("fewer places forbidden", "spec.rules[forbidden].places", { $0.rules[0].places?.matchLabels["zone.name"] = "z" }),
    (
      "other places required", "spec.rules[required].places",
      { $0.rules[2].places?.matchLabels["region.name"] = "sud" }
    ),
    ("another effect", "spec.rules[required].effect", { $0.rules[2].effect = .forbid }),
    ("another motive", "spec.rules[required].motive", { $0.rules[2].motive.fr = "autre" }),
    ("another title", "spec.rules[required].title", { $0.rules[2].title = LocalizedText(fr: "t") }),
    (
      "chains for places", "spec.rules[required].places spec.rules[required].chains",
      { ($0.rules[2].chains, $0.rules[2].places) = ($0.rules[2].places, nil) }
    ),
    ("a class more", "spec.dataClasses[new]", { $0.dataClasses.append(.init(name: "new", sensitivity: .usuel)) }),
    ("a class removed", "spec.dataClasses[sensible]", { $0.dataClasses.removeLast() }),
    ("a higher sensitivity", "spec.dataClasses[sensible].sensitivity", { $0.dataClasses[1].sensitivity = .restricted }),
    ("a qualification less", "spec.dataClasses[sensible].qualifications", { $0.dataClasses[1].qualifications = [] }),
    ("no residency", "spec.dataClasses[sensible].residency", { $0.dataClasses[1].residency = nil }),
    (
      "another residency", "spec.dataClasses[sensible].residency",
      { $0.dataClasses[1].residency?.countries = ["FR", "LU"] }
    ),
    ("no residency's bound", "spec.dataClasses[sensible].residency", { $0.dataClasses[1].residency?.countries = [] }),
    (
      "another subdivision", "spec.dataClasses[sensible].residency",
      { $0.dataClasses[1].residency?.subdivisions = ["FR-33", "FR-75"] }
    ),
    (
      "no bound by subdivisions", "spec.dataClasses[sensible].residency",
      { $0.dataClasses[1].residency?.subdivisions = [] }
    ),
    ("no demand", "spec.dataClasses[sensible].requires", { $0.dataClasses[1].requires = nil }),
    ("a parent", "spec.dataClasses[sensible].parent", { $0.dataClasses[1].parent = "public" }),
    ("a title", "spec.dataClasses[sensible].title", { $0.dataClasses[1].title = LocalizedText(fr: "t") }),
    ("the title", "spec.title", { $0.title.fr = "autre" }),
    ("capacity", "spec.capacity", { $0.capacity[0].reserve = Quantity("0.2") }),
    ("a limit", "spec.limits", { $0.limits = [.init(subject: LabelSelector())] }),
    ("weights", "spec.scoring", { $0.scoring = .init(balance: 2) }),
    ("the board", "spec.governance", { $0.governance?.quorum = 1 }),
    ("flows", "spec.flowDelayDays", { $0.flowDelayDays = 3 }),
    ("heartbeats", "spec.heartbeatLimitSeconds", { $0.heartbeatLimitSeconds = 60 }),
    ("days to comply", "spec.complianceDays", { $0.complianceDays = 60 }),
    ("the notice of a derogation's end", "spec.derogationNoticeDays", { $0.derogationNoticeDays = 60 }),
    ("capacity's age", "spec.capacityMaxAgeSeconds", { $0.capacityMaxAgeSeconds = 60 }),
  ]

  @Test func `what adds a restriction is accepted`() {
    for (name, change) in Self.adding {
      var after = Self.before
      change(&after)
      #expect(EmergencyCheck.problems(from: Self.before, to: after).map(\.path) == [], "\(name)")
      #expect(after != Self.before, "\(name)")
    }
  }

  @Test func `whatever else is changed is refused at its place, and nowhere else`() {
    for (name, path, change) in Self.other {
      var after = Self.before
      change(&after)
      let paths = EmergencyCheck.problems(from: Self.before, to: after).map(\.path)
      #expect(paths.joined(separator: " ") == path, "\(name)")
    }
  }
}
