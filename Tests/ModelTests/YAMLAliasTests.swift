import Testing

@testable import Model

/// Aliases and tags of YAML.
struct YAMLAliasTests {
  private static let tooMany = "nested deeper than 64, or more than 100000 values"
  private static let ofNothing = "not YAML: an alias of nothing that stands before it in its document"

  /// What is said of a text; nil where it is taken. Never its value, which may be too large to be shown.
  private func refusal(of text: String) -> FieldProblem? {
    do throws(DocumentErrors) {
      _ = try YAMLText.trees(text)
      return nil
    } catch {
      return error.problems.first
    }
  }

  private func elements(_ tree: Tree?) -> [String?] {
    guard case .list(let elements)? = tree?.content else { return [] }
    return elements.map(\.text)
  }

  @Test func `an alias stands for the last whole value of that name in its document`() throws {
    let trees = try YAMLText.trees(
      """
      a: &n x
      b: *n
      c: &n [*n, y]
      d: *n
      &k e: *k
      f: {g: *k, h: [*k,*k]}
      ---
      a: &n z
      b: *n
      """)
    try #require(trees.count == 2)
    #expect(trees[0]["b"]?.text == "x")
    #expect(elements(trees[0]["c"]) == ["x", "y"] && elements(trees[0]["d"]) == ["x", "y"])
    #expect(trees[0]["e"]?.text == "e" && trees[0]["f"]?["g"]?.text == "e")
    #expect(elements(trees[0]["f"]?["h"]) == ["e", "e"])
    #expect(trees[1]["b"]?.text == "z")
  }

  @Test func `what looks like one in a text stays as it was written, and moves no column`() throws {
    let text = """
      a: "2 *n, *n"
      b: R&n *n é*n
      "*n": '*n'
      c: |
        *n
        x *n
      d: x
      """
    let tree = try #require(try YAMLText.trees(text).first)
    #expect(tree["a"]?.text == "2 *n, *n" && tree["b"]?.text == "R&n *n é*n")
    #expect(tree["*n"]?.text == "*n" && tree["c"]?.text == "*n\nx *n\n" && tree["d"]?.text == "x")
    let problem = refusal(of: "a: &n x\nb: [*n, !!int 1]")
    #expect(problem?.line == 2 && problem?.column == 9)
    #expect(refusal(of: "{a*n: 1, a*n: 2}")?.value == "a*n")
  }

  @Test(arguments: [#"\uE000"#, #"\ue000"#, #"\U0000E000"#, "\u{E000}"])
  func `what could stand for an asterisk stays what it is, however it is written`(one: String) throws {
    let text = "a: \"\(one) x\"\nb: '*n'\n\"\(one)n\": 1\n\"*n\": 2"
    let tree = try #require(try YAMLText.trees(text).first)
    #expect(tree["a"]?.text == "\u{E000} x" && tree["b"]?.text == "*n")
    #expect(tree["\u{E000}n"] != nil && tree["*n"] != nil)
  }

  @Test func `where nothing is left to stand for an asterisk, a text that may have aliases is refused`() {
    let all = (UInt32(0xE000)...0xF8FF).compactMap { Unicode.Scalar($0) }
    let every = String(String.UnicodeScalarView(all))
    let allButOne = String(String.UnicodeScalarView(all.dropLast()))
    let problem = refusal(of: "# \(every) *x\na: b")
    #expect(problem?.message == "the text may have aliases, and has every character of private use")
    #expect(refusal(of: "# \(allButOne) *x\na: b") == nil && refusal(of: "# \(every)\na: b") == nil)
  }

  @Test(arguments: [(#"{"\x2an": 1, "*n": 2}"#, 14), (#"{"*n": 1, "\u002an": 2}"#, 11)])
  func `a name that is written in two ways stands twice all the same`(text: String, column: Int) {
    let problem = refusal(of: text)
    #expect(problem?.message == "the same name twice in one object" && problem?.value == "*n")
    #expect(problem?.line == 1 && problem?.column == column)
  }

  @Test(
    arguments: [
      ("a: *n", "*n"), ("a: &n [*n]", "*n"), ("a: &n x\n---\nb: *n", "*n"), ("a: &n x\nb: *n y", "*n y"),
      ("a: &n x\nb: &m *n", "*n"), ("a: &n x\nb: !!str *n", "*n"),
    ])
  func `one of nothing, of another document, with something else beside it`(text: String, value: String) {
    let problem = refusal(of: text)
    #expect(problem?.message == Self.ofNothing && problem?.value == value)
  }

  @Test(
    arguments: ["? *n\n: 1", "*n : 1", "{*n : 1}"])
  func `one as a name is refused: names are compared before it is known`(key: String) {
    #expect(refusal(of: "- &n x\n-\n  \(key.replacing("\n", with: "\n  "))")?.message == "a name was expected")
  }

  @Test(arguments: [100, 60_000])
  func `a name that is given again and again makes nothing deep`(levels: Int) {
    let text = "- &a [x]\n" + String(repeating: "- &a [*a]\n", count: levels)
    #expect(refusal(of: text)?.message == Self.tooMany)
  }

  @Test func `what looks like the first alias of a value, within it, hides nothing of its size`() {
    let levels = (1...12).map { level in
      "a\(level): &a\(level) [\"*a\(level)\"" + String(repeating: ", *a\(level - 1)", count: 9) + "]\n"
    }
    #expect(refusal(of: "a0: &a0 [x]\n" + levels.joined())?.message == Self.tooMany)
    let long = "t: &t \"*t " + String(repeating: "x", count: 100_000) + "\"\n"
    let several = long + "u: [" + Array(repeating: "*t", count: 60).joined(separator: ", ") + "]"
    #expect(refusal(of: several)?.message == "the aliases of the text write out to too much")
    let few = long + "u: [" + Array(repeating: "*t", count: 20).joined(separator: ", ") + "]"
    #expect(refusal(of: few) == nil)
  }

  @Test(
    arguments: ["a: !x [1]", "a: !!set {b}", "a: !x {b: 1}", "!!int a: 1", "a: !!int 1"])
  func `tags of lists, objects and names are refused like those of texts`(text: String) {
    #expect(refusal(of: text)?.message == "tags are not accepted")
  }

  @Test(arguments: ["!!map {a: !!seq [!!str b]}", "! {a: [! b]}"])
  func `a tag that says what is there anyway is none`(text: String) {
    #expect(refusal(of: text) == nil)
  }
}
