import Model
import Testing

@testable import Policy

@Suite("What the text of a policy shows")
struct TextualFindingTests {
  @Test("values that attributes never have, each at its place")
  func unknownValues() {
    let found = textual(
      policy([
        rule("state", .forbid, LabelSelector(matchLabels: ["region.state": "clsoed"])),
        rule(
          "class", .require, all(.among("region.name", "a")),
          subject: all(.among("project.dataClass", "ordinary", "ordinry"))),
        rule("count", .prefer, all(.above("region.dataCenters", 1), .among("zone.sensitivity", "dr"))),
      ]))
    #expect(
      found == [
        "UnknownValue spec.rules[0].places.matchLabels[\"region.state\"]",
        "UnknownValue spec.rules[1].subject.matchExpressions[0].values[1]",
        "UnknownValue spec.rules[2].places.matchExpressions[1].values[0]",
      ])
  }

  @Test("classes that NotIn leaves out without those that inherit from them, each heir by the nearest that is named")
  func heirsNotNamed() {
    let classes: [PolicySpec.DataClass] = [
      .init(name: "d", parent: "c", sensitivity: .usuel), .init(name: "c", parent: "b", sensitivity: .usuel),
      .init(name: "b", parent: "a", sensitivity: .usuel), .init(name: "a", sensitivity: .usuel),
      .init(name: "e", sensitivity: .usuel),
    ]
    func found(_ names: String...) -> [String] {
      let term = LabelSelector.Requirement(key: "project.dataClass", operator: .notIn, values: names)
      let subject = LabelSelector(matchExpressions: [term])
      return textual(policy([rule("r", .require, all(.among("region.name", "x")), subject: subject)], classes: classes))
    }
    let path = "HeirsNotNamed spec.rules[0].subject.matchExpressions[0].values"
    #expect(found("a") == ["\(path)[0]"])
    #expect(found("e", "a", "c") == ["\(path)[1]", "\(path)[2]"])
    #expect(found("e", "a", "b") == ["\(path)[2]"])
    #expect(found("b", "c", "d") == [] && found("e", "d") == [])
    // Of two terms both have to hold.
    let terms = [["a"], ["b", "c", "d"]].map {
      LabelSelector.Requirement(key: "project.dataClass", operator: .notIn, values: $0)
    }
    let rules = [rule("r", .require, all(.among("region.name", "x")), subject: LabelSelector(matchExpressions: terms))]
    #expect(textual(policy(rules, classes: classes)) == [])
  }

  @Test func `heirs are named, three of them at most, and only where NotIn leaves their class out`() {
    func told(_ heirs: [String], _ sign: LabelSelector.Requirement.Operator = .notIn) -> [LocalizedText] {
      let own = PolicySpec.DataClass(name: "a", sensitivity: .usuel)
      let classes = [own] + heirs.map { PolicySpec.DataClass(name: $0, parent: "a", sensitivity: .usuel) }
      let subject = LabelSelector(matchExpressions: [.init(key: "project.dataClass", operator: sign, values: ["a"])])
      let rules = [rule("r", .require, all(.among("region.name", "x")), subject: subject)]
      return PolicyValidator.findings(in: policy(rules, classes: classes)).map(\.message)
    }
    func message(_ names: String) -> LocalizedText {
      LocalizedText(
        fr: "« a » est exclue, mais non ce qui en hérite sans être nommé : \(names).",
        en: "“a” is left out, but not what inherits from it and is not named: \(names).")
    }
    #expect(told(["c", "b"]) == [message("b, c")] && told(["d", "c", "b"]) == [message("b, c, d")])
    #expect(told(["e", "d", "c", "b"]) == [message("b, c, d, …")])
    #expect(told(["b"], .in) == [])
    // Nor is what leaves out something else than classes.
    let other = all(.not("project.organisation", "ordinary"))
    #expect(textual(policy([rule("r", .require, all(.among("region.name", "x")), subject: other)])) == [])
  }

  @Test func `heirs of heirs are named, up to the next class that is named itself`() {
    let classes: [PolicySpec.DataClass] = [
      .init(name: "d", parent: "c", sensitivity: .usuel), .init(name: "c", parent: "b", sensitivity: .usuel),
      .init(name: "b", parent: "a", sensitivity: .usuel), .init(name: "a", sensitivity: .usuel),
    ]
    func told(_ subject: LabelSelector) -> [String?] {
      let rules = [rule("r", .require, all(.among("region.name", "x")), subject: subject)]
      return PolicyValidator.findings(in: policy(rules, classes: classes)).map(\.message.en)
    }
    func message(_ name: String, _ heirs: String) -> String {
      "“\(name)” is left out, but not what inherits from it and is not named: \(heirs)."
    }
    #expect(told(all(.not("project.dataClass", "a"))) == [message("a", "b, c, d")])
    #expect(told(all(.not("project.dataClass", "a", "c"))) == [message("a", "b"), message("c", "d")])
    #expect(told(all(.not("project.dataClass", "a", "b"))) == [message("b", "c, d")])
    // An organisation that has the name of a class has no heirs.
    #expect(told(all(.not("project.organisation", "a"))) == [])
  }

  /// What does not say its city could be what is forbidden, and is not what is required or preferred.
  @Test func `a selector is read as its rule's effect reads it`() {
    let silent = all(.among("region.city", "Paris"), .hasNot("region.city"))
    let unlabelled = all(.among("region.label/tier", "gold"), .hasNot("region.label/tier"))
    let never = ["UnsatisfiableSelector spec.rules[0].places"]
    for effect in [PolicySpec.Effect.require, .prefer, .avoid] {
      #expect(textual(policy([rule("r", effect, silent)])) == never, "\(effect)")
    }
    #expect(textual(policy([rule("r", .forbid, silent)])) == [])
    // A label is just not there.
    #expect(textual(policy([rule("r", .forbid, unlabelled)])) == never)
  }

  /// A preference needs a clear match: it means nobody who does not say its typology, and a restriction does.
  @Test func `a subject is read as its rule's effect reads it`() {
    let silent = all(.hasNot("project.typology"), .not("project.typology", "metier"))
    let never = ["UnsatisfiableSelector spec.rules[0].subject"]
    let expected: [(PolicySpec.Effect, [String])] = [(.require, []), (.forbid, []), (.prefer, never), (.avoid, never)]
    for (effect, findings) in expected {
      let rules = [rule("r", effect, all(.among("region.name", "a")), subject: silent)]
      #expect(textual(policy(rules)) == findings, "\(effect)")
    }
  }

  @Test("selectors whose terms exclude each other, wherever they stand")
  func unsatisfiable() {
    let never = all(.among("region.name", "a"), .not("region.name", "a"))
    let nobody = all(.among("project.organisation", "a"), .not("project.organisation", "a"))
    var document = policy(
      [
        rule("subject", .require, all(.among("region.name", "a")), subject: nobody),
        rule("soft", .prefer, all(.has("region.city")), subject: nobody),
        rule("places", .require, never), rule("not", .forbid, never),
        rule("chains", .forbid, chains: all(.hasNot("chain.region"))),
      ], classes: [.init(name: "ordinary", sensitivity: .usuel, requires: never)])
    document.capacity = [.init(id: "c", places: never)]
    document.limits = [.init(subject: nobody, production: ResourceList(cpu: Quantity(8)))]
    let found = textual(document)
    #expect(
      found.filter { $0.hasPrefix("UnsatisfiableSelector") }.map { String($0.dropFirst(22)) } == [
        "spec.dataClasses[0].requires", "spec.rules[0].subject", "spec.rules[1].subject", "spec.rules[2].places",
        "spec.rules[3].places", "spec.rules[4].chains", "spec.capacity[0].places", "spec.limits[0].subject",
      ])
  }

  @Test("classes that contradict what they inherit, where it starts, and those that admit what is refused above")
  func classes() {
    func found(_ classes: [PolicySpec.DataClass]) -> [String] { textual(policy(classes: classes)) }
    func residence(_ name: String, _ parent: String?, _ countries: [String], _ subdivisions: [String] = [])
      -> PolicySpec.DataClass
    {
      .init(
        name: name, parent: parent, sensitivity: .usuel,
        residency: .init(countries: countries, subdivisions: subdivisions))
    }
    #expect(
      found([residence("fr", nil, ["FR"]), residence("de", "fr", ["DE"]), residence("below", "de", ["DE"])]) == [
        "ContradictoryClass spec.dataClasses[1]"
      ])
    #expect(
      found([residence("fr", nil, ["FR"]), residence("berlin", "fr", [], ["DE-BE"])]) == [
        "ContradictoryClass spec.dataClasses[1]"
      ])
    #expect(
      found([residence("fr", nil, ["FR"], ["FR-IDF"]), residence("eu", "fr", ["DE", "FR"], ["FR-IDF", "FR-ARA"])]) == [
        "WiderThanParent spec.dataClasses[1].residency.countries[0]",
        "WiderThanParent spec.dataClasses[1].residency.subdivisions[1]",
      ])
    #expect(found([residence("fr", nil, ["FR"]), residence("idf", "fr", ["FR"], ["FR-IDF"])]) == [])
    #expect(
      found([
        .init(name: "in", sensitivity: .usuel, requires: all(.among("cluster.external", "false"))),
        .init(name: "out", parent: "in", sensitivity: .usuel, requires: all(.among("cluster.external", "true"))),
      ]) == ["ContradictoryClass spec.dataClasses[1]"])
    // A circle is found, and gone round once.
    #expect(
      found([residence("a", "b", ["FR"]), residence("b", "a", ["FR"])]) == [
        "InvalidField spec.dataClasses[0].parent", "InvalidField spec.dataClasses[1].parent",
      ])
  }

  @Test("rules that a wider one implies: subject, stages, period and places")
  func shadowed() {
    let wide = rule("wide", .require, all(.among("region.name", "a", "b")))
    func found(_ rules: [PolicySpec.Rule], classes: [PolicySpec.DataClass]? = nil) -> [String] {
      (classes.map { textual(policy(rules, classes: $0)) } ?? textual(policy(rules)))
    }
    let mi = all(.among("project.organisation", "mi"))
    let same = rule("same", .require, all(.among("region.name", "b", "a")), subject: mi, stages: ["prod"])
    #expect(found([wide, same]) == ["ShadowedRule spec.rules[1]"])
    #expect(found([same, wide]) == ["ShadowedRule spec.rules[0]"])
    #expect(found([wide, wide.renamed("twin")]) == ["ShadowedRule spec.rules[1]"])
    #expect(
      found([
        rule("two", .require, all(.above("region.dataCenters", 1))),
        rule("one", .forbid, all(.among("region.dataCenters", "1"))),
      ])
        == ["ShadowedRule spec.rules[1]"])
    #expect(found([rule("mi", .require, all(.among("region.name", "a")), subject: mi), wide]) == [])
    #expect(found([rule("prod", .require, all(.among("region.name", "a")), stages: ["prod"]), wide]) == [])
    #expect(found([rule("short", .require, all(.among("region.name", "a")), until: "2026-12-31"), wide]) == [])
    #expect(found([rule("late", .require, all(.among("region.name", "a")), from: "2026-12-31"), wide]) == [])
    #expect(
      found([
        rule("long", .require, all(.among("region.name", "a")), from: "2026-01-01", until: "2026-12-31"),
        rule("short", .require, all(.among("region.name", "a")), from: "2026-02-01", until: "2026-11-30"),
      ]) == ["ShadowedRule spec.rules[1]"])
    // Periods may begin or end on one day; of two that are the same, the later rule is too much.
    for (from, until, shadowed) in [
      ("2026-01-01", "2026-11-30", 0), ("2026-02-01", "2026-12-31", 0), ("2026-01-01", "2026-12-31", 1),
    ] {
      let rules = [
        rule("short", .require, all(.among("region.name", "a")), from: from, until: until),
        rule("long", .require, all(.among("region.name", "a")), from: "2026-01-01", until: "2026-12-31"),
      ]
      #expect(found(rules) == ["ShadowedRule spec.rules[\(shadowed)]"], "\(from)–\(until)")
    }
    // What can be waived does not stand in for what can not.
    #expect(
      found([wide, rule("firm", .require, all(.among("region.name", "a", "b")), notWaivable: true)]) == [
        "ShadowedRule spec.rules[0]"
      ])
    // A class of data demands it already.
    let classes: [PolicySpec.DataClass] = [
      .init(name: "fr", sensitivity: .usuel, qualifications: ["HDS"], residency: .init(countries: ["FR"])),
      .init(name: "below", parent: "fr", sensitivity: .usuel),
    ]
    let below = all(.among("project.dataClass", "below"))
    #expect(
      found([rule("hds", .require, all(.has("region.qualification")), subject: below)], classes: classes) == [
        "ShadowedRule spec.rules[0]"
      ])
    let itself = all(.among("project.dataClass", "fr"))
    #expect(
      found([rule("hds", .require, all(.has("region.qualification")), subject: itself)], classes: classes) == [
        "ShadowedRule spec.rules[0]"
      ])
    // So does its sensitivity: what is restricted goes to DR alone, what is not need not.
    let dr = rule("dr", .require, all(.among("zone.sensitivity", "DR")))
    for (sensitivity, shadowed) in [(Sensitivity.restricted, ["ShadowedRule spec.rules[0]"]), (Sensitivity.usuel, [])] {
      #expect(found([dr], classes: [.init(name: "one", sensitivity: sensitivity)]) == shadowed, "\(sensitivity)")
    }
  }

  @Test func `of two rules that can not be waived, too, the one that asks for less adds nothing`() {
    let strict = rule("strict", .require, all(.among("region.name", "a", "b")), notWaivable: true)
    let weak = rule("weak", .require, all(.among("region.name", "a", "b", "c")), notWaivable: true)
    #expect(textual(policy([strict, weak])) == ["ShadowedRule spec.rules[1]"])
    #expect(textual(policy([weak, strict])) == ["ShadowedRule spec.rules[0]"])
  }

  /// It would imply everything: what is wrong is told of it alone.
  @Test func `what nothing satisfies shadows no other rule, and makes no preference moot`() {
    let never = rule("never", .require, all(.among("region.name", "a"), .not("region.name", "a")))
    for effect in PolicySpec.Effect.allCases {
      let other = rule("other", effect, all(.among("region.name", "b")))
      #expect(textual(policy([never, other])) == ["UnsatisfiableSelector spec.rules[0].places"], "\(effect)")
      #expect(textual(policy([other, never])) == ["UnsatisfiableSelector spec.rules[1].places"], "\(effect)")
    }
  }

  @Test("preferences that a restriction makes moot")
  func moot() {
    let not = rule("not", .forbid, all(.among("region.name", "a")))
    func found(_ soft: PolicySpec.Rule, _ hard: PolicySpec.Rule? = nil) -> [String] {
      textual(policy([hard ?? not, soft]))
    }
    #expect(found(rule("none", .prefer, all(.among("region.name", "a")))) == ["MootPreference spec.rules[1]"])
    #expect(found(rule("all", .avoid, all(.not("region.name", "a")))) == ["MootPreference spec.rules[1]"])
    #expect(found(rule("some", .prefer, all(.among("region.name", "a", "b")))) == [])
    #expect(found(rule("chain", .prefer, chains: all(.among("chain.name", "a")))) == [])
    #expect(
      found(
        rule("chain", .prefer, chains: all(.among("chain.name", "a"))),
        rule("only", .require, chains: all(.among("chain.name", "b")))) == ["MootPreference spec.rules[1]"])
    let prod = rule("prod", .forbid, all(.among("region.name", "a")), stages: ["prod"])
    #expect(found(rule("none", .prefer, all(.among("region.name", "a"))), prod) == [])
    #expect(found(rule("none", .prefer, all(.among("region.name", "a")), stages: ["prod"]), prod).count == 1)
    // What is left of the places says nothing of the chains, also where all of these are meant.
    #expect(found(rule("chains", .prefer, chains: all(.has("chain.name")))) == [])
    // A preference needs a clear match: it means no project that does not say its typology.
    let typed = rule("typed", .forbid, all(.among("region.name", "a")), subject: all(.has("project.typology")))
    for effect in [PolicySpec.Effect.prefer, .avoid] {
      let soft = rule("soft", effect, all(.among("region.name", "a")), subject: all(.not("project.typology", "x")))
      #expect(found(soft, typed) == ["MootPreference spec.rules[1]"], "\(effect)")
      let everyone = rule("soft", effect, all(.among("region.name", "a")))
      #expect(found(everyone, typed) == [], "\(effect)")
    }
  }

  @Test("capacity rules of which others, together, take all cases")
  func capacity() {
    func found(_ rules: [PolicySpec.CapacityRule]) -> [String] {
      var document = policy()
      document.capacity = rules
      return textual(document)
    }
    let external = all(.among("cluster.external", "true"))
    #expect(
      found([
        .init(id: "prod", stages: ["prod"]), .init(id: "others", stages: ["dev", "staging", "integration"]),
        .init(id: "rest"),
      ]) == ["ShadowedRule spec.capacity[2]"])
    #expect(found([.init(id: "cpu", resources: [.cpu]), .init(id: "rest")]) == [])
    #expect(
      found([.init(id: "a", places: all(.not("cluster.external", "false"))), .init(id: "b", places: external)]) == [
        "ShadowedRule spec.capacity[1]"
      ])
    #expect(found([.init(id: "a", places: external), .init(id: "b")]) == [])
  }

  @Test("rules that are over, where the day is given; limits below the smallest size")
  func others() {
    var document = policy([rule("old", .require, all(.among("region.name", "a")), until: "2026-11-22")])
    #expect(textual(document) == [])
    #expect(textual(document, day: CalendarDay("2026-11-22")) == [])
    #expect(textual(document, day: CalendarDay("2026-11-23")) == ["PeriodOver spec.rules[0].validUntil"])
    document.limits = [
      .init(
        subject: LabelSelector(), production: ResourceList(cpu: Quantity(2), memory: Quantity("4Gi")),
        nonProduction: ResourceList(cpu: Quantity("1.9"), memory: Quantity("3Gi")))
    ]
    #expect(
      textual(document) == [
        "LimitTooSmall spec.limits[0].nonProduction.cpu", "LimitTooSmall spec.limits[0].nonProduction.memory",
      ])
  }

  @Test("names that stand twice, with what was found")
  func duplicates() {
    let twice = rule("one", .require, all(.among("region.name", "a")))
    let findings = PolicyValidator.findings(in: policy([twice, twice])).filter { $0.code == .duplicateName }
    #expect(findings.map(\.path) == ["spec.rules[1].id"])
    #expect(
      findings[0].message
        == LocalizedText(
          fr: "Figure deux fois dans la liste. Trouvé : « one ».", en: "Stands twice in the list. Found: “one”."))
  }

  @Test("points at its line and column")
  func places() throws {
    let text = """
      apiVersion: regie.cloud-pi-native.fr/v1
      kind: Policy
      metadata: {name: politique}
      spec:
        title: {fr: Politique}
        dataClasses: [{name: ordinaire, sensitivity: usuel}]
        rules:
          - id: a
            motive: {fr: motif}
            effect: require
            places:
              matchExpressions:
                - {key: region.state, operator: In, values: [open, clsoed]}
      """
    let document = try #require(try ResourceDocument.read(text).first)
    guard case .policy(let resource) = document.resource else {
      Issue.record("no policy")
      return
    }
    let finding = try #require(PolicyValidator.findings(in: resource.spec).first).placed(in: document)
    #expect(finding.line == 13 && finding.column == 62)
    #expect(finding.path == "spec.rules[0].places.matchExpressions[0].values[1]")
  }

  @Test("has a meaning for every code, in both languages")
  func meanings() {
    for code in FindingCode.allCases {
      #expect(code.meaning.fr.hasSuffix(".") && code.meaning.en?.hasSuffix(".") == true, "\(code)")
    }
  }
}

extension PolicySpec.Rule {
  fileprivate func renamed(_ id: String) -> Self {
    var rule = self
    rule.id = id
    return rule
  }
}
