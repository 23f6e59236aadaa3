import Crypto
import CryptoExtras
import Foundation

@testable import Identity

/// An issuer with a key of each curve, in the test itself.
struct TestIssuer {
  static let now: Int64 = 1_800_000_000
  static let name = "https://issuer.example/realms/regie"
  static let verifier = TokenVerifier(issuer: name, audiences: ["regie"], skew: 30)

  /// Made once: it takes its time.
  static let rsa = Result { try _RSA.Signing.PrivateKey(keySize: .bits2048) }

  let p256 = P256.Signing.PrivateKey()
  let ed25519 = Curve25519.Signing.PrivateKey()

  /// Claims that are accepted, but for what is changed; nil takes one away.
  static func claims(_ changes: [String: Any?] = [:]) -> [String: Any] {
    var claims: [String: Any] = [
      "iss": name, "sub": "1f0e", "aud": "regie", "exp": now + 300, "nbf": now, "iat": now,
    ]
    for (name, value) in changes { claims[name] = value }
    return claims
  }

  static func encode(_ object: Any) throws -> String {
    Base64URL.encode(try JSONSerialization.data(withJSONObject: object, options: [.sortedKeys, .fragmentsAllowed]))
  }

  /// A token by the key of the algorithm that the header says; by the P-256 key for others.
  func token(_ claims: [String: Any], header: [String: Any?] = [:]) throws -> String {
    var full: [String: Any] = ["alg": "ES256", "kid": "p", "typ": "JWT"]
    for (name, value) in header { full[name] = value }
    let text = "\(try Self.encode(full)).\(try Self.encode(claims))"
    return "\(text).\(Base64URL.encode(try signature(of: Data(text.utf8), full["alg"] as? String)))"
  }

  /// A token of two texts as they are, by the P-256 key.
  func signed(header: String, claims: String) throws -> String {
    let text = "\(Base64URL.encode(Data(header.utf8))).\(Base64URL.encode(Data(claims.utf8)))"
    return "\(text).\(Base64URL.encode(try signature(of: Data(text.utf8), nil)))"
  }

  private func signature(of data: Data, _ algorithm: String?) throws -> Data {
    switch algorithm {
    case "EdDSA": try ed25519.signature(for: data)
    case "RS256": try Self.rsa.get().signature(for: data, padding: .insecurePKCS1v1_5).rawRepresentation
    default: try p256.signature(for: data).rawRepresentation
    }
  }

  private var p256Key: [String: Any] {
    let bytes = p256.publicKey.rawRepresentation
    return [
      "kty": "EC", "crv": "P-256", "kid": "p", "x": Base64URL.encode(bytes.prefix(32)),
      "y": Base64URL.encode(bytes.suffix(32)),
    ]
  }

  private var ed25519Key: [String: Any] {
    ["kty": "OKP", "crv": "Ed25519", "kid": "e", "x": Base64URL.encode(ed25519.publicKey.rawRepresentation)]
  }

  private func rsaKey() throws -> [String: Any] {
    let numbers = try Self.rsa.get().publicKey.getKeyPrimitives()
    return [
      "kty": "RSA", "kid": "r", "n": Base64URL.encode(numbers.modulus), "e": Base64URL.encode(numbers.publicExponent),
    ]
  }

  /// The key set, each of its keys changed, with more keys after them.
  func keySet(changing changes: [String: Any] = [:], more: [[String: Any]] = []) throws -> KeySet {
    let keys = [p256Key, ed25519Key, try rsaKey()].map { $0.merging(changes) { $1 } } + more
    return try KeySet(json: JSONSerialization.data(withJSONObject: ["keys": keys]))
  }

  /// What is said of a token by its own key, or its refusal.
  func verify(
    _ text: String, with keys: KeySet? = nil, at now: Int64 = now, by verifier: TokenVerifier = verifier
  ) throws -> TokenClaims {
    let set: KeySet
    if let keys { set = keys } else { set = try keySet() }
    let token = try UnverifiedToken(text)
    guard let key = set[token.keyID] else { throw TokenRefusal.unknownKey }
    return try verifier.verify(token, by: key, at: now)
  }
}
