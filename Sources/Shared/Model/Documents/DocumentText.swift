/// A YAML or JSON text that holds one value of any type, read as strictly as resources are: everything that is wrong in
/// one pass, each with its path and line.
public struct DocumentText: Sendable {
  /// What a value is, before it has a type.
  public enum Form: Sendable, Hashable {
    /// Nothing, a flag, a number or a list.
    case other
    case text(String)
    /// An object with fields of these names.
    case object([String])
  }

  /// A value of any type, as it was written: numbers keep their text, so that nothing is rounded.
  public enum Content: Sendable, Hashable {
    /// Nothing.
    case null
    /// Yes or no.
    case flag(Bool)
    /// A number, in its own words.
    case number(String)
    /// A text.
    case text(String)
    /// Several.
    case list([Content])
    /// Named ones.
    case object([String: Content])

    /// The number, where it is a whole one; `60.0` and `6e1` are sixty, too.
    public var wholeNumber: Int64? {
      guard case .number(let text) = self else { return nil }
      return Int64(text) ?? Double(text).flatMap { Int64(exactly: $0) }
    }
  }

  private let tree: Tree

  /// Reads a text that is YAML, or JSON.
  ///
  /// - Throws: what is wrong with it as a text, or that it does not hold exactly one document.
  public init(_ text: String) throws(DocumentErrors) {
    let trees = try ResourceDocument.trees(text)
    guard let tree = trees.first, trees.count == 1 else {
      throw DocumentErrors(
        "one document is expected", fr: "un seul document est attendu", value: String(trees.count), accepted: "1")
    }
    self.tree = tree
  }

  /// Reads a text that is JSON, and takes nothing else for it.
  ///
  /// - Throws: what is wrong with it as a text.
  public init(json text: String) throws(DocumentErrors) {
    tree = try JSONText.tree(Array(text.utf8))
  }

  /// What stands in a field of the value, or the whole where no field is named; nil where there is no such field.
  public func form(of field: String? = nil) -> Form? {
    guard let found = field.map({ tree[$0] }) ?? tree else { return nil }
    switch found.content {
    case .text(let text): return .text(text)
    case .fields(let fields): return .object(fields.map(\.name))
    case .null, .bool, .number, .list: return .other
    }
  }

  /// The whole value, of whatever type: nothing is tried out to find what it is, so that whoever writes it can not keep
  /// a reader busy.
  public var content: Content { Content(tree) }

  /// The value as one of a type. Values themselves are not judged.
  ///
  /// - Throws: unknown fields, missing ones and wrong types, in the order of the text.
  public func decode<Value: Decodable>(_ type: Value.Type = Value.self) throws(DocumentErrors) -> Value {
    let report = TreeDecoder.Report()
    let decoder = TreeDecoder(tree, at: .top, report: report)
    guard let value = decoder.noting({ try Value(from: $0) }), report.count == 0 else {
      throw DocumentErrors(report.problems)
    }
    return value
  }

  /// The value as a resource.
  ///
  /// - Throws: as ``ResourceDocument/read(_:)``.
  public func resource() throws(DocumentErrors) -> ResourceDocument {
    try ResourceDocument(tree, expecting: nil)
  }

  /// Problems of the value, each with the place in the text that its path leads to: no more of them than of one resource,
  /// for a text may hold as many resources as it likes.
  public func located(_ problems: [FieldProblem]) -> [FieldProblem] {
    tree.located(NotedProblems(problems).problems(at: ""))
  }
}

extension DocumentText.Content {
  fileprivate init(_ tree: Tree) {
    switch tree.content {
    case .null: self = .null
    case .bool(let flag): self = .flag(flag)
    case .number(let text): self = .number(text)
    case .text(let text): self = .text(text)
    case .list(let elements): self = .list(elements.map { Self($0) })
    case .fields(let fields):
      self = .object(Dictionary(fields.map { ($0.name, Self($0.value)) }, uniquingKeysWith: { first, _ in first }))
    }
  }
}
