import Yams

/// Reads YAML as ``Tree``s by the core schema of YAML 1.2, so that `NO` is a text and `2026-01-01` too. Tags, merge keys
/// and duplicate keys are refused.
struct YAMLText {
  private var count = 0

  /// The documents of the text, empty ones left out.
  static func trees(_ text: String) throws(DocumentErrors) -> [Tree] {
    let bytes = Array(text.utf8)
    try JSONText.checkSize(bytes.count)
    try YAMLGuard.check(bytes)
    var trees: [Tree] = []
    do {
      let parser = try Yams.Parser(yaml: text, resolver: .basic, encoding: .utf8)
      var reader = YAMLText()
      while let root = try parser.nextRoot() {
        let tree = try reader.tree(root, depth: 1)
        if !tree.isNull { trees.append(tree) }
      }
    } catch {
      throw problem(error, in: bytes)
    }
    return trees
  }

  private mutating func tree(_ node: Node, depth: Int) throws(DocumentErrors) -> Tree {
    count += 1
    let position = Self.position(of: node.mark) ?? .start
    guard depth <= Tree.maximumDepth, count <= Tree.maximumCount else {
      throw DocumentErrors(
        "nested deeper than \(Tree.maximumDepth), or more than \(Tree.maximumCount) values",
        fr: "plus de \(Tree.maximumDepth) niveaux ou de \(Tree.maximumCount) valeurs", position: position)
    }
    switch node {
    case .scalar(let scalar): return Tree(content: try Self.content(scalar, position), position: position)
    case .sequence(let sequence):
      var elements: [Tree] = []
      for element in sequence { elements.append(try tree(element, depth: depth + 1)) }
      return Tree(content: .list(elements), position: position)
    case .mapping, .alias:
      // The parser has written aliases out: one that were left would be refused like a key that is no name.
      guard let mapping = node.mapping else { throw Self.noName(position) }
      var fields: [Tree.Field] = []
      for (key, value) in mapping {
        let start = Self.position(of: key.mark) ?? position
        guard case .scalar(let name) = key else { throw Self.noName(start) }
        fields.append(Tree.Field(name: name.string, position: start, value: try tree(value, depth: depth + 1)))
      }
      return Tree(content: .fields(fields), position: position)
    }
  }

  private static func noName(_ position: SourcePosition) -> DocumentErrors {
    DocumentErrors("a name was expected", fr: "un nom était attendu", position: position)
  }

  private static func content(
    _ scalar: Node.Scalar, _ position: SourcePosition
  ) throws(DocumentErrors) -> Tree.Content {
    let tag = scalar.tag.description
    guard tag.isEmpty || tag == "!" || tag == "tag:yaml.org,2002:str" else {
      throw DocumentErrors(
        "tags are not accepted", fr: "les étiquettes de type YAML ne sont pas acceptées", value: tag,
        position: position)
    }
    guard tag.isEmpty, scalar.style == .plain || scalar.style == .any else { return .text(scalar.string) }
    return CoreSchema.content(scalar.string)
  }

  private static func position(of mark: Mark?) -> SourcePosition? {
    mark.map { SourcePosition(line: $0.line, column: $0.column) }
  }

  static func problem(_ error: any Error, in bytes: [UInt8]) -> DocumentErrors {
    func not(_ detail: String, _ position: SourcePosition?) -> DocumentErrors {
      DocumentErrors("not YAML: \(detail)", fr: "YAML invalide : \(detail)", position: position ?? .start)
    }
    if let error = error as? DocumentErrors { return error }
    switch error as? YamlError {
    case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
      .composer(_, let problem, let mark, _):
      return not(problem, position(of: mark))
    case .reader(let problem, let offset, _, _):
      return not(problem, offset.map { SourcePosition(of: $0, in: bytes) })
    case .duplicatedKeysInMapping(let names, let context):
      return DocumentErrors(
        "the same name twice in one object", fr: "le même nom deux fois dans un objet",
        value: names.joined(separator: ", "), position: position(of: context.mark))
    default: return not(String(describing: error), nil)
    }
  }
}
