/// The algorithms that tokens may be signed with. There is no other: neither none nor one with a shared secret.
public enum SignatureAlgorithm: String, Sendable, Hashable, CaseIterable {
  /// RSA with PKCS#1 v1.5 and SHA-256.
  case rs256 = "RS256"
  /// ECDSA over P-256 with SHA-256.
  case es256 = "ES256"
  /// Ed25519.
  case edDSA = "EdDSA"
}
