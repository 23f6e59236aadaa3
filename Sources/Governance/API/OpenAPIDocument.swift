import COpenAPI
import Hummingbird
import NIOCore

/// The OpenAPI 3.1 document, as it stands beside the routes.
enum OpenAPIDocument {
  /// The document's bytes.
  static let bytes: [UInt8] = {
    var length = 0
    return Array(UnsafeBufferPointer(start: regie_openapi(&length), count: length))
  }()

  static var response: Response {
    Response(
      status: .ok, headers: [.contentType: "application/json", .cacheControl: CacheDirectives.ofCaller],
      body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
  }
}
