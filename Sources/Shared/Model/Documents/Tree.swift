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
    /// Where the name stands, from 1.
    let line: Int
    let value: Tree
  }

  /// Beyond this, a document is refused: resources are less than ten deep.
  static let maximumDepth = 64
  /// Beyond this, a text is refused, in bytes.
  static let maximumSize = 1 << 20
  /// Beyond this, a text is refused, in values, aliases written out.
  static let maximumCount = 100_000

  var content: Content
  /// Where the value starts, from 1.
  var line: Int

  subscript(name: String) -> Tree? {
    guard case .fields(let fields) = content else { return nil }
    return fields.first { $0.name == name }?.value
  }

  var isNull: Bool { content == .null }

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

  /// The line of the deepest value on `path`, a path in the form in which problems name them.
  func line(of path: String) -> Int { line(of: path[...], from: line) }

  private func line(of path: Substring, from line: Int) -> Int {
    switch content {
    case .null, .bool, .number, .text: return line
    case .list(let elements):
      for (index, element) in elements.enumerated() {
        guard let rest = Self.rest(of: path, after: "[\(index)]") else { continue }
        return element.line(of: rest, from: element.line)
      }
    case .fields(let fields):
      for field in fields {
        for step in [field.name, ".\(field.name)", "[\"\(field.name)\"]"] {
          guard let rest = Self.rest(of: path, after: step) else { continue }
          return field.value.line(of: rest, from: field.line)
        }
      }
    }
    return line
  }

  private static func rest(of path: Substring, after step: String) -> Substring? {
    guard path.hasPrefix(step) else { return nil }
    let rest = path.dropFirst(step.count)
    return rest.isEmpty || rest.first == "." || rest.first == "[" ? rest : nil
  }
}
