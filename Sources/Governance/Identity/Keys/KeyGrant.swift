/// What was given to the holder of an API key, and until when.
public struct KeyGrant: Sendable, Hashable {
  /// What names the key.
  public let identifier: String
  /// The digest of the key.
  public let digest: [UInt8]
  /// What its holder is to Régie.
  public let roles: [Role]
  /// Whether its holder may only read.
  public let isReadOnly: Bool
  /// From when on it is not accepted, in microseconds since 1970.
  public let expiresAt: Int64
  /// Whether it was taken back.
  public let isRevoked: Bool

  /// A grant.
  public init(
    identifier: String, digest: [UInt8], roles: [Role], isReadOnly: Bool, expiresAt: Int64, isRevoked: Bool
  ) {
    self.identifier = identifier
    self.digest = digest
    self.roles = roles
    self.isReadOnly = isReadOnly
    self.expiresAt = expiresAt
    self.isRevoked = isRevoked
  }

  /// Who the holder of `key` is.
  ///
  /// - Parameter now: The moment, in microseconds since 1970.
  /// - Throws: ``KeyRefusal``. Whether a key was revoked or has expired is told only to who holds it.
  public func caller(showing key: APIKey, at now: Int64) throws(KeyRefusal) -> Caller {
    guard Self.areEqual(key.digest, digest), key.identifier == identifier else { throw .unknown }
    guard !isRevoked else { throw .revoked }
    guard now < expiresAt else { throw .expired }
    return Caller(
      principal: "key:\(identifier)", credential: .key(identifier), roles: roles, isReadOnly: isReadOnly)
  }

  /// Takes as long whatever the two have in common.
  private static func areEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
    guard left.count == right.count else { return false }
    return zip(left, right).reduce(0) { $0 | ($1.0 ^ $1.1) } == 0
  }
}

/// Why an API key is not accepted.
public enum KeyRefusal: String, Error, Sendable, Hashable, CaseIterable {
  /// It is not of the form of a key, or was not copied whole.
  case malformed = "it is not a key, or was not copied whole"
  /// There is no such key.
  case unknown = "there is no such key"
  /// It was taken back.
  case revoked = "it was revoked"
  /// It was accepted until some time ago.
  case expired = "it has expired"
}
