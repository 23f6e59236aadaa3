public import Events

/// An API key to be made.
public struct APIKeyBody: Codable, Sendable, Hashable {
  /// What it is for.
  public var name: String
  /// What its holder will be to Régie.
  public var roles: [String]
  /// Whether its holder may only read; not, where it is not said.
  public var readOnly: Bool?
  /// For how many days it will be accepted; ``standardDays`` where it is not said.
  public var days: Int?

  /// What is taken where no number of days is said.
  public static let standardDays = 90
  /// For how many days a key may be accepted.
  public static let acceptedDays = 1...366
  /// How long a name may be, in characters.
  public static let longestName = 200

  /// A key to be made.
  public init(name: String, roles: [String], readOnly: Bool? = nil, days: Int? = nil) {
    self.name = name
    self.roles = roles
    self.readOnly = readOnly
    self.days = days
  }
}

/// An API key without its secret.
public struct APIKeyView: Codable, Sendable, Hashable {
  /// Whether a key is accepted.
  public enum State: String, Codable, Sendable, CaseIterable {
    /// It is.
    case active
    /// It was, until its day came.
    case expired
    /// It was, until it was taken back.
    case revoked
  }

  /// What names it: the 16 digits after `rgk_`.
  public var id: String
  /// What it is for.
  public var name: String
  /// What its holder is to Régie.
  public var roles: [String]
  /// Whether its holder may only read.
  public var readOnly: Bool
  /// Whether it is accepted.
  public var state: State
  /// Who made it.
  public var createdBy: String
  /// When.
  public var createdAt: Timestamp
  /// From when on it is not accepted.
  public var expiresAt: Timestamp
  /// Who took it back.
  public var revokedBy: String?
  /// When.
  public var revokedAt: Timestamp?
  /// When it was used last, to some minutes.
  public var lastUsedAt: Timestamp?

  /// A view.
  public init(
    id: String, name: String, roles: [String], readOnly: Bool, state: State, createdBy: String, createdAt: Timestamp,
    expiresAt: Timestamp, revokedBy: String? = nil, revokedAt: Timestamp? = nil, lastUsedAt: Timestamp? = nil
  ) {
    self.id = id
    self.name = name
    self.roles = roles
    self.readOnly = readOnly
    self.state = state
    self.createdBy = createdBy
    self.createdAt = createdAt
    self.expiresAt = expiresAt
    self.revokedBy = revokedBy
    self.revokedAt = revokedAt
    self.lastUsedAt = lastUsedAt
  }
}

/// A key that was made. The secret is shown here, and never again.
public struct NewAPIKeyView: Codable, Sendable, Hashable {
  /// What goes into `X-API-Key`.
  public var secret: String
  /// The rest of it.
  public var key: APIKeyView

  /// A view.
  public init(secret: String, key: APIKeyView) {
    self.secret = secret
    self.key = key
  }
}
