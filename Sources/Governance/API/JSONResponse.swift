import Contract
import Foundation
import HTTPTypes
import Hummingbird
import Model
import NIOCore

extension Response {
  /// A JSON answer, which a cache must ask for again: the ledger moves on.
  static func json(
    _ value: some Encodable, status: HTTPResponse.Status = .ok, contentType: String = "application/json",
    headers: HTTPFields = [:]
  ) throws -> Response {
    var headers = headers
    headers[.contentType] = contentType
    headers[.cacheControl] = "no-cache"
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
      .contentType: "application/json", .cacheControl: "no-cache", .contentLanguage: language.rawValue,
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
