import Crypto

/// SHA-256 of values one after the other, written so that no two series of values give the same bytes.
struct Hashing {
  private var hash = SHA256()

  /// - Parameter tag: says what is hashed, so that nothing can be taken for a hash of something else.
  init(_ tag: String) {
    hash.update(data: Array(tag.utf8))
  }

  /// Bytes of a length that everybody knows.
  mutating func add(bytes: [UInt8]) {
    hash.update(data: bytes)
  }

  /// A number as 8 bytes, the most significant first.
  mutating func add(_ number: Int64) {
    hash.update(data: Self.bigEndian(number))
  }

  /// A text as UTF-8, after its length in 4 bytes.
  mutating func add(text: String) {
    let bytes = Array(text.utf8)
    hash.update(data: Self.bigEndian(UInt32(truncatingIfNeeded: bytes.count)))
    hash.update(data: bytes)
  }

  /// The digest.
  func finished() -> [UInt8] { Array(hash.finalize()) }

  static func sha256(_ bytes: [UInt8]) -> [UInt8] { Array(SHA256.hash(data: bytes)) }

  private static func bigEndian(_ number: some FixedWidthInteger) -> [UInt8] {
    withUnsafeBytes(of: number.bigEndian) { Array($0) }
  }
}
