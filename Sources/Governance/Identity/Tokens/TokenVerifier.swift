/// What a token must be to be believed.
public struct TokenVerifier: Sendable, Hashable {
  /// Who must have issued it: exactly this text.
  public let issuer: String
  /// For whom it must be: one of these.
  public let audiences: Set<String>
  /// By how many seconds the issuer's clock may differ from this one's.
  public let skew: Int64

  /// A verifier.
  public init(issuer: String, audiences: Set<String>, skew: Int64) {
    self.issuer = issuer
    self.audiences = audiences
    self.skew = skew
  }

  /// What a token says, if all of it may be believed.
  ///
  /// - Parameters:
  ///   - key: The key that the token names, as the issuer has published it.
  ///   - now: The moment, in seconds since 1970.
  /// - Throws: ``TokenRefusal`` with the first thing that is wrong.
  public func verify(_ token: UnverifiedToken, by key: TrustedKey, at now: Int64) throws(TokenRefusal) -> TokenClaims {
    // Nothing of it is read before.
    guard key.signs(token) else { throw .signature }
    guard let claims = ClaimValue(json: token.payload), case .object(let members) = claims else { throw .malformed }
    guard members["iss"]?.text == issuer else { throw .issuer }
    guard let audience = members["aud"], !audiences.isDisjoint(with: audience.texts) else { throw .audience }
    // Keycloak says by this that a token is one to show: an identity or a refresh token is not.
    let type = members["typ"]
    if let type, type.text?.lowercased() != "bearer" { throw .header("typ") }
    // Of others only what it holds tells that it shows who somebody is, or that something has happened.
    if !token.isAccessToken, type == nil, let foreign = Self.foreign.first(where: { members[$0] != nil }) {
      throw .header(foreign)
    }
    guard members["cnf"] == nil else { throw .bound }
    try check(members, at: now)
    guard let subject = members["sub"]?.text, Self.isSubject(subject) else { throw .subject }
    return TokenClaims(subject: subject, claims: claims)
  }

  /// What identity tokens hold (OpenID Connect Core, 2 and 3.3.2.11), and tokens on events (RFC 8417), and no access token.
  private static let foreign = ["nonce", "at_hash", "c_hash", "s_hash", "events"]

  /// A token is valid from its `nbf` and `iat` on, and up to, but not at, its `exp`; all by a clock that may be wrong.
  private func check(_ members: [String: ClaimValue], at now: Int64) throws(TokenRefusal) {
    guard let end = try Self.moment(members["exp"]) else { throw .times }
    let (begin, issued) = (try Self.moment(members["nbf"]), try Self.moment(members["iat"]))
    guard Double(now) < end + Double(skew) else { throw .expired }
    for moment in [begin, issued] {
      if let moment, moment > Double(now) + Double(skew) { throw .notYetValid }
    }
  }

  private static func moment(_ value: ClaimValue?) throws(TokenRefusal) -> Double? {
    switch value {
    case nil: return nil
    case .number(let seconds)? where seconds.isFinite && seconds >= 0 && seconds < 1e12: return seconds
    case .some: throw .times
    }
  }

  /// It stands in the audit trail for good, and in logs: no blanks, nothing that is not seen.
  private static func isSubject(_ text: String) -> Bool {
    (1...255).contains(text.utf8.count) && text.utf8.allSatisfy { (0x21...0x7E).contains($0) }
  }
}
