import Contract
import Foundation
import HTTPTypes
import Hummingbird
import Model
import NIOCore

/// What caches may do with answers.
enum CacheDirectives {
  /// Kept for nobody but whoever has asked, and asked for again each time: the ledger moves on, and not everybody is told
  /// the same at one address. Of credentials, caches that several share know `Authorization` alone (RFC 9111, 3.5): what was
  /// asked for with an API key they would keep, and a 304 to somebody else would let them tell him.
  static let ofCaller = "private, no-cache"
  /// Kept nowhere: a secret is in it.
  static let ofSecret = "no-store"
}

extension Response {
  /// A JSON answer, for who has asked alone, unless `headers` say otherwise.
  static func json(
    _ value: some Encodable, status: HTTPResponse.Status = .ok, contentType: String = "application/json",
    headers: HTTPFields = [:]
  ) throws -> Response {
    var headers = headers
    headers[.contentType] = contentType
    if headers[.cacheControl] == nil { headers[.cacheControl] = CacheDirectives.ofCaller }
    return Response(
      status: status, headers: headers,
      body: ResponseBody(byteBuffer: ByteBuffer(bytes: try ModelJSON.encoder.encode(value))))
  }

  /// A JSON answer that holds sentences of one language.
  static func json(
    _ value: some Encodable, in language: Language, status: HTTPResponse.Status = .ok,
    contentType: String = "application/json", headers: HTTPFields = [:]
  ) throws -> Response {
    var headers = headers
    headers[.contentLanguage] = language.rawValue
    headers[.vary] = "Accept-Language"
    return try json(value, status: status, contentType: contentType, headers: headers)
  }

  /// A JSON answer that is written already, and holds sentences of one language.
  static func json(bytes: ByteBuffer, in language: Language) -> Response {
    let headers: HTTPFields = [
      .contentType: "application/json", .cacheControl: CacheDirectives.ofCaller, .contentLanguage: language.rawValue,
      .vary: "Accept-Language",
    ]
    return Response(status: .ok, headers: headers, body: ResponseBody(byteBuffer: bytes))
  }

  /// An error.
  static func problem(_ problem: Problem, language: Language, headers: HTTPFields) throws -> Response {
    try json(
      problem, in: language, status: HTTPResponse.Status(code: problem.status),
      contentType: "application/problem+json", headers: headers)
  }
}

extension HTTPField.Name {
  /// Marks retries of one request.
  static let idempotencyKey = required("Idempotency-Key")
  /// Whether the answer is the stored one of an earlier request.
  static let idempotencyReplayed = required("Idempotency-Replayed")
  /// What is answered is as it was known last, since the database does not answer.
  static let stale = required("Regie-Stale")

  static func required(_ name: String) -> HTTPField.Name {
    guard let name = HTTPField.Name(name) else { preconditionFailure("\(name) is not a header name") }
    return name
  }
}
