import Crypto
public import Foundation

/// What seals the secrets of destinations where they are stored: AES-256-GCM, by keys that stand outside of the database. What
/// is sealed belongs to one destination, and is not opened as another's.
public struct WebhookVault: Sendable {
  /// What is kept secret of a destination.
  public struct Secrets: Codable, Sendable, Hashable {
    /// Its address: of Mattermost and others the path is the secret.
    public var url: String
    /// What deliveries are signed with.
    public var secret: [UInt8]

    /// Secrets.
    public init(url: String, secret: [UInt8]) {
      self.url = url
      self.secret = secret
    }
  }

  /// Secrets as they are stored.
  public struct Sealed: Sendable, Hashable {
    /// Which key has sealed them.
    public var key: String
    /// Nonce, ciphertext and tag.
    public var bytes: [UInt8]

    /// Sealed secrets.
    public init(key: String, bytes: [UInt8]) {
      self.key = key
      self.bytes = bytes
    }
  }

  private struct Key: Sendable {
    var id: String
    var value: SymmetricKey
  }

  /// How many bytes a nonce has; none is used twice.
  public static let nonceLength = 12
  private static let most = 16

  private let keys: [Key]

  /// Reads keys: one `ID KEY` a line, the key being 32 bytes in base64, and `#` beginning a comment. The first seals; all of them
  /// open, so that the next one can be made known everywhere before it seals, and the one before goes on opening.
  ///
  /// - Throws: ``WebhookVaultError``, which repeats nothing of a key.
  public init(_ text: String) throws(WebhookVaultError) {
    var keys: [Key] = []
    // Whichever way lines end: were the next one taken for a part of a comment, its key would be missing unsaid.
    let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
    for (index, line) in lines.enumerated() {
      let parts = line.prefix { $0 != "#" }.split(whereSeparator: \.isWhitespace)
      guard !parts.isEmpty else { continue }
      guard parts.count == 2, Self.isIdentifier(parts[0]), let bytes = Data(base64Encoded: String(parts[1])),
        bytes.count == 32
      else { throw .line(index + 1) }
      let id = String(parts[0])
      guard !keys.contains(where: { $0.id == id }) else { throw .twice(id) }
      keys.append(Key(id: id, value: SymmetricKey(data: bytes)))
    }
    guard (1...Self.most).contains(keys.count) else { throw .count(keys.count) }
    self.keys = keys
  }

  /// The key that seals.
  public var current: String { keys[0].id }

  /// The keys that open.
  public var known: [String] { keys.map(\.id) }

  /// Seals the secrets of a destination.
  ///
  /// - Parameter nonce: ``nonceLength`` bytes of chance.
  /// - Throws: what swift-crypto throws, for a nonce of another length.
  public func seal(_ secrets: Secrets, of id: UUID, nonce: [UInt8]) throws -> Sealed {
    let box = try AES.GCM.seal(
      try JSONEncoder().encode(secrets), using: keys[0].value, nonce: try AES.GCM.Nonce(data: nonce),
      authenticating: Self.context(id, keys[0].id))
    return Sealed(key: keys[0].id, bytes: Array(box.nonce) + Array(box.ciphertext) + Array(box.tag))
  }

  /// Opens the secrets of a destination.
  public func open(_ sealed: Sealed, of id: UUID) throws(WebhookVaultError) -> Secrets {
    guard let key = keys.first(where: { $0.id == sealed.key }) else { throw .unknownKey(sealed.key) }
    do {
      let plain = try AES.GCM.open(
        try AES.GCM.SealedBox(combined: sealed.bytes), using: key.value,
        authenticating: Self.context(id, sealed.key))
      return try JSONDecoder().decode(Secrets.self, from: plain)
    } catch {
      throw .damaged(sealed.key)
    }
  }

  /// What sealed bytes are tied to: in the place of another destination's they open nothing.
  private static func context(_ id: UUID, _ key: String) -> Data {
    Data("regie webhook \(id.uuidString.lowercased()) \(key)".utf8)
  }

  private static func isIdentifier(_ text: Substring) -> Bool {
    text.utf8.count <= 32
      && text.utf8.allSatisfy { (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2D }
  }
}

/// Why secrets are not read. Nothing of a key or a secret is in it.
public enum WebhookVaultError: Error, Sendable, Hashable, CustomStringConvertible {
  /// A line is not `ID KEY`; from 1.
  case line(Int)
  /// An identifier stands there twice.
  case twice(String)
  /// There is no key, or there are too many.
  case count(Int)
  /// Secrets were sealed by a key that is not known here.
  case unknownKey(String)
  /// What is sealed was changed, or the key is another one of the same name.
  case damaged(String)

  /// What is wrong, and what would be accepted.
  public var description: String {
    switch self {
    case .line(let number): "line \(number) is no “ID KEY”: an ID of a-z, 0-9 and -, and 32 bytes in base64"
    case .twice(let id): "key “\(id)” is there twice"
    case .count(let count): "\(count) keys; 1 to 16 are wanted"
    case .unknownKey(let id): "the secrets are sealed by key “\(id)”, which is not in the key file"
    case .damaged(let id): "the secrets do not open by key “\(id)”"
    }
  }
}
