/// Names of files and folders that may stand in the repository: what comes from outside is held to it.
enum FileName {
  /// Lower-case letters, digits, `-` and `.`, beginning with a letter or digit: no way up, no way out, nothing to quote.
  static func isSafe(_ name: some StringProtocol) -> Bool {
    let bytes = Array(name.utf8)
    guard let first = bytes.first, bytes.count <= 255, isAlphanumeric(first) else { return false }
    return bytes.allSatisfy { isAlphanumeric($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: ".") }
  }

  private static func isAlphanumeric(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
  }
}
