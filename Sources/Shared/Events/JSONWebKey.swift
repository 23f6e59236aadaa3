public import Crypto
public import Foundation

/// An Ed25519 key as a JSON Web Key (RFC 8037).
public struct JSONWebKey: Codable, Sendable, Hashable {
  /// Always `OKP`.
  public var kty: String
  /// Always `Ed25519`.
  public var crv: String
  /// The public key, base64url.
  public var x: String
  /// The private key, base64url; absent in key sets.
  public var d: String?
  /// The identifier; the thumbprint where absent.
  public var kid: String?
  /// `EdDSA` where present.
  public var alg: String?
  /// `sig` where present.
  public var use: String?

  /// A public key.
  public init(publicKey: Curve25519.Signing.PublicKey) {
    self.kty = "OKP"
    self.crv = "Ed25519"
    self.x = Base64URL.encode([UInt8](publicKey.rawRepresentation))
    self.alg = "EdDSA"
    self.use = "sig"
    self.kid = keyID
  }

  /// A private key, as it is kept in a file of mode 0600.
  public init(privateKey: Curve25519.Signing.PrivateKey) {
    self.init(publicKey: privateKey.publicKey)
    self.d = Base64URL.encode([UInt8](privateKey.rawRepresentation))
  }

  /// The RFC 7638 thumbprint (SHA-256, base64url), which is the only identifier that is believed.
  public var keyID: String {
    let canonical = #"{"crv":"\#(crv)","kty":"\#(kty)","x":"\#(x)"}"#
    return Base64URL.encode([UInt8](SHA256.hash(data: Data(canonical.utf8))))
  }

  func publicKey() throws(KeyError) -> Curve25519.Signing.PublicKey {
    guard kty == "OKP", crv == "Ed25519" else {
      throw KeyError("a key of type \(kty)/\(crv) is not accepted; OKP/Ed25519 is")
    }
    guard let raw = Base64URL.decode(x), let key = try? Curve25519.Signing.PublicKey(rawRepresentation: raw) else {
      throw KeyError("the “x” of key “\(kid ?? "without kid")” is not an Ed25519 public key")
    }
    guard kid == nil || kid == keyID else {
      throw KeyError("the key “\(kid ?? "")” is not named by its RFC 7638 thumbprint “\(keyID)”")
    }
    return key
  }

  static func read(_ data: Data) throws(KeyError) -> JSONWebKey {
    do {
      return try JSONDecoder().decode(JSONWebKey.self, from: data)
    } catch {
      throw KeyError("the key is not a JSON Web Key with kty, crv and x")
    }
  }
}

/// A set of public keys (RFC 7517), as agents mount it.
public struct JSONWebKeySet: Codable, Sendable, Hashable {
  /// The keys.
  public var keys: [JSONWebKey]

  /// A set; private halves are left out.
  public init(_ keys: [JSONWebKey]) {
    self.keys = keys.map { key in
      var key = key
      key.d = nil
      return key
    }
  }

  /// Reads a key set.
  ///
  /// - Throws: ``KeyError`` when the file's content is not a key set.
  public static func read(_ data: Data) throws(KeyError) -> JSONWebKeySet {
    do {
      return try JSONDecoder().decode(JSONWebKeySet.self, from: data)
    } catch {
      throw KeyError("the content is not a JSON Web Key Set: {\"keys\": […]}")
    }
  }
}

/// Base64 with the URL alphabet and no padding (RFC 7515).
enum Base64URL {
  static func encode(_ bytes: [UInt8]) -> String {
    Data(bytes).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
  }

  static func decode(_ text: String) -> [UInt8]? {
    guard !text.contains(where: { "+/=".contains($0) }) else { return nil }
    let padded = text.replacing("-", with: "+").replacing("_", with: "/")
    let padding = String(repeating: "=", count: (4 - padded.utf8.count % 4) % 4)
    return Data(base64Encoded: padded + padding).map { [UInt8]($0) }
  }
}
