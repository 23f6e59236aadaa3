import Crypto
import Foundation

/// An API key as its holder shows it: `rgk_`, 16 hexadecimal digits that name it, `_`, 64 that are its secret, and 8 that
/// say whether it was copied right. Scanners of repositories find it by its beginning.
public struct APIKey: Sendable, Hashable {
  /// What every key begins with.
  public static let prefix = "rgk_"
  /// How many bytes of chance name a key.
  public static let identifierSize = 8
  /// How many bytes of chance its secret is: so many that guessing, and slow hashing against it, are beside the point.
  public static let secretSize = 32

  /// What names the key, and is no secret.
  public let identifier: String
  private let secret: String

  /// A new key of bytes drawn by chance; nil where they are not as many as it takes.
  public init?(identifier: [UInt8], secret: [UInt8]) {
    guard identifier.count == Self.identifierSize, secret.count == Self.secretSize else { return nil }
    self.identifier = Self.hexadecimal(identifier)
    self.secret = Self.hexadecimal(secret)
  }

  /// Reads a key; nil for what is none, or was not copied whole.
  public init?(_ text: String) {
    guard text.utf8.count == Self.length, text.hasPrefix(Self.prefix) else { return nil }
    let parts = text.dropFirst(Self.prefix.count).split(separator: "_", omittingEmptySubsequences: false)
    guard parts.count == 2, parts[0].utf8.count == Self.identifierSize * 2,
      parts.allSatisfy({ $0.utf8.allSatisfy(Self.isDigit) })
    else { return nil }
    identifier = String(parts[0])
    secret = String(parts[1].prefix(Self.secretSize * 2))
    guard parts[1].suffix(Self.checkSize) == checksum else { return nil }
  }

  /// The key as it is shown, once.
  public var text: String { "\(Self.prefix)\(identifier)_\(secret)\(checksum)" }

  /// What is stored of the key: it can be compared with, and nothing made of it.
  public var digest: [UInt8] { Array(SHA256.hash(data: Data("\(identifier)_\(secret)".utf8))) }

  private static let checkSize = 8
  private static let length = prefix.utf8.count + identifierSize * 2 + 1 + secretSize * 2 + checkSize

  /// Of the whole text, so that most of what is mistyped is refused without asking the database.
  private var checksum: String {
    let digest = SHA256.hash(data: Data("\(Self.prefix)\(identifier)_\(secret)".utf8))
    return Self.hexadecimal(Array(digest.prefix(Self.checkSize / 2)))
  }

  private static func hexadecimal(_ bytes: [UInt8]) -> String {
    let digits = Array("0123456789abcdef".utf8)
    return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
  }

  private static func isDigit(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
  }
}
