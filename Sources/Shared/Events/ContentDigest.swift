internal import Crypto

/// The SHA-256 digest of a state's bytes as carried.
public struct ContentDigest: Sendable, Hashable, CustomStringConvertible {
  // Four words in place of an array: agents keep one for each placement.
  private let words: (UInt64, UInt64, UInt64, UInt64)

  /// The digest of `data`.
  public init(of data: [UInt8]) {
    words = Self.words(Array(SHA256.hash(data: data)))
  }

  /// A digest that was computed before; nil unless it has 32 bytes.
  public init?(bytes: [UInt8]) {
    guard bytes.count == 32 else { return nil }
    words = Self.words(bytes)
  }

  /// The 32 bytes.
  public var bytes: [UInt8] { [words.0, words.1, words.2, words.3].flatMap { $0.bigEndianBytes } }

  /// 64 hexadecimal digits.
  public var description: String {
    [words.0, words.1, words.2, words.3].map(\.hexadecimal).joined()
  }

  /// Word by word.
  public static func == (left: Self, right: Self) -> Bool { left.words == right.words }

  /// Word by word.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(words.0)
    hasher.combine(words.1)
  }

  private static func words(_ bytes: [UInt8]) -> (UInt64, UInt64, UInt64, UInt64) {
    (
      UInt64(bigEndian: bytes, at: 0), UInt64(bigEndian: bytes, at: 8), UInt64(bigEndian: bytes, at: 16),
      UInt64(bigEndian: bytes, at: 24)
    )
  }
}

extension UInt64 {
  /// Eight bytes of `bytes`, the highest first.
  init(bigEndian bytes: [UInt8], at start: Int) {
    self = bytes[start..<start + 8].reduce(0) { $0 << 8 | UInt64($1) }
  }

  /// The highest first.
  var bigEndianBytes: [UInt8] { (0..<8).map { UInt8(truncatingIfNeeded: self >> (56 - 8 * $0)) } }

  /// 16 digits.
  var hexadecimal: String {
    let digits = String(self, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }
}
