import Foundation

/// Where something is delivered to: an `https` address, or an `http` one where that is allowed.
public struct WebhookAddress: Sendable, Hashable {
  /// The address as written.
  public let text: String
  /// The host, without brackets.
  public let host: String
  /// Whether it is `https`.
  public let isSecure: Bool
  /// What may be shown of it: of Mattermost and others the path is the secret.
  public let shown: String

  /// An address; nil where it is none, or has what a destination has not: a user, a fragment, blanks.
  public init?(_ text: String) {
    guard text.utf8.count <= 2048, text.unicodeScalars.allSatisfy({ $0.value > 0x20 && $0.value < 0x7F }),
      let url = URLComponents(string: text), let scheme = url.scheme?.lowercased(),
      ["https", "http"].contains(scheme), let host = url.host, !host.isEmpty, Self.isPlain(host),
      // A host that hides characters, maybe the colons of an address, is another one to whoever does not decode it.
      let written = url.percentEncodedHost, !written.contains("%"),
      // Whoever looks a name up and whoever calls it read the address with different parsers: they must agree.
      let other = URL(string: text)?.host, Self.bare(other) == Self.bare(host), url.user == nil, url.password == nil,
      url.fragment == nil, url.port.map({ (1...65_535).contains($0) }) ?? true
    else { return nil }
    self.text = text
    self.host = Self.bare(host)
    isSecure = scheme == "https"
    shown = "\(scheme)://\(host)\(url.port.map { ":\($0)" } ?? "")/…"
  }

  private static func bare(_ host: String) -> String {
    host.hasPrefix("[") ? String(host.dropFirst().dropLast()) : host
  }

  /// Letters, digits, dots and dashes, or an address in brackets: nothing that could be read as another name.
  private static func isPlain(_ host: String) -> Bool {
    bare(host).utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"):
        true
      default: byte == UInt8(ascii: ":") && host.hasPrefix("[")
      }
    } && !bare(host).lowercased().split(separator: ".").contains { $0.hasPrefix("xn--") }
  }
}
