public import Foundation

/// A resource as read from a text, with the lines its fields stand on.
public struct ResourceDocument: Sendable {
  /// The resource.
  public let resource: AnyResource
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
    var documents: [ResourceDocument] = []
    var problems: [FieldProblem] = []
    for tree in trees {
      do throws(DocumentErrors) {
        documents.append(try ResourceDocument(tree, expecting: nil))
      } catch {
        problems += trees.count == 1 ? error.problems : error.problems.map { $0.about(tree.label) }
      }
    }
    if !problems.isEmpty { throw DocumentErrors(problems) }
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
    try JSONText.checkSize(data.count)
    guard let text = String(validating: data, as: UTF8.self) else {
      throw DocumentErrors("the text is not UTF-8", fr: "le texte n’est pas en UTF-8")
    }
    return try decode(yaml: text)
  }

  /// What is wrong with the values, errors and warnings, each with its line.
  public var problems: [FieldProblem] {
    resource.problems.map { problem in
      var problem = problem
      problem.line = tree.line(of: problem.path)
      return problem
    }
  }

  init(_ tree: Tree, expecting expected: Kind?) throws(DocumentErrors) {
    guard case .fields(let fields) = tree.content else {
      throw DocumentErrors(
        "expected a resource, an object with apiVersion, kind, metadata and spec",
        fr: "une ressource est attendue : un objet avec apiVersion, kind, metadata et spec", value: tree.shown.en,
        line: tree.line)
    }
    let report = TreeDecoder.Report()
    // As in Kubernetes, `status` belongs to the server: what was got may be applied again as it is.
    let written = Tree(content: .fields(fields.filter { $0.name != "status" }), line: tree.line)
    Self.checkVersion(written, report)
    guard let kind = Self.kind(written, expecting: expected, report) else { throw DocumentErrors(report.problems) }
    let decoder = TreeDecoder(written, path: "", report: report)
    let resource = decoder.noting { try AnyResource(kind: kind, from: $0) }
    guard let resource, report.problems.isEmpty else { throw DocumentErrors(Self.ordered(report.problems)) }
    self.resource = resource
    self.tree = written
  }

  private static func trees(_ text: String) throws(DocumentErrors) -> [Tree] {
    if text.utf8.first(where: { ![0x20, 0x09, 0x0A, 0x0D].contains($0) }) == UInt8(ascii: "{") {
      // YAML's flow style may start with a brace too; its own errors then say more.
      if let tree = try? JSONText.tree(Array(text.utf8)) { return [tree] }
    }
    return try YAMLText.trees(text)
  }

  private static func checkVersion(_ tree: Tree, _ report: TreeDecoder.Report) {
    guard let version = tree["apiVersion"]?.text, version != apiVersion else { return }
    report.problems.append(
      FieldProblem(
        path: "apiVersion", message: "unknown API version", messageFR: "version d’API inconnue", value: version,
        accepted: apiVersion, line: tree.line(of: "apiVersion")))
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
    report.problems.append(
      FieldProblem(
        path: "kind", message: message, messageFR: messageFR, value: found?.shown.en,
        accepted: names.joined(separator: ", "), line: tree.line(of: "kind")))
    return nil
  }

  private static func ordered(_ problems: [FieldProblem]) -> [FieldProblem] {
    problems.enumerated()
      .sorted { ($0.element.line ?? 0, $0.offset) < ($1.element.line ?? 0, $1.offset) }
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
