import Foundation
import HTTPTypes
import Hummingbird
import Model
import NIOCore

extension Response {
  /// A JSON answer.
  static func json(
    _ value: some Encodable, status: HTTPResponse.Status = .ok, contentType: String = "application/json",
    headers: HTTPFields = [:]
  ) throws -> Response {
    var headers = headers
    headers[.contentType] = contentType
    return Response(
      status: status, headers: headers,
      body: ResponseBody(byteBuffer: ByteBuffer(bytes: try ModelJSON.encoder.encode(value))))
  }
}

extension HTTPField.Name {
  /// Marks retries of one request.
  static let idempotencyKey = required("Idempotency-Key")
  /// Whether the answer is the stored one of an earlier request.
  static let idempotencyReplayed = required("Idempotency-Replayed")

  private static func required(_ name: String) -> HTTPField.Name {
    guard let name = HTTPField.Name(name) else { preconditionFailure("\(name) is not a header name") }
    return name
  }
}
