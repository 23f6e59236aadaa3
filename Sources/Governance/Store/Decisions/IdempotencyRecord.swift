import Events
import Foundation
import Postgres

/// One `Idempotency-Key` of one principal for one kind of request.
struct IdempotencyRecord: Sendable {
  var scope: String
  var key: String
  var digest: [UInt8]

  /// A record of `request`; nil without a key.
  init?(_ key: String?, action: String, context: RequestContext, request: some Encodable) throws {
    guard let key else { return nil }
    try Self.check(key)
    self.scope = "\(action)/\(context.principal)"
    self.key = key
    self.digest = Digest.sha256(try BusCodec.encode(request))
  }

  static func check(_ key: String) throws(StoreError) {
    guard (1...255).contains(key.utf8.count) else {
      throw StoreError(
        .invalid, path: "Idempotency-Key", "the key has \(key.utf8.count) bytes",
        fr: "la clé fait \(key.utf8.count) octets", accepted: "1 to 255 bytes")
    }
  }

  /// Claims the key. Where another request has it, this waits for that request's end.
  var claim: PostgresQuery {
    """
    INSERT INTO idempotency_keys (scope, key, request_digest) VALUES (\(scope), \(key), \(digest))
    ON CONFLICT DO NOTHING
    """
  }

  var select: PostgresQuery {
    "SELECT request_digest, response FROM idempotency_keys WHERE scope = \(scope) AND key = \(key)"
  }

  func store(_ response: some Encodable) throws -> PostgresQuery {
    """
    UPDATE idempotency_keys SET response = \(try BusCodec.encode(response))
    WHERE scope = \(scope) AND key = \(key)
    """
  }

  /// The stored answer to the same request; nil where the key is new.
  ///
  /// - Throws: ``StoreError`` of kind `idempotencyMismatch` where the key came with another request.
  func answer<Response: Decodable>(in rows: PostgresRows, as type: Response.Type) throws -> Response? {
    try rows.first.flatMap { try answer(in: $0, as: type) }
  }

  /// As ``answer(in:as:)``, of the key's row.
  func answer<Response: Decodable>(in row: PostgresRow, as type: Response.Type) throws -> Response? {
    guard try row.decode([UInt8].self, "request_digest") == digest else {
      throw StoreError(
        .idempotencyMismatch, path: "Idempotency-Key", "this key came before, with another request",
        fr: "cette clé a déjà servi, avec une autre requête", accepted: "a new key, or the first request unchanged")
    }
    return try row.decode([UInt8]?.self, "response").map { try JSONDecoder().decode(type, from: Data($0)) }
  }
}
