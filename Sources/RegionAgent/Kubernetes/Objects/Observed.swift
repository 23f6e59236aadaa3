/// An object as a server showed it: its identity, and the part of it that the reader asked for.
public struct Observed<Value: Decodable & Sendable>: Sendable {
  /// What the object is.
  public let identity: ObjectIdentity
  /// The part that was decoded.
  public var value: Value

  /// An observation.
  public init(identity: ObjectIdentity, value: Value) {
    self.identity = identity
    self.value = value
  }
}

extension Observed: Equatable where Value: Equatable {}

extension Observed: Decodable {
  private enum CodingKeys: CodingKey { case metadata }

  /// Decodes the identity from `metadata` and the value from the whole object.
  public init(from decoder: any Decoder) throws {
    identity = try decoder.container(keyedBy: CodingKeys.self).decode(ObjectIdentity.self, forKey: .metadata)
    value = try Value(from: decoder)
  }
}
