import Model
import TestSupport
import Testing

@testable import Policy

@Suite("Whether selectors can be satisfied is decided exactly")
struct SatisfiabilityTests {
  private let theory = Satisfiability(
    policy(classes: [
      .init(name: "a", sensitivity: .usuel), .init(name: "b", sensitivity: .restricted),
    ]))

  @Test(
    "over one attribute",
    arguments: [
      // One value, always declared.
      (all(.among("region.name", "a"), .among("region.name", "b")), false),
      (all(.among("region.name", "a", "b"), .among("region.name", "b", "c")), true),
      (all(.among("region.name", "a"), .not("region.name", "a")), false),
      (all(.hasNot("region.name")), false),
      (all(.has("region.name"), .not("region.name", "a")), true),
      (LabelSelector(matchLabels: ["region.name": "a"], matchExpressions: [.among("region.name", "b")]), false),
      // Several values.
      (all(.among("region.service", "a"), .among("region.service", "b")), true),
      (all(.among("region.service", "a"), .not("region.service", "a")), false),
      (all(.hasNot("region.service"), .not("region.service", "a")), true),
      (all(.hasNot("region.service"), .among("region.service", "a")), false),
      (all(.hasNot("cluster.dataCenter")), false),
      (all(.not("cluster.dataCenter", "a")), true),
      // A closed list.
      (all(.not("zone.sensitivity", "usuel", "DR")), false),
      (all(.not("zone.sensitivity", "usuel")), true),
      (all(.among("region.state", "opne")), false),
      (all(.not("cluster.stage", "dev", "staging", "integration", "prod")), false),
      (all(.not("cluster.stage", "dev")), true),
      (all(.not("chain.sensitivity", "DR"), .not("chain.sensitivity", "usuel")), false),
      (all(.not("chain.sensitivity", "DR")), true),
      (all(.among("project.dataClass", "a"), .among("project.dataClass", "b")), true),
      (all(.among("project.dataClass", "c")), false),
      // Nobody may have declared it.
      (all(.hasNot("region.city")), true),
      (all(.hasNot("region.city"), .not("region.city", "Paris")), false),
      (all(.has("region.city"), .hasNot("region.city")), false),
      // Numbers.
      (all(.above("region.dataCenters", 1), .below("region.dataCenters", 3)), true),
      (all(.above("region.dataCenters", 1), .below("region.dataCenters", 2)), false),
      (all(.above("region.dataCenters", 1), .below("region.dataCenters", 3), .not("region.dataCenters", "2")), false),
      (all(.below("region.dataCenters", 1)), false),
      (all(.above("region.dataCenters", 2), .not("region.dataCenters", "3", "4")), true),
      (all(.above("region.dataCenters", .max)), false),
      (all(.below("cluster.dataCenters", 3), .not("cluster.dataCenters", "1", "2")), false),
      // As a label, the number two can be written in many ways.
      (all(.above("region.label/x", 1), .below("region.label/x", 3), .not("region.label/x", "2")), true),
      (all(.above("region.label/x", -3), .below("region.label/x", -1), .not("region.label/x", "-2")), true),
      (all(.above("region.label/x", 1), .below("region.label/x", 2)), false),
      (all(.above("region.label/x", 1), .among("region.label/x", "one", "1")), false),
      (all(.not("region.label/x", "x", "xx"), .has("region.label/x")), true),
      (all(.init(key: "region.label/x", operator: .greaterThan, values: ["1", "2"])), false),
      (all(.init(key: "region.label/x", operator: .greaterThan, values: ["many"])), false),
    ])
  func oneAttribute(selector: LabelSelector, expected: Bool) {
    #expect(theory.isPossible(.every(selector.strictly)) == expected)
    #expect(theory.isImpossible(.every(selector.strictly)) != expected)
  }

  @Test("of many bounds the tightest decide, and no others are looked at")
  func bounds() {
    let key = "region.dataCenters"
    var many = [Term.not(key, "70")]
    for bound in Int64(0)..<60 { many += [.above(key, bound), .below(key, 200 - bound)] }
    let selector = LabelSelector(matchExpressions: many)
    let literals = selector.strictly + selector.strictly.map(\.negated)
    let tightest = Satisfiability.tightest(literals) ?? []
    #expect(tightest.count == 6 && Set(tightest.compactMap(\.bound)) == [0, 59, 141, 200])
    #expect(theory.isPossible(.every(selector.strictly)))
    let only = LabelSelector(matchExpressions: many + [.among(key, "70")])
    #expect(theory.isImpossible(.every(only.strictly)))
    // What is no number takes nothing away, and no value is it.
    let wrong = all(.init(key: key, operator: .lessThan, values: ["few"])).strictly
    #expect(Satisfiability.tightest(wrong) == nil)
    #expect(Satisfiability.tightest(wrong.map(\.negated)) == [])
    #expect(theory.isPossible(.every(wrong.map(\.negated))))
  }

  @Test("what is not declared: wishes and demands do not match it, prohibitions might, labels are just not there")
  func undeclared() {
    let nothing = Attributes()
    let paris = all(.among("region.city", "Paris"))
    #expect(!paris.strictly[0].holds(of: nothing) && paris.possibly[0].holds(of: nothing))
    #expect(!all(.among("region.label/a", "x")).possibly[0].holds(of: nothing))
    #expect(!all(.among("project.typology", "x")).subject[0].holds(of: nothing))
    #expect(all(.not("project.typology", "x")).subject[0].holds(of: nothing))
    #expect(!all(.has("region.city")).possibly[0].holds(of: nothing))
    #expect(all(.hasNot("region.city")).strictly[0].holds(of: nothing))
    // A region that does not say its city satisfies neither.
    #expect(theory.isImpossible(.every(paris.strictly) + .notEvery(paris.possibly)))
    #expect(theory.isPossible(.notEvery(paris.possibly)))
    #expect(!theory.isPossible(.notEvery([])) && theory.isPossible(Clauses()))
  }

  /// Every set of classes that a project may declare is tried.
  @Test("data of a class is of all that the class inherits from, and NotIn goes by what is declared, in any two terms")
  func classes() {
    let lineages = [["a"], ["b", "a"], ["c", "b", "a"], ["d"]]
    let theory = Satisfiability(
      policy(
        classes: lineages.map { .init(name: $0[0], parent: $0.dropFirst().first, sensitivity: .usuel) }))
    let states = (1..<16).map { bits in
      let declared = lineages.indices.filter { bits & (1 << $0) != 0 }.map { lineages[$0] }
      let key = "project.dataClass"
      return (
        declared: Attributes([key: declared.map { $0[0] }]),
        all: Attributes([key: Set(declared.flatMap(\.self)).sorted()])
      )
    }
    let values = [["a"], ["b"], ["c"], ["d"], ["a", "d"], ["b", "c"], ["c", "d"]]
    let literals = values.flatMap { values in
      [LabelSelector.Requirement.Operator.in, .notIn].flatMap { sign -> [Literal] in
        let literal = Literal(
          term: .init(key: "project.dataClass", operator: sign, values: values), holdsUndeclared: false)
        return [literal, literal.negated]
      }
    }
    for first in literals {
      for second in literals {
        let clauses = Clauses.every([first, second])
        let isThere = states.contains { declared, all in
          [first, second].allSatisfy { $0.holds(of: $0.term.operator == .notIn ? declared : all) }
        }
        #expect(theory.isPossible(clauses) == isThere && theory.isImpossible(clauses) != isThere, "\(clauses)")
      }
    }
  }

  @Test("implication: what satisfies the one satisfies the other")
  func implication() {
    func implies(_ one: LabelSelector, _ other: LabelSelector) -> Bool {
      theory.implies(.every(one.strictly), .every(other.strictly))
    }
    #expect(implies(all(.among("region.name", "a")), all(.among("region.name", "a", "b"))))
    #expect(!implies(all(.among("region.name", "a", "b")), all(.among("region.name", "a"))))
    #expect(implies(all(.above("region.dataCenters", 2)), all(.above("region.dataCenters", 1))))
    #expect(implies(all(.above("region.dataCenters", 1)), all(.not("region.dataCenters", "1"))))
    #expect(implies(all(.among("region.city", "a")), all(.has("region.city"))))
    #expect(!implies(all(.among("region.service", "a")), all(.not("region.service", "b"))))
    #expect(implies(all(.among("region.name", "a"), .has("region.city")), LabelSelector()))
    #expect(implies(all(.not("zone.sensitivity", "usuel")), all(.among("zone.sensitivity", "DR"))))
  }

  @Test("what takes too many choices is neither possible nor impossible")
  func budget() {
    var theory = theory
    theory.budget = 3
    let hard = (0..<6).reduce(Clauses()) { clauses, index in
      clauses + .notEvery(all(.among("region.label/a\(index)", "x"), .among("region.label/b\(index)", "y")).strictly)
    }
    #expect(!theory.isPossible(hard) && !theory.isImpossible(hard))
    #expect(self.theory.isPossible(hard))
  }

  /// Every state of three small attributes is tried.
  @Test("thousands of random formulas: as if every project there can be had been tried")
  func bruteForce() {
    var random = Dice.fresh("SatisfiabilityTests.bruteForce")
    let subsets = (0..<8).map { bits in
      ["a", "b", "c"].enumerated().filter { bits & (1 << $0.offset) != 0 }.map(\.element)
    }
    let states: [Attributes] = ["usuel", "DR"].flatMap { sensitivity in
      subsets.flatMap { services in
        ([nil, "0", "1", "2", "3", "4", "02", "05", "x"] as [String?]).map { label in
          var attributes = Attributes(["zone.sensitivity": [sensitivity], "region.service": services])
          attributes["region.label/n"] = label.map { [$0] }
          return attributes
        }
      }
    }
    for _ in 0..<3_000 {
      let clauses = Clauses(
        all: (0..<Int.random(in: 1...4, using: &random)).map { _ in
          (0..<Int.random(in: 1...2, using: &random)).map { _ in Self.literal(&random) }
        })
      #expect(theory.isPossible(clauses) == states.contains(where: clauses.hold), "\(clauses)")
    }
  }

  private static func literal(_ random: inout Dice) -> Literal {
    let terms: [Term] = [
      .among("zone.sensitivity", "usuel"), .not("zone.sensitivity", "DR"), .has("zone.sensitivity"),
      .among("region.service", "a"), .among("region.service", "a", "b"), .not("region.service", "b"),
      .has("region.service"), .hasNot("region.service"), .among("region.label/n", "1", "2"),
      .not("region.label/n", "2"), .has("region.label/n"), .hasNot("region.label/n"), .above("region.label/n", 1),
      .below("region.label/n", 3), .below("region.label/n", 2), .above("region.label/n", 3),
    ]
    let selector = all(terms.randomElement(using: &random) ?? .has("region.service"))
    let literal = (Bool.random(using: &random) ? selector.strictly : selector.possibly)[0]
    return Bool.random(using: &random) ? literal : literal.negated
  }
}
