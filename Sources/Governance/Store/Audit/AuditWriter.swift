import Crypto
import Events
import Foundation
import Model
import Postgres
import Trail

/// What an entry's digest is over: JSON with sorted keys, kept byte for byte.
struct AuditBody<Detail: Encodable>: Encodable {
  var at: Timestamp
  var principal: String
  var action: String
  var kind: String
  var name: String
  var reason: String?
  var roles: [String]
  var traceparent: String?
  var detail: Detail
}

/// Writes entries of the audit trail, in the transaction of what they tell of.
enum AuditWriter {
  /// One entry, and the bytes that its digest is over.
  struct Row: Sendable {
    var at: Timestamp
    var principal: String
    var person: AuditPerson?
    var action: String
    var kind: String
    var name: String
    var bytes: [UInt8]
  }

  static func row(
    at: Timestamp, context: RequestContext, action: String, kind: String, name: String, detail: some Encodable
  ) throws -> Row {
    let (principal, person) = sealed(context.principal)
    let body = AuditBody(
      at: at, principal: principal, action: action, kind: kind, name: name, reason: context.reason,
      roles: context.roles, traceparent: context.traceparent, detail: detail)
    return Row(
      at: at, principal: principal, person: person, action: action, kind: kind, name: name,
      bytes: try BusCodec.encode(body))
  }

  /// What is sealed of a principal: a pseudonym for a person, whose name stands beside the entry and may be erased.
  private static func sealed(_ principal: String) -> (principal: String, person: AuditPerson?) {
    guard AuditPerson.isPerson(principal) else { return (principal, nil) }
    let person = AuditPerson(name: principal, salt: AuditPerson.salt())
    return (person.pseudonym, person)
  }

  /// One whose detail is written already, as the encoder would write it; and the rest of it likewise.
  static func row(
    at: Timestamp, context: RequestContext, action: String, kind: String, name: String, written detail: [UInt8]
  ) -> Row {
    let (principal, person) = sealed(context.principal)
    let bytes = JSONBytes.written { json in
      json.raw(#"{"action":"#)
      json.text(action)
      json.raw(#","at":"#)
      json.text(at.description)
      json.raw(#","detail":"#)
      json.raw(detail)
      json.raw(#","kind":"#)
      json.text(kind)
      json.raw(#","name":"#)
      json.text(name)
      json.raw(#","principal":"#)
      json.text(principal)
      if let reason = context.reason {
        json.raw(#","reason":"#)
        json.text(reason)
      }
      json.raw(#","roles":["#)
      for (index, role) in context.roles.enumerated() {
        if index > 0 { json.raw(",") }
        json.text(role)
      }
      json.raw("]")
      if let traceparent = context.traceparent {
        json.raw(#","traceparent":"#)
        json.text(traceparent)
      }
      json.raw("}")
    }
    return Row(at: at, principal: principal, person: person, action: action, kind: kind, name: name, bytes: bytes)
  }

  /// The statement that inserts entries with their digests; the sealer links them into the chain after the commit.
  static func insert(_ rows: [Row]) -> PostgresQuery {
    """
    INSERT INTO audit_entries (at, principal, action, kind, name, body, digest, person, salt)
    SELECT e.at, e.principal, e.action, e.kind, e.name, e.body, e.digest, nullif(e.person, ''),
      nullif(e.salt, '')
    FROM unnest(\(rows.map(\.at.date)), \(rows.map(\.principal)), \(rows.map(\.action)), \(rows.map(\.kind)),
      \(rows.map(\.name)), \(rows.map(\.bytes)), \(rows.map { Digest.sha256($0.bytes) }),
      \(rows.map { $0.person?.name ?? "" }), \(rows.map { $0.person?.salt ?? [] }))
      WITH ORDINALITY AS e (at, principal, action, kind, name, body, digest, person, salt, place) ORDER BY e.place
    """
  }

  /// The statement that inserts one entry.
  static func entry(
    at: Timestamp, context: RequestContext, action: String, kind: String, name: String, detail: some Encodable
  ) throws -> PostgresQuery {
    insert([try row(at: at, context: context, action: action, kind: kind, name: name, detail: detail)])
  }
}

extension AuditPerson {
  /// Chance for one entry. Asked for once: each number at a time would be a system call.
  static func salt() -> [UInt8] {
    SymmetricKey(size: SymmetricKeySize(bitCount: 8 * saltLength)).withUnsafeBytes(Array.init)
  }
}

/// SHA-256, as the store keys things by it.
enum Digest {
  static func sha256(_ bytes: some Sequence<UInt8>) -> [UInt8] { Array(SHA256.hash(data: Array(bytes))) }

  static func hexadecimal(_ bytes: [UInt8]) -> String { HexText.encode(bytes) }
}
