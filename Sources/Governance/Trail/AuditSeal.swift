public import Events

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

  /// A place.
  public init(position: Int64, previous: [UInt8], link: [UInt8], sealedAt: Timestamp) {
    self.position = position
    self.previous = previous
    self.link = link
    self.sealedAt = sealedAt
  }

  /// The link of the entry before in hexadecimal digits.
  public var previousText: String { HexText.encode(previous) }
  /// The link in hexadecimal digits.
  public var linkText: String { HexText.encode(link) }
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
  public var linkText: String { HexText.encode(link) }

  /// The head of a chain without entries.
  public static let origin = AuditHead(position: 0, link: AuditChain.origin)
}
