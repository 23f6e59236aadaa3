import Foundation
import Model
import TestSupport
import Testing

@testable import Policy

@Suite("What one policy says that another does not")
struct PolicyDifferenceTests {
  private static let before: PolicySpec = {
    var policy = policy(
      [
        rule("a", .require, all(.among("region.name", "idf", "ara")), stages: ["prod", "dev"]),
        rule("b", .prefer, all(.among("region.country", "FR"), .has("region.city"))),
        rule("c", .forbid, chains: all(.among("chain.name", "x"))),
      ],
      classes: [
        .init(name: "ordinary", sensitivity: .usuel),
        .init(name: "secret", parent: "ordinary", sensitivity: .restricted, qualifications: ["HDS", "SecNumCloud"]),
      ])
    policy.capacity = [
      .init(id: "prod", stages: ["prod"], reserve: Quantity(milli: 100)), .init(id: "rest", overcommit: Quantity(2)),
    ]
    policy.limits = [
      .init(subject: all(.among("project.organisation", "mi")), production: ResourceList(cpu: Quantity(8))),
      .init(subject: LabelSelector(), nonProduction: ResourceList(cpu: Quantity(4))),
    ]
    policy.governance = .init(quorum: 2, voters: ["dtnum", "anfsi"])
    return policy
  }()

  private static func entries(_ change: (inout PolicySpec) -> Void) -> [PolicyDifference.Entry] {
    var after = before
    change(&after)
    return PolicyDifference(from: before, to: after).entries
  }

  @Test("moving, arranging and spelling out what holds anyway is no difference")
  func arranged() {
    let entries = Self.entries { policy in
      policy.rules.reverse()
      policy.dataClasses.reverse()
      policy.limits.reverse()
      policy.rules[2].stages.reverse()
      policy.rules[2].places = all(.among("region.name", "ara", "idf", "ara"))
      policy.rules[1].places = LabelSelector(
        matchLabels: ["region.country": "FR"], matchExpressions: [.has("region.city")])
      policy.dataClasses[0].qualifications = ["SecNumCloud", "HDS"]
      policy.governance?.voters.reverse()
      policy.scoring = .init(balance: 1, affinity: 2, stickiness: 3, locality: 0)
      policy.flowDelayDays = 5
      policy.complianceDays = 30
      policy.capacity[1].tolerance = Quantity(0)
    }
    #expect(entries.isEmpty)
  }

  @Test("what is added, removed and changed is told by its name, with a sentence of what it says")
  func told() throws {
    let entries = Self.entries { policy in
      policy.rules[0].places = all(.among("region.name", "idf"))
      policy.rules[1] = rule("d", .forbid, all(.among("region.name", "x")), until: "2027-01-31")
      policy.dataClasses[1].qualifications = []
      policy.limits[0].production?.cpu = Quantity(12)
      policy.governance?.quorum = 3
      policy.flowDelayDays = 3
    }
    #expect(
      entries.map { "\($0.part.rawValue) \($0.name ?? "") \($0.change.rawValue)" } == [
        "document  changed", "dataClass secret changed", "rule a changed", "rule b removed", "rule d added",
        "limit project.organisation = mi changed", "governance  changed",
      ])
    #expect(
      entries.map(\.sentence.fr) == [
        "La politique change : délai d’ouverture d’un flux, en jours ouvrés : 5 → 3.",
        "La classe « secret » change : qualifications : HDS, SecNumCloud → aucune.",
        "La règle « a » change : lieux : region.name parmi (ara, idf) → region.name = idf.",
        "La règle « b » est retirée : effet : préfère ; lieux : region.city est déclaré et region.country = FR ; "
          + "poids : 1 ; motif : motif.",
        "La règle « d » est ajoutée : effet : interdit ; lieux : region.name = x ; dernier jour : 2027-01-31 ; "
          + "motif : motif.",
        "La limite de : project.organisation = mi change : en production : cpu 8 → cpu 12.",
        "La gouvernance change : quorum : 2 → 3.",
      ])
    #expect(
      entries[2].sentence.en
        == "The rule “a” changes: places: region.name in (ara, idf) → region.name = idf.")
    let field = try #require(entries[1].fields.first)
    #expect(field.field == "qualifications" && field.before.fr == "HDS, SecNumCloud" && field.after.english == "none")
  }

  @Test("the order of capacity rules is a difference where they compete, and nowhere else")
  func precedence() {
    let entries = Self.entries { $0.capacity.reverse() }
    #expect(entries.map(\.name) == ["prod", "rest"])
    #expect(entries[0].sentence.fr == "La règle de capacité « prod » change : passe avant : rest → aucune autre.")
    var (left, right) = (Self.before, Self.before)
    left.capacity[1].stages = ["dev"]
    right.capacity = left.capacity.reversed()
    #expect(PolicyDifference(from: left, to: right).isEmpty)
    right = left
    right.capacity[1].overcommit = Quantity(3)
    #expect(PolicyDifference(from: left, to: right).entries.flatMap(\.fields).map(\.field) == ["overcommit"])
  }

  @Test func `the order of capacity rules counts where they compete in one of the policies, and is none by itself`() {
    var (left, right) = (Self.before, Self.before)
    left.capacity[1].stages = ["dev"]
    for (old, new) in [(left, right), (right, left)] {
      #expect(PolicyDifference(from: old, to: new).entries.flatMap(\.fields).map(\.field) == ["stages"])
      #expect(CapacityPrecedence(old, beside: new).behind("prod") == ["rest"])
    }
    right.capacity.reverse()
    for (old, new) in [(left, right), (right, left)] {
      let entries = PolicyDifference(from: old, to: new).entries
      #expect(entries.map(\.name) == ["prod", "rest"])
      #expect(entries.map { $0.fields.map(\.field) } == [["precedence"], ["stages", "precedence"]])
    }
  }

  @Test func `what two differences share is what is there in both by its part and name`() {
    func changed(_ change: (inout PolicySpec) -> Void) -> PolicyDifference {
      var after = Self.before
      change(&after)
      return PolicyDifference(from: Self.before, to: after)
    }
    let restriction = rule("d", .forbid, all(.among("region.name", "idf")))
    let other = changed { policy in
      policy.rules[0].places = all(.among("region.name", "idf"))
      policy.rules[1] = restriction
      policy.dataClasses[0].title = .init(fr: "t")
    }
    let text = changed { policy in
      policy.rules[0].places = all(.among("region.name", "ara"))
      policy.rules[1] = restriction
      policy.rules.append(rule("ordinary", .forbid, all(.among("region.name", "x"))))
      policy.dataClasses[1].title = .init(fr: "t")
    }
    // What is gone from both is no part of the text, and a rule is not the class that is called as it is.
    let kept = text.kept(of: other)
    #expect(kept.map(\.part) == [.rule, .rule] && kept.map(\.name) == ["a", "d"])
    #expect(kept.map(\.change) == [.changed, .added])
    // Each says what it says in the first of the two.
    let own = text.entries.filter { $0.name == "a" || $0.name == "d" }
    #expect(kept == own)
    let none = text.kept(of: changed { _ in })
    #expect(none == [])
  }

  @Test func `a capacity rule that says nothing is told where it is new or gone, and changes nothing of the others`() {
    var after = Self.before
    after.capacity.append(.init(id: "bare"))
    let added = PolicyDifference(from: Self.before, to: after).entries
    #expect(added.map(\.sentence.fr) == ["La règle de capacité « bare » est ajoutée."])
    #expect(added.map(\.part) == [.capacityRule] && added.map(\.name) == ["bare"])
    let removed = PolicyDifference(from: after, to: Self.before).entries
    #expect(removed.map(\.sentence.en) == ["The capacity rule “bare” is removed."])
  }

  @Test func `bounds are told as they are written, and another one is a difference`() {
    func policy(_ above: Int64) -> PolicySpec {
      var policy = Self.before
      policy.rules[0].places = all(
        .above("region.dataCenters", above), .among("region.service", "s3", "postgresql:16.4"))
      return policy
    }
    let fields = PolicyDifference(from: policy(1), to: policy(2)).entries.flatMap(\.fields)
    let service = "region.service parmi (postgresql:16.4, s3)"
    #expect(fields.map(\.before.fr) == ["region.dataCenters > 1 et \(service)"])
    #expect(fields.map(\.after.fr) == ["region.dataCenters > 2 et \(service)"])
  }

  @Test("beyond what is looked at, the order of capacity rules counts as if they competed")
  func precedenceBound() {
    var policy = Self.before
    policy.capacity = ["a", "b", "c"].enumerated().map { number, name in
      .init(id: name, places: all(.among("region.name", name)), reserve: Quantity(milli: Int64(number)))
    }
    func behind(_ most: Int) -> [[String]] {
      let precedence = CapacityPrecedence(policy, beside: policy, within: most)
      return ["a", "b", "c"].map(precedence.behind)
    }
    #expect(behind(CapacityPrecedence.mostValues) == [[], [], []])
    // A pair is two terms of one value each, and is looked at in both policies while there is something left.
    #expect(behind(4) == [["b", "c"], ["c"], []])
    #expect(behind(8) == [["c"], ["c"], []])
    #expect(behind(0) == [["b", "c"], ["c"], []])
  }

  @Test("what holds anyway is no difference where it is written, and words are words in both languages")
  func governanceDefaults() {
    var (left, right) = (Self.before, Self.before)
    left.governance = .init(quorum: 2)
    right.governance = .init(quorum: 2, majority: .simple, votingDays: 15, emergencyDays: 7)
    #expect(PolicyDifference(from: left, to: right).isEmpty)
    right.governance?.majority = .twoThirds
    right.governance?.emergencyDays = 3
    let entries = PolicyDifference(from: left, to: right).entries
    #expect(
      entries.map(\.sentence.fr) == [
        "La gouvernance change : durée d’une urgence, en jours : 7 → 3 ; majorité : simple → deux tiers."
      ])
    #expect(
      entries.map(\.sentence.en) == [
        "The governance changes: days of an emergency: 7 → 3; majority: simple → two thirds."
      ])
  }

  /// Ways to change a policy, each of which means something.
  private static let changes: [@Sendable (inout PolicySpec) -> Void] = [
    { $0.title.fr += "!" }, { $0.flowDelayDays = 7 }, { $0.heartbeatLimitSeconds = 17 },
    { $0.capacityMaxAgeSeconds = 77 }, { $0.complianceDays = 9 }, { $0.derogationNoticeDays = 9 },
    { $0.dataClasses[1].parent = nil }, { $0.dataClasses[0].sensitivity = .restricted },
    { $0.dataClasses[0].residency = .init(countries: ["FR"]) },
    { $0.dataClasses[0].residency = .init(subdivisions: ["FR-IDF"]) },
    { $0.dataClasses[0].requires = all(.has("region.city")) }, { $0.dataClasses[0].title = .init(fr: "t") },
    { $0.dataClasses.append(.init(name: "new", sensitivity: .usuel)) },
    { if $0.dataClasses.count > 1 { $0.dataClasses.removeLast() } },
    { $0.rules[0].effect = .forbid }, { $0.rules[0].subject = all(.has("project.typology")) },
    { $0.rules[0].places = LabelSelector() }, { $0.rules[2].chains = all(.among("chain.name", "y")) },
    { $0.rules[1].weight = 9 }, { $0.rules[0].notWaivable = true }, { $0.rules[0].stages = [] },
    { $0.rules[0].validFrom = CalendarDay("2026-01-01") }, { $0.rules[0].validUntil = CalendarDay("2028-01-01") },
    { $0.rules[0].title = .init(fr: "t") }, { $0.rules[0].motive.en = "m" },
    { $0.capacity[0].places = all(.among("region.name", "idf")) }, { $0.capacity[0].stages = ["dev"] },
    { $0.capacity[0].resources = [.cpu] }, { $0.capacity[0].reserve = nil },
    { $0.capacity[0].tolerance = Quantity(milli: 100) }, { $0.capacity[1].overcommit = nil },
    { $0.limits[0].nonProduction = ResourceList(cpu: Quantity(0)) }, { $0.limits[0].production = nil },
    { $0.limits.append($0.limits[1]) }, { $0.scoring = .init(locality: 2) }, { $0.scoring = .init(balance: 0) },
    { $0.scoring = .init(affinity: 0) }, { $0.scoring = .init(stickiness: 0) },
    { $0.governance = nil }, { $0.governance?.votingDays = 3 }, { $0.governance?.voters = [] },
  ]

  @Test("every change is told, and the same the other way round", arguments: changes.indices)
  func everyChange(number: Int) {
    var after = Self.before
    Self.changes[number](&after)
    let there = PolicyDifference(from: Self.before, to: after)
    let back = PolicyDifference(from: after, to: Self.before)
    #expect(!there.isEmpty)
    #expect(there.entries.map(\.name) == back.entries.map(\.name))
    #expect(zip(there.entries, back.entries).allSatisfy { $0.fields.map(\.before) == $1.fields.map(\.after) })
    #expect(there.entries.allSatisfy { !$0.sentence.fr.isEmpty && $0.sentence.en != nil })
  }

  @Test(
    "one value is not taken for several, however it is written",
    arguments: [
      (["alize", "scaleway"], ["alize, scaleway"], "(alize, scaleway)", "(\"alize, scaleway\")"),
      (["a", "b", "c"], ["a, b", "c"], "(a, b, c)", "(\"a, b\", c)"),
    ])
  func severalValues(before: [String], after: [String], from: String, to: String) throws {
    for named in [LabelSelector.Requirement.Operator.in, .notIn] {
      func policy(_ values: [String]) -> PolicySpec {
        var policy = Self.before
        let term = LabelSelector.Requirement(key: "region.operator", operator: named, values: values + ["z"])
        policy.rules[0].places = LabelSelector(matchExpressions: [term])
        return policy
      }
      let entries = PolicyDifference(from: policy(before), to: policy(after)).entries
      let field = try #require(entries.first?.fields.first)
      #expect(entries.count == 1 && field.field == "places")
      #expect(field.before.fr.hasSuffix(from.replacing(")", with: ", z)")), "\(field.before.fr)")
      #expect(field.after.english.hasSuffix(to.replacing(")", with: ", z)")), "\(field.after.english)")
    }
  }

  @Test("lists of other things, too, are told apart where one of them holds a comma")
  func severalTexts() {
    let lists = [["a", "b"], ["a, b"], ["\"a", "b\""], ["\"a, b\""], ["a\\", "b"], [""], ["a", "", "b"]]
    let texts = lists.map { PolicyElements.list($0) ?? "nothing" }
    #expect(Set(texts).count == lists.count, "\(texts)")
    #expect(PolicyElements.list(["FR (2026–2027)", "b"]) == "FR (2026–2027), b")
    #expect(PolicyElements.list([""]) == "\"\"" && PolicyElements.list(["a", "", "b"]) == "\"\", a, b")
  }

  @Test("selectors read alike where they mean the same, and nowhere else")
  func sameText() {
    var dice = Dice.fresh("selectors that read alike")
    let pieces = ["a", "b", ", ", "\"", "\\", ")", " et a = ", "é", " "]
    var seen: [String: [LabelSelector.Requirement]] = [:]
    for _ in 0..<5_000 {
      let terms = (0..<Int.random(in: 1...2, using: &dice)).map { _ in
        let values = (0..<Int.random(in: 1...3, using: &dice)).map { _ in
          (0..<Int.random(in: 0...3, using: &dice)).map { _ in pieces.randomElement(using: &dice) ?? "" }.joined()
        }
        return LabelSelector.Requirement(key: "a", operator: Bool.random(using: &dice) ? .in : .notIn, values: values)
      }
      let selector = LabelSelector(matchExpressions: terms)
      let (text, meant) = (selector.meaning?.fr ?? "", selector.arrangedTerms)
      let known = seen[text, default: meant]
      #expect(known == meant, "\(text), seed \(dice.seed)")
      seen[text] = meant
    }
  }

  @Test("policies that are changed alike and arranged by chance do not differ")
  func arrangedByChance() {
    var dice = Dice.fresh("policies arranged by chance")
    for _ in 0..<50 {
      var policy = Self.before
      for _ in 0..<4 {
        // What is there in any case is changed, whatever was removed before.
        let change = Self.changes[[0, 1, 4, 13, 17, 27, 38].randomElement(using: &dice) ?? 0]
        change(&policy)
      }
      var arranged = policy
      arranged.rules.shuffle(using: &dice)
      arranged.dataClasses.shuffle(using: &dice)
      arranged.limits.shuffle(using: &dice)
      for index in arranged.rules.indices {
        arranged.rules[index].stages.shuffle(using: &dice)
        arranged.rules[index].places?.matchExpressions.shuffle(using: &dice)
      }
      #expect(PolicyDifference(from: policy, to: arranged).isEmpty, "seed \(dice.seed)")
    }
  }
}
