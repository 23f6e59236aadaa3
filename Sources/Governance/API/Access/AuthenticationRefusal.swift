/// Why somebody is not believed, or may not do what was asked. What is said of it is for the caller: nothing of the inside.
public enum AuthenticationRefusal: Error, Sendable, Hashable {
  /// Nothing was shown.
  case nothingShown
  /// What was shown is not of a form that is understood, by what would be: getting another credential does not help.
  case malformed(String)
  /// The token is not accepted, and why: words that are ASCII, as headers are.
  case token(String)
  /// The key is not accepted, and why.
  case key(String)
  /// Whether the token is right can not be told: the issuer's keys can not be had.
  case issuerAway
  /// Whether the key is right can not be told now: too many that are not known are being looked up.
  case busy
  /// The caller is known, and is not in a role that may: those that may.
  case role([String])
  /// The caller may only read.
  case readOnly

  /// The value of `WWW-Authenticate` (RFC 6750); nil where a better credential is not what helps.
  var challenge: String? {
    let realm = #"Bearer realm="regie""#
    return switch self {
    case .nothingShown: realm
    case .malformed(let text): #"\#(realm), error="invalid_request", error_description="\#(text)""#
    case .token(let text): #"\#(realm), error="invalid_token", error_description="\#(text)""#
    // RFC 6750 has no error for what is no bearer token.
    case .key: realm
    case .role: #"\#(realm), error="insufficient_scope""#
    case .readOnly, .issuerAway, .busy: nil
    }
  }
}
