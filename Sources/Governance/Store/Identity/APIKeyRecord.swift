public import Events
import Foundation
public import Identity
import Postgres

/// An API key as it is stored: what it was given for, and what has become of it. The key itself is not.
public struct APIKeyRecord: Sendable, Hashable {
  /// What was given, to whom shows the key.
  public let grant: KeyGrant
  /// What it is for, in its maker's words.
  public let name: String
  /// Who made it.
  public let createdBy: String
  /// When.
  public let createdAt: Timestamp
  /// From when on it is not accepted.
  public let expiresAt: Timestamp
  /// Who took it back.
  public let revokedBy: String?
  /// When.
  public let revokedAt: Timestamp?
  /// When it was used last, to some minutes; nil where it never was.
  public let lastUsedAt: Timestamp?

  static let columns: PostgresQuery =
    "id, digest, name, roles, read_only, created_by, created_at, expires_at, revoked_by, revoked_at, last_used_at"

  init(row: PostgresRow) throws {
    expiresAt = Timestamp(try row.decode(Date.self, "expires_at"))
    revokedAt = try row.decode(Date?.self, "revoked_at").map { Timestamp($0) }
    grant = KeyGrant(
      identifier: try row.decode("id"), digest: try row.decode([UInt8].self, "digest"),
      roles: try row.decode([String].self, "roles").compactMap { Role($0) },
      isReadOnly: try row.decode("read_only"),
      expiresAt: expiresAt.microseconds, isRevoked: revokedAt != nil)
    name = try row.decode("name")
    createdBy = try row.decode("created_by")
    createdAt = Timestamp(try row.decode(Date.self, "created_at"))
    revokedBy = try row.decode(String?.self, "revoked_by")
    lastUsedAt = try row.decode(Date?.self, "last_used_at").map { Timestamp($0) }
  }
}

/// An API key to be made.
public struct APIKeyOrder: Sendable, Hashable {
  /// What it is for.
  public var name: String
  /// What its holder will be to Régie.
  public var roles: [Role]
  /// Whether its holder may only read.
  public var isReadOnly: Bool
  /// For how many seconds it will be accepted.
  public var seconds: Int64

  /// An order.
  public init(name: String, roles: [Role], isReadOnly: Bool, seconds: Int64) {
    self.name = name
    self.roles = roles
    self.isReadOnly = isReadOnly
    self.seconds = seconds
  }
}
