import Foundation
import Testing

@testable import Model

/// Texts that are small enough to be read, and wrong in thousands of places: they are judged before anybody looks at
/// who sent them.
@Suite("However much is wrong, it is refused in time, with as much as a person reads", .timeLimit(.minutes(2)))
struct ManyProblemsTests {
  private static func text(_ kind: Kind, metadata: String = "", spec: String) -> String {
    """
    {"apiVersion": "\(apiVersion)", "kind": "\(kind.rawValue)", "metadata": {"name": "many"\(metadata)},
    "spec": {\(spec)}}
    """
  }

  private static func list(_ count: Int, _ element: (Int) -> String) -> String {
    "[" + (0..<count).map(element).joined(separator: ",") + "]"
  }

  private static func quoted(_ count: Int, _ element: (Int) -> String) -> String {
    list(count) { "\"\(element($0))\"" }
  }

  private static let project = #""organisation": "mi", "audience": "ministerial", "dataClasses": ["usuelle"], "#
  private static let environments =
    #""environments": [{"name": "dev", "stage": "dev", "quota": {"cpu": 1, "memory": "1Gi"}}]"#
  private static let op = #""displayName": "DTNUM""#
  private static let audience = #""audience": {"organisations": ["*"], "scopes": ["ministerial"]}"#

  /// What is wrong with a text, which must be refused, and with no more words than the text itself may have.
  private static func problems(in text: String) -> [FieldProblem] {
    #expect(text.utf8.count <= Tree.maximumSize)
    let problems: [FieldProblem]
    do throws(DocumentErrors) {
      problems = try ResourceDocument.read(text).flatMap(\.problems)
    } catch {
      problems = error.problems
    }
    #expect(problems.contains { $0.severity == .error })
    #expect(problems.count <= 2 * NotedProblems.most + 1)
    let words = problems.flatMap { [$0.path, $0.message, $0.messageFR, $0.value ?? "", $0.accepted ?? ""] }
    #expect(words.reduce(0) { $0 + $1.utf8.count } <= Tree.maximumSize / 2)
    #expect(problems.allSatisfy { $0.line != nil && $0.column != nil })
    return problems
  }

  /// How many are said to be left out, in both languages, by a last problem that refuses as the others do.
  private static func left(_ problems: [FieldProblem]) -> Int? {
    guard let last = problems.last, last.path.isEmpty, last.severity == .error,
      let count = last.message.wholeMatch(of: /not all problems are listed: ([0-9]+) more/)?.1,
      last.messageFR == "tous les problèmes ne sont pas listés : \(count) de plus"
    else { return nil }
    return Int(count)
  }

  @Test(
    "a residency of more countries and subdivisions than there are is not looked into",
    arguments: [
      (20_000, 20_000, ["countries", "subdivisions"]), (99_000, 0, ["countries"]), (0, 99_000, ["subdivisions"]),
      (251, 0, ["countries"]), (0, 501, ["subdivisions"]),
    ])
  func residency(countries: Int, subdivisions: Int, paths: [String]) {
    let residency =
      #""residency": {"countries": \#(Self.quoted(countries) { _ in "a" }), "#
      + #""subdivisions": \#(Self.quoted(subdivisions) { _ in "b" })}"#
    let project = Self.problems(in: Self.text(.project, spec: Self.project + residency + "," + Self.environments))
    #expect(project.map(\.path) == paths.map { "spec.residency.\($0)" })
    #expect(project.allSatisfy { $0.message == "too many" })
    let policy = #""title": {"fr": "P"}, "dataClasses": [{"name": "a", "sensitivity": "usuel", \#(residency)}]"#
    #expect(
      Self.problems(in: Self.text(.policy, spec: policy)).map(\.path)
        == paths.map { "spec.dataClasses[0].residency.\($0)" })
  }

  private static let selectors: [(String, @Sendable (inout PolicySpec, LabelSelector) -> Void)] = [
    ("dataClasses[1].requires", { $0.dataClasses[1].requires = $1 }),
    ("rules[0].subject", { $0.rules[0].subject = $1 }), ("rules[0].places", { $0.rules[0].places = $1 }),
    ("rules[1].chains", { $0.rules[1].chains = $1 }), ("capacity[0].places", { $0.capacity[0].places = $1 }),
    ("limits[0].subject", { $0.limits[0].subject = $1 }),
  ]

  @Test("a selector of a policy with more terms or values than anyone writes is not looked into", arguments: 0..<6)
  func selector(number: Int) throws {
    let (path, write) = Self.selectors[number]
    func terms(_ count: Int, values: Int) -> LabelSelector {
      LabelSelector(
        matchExpressions: (0..<count).map { term in
          .init(key: "region.nmae", operator: .in, values: (0..<values).map { "v\(term) \($0)" })
        })
    }
    let labels = (0..<65).map { ("region.label/l\($0)", "v") }
    let cases = [
      (terms(65, values: 1), ".matchExpressions"), (terms(1, values: 501), ".matchExpressions[0].values"),
      (LabelSelector(matchLabels: Dictionary(uniqueKeysWithValues: labels)), ".matchLabels"),
    ]
    for (selector, field) in cases {
      var spec = Samples.policy
      write(&spec, selector)
      let problems = Resource("politique", spec).problems
      #expect(problems.map(\.path) == ["spec.\(path)\(field)"] && problems.map(\.message) == ["too many"])
      #expect(!spec.isOfUsualSize)
      // What was stored before is read as it was.
      let stored = try ModelJSON.decoder.decode(PolicySpec.self, from: ModelJSON.encoder.encode(spec))
      #expect(stored == spec)
    }
    var spec = Samples.policy
    write(&spec, terms(64, values: 500))
    #expect(spec.isOfUsualSize)
  }

  @Test("a subdivision elsewhere is answered with as many countries as a person reads")
  func elsewhere() throws {
    var spec = Samples.project
    let letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    let all = letters.flatMap { first in letters.map { "\(first)\($0)" } }
    spec.residency = .init(countries: Array(all.prefix(250)), subdivisions: ["AA-1", "ZZ-1"])
    let problem = try #require(Resource("candilib", spec).problems.first)
    #expect(problem.path == "spec.residency.subdivisions[1]")
    let accepted = all.prefix(20).map { "\($0)-…" } + ["…"]
    #expect(problem.accepted == accepted.joined(separator: ", "))
    spec.residency = .init(countries: ["FR", "BE"], subdivisions: ["ZZ-1"])
    #expect(Resource("candilib", spec).problems.map(\.accepted) == ["FR-…, BE-…"])
  }

  @Test("annotations, each at its line")
  func annotations() {
    let annotations = (0..<85_000).map { "\"!\(String($0, radix: 36))\":\"\"" }.joined(separator: ",\n")
    let problems = Self.problems(
      in: Self.text(.operator, metadata: ", \"annotations\": {\n\(annotations)}", spec: Self.op))
    // One more for all of them, which are too much text.
    #expect(Self.left(problems) == 85_001 - NotedProblems.most)
    #expect(problems.count == NotedProblems.most + 1)
    let lines = problems.dropLast().map { problem in
      problem.path.wholeMatch(of: /metadata\.annotations\["!([0-9a-z]+)"\]/).flatMap { Int($0.1, radix: 36) }.map {
        $0 + 2
      }
    }
    #expect(lines == problems.dropLast().map(\.line))
  }

  @Test("values of the wrong type, as entries of a dictionary")
  func wrongEntries() {
    let labels = (0..<85_000).map { "\"a\($0)\":1" }.joined(separator: ",")
    let problems = Self.problems(in: Self.text(.operator, metadata: ", \"labels\": {\(labels)}", spec: Self.op))
    #expect(Self.left(problems) == 85_000 - NotedProblems.most)
  }

  @Test("unknown fields")
  func unknownFields() {
    let fields = (0..<15_000).map { "\"displayNam\($0)\": 1, " }.joined()
    let problems = Self.problems(in: Self.text(.operator, spec: fields + Self.op))
    #expect(Self.left(problems) == 15_000 - NotedProblems.most)
    #expect(problems.prefix(NotedProblems.most).map(\.path) == (0..<NotedProblems.most).map { "spec.displayNam\($0)" })
    #expect(problems.first?.message == "unknown field, did you mean “displayName”?")
  }

  @Test("names that are none, and stand twice")
  func organisations() {
    let organisations = Self.quoted(90_000) { _ in "A B" }
    let spec =
      #""displayName": "C", "sensitivities": ["DR"], "regions": ["a"], "#
      + #""audience": {"organisations": \#(organisations), "scopes": ["ministerial"]}"#
    let problems = Self.problems(in: Self.text(.chain, spec: spec))
    #expect(Self.left(problems) == 179_999 - NotedProblems.most)
  }

  @Test("attributes that there are not, each nearly one that there is")
  func attributes() {
    let expressions = Self.list(12_000) {
      #"{"key":"region.interconnections-\#($0)-of-the-place","operator":"Exists"}"#
    }
    let preferences = #""preferences": {"terms": [{"matchExpressions": \#(expressions)}]}, "#
    let problems = Self.problems(in: Self.text(.project, spec: Self.project + preferences + Self.environments))
    #expect(Self.left(problems) == 12_000 - NotedProblems.most)
  }

  @Test("words of a closed list that are none of them")
  func closedList() {
    let spec = #""displayName": "C", "regions": ["a"], \#(Self.audience), "sensitivities": "#
    let problems = Self.problems(in: Self.text(.chain, spec: spec + Self.quoted(75_000) { "usue\($0)" }))
    #expect(Self.left(problems) == 75_000 - NotedProblems.most)
  }

  @Test("what would be accepted is cut where it is longer than anyone reads")
  func longNames() {
    let environments = Self.list(64) {
      #"{"name": "e\#($0)\#(String(repeating: "x", count: 10_000))", "stage": "dev", "quota": {"cpu": 1, "memory": 1}}"#
    }
    let spread = #""spread": [{"topology": "region", "environments": \#(Self.quoted(5_000) { "\($0)" })}], "#
    let spec = Self.project + spread + #""environments": \#(environments)"#
    let problems = Self.problems(in: Self.text(.project, spec: spec))
    #expect(Self.left(problems) == 5_064 - NotedProblems.most)
    #expect(problems.first?.path == "spec.spread[0].environments[0]" && problems.first?.accepted?.count == 2_000)
  }

  @Test("periods of a qualification: each is looked at beside the others")
  func qualifications() {
    let region =
      #""operator": "o", "displayName": "R", "location": {"country": "FR", "city": "P"}, "#
      + #""dataCenters": [{"name": "d"}], "#
    func problems(_ count: Int, _ name: (Int) -> String) -> [FieldProblem] {
      let qualifications = Self.list(count) { #"{"name":"\#(name($0))"}"# }
      let text = Self.text(.region, spec: region + Self.audience + #", "qualifications": \#(qualifications)"#)
      return count > 256 ? Self.problems(in: text) : (try? ResourceDocument.read(text).flatMap(\.problems)) ?? []
    }
    #expect(problems(40_000) { "q\($0)" }.map(\.path) == ["spec.qualifications"])
    #expect(problems(257) { "q\($0)" }.map(\.message) == ["too many"])
    #expect(problems(256) { "q\($0)" } == [])
    #expect(problems(2) { _ in "q" }.map(\.path) == ["spec.qualifications[1]"])
  }

  @Test("documents that are none")
  func documents() {
    let problems = Self.problems(in: String(repeating: "---\n- 1\n", count: 5_000))
    #expect(Self.left(problems) == 5_000 - NotedProblems.most)
    let several = Self.problems(in: "---\nkind: Zon\n" + String(repeating: "---\nkind: Nothing\n", count: 150))
    #expect(several.first?.resource == "Zon/?" && several.dropFirst().first?.resource == "Nothing/?")
    #expect(several.last?.resource == nil && Self.left(several) != nil)
  }

  @Test("problems that somebody has gathered from a text are located, and no more of them")
  func gathered() throws {
    let document = try DocumentText(json: #"{"a": [1, 2]}"#)
    let many = (0..<500).map { FieldProblem(path: "a[\($0)]", message: "wrong", messageFR: "faux") }
    let located = document.located(many)
    #expect(located.dropLast().map(\.path) == many.prefix(NotedProblems.most).map(\.path))
    #expect(Self.left(located) == 400 && located[1].column == 11 && located.last?.column == 1)
    #expect(document.located(Array(many.prefix(100))).map(\.path) == many.prefix(100).map(\.path))
  }
}

@Suite("Errors are not hidden behind warnings, nor behind each other")
struct NotedProblemsTests {
  private static func problems(_ errors: Int, after warnings: Int) -> [FieldProblem] {
    var check = Validation()
    for _ in 0..<warnings { check.warning("odd", fr: "curieux") }
    for _ in 0..<errors { check.at("a") { $0.error("wrong", fr: "faux") } }
    return check.problems
  }

  @Test(
    "the last problem says how many there are beyond the first hundred, and refuses where they would",
    arguments: [
      (0, 0, nil, nil), (100, 100, nil, nil), (1, 101, 1, .warning), (101, 0, 1, .error), (150, 150, 100, .error),
      (0, 300, 200, .warning), (1, 5_000, 4_900, .warning),
    ] as [(Int, Int, Int?, FieldProblem.Severity?)])
  func remark(errors: Int, warnings: Int, left: Int?, severity: FieldProblem.Severity?) {
    let problems = Self.problems(errors, after: warnings)
    let (listed, remark) = (problems.filter { $0.path == "spec.a" }, problems.last { $0.message.hasPrefix("not all") })
    #expect(listed.count == min(100, errors) && listed.allSatisfy { $0.severity == .error })
    #expect(problems.count == min(100, errors) + min(100, warnings) + (left == nil ? 0 : 1))
    #expect(remark?.severity == severity && remark == (left == nil ? nil : problems.last))
    #expect(remark?.message == left.map { "not all problems are listed: \($0) more" })
    #expect(remark.map(\.path) == left.map { _ in "spec" })
    #expect(problems.contains { $0.severity == .error } == (errors > 0))
  }

  @Test("what is not listed is not put into words")
  func words() {
    var check = Validation()
    var count = 0
    func word() -> String {
      count += 1
      return "word"
    }
    for _ in 0..<1_000 { check.error(word(), fr: word(), value: word(), accepted: word()) }
    #expect(count == 4 * NotedProblems.most)
  }

  @Test("a cluster of many projects that are not there yet, and of a data centre that is nowhere, is refused")
  func crossReferences() {
    var cluster = Samples.cluster
    cluster.projects = (0..<150).map { "p\($0)" }
    cluster.dataCenters = ["nowhere"]
    let problems = CrossReferences.problems(in: [
      .region(Resource("idf", Samples.region)), .zone(Resource("idf-usuel", Samples.zone)),
      .cluster(Resource("idf-1", cluster)),
    ]).filter { $0.resource == "Cluster/idf-1" }
    #expect(problems.filter { $0.severity == .error }.map(\.path) == ["spec.dataCenters[0]"])
    #expect(problems.count == 102 && problems.last?.message == "not all problems are listed: 50 more")
  }
}
