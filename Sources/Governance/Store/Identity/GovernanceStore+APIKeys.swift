public import Events
import Foundation
public import Identity
import Model
import Postgres

extension GovernanceStore {
  /// Stores a new key, by the database's clock; the key itself is not stored.
  public func create(
    _ order: APIKeyOrder, key: APIKey, context: RequestContext
  ) async throws -> APIKeyRecord {
    try await pool.withTransaction { connection in
      let rows = try await connection.query(
        """
        INSERT INTO api_keys (id, digest, name, roles, read_only, created_by, created_at, expires_at)
        SELECT \(key.identifier), \(key.digest), \(order.name), \(order.roles.map(\.description)),
          \(order.isReadOnly), \(context.principal), t.now, t.now + \(order.seconds) * interval '1 second'
        FROM (SELECT clock_timestamp() AS now) t
        RETURNING \(APIKeyRecord.columns)
        """)
      let record = try APIKeyRecord(row: try rows.only)
      try await connection.pipeline([
        try Self.entry("created", record, at: record.createdAt, context: context)
      ])
      return record
    }
  }

  /// All keys, the oldest first, `limit` (1 to 1000) at a time; also those that are no longer accepted.
  public func apiKeys(limit: Int = 100, cursor: String? = nil) async throws -> Page<APIKeyRecord> {
    try Cursor.check(limit: limit)
    let after = try Cursor.decode(cursor, as: APIKeyPosition.self)
    let restriction: PostgresQuery =
      after.map { "WHERE (created_at, id) > (\($0.createdAt.date), \($0.id))" } ?? ""
    let rows = try await pool.withConnection {
      try await $0.query(
        "SELECT \(APIKeyRecord.columns) FROM api_keys \(restriction) ORDER BY created_at, id LIMIT \(limit + 1)")
    }
    return try Page(rows.map { try APIKeyRecord(row: $0) }, limit: limit, key: APIKeyPosition.init)
  }

  /// Takes a key back, from now on and for good. One that was taken back already stays as it was.
  ///
  /// - Throws: ``StoreError`` of kind `notFound`.
  public func revoke(apiKey id: String, context: RequestContext) async throws -> APIKeyRecord {
    try await pool.withTransaction { connection in
      let rows = try await connection.query(
        """
        UPDATE api_keys SET revoked_at = clock_timestamp(), revoked_by = \(context.principal)
        WHERE id = \(id) AND revoked_at IS NULL RETURNING \(APIKeyRecord.columns)
        """)
      guard let row = rows.first else {
        let known = try await connection.query("SELECT \(APIKeyRecord.columns) FROM api_keys WHERE id = \(id)")
        guard let row = known.first else { throw StoreError.noAPIKey(id) }
        return try APIKeyRecord(row: row)
      }
      let record = try APIKeyRecord(row: row)
      try await connection.pipeline([
        try Self.entry("revoked", record, at: record.revokedAt ?? record.createdAt, context: context)
      ])
      return record
    }
  }

  /// Takes back the keys that were given for an operator or a project that is deleted, alone or among others: another of the same
  /// name is another. In the deletion's transaction.
  func revokeKeys(
    of kind: ResourceKind, _ name: String, at now: Timestamp, context: RequestContext,
    in connection: PostgresConnection
  ) async throws {
    let roles: [Role] =
      switch kind {
      case .operator: [.operator(name), .boardMember(operator: name)]
      case .project: [.projectTeam(name)]
      case .chain, .region, .zone, .cluster, .policy, .derogation, .placement, .migration, .flowRequest: []
      }
    guard !roles.isEmpty else { return }
    let rows = try await connection.query(
      """
      UPDATE api_keys SET revoked_at = \(now.date), revoked_by = \(context.principal)
      WHERE revoked_at IS NULL AND expires_at > \(now.date) AND roles && \(roles.map(\.description))
      RETURNING \(APIKeyRecord.columns)
      """)
    guard !rows.isEmpty else { return }
    try await connection.pipeline(
      try rows.map { try Self.entry("revoked", try APIKeyRecord(row: $0), at: now, context: context) })
  }

  /// How many keys that are not known should be looked up at a time: whoever can reach the service can make keys, and
  /// most connections are for those who are known.
  public var unknownKeysAtOnce: Int { Self.few(of: pool) }

  /// How many connections those may have at a time whom nobody knows.
  static func few(of pool: PostgresPool) -> Int { max(1, pool.maximumConnections / 4) }

  /// What was given to the holder of a key, and the database's moment; nil where there is no such key.
  ///
  /// - Parameter deadline: for the whole, waiting for a connection included; as long as usual where it is nil.
  public func grant(
    ofKey id: String, deadline: ContinuousClock.Instant? = nil
  ) async throws -> (grant: KeyGrant, now: Timestamp)? {
    let rows = try await pool.withConnection(deadline: deadline) {
      try await $0.query("SELECT \(APIKeyRecord.columns), clock_timestamp() AS now FROM api_keys WHERE id = \(id)")
    }
    return try rows.first.map { row in
      (try APIKeyRecord(row: row).grant, Timestamp(try row.decode(Date.self, "now")))
    }
  }

  /// Notes that keys were used, by the database's clock.
  public func noteUse(ofKeys ids: [String]) async throws {
    guard !ids.isEmpty else { return }
    _ = try await pool.withConnection {
      try await $0.execute("UPDATE api_keys SET last_used_at = clock_timestamp() WHERE id = ANY(\(ids))")
    }
  }

  /// The moment by the database's clock.
  public func now() async throws -> Timestamp {
    let rows = try await pool.withConnection { try await $0.query("SELECT clock_timestamp() AS now") }
    return Timestamp(try rows.only.decode(Date.self, "now"))
  }

  private static func entry(
    _ action: String, _ record: APIKeyRecord, at: Timestamp, context: RequestContext
  ) throws -> PostgresQuery {
    try AuditWriter.entry(
      at: at, context: context, action: action, kind: "APIKey", name: record.grant.identifier,
      detail: APIKeyDetail(
        name: record.name, roles: record.grant.roles, readOnly: record.grant.isReadOnly, expiresAt: record.expiresAt))
  }
}

/// What the trail says of a key.
private struct APIKeyDetail: Encodable {
  var name: String
  var roles: [Role]
  var readOnly: Bool
  var expiresAt: Timestamp
}

/// The order of lists of keys.
struct APIKeyPosition: Codable, Sendable {
  var createdAt: Timestamp
  var id: String

  init(_ record: APIKeyRecord) {
    createdAt = record.createdAt
    id = record.grant.identifier
  }
}

extension StoreError {
  /// There is no such key.
  public static func noAPIKey(_ id: String) -> StoreError {
    StoreError(.notFound, path: "id", "there is no API key \(id)", fr: "il n’existe pas de clé d’API \(id)")
  }
}
