public import Foundation

/// A JSON document as text; sent as `jsonb`, read from `json` and `jsonb`.
public struct PostgresJSON: Sendable, Hashable {
  /// The document.
  public let text: String

  /// A document already in text form; the server checks it.
  public init(_ text: String) {
    self.text = text
  }

  /// A document in UTF-8.
  public init(bytes: [UInt8]) {
    text = String(decoding: bytes, as: UTF8.self)
  }

  /// The document that `value` encodes to.
  public init(encoding value: some Encodable, with encoder: JSONEncoder = JSONEncoder()) throws {
    text = String(decoding: try encoder.encode(value), as: UTF8.self)
  }

  /// The document as a value.
  public func decode<T: Decodable>(_ type: T.Type = T.self, with decoder: JSONDecoder = JSONDecoder()) throws -> T {
    try decoder.decode(type, from: Data(text.utf8))
  }
}

extension PostgresJSON: PostgresEncodable, PostgresDecodable {
  /// `jsonb`.
  public static var postgresType: PostgresType { .jsonb }
  /// The document's text.
  public var postgresParameter: PostgresParameter { PostgresParameter(text: text, type: .jsonb) }
  /// Reads `json` or `jsonb`.
  public init(postgres cell: PostgresCell) throws(PostgresError) {
    text = try cell.content(as: PostgresJSON.self, from: .json, .jsonb)
  }
}
