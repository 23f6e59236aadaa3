/// What a token says, once it was verified.
public struct TokenClaims: Sendable, Hashable {
  /// Who it is about; the issuer gives it to nobody else.
  public let subject: String
  /// All that it says.
  public let claims: ClaimValue

  /// Claims.
  public init(subject: String, claims: ClaimValue) {
    self.subject = subject
    self.claims = claims
  }
}
