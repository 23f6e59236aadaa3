import Crypto
import CryptoExtras
import Foundation

/// A public key of the issuer, and the one algorithm it is used with.
public struct TrustedKey: Sendable {
  private enum Key: Sendable {
    case rsa(_RSA.Signing.PublicKey)
    case p256(P256.Signing.PublicKey)
    case ed25519(Curve25519.Signing.PublicKey)
  }

  /// Smaller keys are within reach of who wants to forge; larger ones let whoever sends tokens keep this busy.
  static let rsaSizes = 2048...8192

  private let key: Key

  /// The algorithm. A key is never used with another, whatever a token says.
  public var algorithm: SignatureAlgorithm {
    switch key {
    case .rsa: .rs256
    case .p256: .es256
    case .ed25519: .edDSA
    }
  }

  /// An RSA key by its numbers; nil for what is none, or of another size than is accepted.
  init?(modulus: Data, exponent: Data) {
    guard let key = try? _RSA.Signing.PublicKey(n: modulus, e: exponent), Self.rsaSizes.contains(key.keySizeInBits)
    else { return nil }
    self.key = .rsa(key)
  }

  /// A key on P-256 by its coordinates; nil for what is no point of it.
  init?(x: Data, y: Data) {
    guard x.count == 32, y.count == 32, let key = try? P256.Signing.PublicKey(rawRepresentation: x + y) else {
      return nil
    }
    self.key = .p256(key)
  }

  /// An Ed25519 key; nil for what is none.
  init?(ed25519 bytes: Data) {
    guard let key = try? Curve25519.Signing.PublicKey(rawRepresentation: bytes) else { return nil }
    self.key = .ed25519(key)
  }

  /// Whether `token` is signed by this key.
  func signs(_ token: UnverifiedToken) -> Bool {
    guard token.algorithm == algorithm else { return false }
    switch key {
    case .rsa(let key):
      return key.isValidSignature(
        _RSA.Signing.RSASignature(rawRepresentation: token.signature), for: SHA256.hash(data: token.signed),
        padding: .insecurePKCS1v1_5)
    case .p256(let key):
      guard let signature = try? P256.Signing.ECDSASignature(rawRepresentation: token.signature) else { return false }
      return key.isValidSignature(signature, for: token.signed)
    case .ed25519(let key): return key.isValidSignature(token.signature, for: token.signed)
    }
  }
}
