public import Events

/// One entry of the audit trail. Its body, as it was digested, is carried as text, so that the digest can be made again.
public struct AuditEntryView: Codable, Sendable, Hashable {
  /// An entry's place in the chain.
  public struct Seal: Codable, Sendable, Hashable {
    /// Counts from 1, without gaps.
    public var position: Int64
    /// The link of the entry before, hexadecimal; zeros for the first.
    public var previous: String
    /// The entry's own link, hexadecimal.
    public var link: String
    /// When it was sealed, by the database's clock.
    public var sealedAt: Timestamp

    /// A place.
    public init(position: Int64, previous: String, link: String, sealedAt: Timestamp) {
      self.position = position
      self.previous = previous
      self.link = link
      self.sealedAt = sealedAt
    }
  }

  /// Grows with the order of writing.
  public var id: Int64
  /// When, by the database's clock.
  public var at: Timestamp
  /// Who.
  public var principal: String
  /// What the principal was to Régie as it asked; absent where the entry does not say.
  public var roles: [String]?
  /// The trace that the request belonged to, as W3C `traceparent`; absent where there was none.
  public var traceparent: String?
  /// What was done.
  public var action: String
  /// To what kind of thing.
  public var kind: String
  /// To which one.
  public var name: String
  /// The whole entry, JSON, byte for byte.
  public var body: String
  /// SHA-256 of the body, hexadecimal.
  public var digest: String
  /// Its place in the chain; absent until it is sealed.
  public var seal: Seal?

  /// A view.
  public init(
    id: Int64, at: Timestamp, principal: String, roles: [String]?, traceparent: String?, action: String, kind: String,
    name: String, body: String, digest: String, seal: Seal?
  ) {
    self.id = id
    self.at = at
    self.principal = principal
    self.roles = roles
    self.traceparent = traceparent
    self.action = action
    self.kind = kind
    self.name = name
    self.body = body
    self.digest = digest
    self.seal = seal
  }
}

/// What came of looking at the whole audit trail.
public struct AuditVerificationView: Codable, Sendable, Hashable {
  /// Something that is not as it was sealed.
  public struct Finding: Codable, Sendable, Hashable {
    /// What is wrong: `gap`, `order`, `body`, `entry`, `linkage` or `head`.
    public var kind: String
    /// Where in the chain.
    public var position: Int64
    /// The entry's id, where there is one.
    public var entry: Int64?
    /// What is wrong, for people.
    public var message: String

    /// A finding.
    public init(kind: String, position: Int64, entry: Int64?, message: String) {
      self.kind = kind
      self.position = position
      self.entry = entry
      self.message = message
    }
  }

  /// Whether nothing is wrong.
  public var sound: Bool
  /// How many entries are in the chain.
  public var entries: Int
  /// The position where the chain ends.
  public var position: Int64
  /// The link of its last entry, hexadecimal.
  public var link: String
  /// The last position that was anchored on the bus.
  public var anchoredPosition: Int64
  /// What is wrong, in the chain's order.
  public var findings: [Finding]
  /// How many more findings there are.
  public var findingsOmitted: Int
  /// Entries that wait to be sealed.
  public var unsealed: Int64
  /// How long the oldest of them waits.
  public var oldestUnsealedSeconds: Double?

  /// A view.
  public init(
    sound: Bool, entries: Int, position: Int64, link: String, anchoredPosition: Int64, findings: [Finding],
    findingsOmitted: Int, unsealed: Int64, oldestUnsealedSeconds: Double?
  ) {
    self.sound = sound
    self.entries = entries
    self.position = position
    self.link = link
    self.anchoredPosition = anchoredPosition
    self.findings = findings
    self.findingsOmitted = findingsOmitted
    self.unsealed = unsealed
    self.oldestUnsealedSeconds = oldestUnsealedSeconds
  }
}
