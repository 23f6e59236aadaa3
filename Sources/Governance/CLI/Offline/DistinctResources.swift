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

  private let comparesVersions: Bool
  private var seen: [String: (resource: AnyResource, path: String)] = [:]

  /// - Parameter comparesVersions: whether two that say the same contradict each other all the same where each is to
  ///   replace another version, as they do for the service.
  init(comparesVersions: Bool) { self.comparesVersions = comparesVersions }

  /// Each once, in no order: of those that say the same the first that names the version that it is to replace.
  var resources: [AnyResource] { seen.values.map { $0.resource } }

  mutating func add(_ resource: AnyResource, from path: String) -> Standing {
    let name = Self.name(of: resource)
    guard let before = seen[name] else {
      seen[name] = (resource, path)
      return .new
    }
    let (known, version) = (before.resource.metadata.resourceVersion, resource.metadata.resourceVersion)
    let isOtherVersion = comparesVersions && known != nil && version != nil && known != version
    guard Self.written(resource) == Self.written(before.resource), !isOtherVersion else {
      return .contradicts(before.path)
    }
    if known == nil, version != nil { seen[name] = (resource, path) }
    return .again
  }

  /// What is wrong with a document, at its place.
  static func problem(of document: ResourceDocument, contradicting path: String) -> FieldProblem {
    let place = document.position(of: "metadata.name")
    return FieldProblem(
      path: "metadata.name", message: "stands in \(path) as well, where it is otherwise",
      messageFR: "figure aussi dans \(path), où elle est autre", value: name(of: document.resource),
      accepted: "once / une fois", line: place.line, column: place.column)
  }

  /// A resource without what belongs to the server, which what was got from it has and its source has not.
  private static func written(_ resource: AnyResource) -> AnyResource {
    let metadata = resource.metadata
    var written = resource
    written.metadata = Metadata(name: metadata.name, labels: metadata.labels, annotations: metadata.annotations)
    return written
  }

  private static func name(of resource: AnyResource) -> String { "\(resource.kind.rawValue)/\(resource.metadata.name)" }
}
