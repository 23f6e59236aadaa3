public import Crypto
public import Foundation

/// Signs data bytes as a detached JWS (RFC 7515 appendix F) with EdDSA over Ed25519 (RFC 8037).
public struct EventSigner: Sendable {
  /// The key's identifier: its RFC 7638 thumbprint.
  public let keyID: String
  private let key: Curve25519.Signing.PrivateKey
  private let protectedHeader: String

  /// A signer with this key.
  public init(_ key: Curve25519.Signing.PrivateKey) {
    self.key = key
    self.keyID = JSONWebKey(publicKey: key.publicKey).keyID
    self.protectedHeader = Base64URL.encode(Array(#"{"alg":"EdDSA","kid":"\#(keyID)"}"#.utf8))
  }

  /// Reads a private key as a JSON Web Key (`kty` OKP, `crv` Ed25519, with `d`).
  ///
  /// - Throws: ``KeyError`` that says what is wrong with the file's content; never its content.
  public init(jsonWebKey data: Data) throws {
    let key = try JSONWebKey.read(data)
    _ = try key.publicKey()
    guard let secret = key.d, let seed = Base64URL.decode(secret),
      let privateKey = try? Curve25519.Signing.PrivateKey(rawRepresentation: seed)
    else { throw KeyError("the signing key has no usable “d”; an Ed25519 private JSON Web Key is wanted") }
    self.init(privateKey)
    guard key.x == JSONWebKey(publicKey: privateKey.publicKey).x else {
      throw KeyError("the signing key's “x” does not belong to its “d”")
    }
  }

  /// The public half, for the agents' key set.
  public var publicKey: JSONWebKey { JSONWebKey(publicKey: key.publicKey) }

  /// The detached signature over `data`: `header..signature`.
  public func sign(_ data: [UInt8]) throws -> String {
    let input = Array("\(protectedHeader).\(Base64URL.encode(data))".utf8)
    return "\(protectedHeader)..\(Base64URL.encode([UInt8](try key.signature(for: input))))"
  }
}

/// Verifies detached signatures against a set of public keys. A value: rotating keys means a new set.
public struct EventVerifier: Sendable {
  private struct ProtectedHeader: Decodable {
    var alg: String
    var kid: String
    var crit: [String]?
  }

  private let keys: [String: Curve25519.Signing.PublicKey]

  /// A verifier that trusts `keys`.
  ///
  /// - Throws: ``KeyError`` when a key is not Ed25519, or its identifier is not its thumbprint, or there is none.
  public init(_ keys: JSONWebKeySet) throws {
    guard !keys.keys.isEmpty else { throw KeyError("the key set is empty; at least one Ed25519 public key is wanted") }
    var known: [String: Curve25519.Signing.PublicKey] = [:]
    for key in keys.keys { known[key.keyID] = try key.publicKey() }
    self.keys = known
  }

  /// Checks that `signature` is a detached EdDSA signature over exactly `data` by a trusted key.
  public func verify(_ signature: String, over data: [UInt8]) throws(EventRejection) {
    let parts = signature.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 3, parts[1].isEmpty, let header = Base64URL.decode(String(parts[0])),
      let bytes = Base64URL.decode(String(parts[2])),
      let fields = try? JSONDecoder().decode(ProtectedHeader.self, from: Data(header))
    else { throw EventRejection(.badSignature, "the signature is not a detached JWS (header..signature)") }
    guard fields.crit == nil else {
      throw EventRejection(.badSignature, "the signature has critical extensions; none is known")
    }
    guard fields.alg == "EdDSA" else {
      throw EventRejection(.badSignature, "the signature's algorithm is “\(fields.alg)”; only EdDSA is accepted")
    }
    guard let key = keys[fields.kid] else {
      throw EventRejection(.unknownKey, "no trusted key has the identifier “\(fields.kid)”")
    }
    let input = Array("\(parts[0]).\(Base64URL.encode(data))".utf8)
    guard key.isValidSignature(bytes, for: input) else {
      throw EventRejection(.badSignature, "the signature does not match the data")
    }
  }
}

/// A key that can not be used.
public struct KeyError: Error, Sendable, CustomStringConvertible {
  /// What is wrong and what would be accepted.
  public let description: String

  /// An error.
  public init(_ description: String) {
    self.description = description
  }
}
