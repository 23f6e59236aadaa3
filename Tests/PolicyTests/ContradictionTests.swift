import Model
import Placement
import TestSupport
import Testing

@testable import Policy

@Suite("Rules that nothing can satisfy together")
struct ContradictionTests {
  private let mi = all(.among("project.organisation", "mi"))
  private let mj = all(.among("project.organisation", "mj"))

  private func messages(_ rules: [PolicySpec.Rule], classes: [PolicySpec.DataClass]? = nil) -> [String] {
    let document = classes.map { policy(rules, classes: $0) } ?? policy(rules)
    return PolicyValidator.findings(in: document).filter { $0.code == .contradiction }
      .map { "\($0.severity) \($0.path) \($0.message.en ?? "")" }
  }

  @Test("are found by what selectors mean, not by how they are written")
  func meaning() {
    let found = messages([
      rule("two", .require, all(.above("region.dataCenters", 1))),
      rule("small", .forbid, all(.above("region.dataCenters", 0))),
    ])
    // What one rule refuses by itself is told of that rule alone.
    #expect(found == [])
    #expect(
      messages([
        rule("two", .require, all(.above("region.dataCenters", 1))),
        rule("few", .require, all(.below("region.dataCenters", 2))),
      ]) == [
        "error spec.rules[1] No place satisfies all of rule “two”, rule “few”: no project concerned can be placed."
      ])
    #expect(
      messages([
        rule("paris", .require, all(.among("region.city", "Paris"), .has("region.qualification"))),
        rule("any-city", .forbid, all(.has("region.city"))),
      ]).count == 1)
    #expect(
      messages([
        rule("paris", .require, all(.among("region.city", "Paris"))),
        rule("qualified-city", .forbid, all(.has("region.city"), .among("region.qualification", "HDS"))),
      ]) == [])
  }

  @Test("are the smallest sets, of any size, each told once")
  func sets() {
    let found = messages([
      rule("a-or-b", .require, all(.among("region.name", "a", "b"))),
      rule("noise", .require, all(.has("region.city"))),
      rule("not-a", .forbid, all(.among("region.name", "a"))),
      rule("b-or-c", .require, all(.among("region.name", "a", "b", "c"))),
      rule("not-b", .forbid, all(.among("region.name", "b"))),
    ])
    #expect(
      found == [
        "error spec.rules[4] No place satisfies all of rule “a-or-b”, rule “not-a”, rule “not-b”: "
          + "no project concerned can be placed."
      ])
    let several = messages([
      rule("a", .require, all(.among("region.name", "a"))), rule("b", .require, all(.among("region.name", "b"))),
      rule("c", .require, all(.among("region.name", "c"))),
    ])
    #expect(several.map { $0.prefix(19) } == ["error spec.rules[1]", "error spec.rules[2]", "error spec.rules[2]"])
  }

  @Test("count only where some project, stage and day meets them all")
  func scopes() {
    func count(_ change: (inout PolicySpec.Rule, inout PolicySpec.Rule) -> Void) -> [String] {
      var (first, second) = (
        rule("yes", .require, all(.among("region.name", "a"))), rule("no", .forbid, all(.among("region.name", "a")))
      )
      change(&first, &second)
      return messages([first, second]).map { String($0.prefix { $0 != " " }) }
    }
    #expect(
      count {
        $0.subject = mi; $1.subject = mj
      } == [])
    #expect(
      count {
        $0.subject = mi; $1.subject = LabelSelector()
      } == ["error"])
    // Some projects are about both, but none of the rules loses all of its projects.
    #expect(
      count {
        $0.subject = mi; $1.subject = all(.among("project.typology", "metier"))
      } == ["warning"])
    #expect(
      count {
        $0.stages = ["prod"]; $1.stages = ["dev"]
      } == [])
    #expect(
      count {
        $0.stages = ["prod", "dev"]; $1.stages = ["dev"]
      } == ["error"])
    #expect(
      count {
        $0.stages = ["prod", "dev"]; $1.stages = ["dev", "staging"]
      } == ["warning"])
    #expect(
      count {
        $0.validUntil = CalendarDay("2026-11-30"); $1.validFrom = CalendarDay("2026-12-01")
      } == [])
    #expect(
      count {
        $0.validUntil = CalendarDay("2026-12-01"); $1.validFrom = CalendarDay("2026-12-01")
      } == ["warning"])
    // Who says nothing of its typology is still meant by a rule that only leaves others out.
    #expect(
      count {
        $0.subject = all(.hasNot("project.typology"))
        $1.subject = all(.not("project.typology", "metier"))
      } == ["error"])
  }

  @Test("are none where one of them is over on the day that is asked about")
  func over() {
    let rules = [
      rule("old", .require, all(.among("region.name", "idf")), until: "2025-12-31"),
      rule("new", .forbid, all(.among("region.name", "idf"))),
    ]
    func codes(_ day: String?) -> [FindingCode] {
      PolicyValidator.findings(in: policy(rules), day: day.flatMap { CalendarDay($0) }).map(\.code)
    }
    #expect(codes("2026-11-29") == [.periodOver])
    #expect(codes("2025-12-31") == [.contradiction] && codes(nil) == [.contradiction])
  }

  @Test("are found behind sets that no project meets")
  func hidden() {
    let found = messages([
      rule("mi-a", .require, all(.among("region.name", "a")), subject: mi),
      rule("mj-b", .require, all(.among("region.name", "b")), subject: mj),
      rule("mi-c", .require, all(.among("region.name", "c")), subject: mi),
      rule("mj-d", .require, all(.among("region.name", "d")), subject: mj),
    ])
    #expect(found.map { $0.prefix(19) } == ["error spec.rules[2]", "error spec.rules[3]"])
  }

  @Test("may be rules on chains, and rules against what classes of data demand")
  func others() {
    #expect(
      messages([
        rule("dr", .require, chains: all(.among("chain.name", "dr"))),
        rule("not-dr", .forbid, chains: all(.among("chain.name", "dr"))),
      ]) == [
        "error spec.rules[1] No chain satisfies all of rule “dr”, rule “not-dr”: no project concerned can be placed."
      ])
    #expect(
      messages([
        rule("dr", .require, chains: all(.among("chain.sensitivity", "DR"))),
        rule("elsewhere", .require, all(.among("region.name", "a"))),
      ]) == [])
    let classes: [PolicySpec.DataClass] = [
      .init(name: "french", sensitivity: .usuel, residency: .init(countries: ["FR"])),
      .init(name: "secret", parent: "french", sensitivity: .restricted),
      .init(name: "foreign", sensitivity: .usuel, residency: .init(countries: ["DE"])),
    ]
    let abroad = rule(
      "abroad", .require, all(.among("region.country", "DE")),
      subject: all(.among("project.dataClass", "secret"), .not("project.dataClass", "foreign")))
    #expect(
      messages([abroad], classes: classes) == [
        "error spec.rules[0] No place satisfies all of rule “abroad”, class “french”: no project concerned can be placed."
      ])
    let capital = rule("capital", .require, all(.among("region.subdivision", "DE-BE")))
    #expect(messages([capital], classes: classes) == [])
    let usual = rule("usual", .require, all(.among("zone.sensitivity", "usuel")))
    #expect(messages([usual], classes: classes).count == 1)
  }

  @Test("count by what classes inherit: what is secret is sensitive, whether it declares that or not")
  func inheritedClasses() {
    let classes: [PolicySpec.DataClass] = [
      .init(name: "usual", sensitivity: .usuel), .init(name: "sensitive", parent: "usual", sensitivity: .usuel),
      .init(name: "secret", parent: "sensitive", sensitivity: .restricted),
    ]
    let (sensitive, secret) = (
      all(.among("project.dataClass", "sensitive")), all(.among("project.dataClass", "secret"))
    )
    func severities(_ first: LabelSelector, _ second: LabelSelector) -> [String] {
      messages(
        [
          rule("yes", .require, all(.among("region.name", "a")), subject: first),
          rule("no", .forbid, all(.among("region.name", "a")), subject: second),
        ], classes: classes
      ).map { String($0.prefix { $0 != " " }) }
    }
    #expect(severities(sensitive, secret) == ["error"], "all that is secret is hit")
    #expect(severities(secret, all(.not("project.dataClass", "sensitive"))) == ["warning"], "who declares secret only")
    #expect(
      severities(sensitive, all(.not("project.dataClass", "sensitive", "secret"))) == [], "nobody is meant by both")
    #expect(severities(sensitive, all(.not("project.dataClass", "secret"))) == ["warning"])
    for (left, isNobody) in [
      (all(.not("project.dataClass", "sensitive", "secret")), true),
      (all(.not("project.dataClass", "sensitive")), false),
    ] {
      let selector = LabelSelector(matchExpressions: sensitive.matchExpressions + left.matchExpressions)
      let found = textual(
        policy([rule("r", .forbid, all(.among("region.name", "a")), subject: selector)], classes: classes))
      #expect(found.contains("UnsatisfiableSelector spec.rules[0].subject") == isNobody)
    }
  }

  @Test("that are too many to look through are told as such")
  func exhausted() {
    // Every pair is a contradiction, and so many subjects exclude each other that not all sets can be seen.
    let rules = (0..<60).map { index in
      rule(
        "r\(index)", .require, all(.among("region.name", "r\(index)")),
        subject: all(.among("project.organisation", "o\(index % 30)")))
    }
    let found = PolicyValidator.findings(in: policy(rules))
    #expect(found.contains { $0.code == .notExamined && $0.path == "spec.rules" })
  }

  @Test("of policies longer than anyone's are not looked for beyond a bound")
  func long() {
    let rules = (0..<450).map { rule("r\($0)", .forbid, all(.among("region.name", "r\($0)"))) }
    let found = PolicyValidator.findings(in: policy(rules)).map(\.code)
    #expect(found == [.notExamined])
    let endless = policy((0..<1_001).map { rule("r\($0)", .forbid, all(.among("region.name", "r"))) })
    #expect(textual(endless) == ["InvalidField spec.rules"])
    let onOffer = PolicyValidator.findings(in: endless, on: Offer(), day: CalendarDay("2026-11-26")!)
    #expect(brief(onOffer) == ["InvalidField spec.rules"])
  }

  @Test("random policies: every set told is a smallest one, and none is left out")
  func bruteForce() {
    var random = Dice.fresh("ContradictionTests.bruteForce")
    for _ in 0..<60 {
      let rules = (0..<6).map { index in
        let names = ["a", "b", "c"].filter { _ in Bool.random(using: &random) }
        return rule(
          "r\(index)", Bool.random(using: &random) ? .require : .forbid,
          LabelSelector(matchExpressions: [.init(key: "region.name", operator: .in, values: names + ["x"])]),
          subject: [LabelSelector(), mi, mj].randomElement(using: &random) ?? mi)
      }
      let document = policy(rules)
      let (theory, restrictions) = (Satisfiability(document), Restriction.all(of: document).filter { $0.rule != nil })
      func isConflict(_ bits: Int) -> Bool {
        let members = restrictions.indices.filter { bits & (1 << $0) != 0 }.map { restrictions[$0] }
        return Scope.meet(members.map(\.scope), theory)
          && theory.isImpossible(members.reduce(Clauses()) { $0 + $1.demands })
      }
      let all = (1..<(1 << rules.count)).filter(isConflict)
      let smallest = all.filter { bits in !all.contains { $0 != bits && $0 & bits == $0 } }
      #expect(messages(rules).count == smallest.count, "\(rules)")
    }
  }
}
