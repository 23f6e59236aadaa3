/// A document as it was written, before it has a type. Numbers keep their text, so that nothing is rounded.
struct Tree: Sendable, Hashable {
  enum Content: Sendable, Hashable {
    case null
    case bool(Bool)
    case number(String)
    case text(String)
    case list([Tree])
    case fields([Field])
  }

  struct Field: Sendable, Hashable {
    let name: String
    /// Where the name stands.
    let position: SourcePosition
    let value: Tree
  }

  /// Beyond this, a document is refused: resources are less than ten deep.
  static let maximumDepth = 64
  /// Beyond this, a text is refused, in bytes.
  static let maximumSize = 1 << 20
  /// Beyond this, a text is refused, in values, aliases written out.
  static let maximumCount = 100_000

  var content: Content
  /// Where the value starts.
  var position: SourcePosition

  subscript(name: String) -> Tree? {
    guard case .fields(let fields) = content else { return nil }
    return fields.first { $0.name == name }?.value
  }

  var isNull: Bool {
    if case .null = content { true } else { false }
  }

  var text: String? {
    if case .text(let text) = content { text } else { nil }
  }

  /// What messages show of it: the text of a scalar, or what else it is.
  var shown: (en: String, fr: String) {
    switch content {
    case .null: ("nothing (null)", "rien (null)")
    case .bool(let flag): ("\(flag)", "\(flag)")
    case .number(let text), .text(let text): (text, text)
    case .list: ("a list", "une liste")
    case .fields: ("an object", "un objet")
    }
  }

  /// Where the deepest value on `path` stands, a path in the form in which problems name them; a field by its name.
  func position(of path: String) -> SourcePosition { position(of: path[...], from: position) }

  private func position(of path: Substring, from position: SourcePosition) -> SourcePosition {
    switch content {
    case .null, .bool, .number, .text: return position
    case .list(let elements):
      for (index, element) in elements.enumerated() {
        guard let rest = Self.rest(of: path, after: "[\(index)]") else { continue }
        return element.position(of: rest, from: element.position)
      }
    case .fields(let fields):
      for field in fields {
        for step in [field.name, ".\(field.name)", "[\"\(field.name)\"]"] {
          guard let rest = Self.rest(of: path, after: step) else { continue }
          return field.value.position(of: rest, from: field.position)
        }
      }
    }
    return position
  }

  private static func rest(of path: Substring, after step: String) -> Substring? {
    guard path.hasPrefix(step) else { return nil }
    let rest = path.dropFirst(step.count)
    return rest.isEmpty || rest.first == "." || rest.first == "[" ? rest : nil
  }
}
