import Testing

@testable import Model

@Suite("The strict decoder")
struct TreeDecoderTests {
  /// Decodes in every way that the protocols offer, those included that no resource uses today.
  private struct Everything: Decodable, Equatable {
    var sum = 0
    var texts: [String] = []
    var hasNull = false

    private enum Field: String, CodingKey {
      case integers, fields, list, absent, parent
    }

    private struct Integers: Decodable {
      let a: Int8, b: Int16, c: Int32, d: Int64, e: UInt, f: UInt8, g: UInt16, h: UInt32, i: UInt64, j: Int
      let k: Double, l: Float
    }

    private struct Wrapped: Decodable {
      let value: Int

      init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        value = container.decodeNil() ? -1 : try container.decode([Int].self).reduce(0, +)
      }
    }

    init(from decoder: any Decoder) throws {
      #expect(decoder.codingPath.isEmpty && decoder.userInfo.isEmpty)
      let container = try decoder.container(keyedBy: Field.self)
      #expect(container.codingPath.isEmpty)
      let all = try container.decode(Integers.self, forKey: .integers)
      sum = Int(all.a) + Int(all.b) + Int(all.c) + Int(all.d) + Int(all.e) + Int(all.f) + Int(all.g) + Int(all.h)
      sum += Int(all.i) + all.j + Int(all.k) + Int(all.l)

      let fields = try container.nestedContainer(keyedBy: Field.self, forKey: .fields)
      texts.append(try fields.decode(String.self, forKey: .parent))
      sum += try Wrapped(from: fields.superDecoder(forKey: .list)).value
      #expect(try fields.superDecoder().container(keyedBy: Field.self).allKeys.count == 2)

      var list = try container.nestedUnkeyedContainer(forKey: .list)
      #expect(list.codingPath.isEmpty && list.count == 6 && list.currentIndex == 0)
      hasNull = try list.decodeNil()
      #expect(try !list.decodeNil())
      texts.append(try list.decode(String.self))
      texts.append(try list.nestedContainer(keyedBy: Field.self).decode(String.self, forKey: .parent))
      var inner = try list.nestedUnkeyedContainer()
      sum += try inner.decode(Int.self)
      sum += try Wrapped(from: list.superDecoder()).value
      sum += try list.decode(Wrapped.self).value
      #expect(list.isAtEnd)
      // Beyond the end a value stands in; it was never asked for by what this module decodes.
      sum += try list.decode(Int.self)
      #expect(try container.decodeIfPresent(String.self, forKey: .absent) == nil)
      #expect(try Wrapped(from: container.superDecoder(forKey: .absent)).value == -1)
      #expect(try decoder.singleValueContainer().codingPath.isEmpty)
    }
  }

  @Test("offers all that the protocols ask for")
  func everything() throws {
    let tree = try YAMLText.trees(
      """
      integers: {a: 1, b: 2, c: 3, d: 4, e: 5, f: 6, g: 7, h: 8, i: 9, j: 10, k: 11.5, l: 12}
      fields: {parent: one, list: [1, 2]}
      list: [~, two, {parent: three}, [100], [1000], [~]]
      """)
    let report = TreeDecoder.Report()
    let value = TreeDecoder(tree.first, at: .top, report: report).noting { try Everything(from: $0) }
    #expect(value?.sum == 78 + 3 + 100 + 1_000)
    #expect(value?.texts == ["one", "two", "three"] && value?.hasNull == true)
    #expect(report.problems.map(\.path) == ["list[5][0]"])
  }

  private struct Scalars: Decodable {
    let flag: Bool?
    let number: Double?
    let small: UInt8?
  }

  @Test(
    "says what it wanted of a scalar",
    arguments: [
      ("flag: 1", "flag", "expected a boolean, found a number"),
      ("flag: [yes]", "flag", "expected a boolean, found a list"),
      ("number: true", "number", "expected a number, found a boolean"),
      ("number: 1e999", "number", "expected a number, found a number"),
      ("small: 256", "small", "expected a whole number, found a number"),
    ])
  func scalars(text: String, path: String, message: String) throws {
    let report = TreeDecoder.Report()
    _ = TreeDecoder(try YAMLText.trees(text).first, at: .top, report: report).noting { try Scalars(from: $0) }
    #expect(report.problems.map(\.path) == [path])
    #expect(report.problems.map(\.message) == [message])
  }

  @Test("words of YAML 1.2's core schema, and no others")
  func coreSchema() {
    #expect(["", "~", "null", "Null", "NULL"].allSatisfy { CoreSchema.content($0) == .null })
    #expect(["true", "True", "TRUE"].allSatisfy { CoreSchema.content($0) == .bool(true) })
    #expect(["false", "False", "FALSE"].allSatisfy { CoreSchema.content($0) == .bool(false) })
    for number in ["0", "-1", "+1.5", ".5", "1.", "1e3", "1E-3", "0x1F", "0o17", ".inf", "-.INF", ".nan"] {
      #expect(CoreSchema.content(number) == .number(number))
    }
    for text in [
      "yes", "no", "on", "NO", "1_000", "0b1", "0x", "0xG", "0o8", "2026-01-01", "1.2.3", "e3", ".", "-", "1e", "inf",
    ] {
      #expect(CoreSchema.content(text) == .text(text))
    }
  }

  private struct Refused: Error {}

  @Test("notes what a type throws by itself, and errors of no known kind")
  func thrown() {
    let report = TreeDecoder.Report()
    let decoder = TreeDecoder(
      Tree(content: .null, position: SourcePosition(line: 7, column: 3)),
      at: .field("spec", of: TreeDecoder(nil, at: .top, report: report)), report: report)
    #expect(decoder.noting { _ -> Int in throw Refused() } == nil)
    #expect(report.problems.map(\.description) == ["spec (line 7): can not be read; found “Refused()”"])
    #expect(YAMLText.problem(Refused(), in: []).problems.map(\.line) == [1])
  }

  @Test("finds the place of a path, or of what is nearest above it")
  func lines() throws {
    let tree = try #require(
      try YAMLText.trees("a:\n  b.c:\n    - x\n    - y: 1\n      z: 2\n  d/e: 3\n  f:\n  g: true\n").first)
    let expected = [
      ("", 1, 1), ("a", 1, 1), ("a[\"b.c\"][1].z", 5, 7), ("a[\"b.c\"][0]", 3, 7), ("a[\"b.c\"][1].unknown", 4, 7),
      ("a[\"d/e\"].deep", 6, 3), ("a.f.x", 7, 3), ("a.g", 8, 3), ("q", 1, 1), ("a[\"b.c\"][9]", 2, 3),
    ]
    for (path, line, column) in expected {
      #expect(tree.position(of: path) == SourcePosition(line: line, column: column), "\(path)")
    }
    #expect(tree["a"]?["g"]?.shown.en == "true" && tree["a"]?["g"]?["x"] == nil)
  }

  @Test(
    "finds places in a long list and in an object of many fields, however many are looked up", .timeLimit(.minutes(2)))
  func manyPlaces() throws {
    let list = (0..<49_000).map { _ in "0" }.joined(separator: ",\n")
    let fields = (0..<49_000).map { "\"f\($0)\":0" }.joined(separator: ",\n")
    let tree = try JSONText.tree(Array("{\"list\": [\n\(list)],\n\"fields\": {\n\(fields)}}".utf8))
    let numbers = Array(39_000..<49_000)
    let paths = numbers.map { "list[\($0)]" } + numbers.map { "fields.f\($0)" }
    let located = tree.located(paths.map { FieldProblem(path: $0, message: "wrong", messageFR: "faux") })
    #expect(located.map(\.line) == numbers.map { $0 + 2 } + numbers.map { $0 + 49_003 })
  }

  /// Objects of more fields than one looks at one by one are looked up: by both, the same is found.
  @Test("finds the place of a path by its first name that fits, among few fields and among many", arguments: [0, 40])
  func names(others: Int) throws {
    let others = (0..<others).map { ", \"other\($0)\": 0" }.joined()
    let tree = try JSONText.tree(
      Array(
        """
        {"list": [0,
        {"a.b": {"c": 0\(others)},
        "a": {"b": {"c": 0}},
        "a.b.c": 0,
        "x[1]": [0,
        [0, 0],
        0],
        "\\"]": 0,
        "é/ü": {"": {"d": 0\(others)}}\(others)}],
        "x": [0], "": 0, "y": {
        "a": {"z": {
        "b": 0}},
        "a.z": {
        "b": 0}}\(others)}
        """.utf8))
    let expected = [
      ("", 10), ("list", 1), ("list[0]", 1), ("list[1]", 2), ("list[2]", 1), ("list[01]", 1), ("list[+1]", 1),
      ("list[-1]", 1), ("list[]", 1), ("list[1", 1), ("list[1]x", 1), ("list[99999999999999999999]", 1), ("list.0", 1),
      ("list[1][\"a.b\"]", 2), ("list[1][\"a.b\"].c", 2), ("list[1].a.b.c", 2), ("list[1].a", 3), ("list[1].a.x", 3),
      ("list[1][\"a.b.c\"]", 4), ("list[1][\"a.b.c\"].d", 4), ("list[1][\"x[1]\"]", 5), ("list[1][\"x[1]\"][1]", 6),
      ("list[1].x[1][2]", 7), ("list[1][\"\"]\"]", 8), ("list[1][\"é/ü\"]", 9), ("list[1][\"é/ü\"].none", 9),
      ("list[1].none", 2), ("list[1]none", 1), ("listing", 1), ("x[0]", 10), ("y.a", 11), ("y.a.z", 11),
      ("y.a.z.b", 12), ("y[\"a.z\"]", 13), ("y[\"a.z\"].b", 14),
    ]
    for (path, line) in expected { #expect(tree.position(of: path).line == line, "\(path)") }
    let problems = expected.map { FieldProblem(path: $0.0, message: "wrong", messageFR: "faux") }
    #expect(tree.located(problems).map(\.line) == expected.map(\.1))
  }
}
