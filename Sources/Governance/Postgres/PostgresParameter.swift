/// One value on its way to the server.
public struct PostgresParameter: Sendable, Hashable {
  /// The type to declare; ``PostgresType/inferred`` leaves it to the server.
  public var type: PostgresType
  /// The value in text form, or the raw bytes when ``isBinary``; `nil` is `NULL`.
  var bytes: [UInt8]?
  /// Whether the bytes are in the type's binary form.
  var isBinary: Bool
  /// Whether it is text with a NUL character, or an array of such.
  let holdsNUL: Bool

  /// A value in the server's text form; `nil` is `NULL`.
  public init(text: String?, type: PostgresType) {
    self.type = type
    bytes = text.map { Array($0.utf8) }
    isBinary = false
    holdsNUL = bytes?.contains(0) ?? false
  }

  /// Raw bytes (`bytea`).
  public init(bytes: [UInt8]?) {
    type = .bytea
    self.bytes = bytes
    isBinary = true
    holdsNUL = false
  }

  /// A value in its type's binary form.
  init(binary bytes: [UInt8], type: PostgresType, holdsNUL: Bool = false) {
    self.type = type
    self.bytes = bytes
    isBinary = true
    self.holdsNUL = holdsNUL
  }

  /// The text form, for use within an array.
  var text: String? {
    guard let bytes else { return nil }
    return isBinary ? HexText.encode(bytes) : String(decoding: bytes, as: UTF8.self)
  }
}
