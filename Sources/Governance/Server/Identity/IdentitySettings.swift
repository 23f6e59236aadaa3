import Foundation
import Telemetry

/// How callers are known, as the environment says it.
enum IdentitySettings: Sendable, Hashable {
  /// Not at all: whoever reaches the service may do everything.
  case none
  /// By the tokens of an issuer, and by API keys.
  case oidc(Issuer)

  struct Issuer: Sendable, Hashable {
    var address: String
    var audiences: [String]
    var rolesFile: String
    var keysFile: String?
    var authorityFile: String?
    var skew: Duration
  }

  private enum Way: String, CaseIterable {
    case oidc
    case none
  }

  init(_ environment: inout EnvironmentReader) {
    let way = environment.choice(
      "REGIE_AUTHENTICATION", default: Way.oidc,
      "How callers are known: by tokens and API keys, or not at all. With none whoever reaches the service may do "
        + "everything, so it then listens on loopback only.")
    let isNeeded = way == .oidc
    let address = Self.text(
      &environment, "REGIE_OIDC_ISSUER", isNeeded: isNeeded,
      accepts: "https://HOST/…, exactly as tokens name it in iss, http:// for loopback only; "
        + "or REGIE_AUTHENTICATION=none",
      "The issuer of tokens; needed unless REGIE_AUTHENTICATION=none.", Self.isAddress)
    let audiences = Self.text(
      &environment, "REGIE_OIDC_AUDIENCE", isNeeded: isNeeded, accepts: "names separated by commas",
      "For whom tokens must be: one of these must be in aud; needed unless REGIE_AUTHENTICATION=none."
    ) { !Self.names($0).isEmpty }
    let roles = Self.text(
      &environment, "REGIE_OIDC_ROLES_FILE", isNeeded: isNeeded, accepts: "a path",
      "Path of the file that says which groups give which roles; needed unless REGIE_AUTHENTICATION=none."
    ) { _ in true }
    let keys = environment.optionalString(
      "REGIE_OIDC_KEYS_FILE",
      "Path of the issuer's JSON Web Key Set, where the issuer can not be reached; it is read again every five minutes."
    )
    let authority = environment.optionalString(
      "REGIE_OIDC_CA_FILE", "Path of the PEM authorities of the issuer's certificate, other than the system's.")
    let skew = environment.duration(
      "REGIE_OIDC_CLOCK_SKEW", default: .seconds(30), in: .zero ... .seconds(300),
      "By how much the issuer's clock may differ from this one's.")
    self =
      isNeeded
      ? .oidc(
        Issuer(
          address: address, audiences: Self.names(audiences), rolesFile: roles, keysFile: keys,
          authorityFile: authority, skew: skew))
      : .none
  }

  /// A text that is needed in one case only.
  private static func text(
    _ environment: inout EnvironmentReader, _ name: String, isNeeded: Bool, accepts: String, _ meaning: String,
    _ isGood: (String) -> Bool
  ) -> String {
    func parse(_ text: String) -> String? { isGood(text) ? text : nil }
    guard isNeeded else {
      return environment.optionalParsed(name, accepts: accepts, meaning, parse: parse) ?? ""
    }
    return environment.parsed(name, standIn: "", accepts: accepts, meaning, parse: parse)
  }

  private static func names(_ text: String) -> [String] {
    text.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty }
  }

  /// What is fetched in clear could be forged by whoever is on the way.
  static func isAddress(_ text: String) -> Bool { isAddress(text, mayAsk: false) }

  /// - Parameter mayAsk: Whether it may have a query: some issuers' keys are at such an address.
  static func isAddress(_ text: String, mayAsk: Bool) -> Bool {
    guard let url = URL(string: text), let host = url.host, url.user == nil, url.fragment == nil,
      mayAsk || url.query == nil
    else { return false }
    return url.scheme == "https" || (url.scheme == "http" && ListenAddress(host: host, port: 0).isLoopback)
  }
}
