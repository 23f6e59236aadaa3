public import Foundation

extension AnyResource: Codable {
  private enum Field: String, CodingKey {
    case kind
  }

  /// Decodes a resource of the kind it names. For what people send, use ``decode(json:expecting:)``, which is strict.
  public init(from decoder: any Decoder) throws {
    let kind = try decoder.container(keyedBy: Field.self).decode(Kind.self, forKey: .kind)
    try self.init(kind: kind, from: decoder)
  }

  init(kind: Kind, from decoder: any Decoder) throws {
    switch kind {
    case .operator: self = .operator(try Resource(from: decoder))
    case .chain: self = .chain(try Resource(from: decoder))
    case .region: self = .region(try Resource(from: decoder))
    case .zone: self = .zone(try Resource(from: decoder))
    case .cluster: self = .cluster(try Resource(from: decoder))
    case .policy: self = .policy(try Resource(from: decoder))
    case .project: self = .project(try Resource(from: decoder))
    case .derogation: self = .derogation(try Resource(from: decoder))
    case .placement: self = .placement(try Resource(from: decoder))
    case .migration: self = .migration(try Resource(from: decoder))
    case .flowRequest: self = .flowRequest(try Resource(from: decoder))
    }
  }

  /// Encodes the resource inside.
  public func encode(to encoder: any Encoder) throws { try content.encode(to: encoder) }

  /// Reads one resource from JSON, as strictly as ``ResourceDocument/read(_:)``.
  ///
  /// - Parameter expected: the only kind accepted, if there is one.
  /// - Throws: every problem found.
  public static func decode(json: Data, expecting expected: Kind? = nil) throws(DocumentErrors) -> AnyResource {
    try ResourceDocument(JSONText.tree(Array(json)), expecting: expected).resource
  }

  /// The resource as one YAML document, keys in alphabetical order.
  public func encodeYAML() throws -> String { try YAMLWriter.text(self) }

  /// What is wrong with the resource by itself, errors and warnings. References are checked by ``CrossReferences``.
  public var problems: [FieldProblem] { content.problems }

  /// `Cluster/idf-1`.
  public var label: String { "\(kind.rawValue)/\(metadata.name)" }

  private var content: any ResourceContent {
    switch self {
    case .operator(let resource): resource
    case .chain(let resource): resource
    case .region(let resource): resource
    case .zone(let resource): resource
    case .cluster(let resource): resource
    case .policy(let resource): resource
    case .project(let resource): resource
    case .derogation(let resource): resource
    case .placement(let resource): resource
    case .migration(let resource): resource
    case .flowRequest(let resource): resource
    }
  }
}

/// What is done alike with the resources of every kind.
private protocol ResourceContent: Encodable {
  var problems: [FieldProblem] { get }
}

extension Resource: ResourceContent {}
