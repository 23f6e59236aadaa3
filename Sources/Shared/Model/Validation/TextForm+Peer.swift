extension TextForm {
  /// The other side of a flow.
  static let peer = TextForm(
    name: "a CIDR block or a host name", nameFR: "un bloc CIDR ou un nom d’hôte",
    accepted: "10.1.0.0/16, 2001:db8::/32, api.example.fr"
  ) { text in
    let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    switch parts.count {
    case 1: return isHost(text)
    case 2:
      guard consists(parts[1], 1...3, of: digits), let length = Int(parts[1]) else { return false }
      return (isIPv4(parts[0]) && length <= 32) || (isIPv6(parts[0]) && length <= 128)
    default: return false
    }
  }

  /// A domain whose last label is no number: otherwise it is an address, and an address is written as a block.
  private static func isHost(_ text: String) -> Bool {
    guard isDomain(text), let last = text.split(separator: ".").last else { return false }
    return !last.utf8.allSatisfy(digits.contains)
  }

  private static func isIPv4(_ text: String) -> Bool {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    return parts.count == 4
      && parts.allSatisfy { part in
        consists(part, 1...3, of: digits) && (part == "0" || part.first != "0") && (Int(part) ?? 256) <= 255
      }
  }

  private static func isIPv6(_ text: String) -> Bool {
    let halves = text.split(separator: "::", omittingEmptySubsequences: false)
    guard (1...2).contains(halves.count) else { return false }
    var count = 0
    for half in halves where !half.isEmpty {
      for group in half.split(separator: ":", omittingEmptySubsequences: false) {
        guard (1...4).contains(group.count), group.allSatisfy({ $0.isASCII && $0.isHexDigit }) else { return false }
        count += 1
      }
    }
    return halves.count == 2 ? count <= 7 : count == 8
  }
}
