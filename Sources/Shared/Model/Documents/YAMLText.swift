import Yams

/// Reads YAML as ``Tree``s by the core schema of YAML 1.2, so that `NO` is a text and `2026-01-01` too. Tags, merge keys
/// and duplicate keys are refused.
struct YAMLText {
  /// What a text may come to when its aliases are written out, in bytes of its names and scalars.
  private static let maximumExpansion = 4 << 20

  /// A value with an anchor, and what it adds wherever an alias asks for it.
  private struct Anchored {
    let tree: Tree
    let count: Int
    let bytes: Int
    /// How many levels there are below its own.
    let height: Int
  }

  private let aliases: YAMLAliases
  /// The anchored values that are read in this document, by the names of their anchors.
  private var anchored: [String: Anchored] = [:]
  private var count = 0
  private var bytes = 0
  /// The deepest level so far of the innermost anchored value that is being read.
  private var deepest = 0

  private init(_ aliases: YAMLAliases) { self.aliases = aliases }

  /// The documents of the text, empty ones left out.
  static func trees(_ text: String) throws(DocumentErrors) -> [Tree] {
    let bytes = Array(text.utf8)
    try JSONText.checkSize(bytes.count)
    try YAMLGuard.check(bytes)
    let aliases = try YAMLAliases(in: text)
    var trees: [Tree] = []
    do {
      let parser = try Yams.Parser(yaml: aliases.marked, resolver: .basic, encoding: .utf8)
      var reader = YAMLText(aliases)
      while let root = try parser.nextRoot() {
        reader.anchored = [:]
        let tree = try reader.tree(root, depth: 1)
        if !tree.isNull { trees.append(tree) }
      }
    } catch {
      throw problem(error, in: Array(aliases.marked.utf8), aliases)
    }
    return trees
  }

  private mutating func tree(_ node: Node, depth: Int) throws(DocumentErrors) -> Tree {
    guard let anchor = Self.anchor(of: node) else { return try value(node, depth: depth) }
    let (countBefore, bytesBefore, deepestBefore) = (count, bytes, deepest)
    deepest = depth
    let tree = try value(node, depth: depth)
    // Only now: within itself its name still is that of what had it before.
    anchored[anchor] = Anchored(
      tree: tree, count: count - countBefore, bytes: bytes - bytesBefore, height: deepest - depth)
    deepest = max(deepest, deepestBefore)
    return tree
  }

  private mutating func value(_ node: Node, depth: Int) throws(DocumentErrors) -> Tree {
    count += 1
    let position = Self.position(of: node.mark) ?? .start
    try checkBounds(depth: depth, position)
    switch node {
    case .scalar(let scalar):
      if let wanted = name(ofAlias: scalar) { return try value(of: wanted, scalar, depth: depth, position) }
      return Tree(content: try content(scalar, position), position: position)
    case .sequence(let sequence):
      try checkTag(sequence.tag, "tag:yaml.org,2002:seq", position)
      var elements: [Tree] = []
      for element in sequence { elements.append(try tree(element, depth: depth + 1)) }
      return Tree(content: .list(elements), position: position)
    case .mapping, .alias:
      // The parser sees no aliases: one that were left would be refused like a key that is no name.
      guard let mapping = node.mapping else { throw Self.noName(position) }
      try checkTag(mapping.tag, "tag:yaml.org,2002:map", position)
      var fields: [Tree.Field] = []
      // The parser, which looks for names that stand twice, takes `"\x2an"` and a marked `"*n"` for two.
      var names: Set<String> = []
      for (key, value) in mapping {
        let start = Self.position(of: key.mark) ?? position
        let written = try name(key, start)
        guard names.insert(written).inserted else { throw Self.sameName(written, start) }
        fields.append(Tree.Field(name: written, position: start, value: try tree(value, depth: depth + 1)))
      }
      return Tree(content: .fields(fields), position: position)
    }
  }

  /// The name that a key is. An alias is none: the parser, which finds names that stand twice, can not know it.
  private mutating func name(_ key: Node, _ position: SourcePosition) throws(DocumentErrors) -> String {
    guard case .scalar(let scalar) = key, name(ofAlias: scalar) == nil else { throw Self.noName(position) }
    let bytesBefore = bytes
    let tree = Tree(content: try content(scalar, position), position: position)
    if let anchor = scalar.anchor?.rawValue {
      anchored[anchor] = Anchored(tree: tree, count: 1, bytes: bytes - bytesBefore, height: 0)
    }
    return aliases.written(scalar.string)
  }

  private func name(ofAlias scalar: Node.Scalar) -> String? {
    scalar.style == .plain ? aliases.name(scalar.string) : nil
  }

  /// What an alias stands for.
  private mutating func value(
    of name: String, _ alias: Node.Scalar, depth: Int, _ position: SourcePosition
  ) throws(DocumentErrors) -> Tree {
    guard alias.anchor == nil, alias.tag.description.isEmpty, let value = anchored[name] else {
      throw DocumentErrors(
        "not YAML: an alias of nothing that stands before it in its document",
        fr: "YAML invalide : un alias de rien qui le précède dans son document",
        value: "*\(aliases.written(name))", position: position)
    }
    count += value.count - 1
    bytes += value.bytes
    try checkBounds(depth: depth + value.height, position)
    return value.tree
  }

  private mutating func checkBounds(depth: Int, _ position: SourcePosition) throws(DocumentErrors) {
    deepest = max(deepest, depth)
    guard depth <= Tree.maximumDepth, count <= Tree.maximumCount else {
      throw DocumentErrors(
        "nested deeper than \(Tree.maximumDepth), or more than \(Tree.maximumCount) values",
        fr: "plus de \(Tree.maximumDepth) niveaux ou de \(Tree.maximumCount) valeurs", position: position)
    }
    guard bytes <= Self.maximumExpansion else {
      throw DocumentErrors(
        "the aliases of the text write out to too much", fr: "les alias du texte produisent trop de données",
        accepted: "≤ \(Self.maximumExpansion) bytes", position: position)
    }
  }

  private static func anchor(of node: Node) -> String? {
    switch node {
    case .scalar(let scalar): scalar.anchor?.rawValue
    case .sequence(let sequence): sequence.anchor?.rawValue
    case .mapping(let mapping): mapping.anchor?.rawValue
    case .alias: nil
    }
  }

  private static func noName(_ position: SourcePosition) -> DocumentErrors {
    DocumentErrors("a name was expected", fr: "un nom était attendu", position: position)
  }

  private static func sameName(_ name: String, _ position: SourcePosition?) -> DocumentErrors {
    DocumentErrors(
      "the same name twice in one object", fr: "le même nom deux fois dans un objet", value: name, position: position)
  }

  private mutating func content(
    _ scalar: Node.Scalar, _ position: SourcePosition
  ) throws(DocumentErrors) -> Tree.Content {
    bytes += scalar.string.utf8.count
    try checkTag(scalar.tag, "tag:yaml.org,2002:str", position)
    let text = aliases.written(scalar.string)
    guard scalar.tag.description.isEmpty, scalar.style == .plain || scalar.style == .any else { return .text(text) }
    return CoreSchema.content(text)
  }

  /// That there is no tag but the one that says what is there anyway.
  private func checkTag(_ tag: Tag, _ own: String, _ position: SourcePosition) throws(DocumentErrors) {
    guard !["", "!", own].contains(tag.description) else { return }
    throw DocumentErrors(
      "tags are not accepted", fr: "les étiquettes de type YAML ne sont pas acceptées",
      value: aliases.written(tag.description), position: position)
  }

  private static func position(of mark: Mark?) -> SourcePosition? {
    mark.map { SourcePosition(line: $0.line, column: $0.column) }
  }

  static func problem(_ error: any Error, in bytes: [UInt8], _ aliases: YAMLAliases? = nil) -> DocumentErrors {
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
      let written = names.map { aliases?.written($0) ?? $0 }
      return sameName(written.joined(separator: ", "), position(of: context.mark))
    default: return not(String(describing: error), nil)
    }
  }
}
