import Foundation

/// Decodes a ``Tree`` and goes on after a problem: what can not be read is noted and stands in by a value of its type, so
/// that one pass finds everything. The result counts only where nothing was noted.
final class TreeDecoder: Decoder {
  /// Where problems are noted: those of a whole text, of one resource or of several.
  final class Report {
    /// The resource that is read, where a text holds several.
    var resource: String?
    private var noted = NotedProblems()
    private var sorts: [ObjectIdentifier: TypeSort] = [:]

    /// Asking a type what it conforms to costs more than reading a value, so each is asked once in a document.
    func sort<Value>(of type: Value.Type) -> TypeSort {
      let identifier = ObjectIdentifier(type)
      if let sort = sorts[identifier] { return sort }
      let sort = TypeSort(of: type)
      sorts[identifier] = sort
      return sort
    }

    /// What was noted, in the order of the text; the last says how many more there are, where not all are listed.
    var problems: [FieldProblem] {
      var remark = noted.remark(at: "")
      remark?.line = SourcePosition.start.line
      remark?.column = SourcePosition.start.column
      return ResourceDocument.ordered(noted.listed) + [remark].compactMap(\.self)
    }

    /// How much was noted, listed or not.
    var count: Int { noted.count }

    /// Notes a problem, which is put together only where it is listed.
    func note(_ problem: () -> FieldProblem) {
      guard noted.counts(.error) else { return }
      noted.list(problem().about(resource))
    }
  }

  /// Nil below something that was noted already: everything then stands in, and nothing more is said.
  let tree: Tree?
  let place: Place
  let report: Report
  /// Whether the fields are entries of a dictionary, whose names are free.
  let hasFreeNames: Bool
  /// The names that the type asked for: the fields it knows.
  private var asked: [String] = []

  var codingPath: [any CodingKey] { [] }
  var userInfo: [CodingUserInfoKey: Any] { [:] }

  /// Where a value stands. Its path is put together only when there is something to say.
  enum Place {
    case top
    case field(String, of: TreeDecoder)
    case element(Int, of: TreeDecoder)
  }

  init(_ tree: Tree?, at place: Place, report: Report, hasFreeNames: Bool = false) {
    self.tree = tree
    self.place = place
    self.report = report
    self.hasFreeNames = hasFreeNames
  }

  /// As problems name it.
  var path: String {
    switch place {
    case .top: ""
    case .field(let name, let decoder): decoder.below(name)
    case .element(let index, let decoder): "\(decoder.path)[\(index)]"
    }
  }

  func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedDecodingContainer<Key> {
    var fields: [Tree.Field]?
    if let tree {
      if case .fields(let found) = tree.content { fields = found } else { mismatch("an object", "un objet") }
    }
    return KeyedDecodingContainer(TreeFields<Key>(decoder: self, fields: fields))
  }

  /// The type asks for a field. Free names are no fields that a type knows.
  func ask(_ name: String) {
    if !hasFreeNames { asked.append(name) }
  }

  func unkeyedContainer() -> any UnkeyedDecodingContainer {
    var elements: [Tree] = []
    if let tree {
      if case .list(let found) = tree.content { elements = found } else { mismatch("a list", "une liste") }
    }
    return TreeElements(decoder: self, elements: elements)
  }

  func singleValueContainer() -> any SingleValueDecodingContainer { TreeScalar(decoder: self) }

  /// Decodes with `body`, and notes unknown fields, or what `body` throws.
  func noting<Value>(_ body: (TreeDecoder) throws -> Value) -> Value? {
    do {
      let value = try body(self)
      noteUnknownFields()
      return value
    } catch {
      report.note {
        FieldProblem(
          path: path, message: "can not be read", messageFR: "illisible", value: String(describing: error),
          position: tree?.position)
      }
      return nil
    }
  }

  /// Decodes a value of any type from `tree`.
  func read<Value: Decodable>(_ type: Value.Type, _ tree: Tree?, at place: Place) throws -> Value {
    let sort = report.sort(of: type)
    let decoder = TreeDecoder(tree, at: place, report: report, hasFreeNames: sort == .freelyNamed)
    switch sort {
    case .closedList: if let value: Value = decoder.closedList() { return value }
    case .writtenAsText: if let value: Value = decoder.writtenAsText() { return value }
    case .freelyNamed, .other: break
    }
    let value = try Value(from: decoder)
    decoder.noteUnknownFields()
    return value
  }

  /// Notes fields that the type did not ask for.
  func noteUnknownFields() {
    guard !hasFreeNames, case .fields(let fields) = tree?.content else { return }
    for field in fields where !asked.contains(field.name) {
      report.note {
        let nearest = Spelling.nearest(to: field.name, in: asked)
        return FieldProblem(
          path: below(field.name), message: "unknown field" + (nearest.map { ", did you mean “\($0)”?" } ?? ""),
          messageFR: "champ inconnu" + (nearest.map { ", vouliez-vous dire « \($0) » ?" } ?? ""),
          accepted: asked.joined(separator: ", "), position: field.position)
      }
    }
  }

  /// Notes that something else was expected here.
  func mismatch(_ wanted: String, _ wantedFR: String, accepted: String? = nil) {
    guard let tree else { return }
    report.note {
      FieldProblem(
        path: path, message: "expected \(wanted), found \(Self.sort(of: tree).en)",
        messageFR: "\(wantedFR) attendu, trouvé : \(Self.sort(of: tree).fr)",
        value: tree.shown.en, accepted: accepted, position: tree.position)
    }
  }

  /// Notes that a field is missing.
  func missing(_ name: String) {
    guard let tree else { return }
    report.note {
      FieldProblem(
        path: below(name), message: "required field is missing", messageFR: "champ obligatoire absent",
        position: tree.position)
    }
  }

  func below(_ name: String) -> String {
    if hasFreeNames { return "\(path)[\"\(name)\"]" }
    return path.isEmpty ? name : "\(path).\(name)"
  }

  private static func sort(of tree: Tree) -> (en: String, fr: String) {
    switch tree.content {
    case .null: ("nothing", "rien")
    case .bool: ("a boolean", "un booléen")
    case .number: ("a number", "un nombre")
    case .text: ("a text", "un texte")
    case .list: ("a list", "une liste")
    case .fields: ("an object", "un objet")
    }
  }
}
