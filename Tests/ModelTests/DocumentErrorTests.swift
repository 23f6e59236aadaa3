import Foundation
import Model
import Testing

@Suite("What is wrong with a text is said precisely")
struct DocumentErrorTests {
  private func problems(_ text: String) -> [FieldProblem] {
    do throws(DocumentErrors) {
      _ = try ResourceDocument.decode(yaml: text)
      return []
    } catch {
      return error.problems
    }
  }

  private let clusterHead = """
    apiVersion: regie.cloud-pi-native.fr/v1
    kind: Cluster
    metadata:
      name: idf-1
    spec:

    """

  @Test("every problem of a document is found in one pass, with path, line, and what is accepted")
  func everyProblem() throws {
    let found = problems(
      clusterHead + """
          zone: 12
          dataCenters: idf-1
          privacy: pubic
          managment: operator
          external: "no"
          stages: [dev, 3]
          capacity:
            cpu: lots
            memory: 4Gi
            gpus: 4
          console:
            id: 123
          taints:
            - key: gpu
              effect: NoSchedule
              vlaue: x
          state: {}
        """)
    #expect(
      found.map { "\($0.line ?? 0) \($0.path)" } == [
        "6 spec.zone", "7 spec.dataCenters", "8 spec.privacy", "9 spec.managment", "10 spec.external",
        "11 spec.stages[1]",
        "13 spec.capacity.cpu", "15 spec.capacity.gpus", "17 spec.console.label", "17 spec.console.id",
        "20 spec.taints[0].effect", "21 spec.taints[0].vlaue", "22 spec.state",
      ])
    func problem(_ path: String) throws -> FieldProblem { try #require(found.first { $0.path == path }) }
    #expect(
      try problem("spec.zone").description
        == "spec.zone (line 6): expected a text, found a number; found “12”; accepted: \"12\"")
    #expect(try problem("spec.privacy").message == "not an accepted value, did you mean “public”?")
    #expect(try problem("spec.privacy").messageFR == "valeur non acceptée, vouliez-vous dire « public » ?")
    #expect(try problem("spec.privacy").accepted == "public, dedicated")
    #expect(try problem("spec.managment").message == "unknown field, did you mean “management”?")
    #expect(try problem("spec.capacity.cpu").accepted?.contains("500m") == true)
    #expect(try problem("spec.capacity.gpus").message == "unknown field, did you mean “gpu”?")
    #expect(try problem("spec.console.label").message == "required field is missing")
    #expect(try problem("spec.console.id").message == "not a UUID")
    #expect(try problem("spec.taints[0].effect").value == "NoSchedule")
    #expect(
      try problem("spec.state").descriptionFR
        == "spec.state (ligne 22): valeur non acceptée; trouvé « an object »; accepté : open, cordoned, draining, closed"
    )
  }

  @Test(
    "one mistake, one message",
    arguments: [
      (
        "apiVersion: v1\nkind: Zone\nmetadata: {name: z}\nspec: {region: r, sensitivity: DR, slug: s}", "apiVersion",
        "unknown API version"
      ),
      (
        "apiVersion: regie.cloud-pi-native.fr/v1\nkind: Zon\nmetadata: {name: z}\nspec: {}", "kind",
        "unknown kind, did you mean “Zone”?"
      ),
      ("apiVersion: regie.cloud-pi-native.fr/v1\nkind: Deployment\nspec: {}", "kind", "unknown kind"),
      ("apiVersion: regie.cloud-pi-native.fr/v1\nspec: {}", "kind", "required field is missing"),
      ("apiVersion: regie.cloud-pi-native.fr/v1\nkind: [Zone]", "kind", "unknown kind"),
      (
        "kind: Zone\nmetadata: {name: z}\nspec: {region: r, sensitivity: DR, slug: s}", "apiVersion",
        "required field is missing"
      ),
      ("apiVersion: regie.cloud-pi-native.fr/v1\nkind: Zone\nmetadata: {name: z}", "spec", "required field is missing"),
      (
        "apiVersion: regie.cloud-pi-native.fr/v1\nkind: Zone\nmetadata: {name: z}\nspec: [1]", "spec",
        "expected an object, found a list"
      ),
      (
        "apiVersion: regie.cloud-pi-native.fr/v1\nkind: Zone\nmetadata: {name: z}\nspec: {region: r, sensitivity: DR, slug: s}\nextra: 1",
        "extra", "unknown field"
      ),
      (
        "apiVersion: regie.cloud-pi-native.fr/v1\nkind: Zone\nmetadata: {name: z, labels: {a/b: 1}}\nspec: {region: r, sensitivity: DR, slug: s}",
        "metadata.labels[\"a/b\"]", "expected a text, found a number"
      ),
      (
        "apiVersion: regie.cloud-pi-native.fr/v1\nkind: Zone\nmetadata: {name: z, labels: [a]}\nspec: {region: r, sensitivity: DR, slug: s}",
        "metadata.labels", "expected an object, found a list"
      ),
      (
        "apiVersion: regie.cloud-pi-native.fr/v1\nkind: Zone\nmetadata: {name: }\nspec: {region: r, sensitivity: DR, slug: s}",
        "metadata.name", "expected a text, found nothing"
      ),
      (
        "apiVersion: regie.cloud-pi-native.fr/v1\nkind: Zone\nmetadata: {name: z, generation: 1.5}\nspec: {region: r, sensitivity: DR, slug: s}",
        "metadata.generation", "expected a whole number, found a number"
      ),
      (
        "apiVersion: regie.cloud-pi-native.fr/v1\nkind: Zone\nmetadata: {name: z, generation: 99999999999999999999}\nspec: {region: r, sensitivity: DR, slug: s}",
        "metadata.generation", "expected a whole number, found a number"
      ),
      (
        "apiVersion: regie.cloud-pi-native.fr/v1\nkind: Zone\nmetadata: {name: z, creationTimestamp: 2026-01-01}\nspec: {region: r, sensitivity: DR, slug: s}",
        "metadata.creationTimestamp", "not a date and time"
      ),
      (
        "apiVersion: regie.cloud-pi-native.fr/v1\nkind: Derogation\nmetadata: {name: d}\nspec: {project: p1, rules: [r], motive: m, validFrom: 2026-02-30}",
        "spec.validFrom", "not a day"
      ),
      (
        "apiVersion: regie.cloud-pi-native.fr/v1\nkind: Zone\nmetadata: &m {name: z}\nspec: {region: r, sensitivity: DR, slug: s, <<: *m}",
        "spec.<<", "unknown field"
      ),
      ("[1, 2]", "", "expected a resource, an object with apiVersion, kind, metadata and spec"),
      ("just text", "", "expected a resource, an object with apiVersion, kind, metadata and spec"),
    ])
  func oneMistake(text: String, path: String, message: String) throws {
    let found = problems(text)
    #expect(found.map(\.path) == [path])
    #expect(found.map(\.message) == [message])
    #expect(found.allSatisfy { !$0.messageFR.isEmpty && $0.line != nil && $0.severity == .error })
  }

  @Test("all documents of a text are looked at, and named")
  func documents() {
    let text = clusterHead + "  zone: 1\n---\nkind: Nothing\n---\n" + clusterHead + "  zon: 1\n---\n- 1\n"
    let found = problems(text)
    #expect(found.contains { $0.resource == "Cluster/idf-1" && $0.path == "spec.zone" && $0.line == 6 })
    #expect(found.contains { $0.resource == "Nothing/?" && $0.path == "kind" })
    #expect(found.contains { $0.resource == "Cluster/idf-1" && $0.path == "spec.zon" && $0.line == 15 })
    #expect(found.contains { $0.resource == nil && $0.path.isEmpty && $0.line == 17 })
  }

  @Test("unknown kinds are answered with the kinds there are")
  func kinds() {
    let accepted = problems("apiVersion: regie.cloud-pi-native.fr/v1\nkind: Pod").first?.accepted
    #expect(accepted == Kind.allCases.map(\.rawValue).joined(separator: ", "))
  }

  @Test("another kind than the one expected is refused")
  func expectedKind() throws {
    let data = try ModelJSON.encoder.encode(Samples.all[0])
    #expect {
      try AnyResource.decode(json: data, expecting: .zone)
    } throws: { error in
      let problem = (error as? DocumentErrors)?.problems.first
      return problem?.path == "kind" && problem?.accepted == "Zone" && problem?.message == "another kind was expected"
    }
  }

  @Test("status belongs to the server: what was got may be applied again")
  func status() throws {
    let text = clusterHead + "  {zone: z, dataCenters: [a], stages: [dev], capacity: {cpu: 1}}\nstatus: {ready: [1]}\n"
    #expect(try ResourceDocument.decode(yaml: text).first?.kind == .cluster)
  }

  @Test(
    "texts that are no YAML, with the line",
    arguments: [
      ("a: [1", 1), ("a: b\n c: d\n", 2), ("a: 1\nb: 2\na: 3\n", 3), ("a: *x", 1), ("a: !!binary aGk=", 1),
      ("a: !custom x", 1), ("? [a]\n: b", 1), ("a: \"\\q\"", 1), ("\ta: b", 1), ("%YAML 9.9\n---\na", 1), ("a: @b", 1),
      ("a: {b: 1, b: 2}", 1), ("*a : b", 1), ("a: &a [*a]", 1),
    ])
  func notYAML(text: String, line: Int) {
    let found = problems(text)
    #expect(found.count == 1)
    #expect(found.first?.line.map { $0 <= line + 1 } ?? (text == "\ta: b"), "\(found)")
  }

  @Test(
    "texts that are no JSON, with the line",
    arguments: [
      ("", 1), ("{", 1), ("{\"a\"", 1), ("{\"a\":", 1), ("{\"a\":1", 1), ("{\"a\":1,}", 1), ("{a: 1}", 1), ("[1,]", 1),
      ("[1", 1),
      ("{\n\"a\": 1,\n\"a\": 2}", 3), ("{} {}", 1), ("01", 1), ("1.", 1), ("-", 1), ("1e", 1), ("+1", 1), ("NaN", 1),
      ("tru", 1),
      ("nul", 1), ("falsy", 1), ("\"a", 1), ("\"\\x\"", 1), ("\"\\u12\"", 1), ("\"\\u12g4\"", 1), ("\"\\ud800\"", 1),
      ("\"\\ud800\\u0041\"", 1), ("\"\u{1}\"", 1), ("\"a\\", 1), ("'a'", 1), ("[1 2]", 1), ("{\"a\" 1}", 1),
      ("\n\n}", 3),
    ])
  func notJSON(text: String, line: Int) {
    #expect {
      try AnyResource.decode(json: Data(text.utf8))
    } throws: { error in
      let problems = (error as? DocumentErrors)?.problems ?? []
      return problems.count == 1 && problems[0].line == line && problems[0].message.hasPrefix("not JSON: ")
        && problems[0].messageFR.hasPrefix("JSON invalide : ")
    }
  }

  @Test("escapes of JSON are understood, whole numbers without their quotes refused as texts")
  func escapes() throws {
    let json = #"""
      {"apiVersion": "regie.cloud-pi-native.fr\/v1", "kind": "Zone", "metadata": {"name": "z",
       "annotations": {"a": "\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00"}, "generation": 12},
       "spec": {"region": "r", "sensitivity": "DR", "slug": "s"}}
      """#
    let resource = try AnyResource.decode(json: Data(json.utf8))
    #expect(resource.metadata.annotations["a"] == "\"\\/\u{8}\u{C}\n\r\té😀")
    #expect(resource.metadata.generation == 12)
  }

  @Test("invalid UTF-8 and texts that are too large are refused")
  func bytes() throws {
    for bytes: [UInt8] in [[0xFF], [0x22, 0xC3, 0x28, 0x22], [0x7B, 0xED, 0xA0, 0x80]] {
      #expect(throws: DocumentErrors.self) { try AnyResource.decode(json: Data(bytes)) }
      #expect(throws: DocumentErrors.self) { try ResourceDocument.decode(Data(bytes)) }
    }
    let large = "a: " + String(repeating: "x", count: 1 << 20)
    #expect(problems(large).first?.message == "the text is too large")
    #expect(throws: DocumentErrors.self) { try AnyResource.decode(json: Data(large.utf8)) }
    #expect(throws: DocumentErrors.self) { try ResourceDocument.decode(Data(large.utf8)) }
  }

  @Test("problems of values carry the line of the field")
  func lines() throws {
    let text =
      clusterHead + """
          zone: Zone_1
          dataCenters:
            - a
            - a
          stages: [dev]
          capacity:
            cpu: 1
            memory: -1
        """
    let document = try #require(
      try ResourceDocument.read(text.replacing("name: idf-1", with: "name: idf-1\n  labels: {a!: x}")).first)
    #expect(
      document.problems.map { "\($0.path) \($0.line ?? 0)" } == [
        "metadata.labels[\"a!\"] 5", "spec.zone 7", "spec.dataCenters[1] 10", "spec.capacity.memory 14",
      ])
  }

  @Test(
    "texts refused as a whole have a place, too",
    arguments: [
      ("a: b\nc: \u{1}d\n", 2, 4), ("a: *x", 1, 4), ("a: &é b", 1, 5), ("é: {a: 1, a: 2}", 1, 5),
      ("a: &a [x]\nb: *a\nc: !tag d", 3, 4), ("[1, 2]", 1, 1), ("kind: Zon\napiVersion: x", 1, 1),
    ])
  func places(text: String, line: Int, column: Int) throws {
    let problem = try #require(problems(text).first)
    #expect(SourcePosition(line: problem.line ?? 0, column: problem.column ?? 0).line == line, "\(problem)")
    #expect(problem.column == column, "\(problem)")
  }

  @Test("what is too large, too deep, or no UTF-8 is refused with its place")
  func hostilePlaces() throws {
    func place(_ data: Data) -> [Int?] {
      do throws(DocumentErrors) {
        _ = try ResourceDocument.decode(data)
        return []
      } catch {
        return error.problems.flatMap { [$0.line, $0.column] }
      }
    }
    #expect(place(Data(repeating: 0x61, count: 1 << 20 + 1)) == [1, 1])
    #expect(place(Data("é: a\n".utf8) + Data([0x62, 0xC3, 0x28])) == [2, 2])
    #expect(place(Data("é: a\n".utf8) + Data([0x62, 0xC3])) == [2, 2])
    #expect(place(Data(("a:\n" + String(repeating: "[", count: 300)).utf8)) == [2, 129])
    let laughs =
      "a0: &a0 [lol]\n"
      + (1...12).map {
        "a\($0): &a\($0) [*a\($0 - 1), *a\($0 - 1), *a\($0 - 1), *a\($0 - 1), *a\($0 - 1), *a\($0 - 1)]\n"
      }
      .joined()
    let found = place(Data(laughs.utf8))
    #expect(found.count == 2 && (found[0] ?? 0) > 1 && (found[1] ?? 0) > 1, "\(found)")
  }

  @Test("in JSON on one line, each field has its column, whatever stands before it")
  func columns() throws {
    let json =
      #"{"apiVersion": "regie.cloud-pi-native.fr/v1", "kind": "Zone", "metadata": {"name": "é é"}, "spec": {}}"#
    #expect {
      try ResourceDocument.read(json)
    } throws: { error in
      let problems = (error as? DocumentErrors)?.problems ?? []
      return problems.map(\.column) == [100, 100, 100] && problems.allSatisfy { $0.line == 1 }
    }
    let document = try #require(
      try ResourceDocument.read(json.replacing("{}", with: #"{"region": "r", "sensitivity": "DR", "slug": "S"}"#)).first
    )
    #expect(document.problems.map(\.column) == [76, 137])
    #expect(document.position(of: "spec.slug") == SourcePosition(line: 1, column: 137))
    for (broken, column) in [("{\n \"é\": 1 2}", 9), ("{\n \"a\": tru}", 7)] {
      #expect {
        try ResourceDocument.read(json: broken)
      } throws: { error in
        (error as? DocumentErrors)?.problems.map { [$0.line, $0.column] } == [[2, column]]
      }
    }
  }

  @Test("all problems are shown, one on a line")
  func description() {
    let errors = DocumentErrors([
      FieldProblem(path: "a", message: "wrong", messageFR: "faux"),
      FieldProblem(
        path: "", message: "bad", messageFR: "mauvais", value: String(repeating: "x", count: 100), accepted: "y",
        resource: "Zone/z", line: 3),
      FieldProblem(path: "", message: "bad", messageFR: "mauvais", line: 3),
      FieldProblem(path: "", message: "bad", messageFR: "mauvais"),
    ])
    #expect(
      errors.description == """
        a: wrong
        Zone/z (line 3): bad; found “\(String(repeating: "x", count: 79))…”; accepted: y
        line 3: bad
        bad
        """)
  }
}
