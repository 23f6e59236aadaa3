/// Why a token is not accepted. What is said of it tells its bearer what to mend, and nothing that the token did not say.
public enum TokenRefusal: Error, Sendable, Hashable {
  /// It is not a signed JSON Web Token.
  case malformed
  /// Its algorithm is none that is accepted.
  case algorithm
  /// Its header demands what is not understood, or is of another kind of token.
  case header(String)
  /// It does not name the key it was signed with.
  case noKey
  /// The issuer has no such key.
  case unknownKey
  /// The signature is not by the key it names.
  case signature
  /// It is not of the issuer that is trusted.
  case issuer
  /// It is meant for somebody else.
  case audience
  /// It has no subject that can be told apart.
  case subject
  /// It does not say until when it is valid, or says its times in no way that is understood.
  case times
  /// It was valid.
  case expired
  /// It will be valid.
  case notYetValid
  /// It is bound to a key that nobody has shown.
  case bound
  /// The issuer's keys can not be had, so that nothing can be told of it.
  case keysUnavailable

  /// The reason, in ASCII, as it may stand in a header.
  public var text: String {
    switch self {
    case .malformed: "it is not a signed JSON Web Token"
    case .algorithm: "its algorithm is not one of RS256, ES256, EdDSA"
    case .header(let name): "its \(name) is not accepted"
    case .noKey: "it names no key (kid)"
    case .unknownKey: "the issuer has no key of that name (kid)"
    case .signature: "its signature is wrong"
    case .issuer: "it is of another issuer (iss)"
    case .audience: "it is for another audience (aud)"
    case .subject: "it has no usable subject (sub)"
    case .times: "its times (exp, nbf, iat) are missing or not numbers"
    case .expired: "it has expired (exp)"
    case .notYetValid: "it is not valid yet (nbf, iat)"
    case .bound: "it is bound to a key (cnf), which is not supported"
    case .keysUnavailable: "the keys of the issuer can not be had"
    }
  }
}
