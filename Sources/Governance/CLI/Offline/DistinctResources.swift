import Model

/// The resources of files, each once. Where two documents say different things of one, nobody knows which is meant: an
/// offer goes by the first, and the service would be left with the last.
struct DistinctResources {
  /// What a document is beside those before it.
  enum Standing {
    case new
    /// One before it says the same.
    case again
    /// One before it, in this file, says something else of the same resource.
    case contradicts(String)
  }

  private var seen: [String: (resource: AnyResource, path: String)] = [:]

  mutating func add(_ resource: AnyResource, from path: String) -> Standing {
    let name = Self.name(of: resource)
    guard let before = seen[name] else {
      seen[name] = (resource, path)
      return .new
    }
    return before.resource == resource ? .again : .contradicts(before.path)
  }

  /// What is wrong with a document, at its place.
  static func problem(of document: ResourceDocument, contradicting path: String) -> FieldProblem {
    let place = document.position(of: "metadata.name")
    return FieldProblem(
      path: "metadata.name", message: "stands in \(path) as well, where it is otherwise",
      messageFR: "figure aussi dans \(path), où elle est autre", value: name(of: document.resource),
      accepted: "once / une fois", line: place.line, column: place.column)
  }

  private static func name(of resource: AnyResource) -> String { "\(resource.kind.rawValue)/\(resource.metadata.name)" }
}
