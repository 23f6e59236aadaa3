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

  /// What is sealed of a person.
  public struct Person: Codable, Sendable, Hashable {
    /// What is sealed instead of the name.
    public var pseudonym: String
    /// The chance it is made with, hexadecimal; absent once the name is erased.
    public var salt: String?

    /// A person.
    public init(pseudonym: String, salt: String?) {
      self.pseudonym = pseudonym
      self.salt = salt
    }
  }

  /// Grows with the order of writing.
  public var id: Int64
  /// When, by the database's clock.
  public var at: Timestamp
  /// Who; once the name is erased, the pseudonym.
  public var principal: String
  /// What is sealed of the person that the principal is; absent where it is none, and from older entries.
  public var person: Person?
  /// When the name was erased by the rule; absent where it was not.
  public var erasedAt: Timestamp?
  /// What the principal was to Régie as it asked; absent where the entry does not say.
  public var roles: [String]?
  /// Why, in the words of whoever asked; absent where nothing was said, or the act's own detail in the body says it.
  public var reason: String?
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
    id: Int64, at: Timestamp, principal: String, person: Person? = nil, erasedAt: Timestamp? = nil, roles: [String]?,
    reason: String? = nil, traceparent: String?, action: String, kind: String, name: String, body: String,
    digest: String, seal: Seal?
  ) {
    self.id = id
    self.at = at
    self.principal = principal
    self.person = person
    self.erasedAt = erasedAt
    self.roles = roles
    self.reason = reason
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
    /// What is wrong: `gap`, `order`, `body`, `entry`, `linkage`, `person`, `erasure`, `head` or `anchor` with
    /// the trail; `decision`, `version`, `proposal`, `vote` or `impact` with what it tells of.
    public var kind: String
    /// Where in the chain; 0 where no sealed entry tells of it.
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

  /// Names that were erased by the rule.
  public struct Erased: Codable, Sendable, Hashable {
    /// The first position that was looked at.
    public var from: Int64
    /// The last one.
    public var to: Int64
    /// Only names in entries before this moment were erased.
    public var before: Timestamp
    /// How many days the rule keeps a name.
    public var days: Int
    /// How many names went.
    public var names: Int

    /// An erasure.
    public init(from: Int64, to: Int64, before: Timestamp, days: Int, names: Int) {
      self.from = from
      self.to = to
      self.before = before
      self.days = days
      self.names = names
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
  /// Where names were erased by the rule.
  public var erased: [Erased]
  /// Entries that wait to be sealed.
  public var unsealed: Int64
  /// How long the oldest of them waits.
  public var oldestUnsealedSeconds: Double?

  /// A view.
  public init(
    sound: Bool, entries: Int, position: Int64, link: String, anchoredPosition: Int64, findings: [Finding],
    findingsOmitted: Int, erased: [Erased], unsealed: Int64, oldestUnsealedSeconds: Double?
  ) {
    self.sound = sound
    self.entries = entries
    self.position = position
    self.link = link
    self.anchoredPosition = anchoredPosition
    self.findings = findings
    self.findingsOmitted = findingsOmitted
    self.erased = erased
    self.unsealed = unsealed
    self.oldestUnsealedSeconds = oldestUnsealedSeconds
  }
}

/// Sealed entries in the chain's order, and where the chain ends.
public struct AuditChainView: Codable, Sendable, Hashable {
  /// The entries; none beyond the chain's end.
  public var items: [AuditEntryView]
  /// The position where the chain ends.
  public var position: Int64
  /// The link of its last entry, hexadecimal.
  public var link: String
  /// True where names were erased by the rule and the entry that tells of it waits for its seal: the chain does not
  /// vouch for that yet. Absent otherwise.
  public var erasureWaits: Bool?

  /// A view.
  public init(items: [AuditEntryView], position: Int64, link: String, erasureWaits: Bool? = nil) {
    self.items = items
    self.position = position
    self.link = link
    self.erasureWaits = erasureWaits
  }
}
