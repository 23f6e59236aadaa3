import Crypto
import Events
import Foundation
import Postgres

/// What an entry's digest is over: JSON with sorted keys, kept byte for byte.
struct AuditBody<Detail: Encodable>: Encodable {
  var at: Timestamp
  var principal: String
  var action: String
  var kind: String
  var name: String
  var detail: Detail
}

/// Writes entries of the audit trail, in the transaction of what they tell of.
enum AuditWriter {
  /// The statement that inserts an entry and its digest; the sealer links it into the chain after the commit.
  static func entry(
    at: Timestamp, context: RequestContext, action: String, kind: String, name: String, detail: some Encodable
  ) throws -> PostgresQuery {
    let body = AuditBody(
      at: at, principal: context.principal, action: action, kind: kind, name: name, detail: detail)
    let bytes = try BusCodec.encode(body)
    return """
      INSERT INTO audit_entries (at, principal, action, kind, name, body, digest)
      VALUES (\(at.date), \(context.principal), \(action), \(kind), \(name), \(bytes), \(Digest.sha256(bytes)))
      """
  }
}

/// SHA-256, as the store keys things by it.
enum Digest {
  static func sha256(_ bytes: some Sequence<UInt8>) -> [UInt8] { Array(SHA256.hash(data: Array(bytes))) }

  static func hexadecimal(_ bytes: [UInt8]) -> String {
    let digits = Array("0123456789abcdef")
    return String(bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] })
  }
}
