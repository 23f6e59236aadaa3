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
      ["https", "http"].contains(scheme), let host = url.host, !host.isEmpty, url.user == nil, url.password == nil,
      url.fragment == nil, url.port.map({ (1...65_535).contains($0) }) ?? true
    else { return nil }
    self.text = text
    self.host = host.hasPrefix("[") ? String(host.dropFirst().dropLast()) : host
    isSecure = scheme == "https"
    shown = "\(scheme)://\(host)\(url.port.map { ":\($0)" } ?? "")/…"
  }
}
