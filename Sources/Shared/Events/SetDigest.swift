internal import Crypto
public import Foundation

/// A digest of a set of states that does not depend on their order: each state's own digest, added up word by word.
///
/// Adding and taking away cost the same however many there are. See ADR 0012.
public struct SetDigest: Sendable, Hashable, CustomStringConvertible {
  private var high: UInt64
  private var low: UInt64

  /// Of no state.
  public init() {
    (high, low) = (0, 0)
  }

  /// Of one state: the first half of SHA-256 over the placement, epoch, revision and the digest of the bytes as carried.
  public init(placement: UUID, version: StateVersion, content: ContentDigest) {
    var input = withUnsafeBytes(of: placement.uuid) { Array($0) }
    input += UInt64(bitPattern: version.epoch).bigEndianBytes
    input += UInt64(bitPattern: version.revision).bigEndianBytes
    input += content.bytes
    let digest = Array(SHA256.hash(data: input))
    (high, low) = (UInt64(bigEndian: digest, at: 0), UInt64(bigEndian: digest, at: 8))
  }

  /// Reads ``description``; nil for any other text.
  public init?(_ text: String) {
    let digits = Array(text.utf8)
    let areDigits = digits.allSatisfy { (48...57).contains($0) || (97...102).contains($0) }
    guard digits.count == 32, areDigits, let high = UInt64(text.prefix(16), radix: 16),
      let low = UInt64(text.suffix(16), radix: 16)
    else { return nil }
    (self.high, self.low) = (high, low)
  }

  /// 32 hexadecimal digits, in small letters.
  public var description: String { high.hexadecimal + low.hexadecimal }

  /// Of both sets together.
  public static func += (left: inout Self, right: Self) {
    left.high &+= right.high
    left.low &+= right.low
  }

  /// Of the one without the other.
  public static func -= (left: inout Self, right: Self) {
    left.high &-= right.high
    left.low &-= right.low
  }
}

extension SetDigest: Codable {
  /// From its text.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let text = try container.decode(String.self)
    guard let digest = SetDigest(text) else {
      throw DecodingError.dataCorruptedError(
        in: container, debugDescription: "“\(text.prefix(40))” is no digest; 32 hexadecimal digits are")
    }
    self = digest
  }

  /// As its text.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }
}
