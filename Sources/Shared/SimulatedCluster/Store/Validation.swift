/// What Kubernetes accepts as names, labels and keys.
enum Validation {
  static func isDNSLabel(_ text: String) -> Bool {
    !text.isEmpty && text.utf8.count <= 63 && hasAlphanumericEnds(text)
      && text.utf8.allSatisfy { isLowercaseAlphanumeric($0) || $0 == UInt8(ascii: "-") }
  }

  static func isDNSSubdomain(_ text: String) -> Bool {
    !text.isEmpty && text.utf8.count <= 253
      && text.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { part in
        !part.isEmpty && hasAlphanumericEnds(String(part))
          && part.utf8.allSatisfy { isLowercaseAlphanumeric($0) || $0 == UInt8(ascii: "-") }
      }
  }

  static func isLabelValue(_ text: String) -> Bool {
    text.isEmpty || text.utf8.count <= 63 && hasAlphanumericEnds(text) && text.utf8.allSatisfy(isNameByte)
  }

  /// An optional DNS prefix, a slash and a name part: `app.kubernetes.io/name`.
  static func isQualifiedName(_ text: String) -> Bool {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    guard let name = parts.last, parts.count <= 2, !name.isEmpty, isLabelValue(name) else { return false }
    return parts.count == 1 || isDNSSubdomain(parts[0])
  }

  static func isConfigKey(_ text: String) -> Bool {
    !text.isEmpty && text.utf8.count <= 253 && text != "." && !text.hasPrefix("..") && text.utf8.allSatisfy(isNameByte)
  }

  private static func isLowercaseAlphanumeric(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
  }

  private static func isAlphanumeric(_ byte: UInt8) -> Bool {
    isLowercaseAlphanumeric(byte) || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
  }

  private static func isNameByte(_ byte: UInt8) -> Bool { isAlphanumeric(byte) || "-_.".utf8.contains(byte) }

  private static func hasAlphanumericEnds(_ text: String) -> Bool {
    guard let first = text.utf8.first, let last = text.utf8.last else { return false }
    return isAlphanumeric(first) && isAlphanumeric(last)
  }
}
