import Foundation
import HTTPTypes
import Hummingbird

extension Request {
  /// The version in `If-Match`: one strong tag, or `*`.
  ///
  /// `If-None-Match` would be understood as a wish that nobody keeps, and is refused.
  func writeCondition() throws -> String? {
    if let header = headers[.ifNoneMatch] {
      throw badParameter("If-None-Match", found: header, accepted: "If-Match")
    }
    guard let header = headers[.ifMatch] else { return nil }
    if header == "*" { return "*" }
    guard header.count >= 3, header.hasPrefix("\""), header.hasSuffix("\""), !header.dropFirst().dropLast().contains("\"")
    else { throw badParameter("If-Match", found: header, accepted: "\"version\", *") }
    return String(header.dropFirst().dropLast())
  }

  /// Whether the client says it holds the version that `tag` names. A weak tag is as good here.
  func isKnown(_ tag: String) -> Bool {
    guard let header = headers[.ifNoneMatch] else { return false }
    return header == "*"
      || header.split(separator: ",").contains { part in
        let known = part.trimmingCharacters(in: .whitespaces)
        return known == tag || known == "W/\(tag)"
      }
  }

  /// The key that marks retries of this request.
  func idempotencyKey() throws -> String? {
    guard let key = headers[.idempotencyKey] else { return nil }
    guard (1...255).contains(key.utf8.count), key.utf8.allSatisfy({ (0x20...0x7E).contains($0) }) else {
      throw badParameter("Idempotency-Key", found: String(key.prefix(20)), accepted: "1…255 ASCII")
    }
    return key
  }
}
