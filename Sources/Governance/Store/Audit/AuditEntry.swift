public import Events
import Foundation

/// One entry of the audit trail.
public struct AuditEntry: Sendable, Hashable {
  /// Grows with the order of writing; gaps are transactions that were given up.
  public var id: Int64
  /// When, by the database's clock.
  public var at: Timestamp
  /// Who.
  public var principal: String
  /// What was done (`created`, `changed`, `deleted`, `decided`, `removed`, …).
  public var action: String
  /// To what kind of thing.
  public var kind: String
  /// To which one.
  public var name: String
  /// The whole entry as it was digested, JSON.
  public var body: [UInt8]
  /// SHA-256 of `body`.
  public var digest: [UInt8]
  /// Its place in the chain; nil until it is sealed.
  public var seal: AuditSeal?

  /// The digest in hexadecimal digits.
  public var digestText: String { Digest.hexadecimal(digest) }

  /// What the body says of who asked, besides the principal; nil where it is not as entries are written.
  public var origin: Origin? { try? JSONDecoder().decode(Origin.self, from: Data(body)) }

  /// What an entry's body says of who asked, besides the principal.
  public struct Origin: Sendable, Hashable, Decodable {
    /// What the principal was to Régie as it asked; absent from entries that were written before this was kept.
    public var roles: [String]?
    /// The trace that the request belonged to, as W3C `traceparent`.
    public var traceparent: String?
  }
}

/// An entry's place in the chain.
public struct AuditSeal: Sendable, Hashable {
  /// Counts from 1, without gaps.
  public var position: Int64
  /// The link of the entry before; zeros for the first.
  public var previous: [UInt8]
  /// The entry's own link; see ``AuditChain/link(after:position:entry:)``.
  public var link: [UInt8]
  /// When it was sealed, by the database's clock. The chain does not vouch for this.
  public var sealedAt: Timestamp

  /// The link of the entry before in hexadecimal digits.
  public var previousText: String { Digest.hexadecimal(previous) }
  /// The link in hexadecimal digits.
  public var linkText: String { Digest.hexadecimal(link) }
}

/// The chain's end.
public struct AuditHead: Sendable, Hashable {
  /// The position of the last sealed entry; 0 before the first.
  public var position: Int64
  /// Its link.
  public var link: [UInt8]

  /// A head.
  public init(position: Int64, link: [UInt8]) {
    self.position = position
    self.link = link
  }

  /// The link in hexadecimal digits.
  public var linkText: String { Digest.hexadecimal(link) }

  /// The head of a chain without entries.
  public static let origin = AuditHead(position: 0, link: AuditChain.origin)
}
