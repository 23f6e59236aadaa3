public import Foundation

/// The issuer's public keys by name (RFC 7517). Those that are not for signatures, or for other algorithms, are left out: a set may
/// so be empty, and that an issuer has withdrawn all its keys is an answer like any other.
public struct KeySet: Sendable {
  private let keys: [String: TrustedKey]

  /// What a key has to be, for whoever has none of them.
  public static let wanted = "a key with a kid for RS256, ES256 or EdDSA (RSA from 2048 bits, P-256, Ed25519)"

  /// Whether no token is accepted by it.
  public var isEmpty: Bool { keys.isEmpty }

  /// The names of the keys, in order.
  public var names: [String] { keys.keys.sorted() }

  /// A set of no keys, by which no token is accepted.
  public init() { keys = [:] }

  /// Reads a key set.
  ///
  /// - Throws: ``KeySetError`` where it is no key set.
  public init(json: Data) throws(KeySetError) {
    guard let set = try? JSONDecoder().decode(Document.self, from: json) else {
      throw KeySetError("it is not a JSON Web Key Set: {\"keys\": [{\"kty\": …, \"kid\": …}]}")
    }
    var keys: [String: TrustedKey] = [:]
    var twice: Set<String> = []
    for entry in set.keys {
      guard let key = entry.key, let name = key.kid, !name.isEmpty, let trusted = key.trusted else { continue }
      if keys.updateValue(trusted, forKey: name) != nil { twice.insert(name) }
    }
    // Of two keys with one name none is the right one.
    for name in twice { keys[name] = nil }
    self.keys = keys
  }

  /// The key of a name.
  public subscript(name: String) -> TrustedKey? { keys[name] }

  private struct Document: Decodable {
    var keys: [Entry]
  }

  /// A key of whatever kind: one that is not understood does not spoil the others.
  private struct Entry: Decodable {
    var key: Key?

    init(from decoder: any Decoder) throws {
      key = try? Key(from: decoder)
    }
  }

  private struct Key: Decodable {
    var kty: String
    var kid: String?
    var use: String?
    var alg: String?
    var crv: String?
    var n: String?
    var e: String?
    var x: String?
    var y: String?

    /// The key, if it may be used for what is accepted here.
    var trusted: TrustedKey? {
      guard use == nil || use == "sig", let key = made, alg == nil || alg == key.algorithm.rawValue else { return nil }
      return key
    }

    private var made: TrustedKey? {
      func bytes(_ text: String?) -> Data? { text.flatMap { Base64URL.decode($0) } }
      switch (kty, crv) {
      case ("RSA", _):
        guard let n = bytes(n), let e = bytes(e) else { return nil }
        return TrustedKey(modulus: n, exponent: e)
      case ("EC", "P-256"):
        guard let x = bytes(x), let y = bytes(y) else { return nil }
        return TrustedKey(x: x, y: y)
      case ("OKP", "Ed25519"): return bytes(x).flatMap { TrustedKey(ed25519: $0) }
      default: return nil
      }
    }
  }
}

/// Why a key set can not be used.
public struct KeySetError: Error, Sendable, Hashable, CustomStringConvertible {
  /// What is wrong, and what would be right.
  public let description: String

  /// An error.
  public init(_ description: String) {
    self.description = description
  }
}
