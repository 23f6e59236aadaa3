public import Foundation

/// A resource as read from a text, with the places where its fields stand.
public struct ResourceDocument: Sendable {
  /// The resource.
  public let resource: AnyResource
  /// The paths of what was withheld from whoever read it, by what its status says; empty where it is whole.
  public let withheld: [String]
  private let tree: Tree

  /// Reads every resource of a YAML text of one or more documents, or of a JSON text.
  ///
  /// Strict: unknown kinds and fields, wrong types, duplicate names and oversized texts are refused. The values
  /// themselves are not judged: see ``problems``.
  /// - Throws: every problem found, in all documents.
  public static func read(_ text: String) throws(DocumentErrors) -> [ResourceDocument] {
    try read(trees(text))
  }

  /// Reads the resource of a JSON text, and takes nothing else for JSON; otherwise as ``read(_:)``.
  ///
  /// - Throws: every problem found.
  public static func read(json text: String) throws(DocumentErrors) -> [ResourceDocument] {
    try read([JSONText.tree(Array(text.utf8))])
  }

  private static func read(_ trees: [Tree]) throws(DocumentErrors) -> [ResourceDocument] {
    // One report for all: a text may hold as many documents as values.
    let report = TreeDecoder.Report()
    var documents: [ResourceDocument] = []
    for tree in trees {
      report.resource = trees.count == 1 ? nil : tree.label
      if let document = ResourceDocument(tree, expecting: nil, report) { documents.append(document) }
    }
    guard report.count == 0 else { throw DocumentErrors(report.problems) }
    return documents
  }

  /// The resources of a YAML text of one or more documents, or of a JSON text; see ``read(_:)``.
  ///
  /// - Throws: every problem found, in all documents.
  public static func decode(yaml: String) throws(DocumentErrors) -> [AnyResource] {
    try read(yaml).map(\.resource)
  }

  /// The resources of a text in UTF-8; see ``read(_:)``.
  ///
  /// - Throws: every problem found, in all documents.
  public static func decode(_ data: Data) throws(DocumentErrors) -> [AnyResource] {
    try read(data).map(\.resource)
  }

  /// Reads every resource of a text in UTF-8; see ``read(_:)``.
  ///
  /// - Throws: every problem found, in all documents.
  public static func read(_ data: Data) throws(DocumentErrors) -> [ResourceDocument] {
    try JSONText.checkSize(data.count)
    guard let text = String(validating: data, as: UTF8.self) else {
      throw DocumentErrors(
        "the text is not UTF-8", fr: "le texte n’est pas en UTF-8", position: firstInvalid(in: data))
    }
    return try read(text)
  }

  /// Where a text stops being UTF-8: its first byte that no scalar starts with.
  private static func firstInvalid(in data: Data) -> SourcePosition {
    var rest = data[...]
    while let first = rest.first,
      let length = first < 0x80
        ? 1 : (2...4).first(where: { String(validating: rest.prefix($0), as: UTF8.self) != nil })
    { rest = rest.dropFirst(length) }
    return SourcePosition(of: rest.startIndex - data.startIndex, in: data)
  }

  /// What is wrong with the values, errors and warnings, each with its place; as many as ``Validation/problems`` says.
  public var problems: [FieldProblem] { tree.located(incompleteness + resource.problems) }

  /// A resource that was read by somebody who was not told all of it can not be written back: what was withheld would go.
  private var incompleteness: [FieldProblem] {
    guard !withheld.isEmpty else { return [] }
    return [
      FieldProblem(
        path: "status.withheld",
        message: "parts of this resource were withheld from whoever read it, and would be lost",
        messageFR: "des parties de cette ressource ont été tues à qui l’a lue, et seraient perdues",
        value: withheld.joined(separator: ", "),
        accepted: "a resource read by whoever may write it, or one without status.withheld that says all there is to be"
      )
    ]
  }

  /// Where a field stands, `spec.rules[2].places`; the nearest one above it where there is no such field.
  public func position(of path: String) -> SourcePosition { tree.position(of: path) }

  init(_ tree: Tree, expecting expected: Kind?) throws(DocumentErrors) {
    let report = TreeDecoder.Report()
    guard let document = ResourceDocument(tree, expecting: expected, report) else {
      throw DocumentErrors(report.problems)
    }
    self = document
  }

  /// The resource that a tree holds; nil where something is wrong, which is then noted in `report`.
  private init?(_ tree: Tree, expecting expected: Kind?, _ report: TreeDecoder.Report) {
    let before = report.count
    guard case .fields(let fields) = tree.content else {
      report.note {
        FieldProblem(
          path: "", message: "expected a resource, an object with apiVersion, kind, metadata and spec",
          messageFR: "une ressource est attendue : un objet avec apiVersion, kind, metadata et spec",
          value: tree.shown.en, position: tree.position)
      }
      return nil
    }
    // As in Kubernetes, `status` belongs to the server: what was got may be applied again as it is.
    let written = Tree(content: .fields(fields.filter { $0.name != "status" }), position: tree.position)
    Self.checkVersion(written, report)
    guard let kind = Self.kind(written, expecting: expected, report) else { return nil }
    let decoder = TreeDecoder(written, at: .top, report: report)
    let resource = decoder.noting { try AnyResource(kind: kind, from: $0) }
    guard let resource, report.count == before else { return nil }
    self.resource = resource
    withheld = Self.withheld(tree)
    self.tree = tree
  }

  private static func withheld(_ tree: Tree) -> [String] {
    guard case .list(let paths)? = tree["status"]?["withheld"]?.content else { return [] }
    return paths.map { $0.text ?? $0.shown.en }
  }

  static func trees(_ text: String) throws(DocumentErrors) -> [Tree] {
    if text.utf8.first(where: { ![0x20, 0x09, 0x0A, 0x0D].contains($0) }) == UInt8(ascii: "{") {
      // YAML's flow style may start with a brace too; its own errors then say more.
      if let tree = try? JSONText.tree(Array(text.utf8)) { return [tree] }
    }
    return try YAMLText.trees(text)
  }

  private static func checkVersion(_ tree: Tree, _ report: TreeDecoder.Report) {
    guard let version = tree["apiVersion"]?.text, version != apiVersion else { return }
    report.note {
      FieldProblem(
        path: "apiVersion", message: "unknown API version", messageFR: "version d’API inconnue", value: version,
        accepted: apiVersion, position: tree.position(of: "apiVersion"))
    }
  }

  private static func kind(_ tree: Tree, expecting expected: Kind?, _ report: TreeDecoder.Report) -> Kind? {
    let found = tree["kind"]
    let kind = found?.text.flatMap(Kind.init(rawValue:))
    if let kind, expected ?? kind == kind { return kind }
    let names = expected.map { [$0.rawValue] } ?? Kind.allCases.map(\.rawValue)
    let nearest = found?.text.flatMap { Spelling.nearest(to: $0, in: names) }
    let (message, messageFR) =
      if found == nil {
        ("required field is missing", "champ obligatoire absent")
      } else if kind != nil {
        ("another kind was expected", "un autre type de ressource est attendu")
      } else {
        (
          "unknown kind" + (nearest.map { ", did you mean “\($0)”?" } ?? ""),
          "type de ressource inconnu" + (nearest.map { ", vouliez-vous dire « \($0) » ?" } ?? "")
        )
      }
    report.note {
      FieldProblem(
        path: "kind", message: message, messageFR: messageFR, value: found?.shown.en,
        accepted: names.joined(separator: ", "), position: tree.position(of: "kind"))
    }
    return nil
  }

  static func ordered(_ problems: [FieldProblem]) -> [FieldProblem] {
    problems.enumerated()
      .sorted {
        ($0.element.line ?? 0, $0.element.column ?? 0, $0.offset)
          < ($1.element.line ?? 0, $1.element.column ?? 0, $1.offset)
      }
      .map(\.element)
  }
}

extension FieldProblem {
  func about(_ resource: String?) -> FieldProblem {
    var problem = self
    problem.resource = resource
    return problem
  }
}

extension Tree {
  /// `Cluster/idf-1`, as far as it is known.
  var label: String? {
    guard let kind = self["kind"]?.text else { return nil }
    return "\(kind)/\(self["metadata"]?["name"]?.text ?? "?")"
  }
}
