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
  /// Most objects have no more fields: beyond, their names are kept in a set or a dictionary.
  static let fewFields = 16

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
  func position(of path: String) -> SourcePosition {
    var places = TreePlaces(self)
    return places.position(of: path)
  }

  /// Problems, each with the place that its path leads to.
  func located(_ problems: [FieldProblem]) -> [FieldProblem] {
    var places = TreePlaces(self)
    return problems.map { problem in
      var problem = problem
      let position = places.position(of: problem.path)
      (problem.line, problem.column) = (position.line, position.column)
      return problem
    }
  }

  /// Where each name stands among `fields`, where those are many: among few, looking at all is quicker.
  static func places(_ fields: [Field]) -> [String: Int]? {
    guard fields.count > fewFields else { return nil }
    return Dictionary(fields.enumerated().map { ($1.name, $0) }) { first, _ in first }
  }
}
