internal import Crypto
internal import Foundation

/// The id that Git gives to a file's content: two files are the same when their ids are, and nothing has to be read.
enum BlobID {
  /// The id of `content` in the form of `other`: 40 digits of SHA-1, or 64 of SHA-256.
  static func make(_ content: [UInt8], inFormOf other: String) -> String {
    let data = Data("blob \(content.count)\0".utf8) + content
    if other.utf8.count == 64 { return hexadecimal(SHA256.hash(data: data)) }
    return hexadecimal(Insecure.SHA1.hash(data: data))
  }

  private static func hexadecimal(_ digest: some Sequence<UInt8>) -> String {
    digest.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }
}
