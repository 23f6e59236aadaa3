/// A kind of object with a Swift type.
///
/// Members that are nil are not sent: with server-side apply, what a value holds is exactly what its sender owns.
/// `apiVersion` and `kind` are no members; the client adds them.
public protocol KubernetesObject: Codable, Sendable {
  /// The kind.
  static var resource: APIResource { get }
  /// Name, labels and what the server keeps about the object.
  var metadata: ObjectMeta { get set }
}

/// A body with `apiVersion` and `kind` set.
struct Manifest<Body: Encodable>: Encodable {
  var resource: APIResource
  var body: Body

  private enum CodingKeys: CodingKey { case apiVersion, kind }

  func encode(to encoder: any Encoder) throws {
    try body.encode(to: encoder)
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(resource.apiVersion, forKey: .apiVersion)
    try container.encode(resource.kind, forKey: .kind)
  }
}
