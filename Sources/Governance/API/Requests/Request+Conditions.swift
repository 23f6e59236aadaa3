import HTTPTypes
import Hummingbird
import Store

extension Request {
  /// What `If-Match` and `If-None-Match` demand of a `PUT`.
  func putCondition() throws -> WriteCondition {
    guard let header = headers[.ifNoneMatch] else { return try matchCondition() }
    guard header == "*", headers[.ifMatch] == nil else {
      throw badParameter("If-None-Match", found: header, accepted: "*")
    }
    return .absent
  }

  /// What `If-Match` demands of a `DELETE`; what is not there can not be deleted, so `If-None-Match` is refused.
  func deleteCondition() throws -> WriteCondition {
    if let header = headers[.ifNoneMatch] {
      throw badParameter("If-None-Match", found: header, accepted: "If-Match")
    }
    return try matchCondition()
  }

  /// How a `GET` of what is at `version` is to be answered: in full, not at all as the client holds it, or refused.
  func readCondition(at version: String) throws -> ReadCondition {
    if let wanted = try tags(.ifMatch), wanted != .any, !wanted.strong.contains(version) { return .mismatch }
    switch try tags(.ifNoneMatch) {
    case nil: return .wanted
    case .any: return .known
    // A weak tag is as good here.
    case .listed(let tags): return tags.contains { $0.opaque == version } ? .known : .wanted
    }
  }

  private func matchCondition() throws -> WriteCondition {
    switch try tags(.ifMatch) {
    case nil: .always
    case .any: .present
    case let tags?: .version(tags.strong)
    }
  }

  private func tags(_ name: HTTPField.Name) throws -> EntityTags? {
    guard let header = headers[name] else { return nil }
    guard let tags = EntityTags(header) else {
      throw badParameter(name.rawName, found: header, accepted: "\"version\", *")
    }
    return tags
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

/// What the conditions of a `GET` come to.
enum ReadCondition {
  /// The answer is wanted.
  case wanted
  /// The client holds it: 304.
  case known
  /// Another version was meant: 412.
  case mismatch
}
