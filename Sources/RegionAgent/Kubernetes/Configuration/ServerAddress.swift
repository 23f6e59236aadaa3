import Foundation

/// Checks the address of a server.
enum ServerAddress {
  /// The address without a trailing slash, when it is one that a client may talk to.
  ///
  /// Plain http carries tokens in the clear, so it is for loopback unless explicitly allowed.
  static func checked(_ text: String, source: String, field: String, allowPlain: Bool) throws -> String {
    func refuse(_ problem: String) -> ConfigurationError {
      ConfigurationError(source: source, field: field, problem: problem)
    }
    guard let url = URLComponents(string: text), let scheme = url.scheme, let host = url.host, !host.isEmpty else {
      throw refuse("\(text) is no address; wants https://HOST:PORT")
    }
    guard url.user == nil, url.password == nil, url.query == nil, url.fragment == nil else {
      throw refuse("an address with user, query or fragment is not accepted; wants https://HOST:PORT")
    }
    switch scheme {
    case "https": break
    case "http":
      guard allowPlain || isLoopback(host) else {
        throw refuse("plain http is accepted on loopback only; wants https://HOST:PORT")
      }
    default: throw refuse("\(scheme) is not supported; wants https://HOST:PORT")
    }
    return text.hasSuffix("/") ? String(text.dropLast()) : text
  }

  private static func isLoopback(_ host: String) -> Bool {
    let bare = host.trimmingCharacters(in: CharacterSet(charactersIn: "[]"))
    if bare == "localhost" || bare == "::1" { return true }
    let parts = bare.split(separator: ".", omittingEmptySubsequences: false)
    return parts.count == 4 && parts.first == "127" && parts.allSatisfy { UInt8($0) != nil }
  }
}
