public import Events
public import Foundation

/// What `regie.events` holds of the board and of the audit trail, verified: a database that has lost acts of the board only
/// is compared with it (protocol rules 4 and 13). Of the policy and the trail it keeps the highest, however large the topic
/// is, and of each proposal, vote and comment a digest; of what was told twice, what was told last, as compaction does.
public struct ToldEvidence: Sendable {
  /// A version of the policy that was told of.
  public struct Version: Sendable, Hashable {
    /// The epoch of the database.
    public var epoch: Int64
    /// Its number.
    public var version: Int64
    /// SHA-256 of its text, hexadecimal.
    public var digest: String
  }

  /// What was told last of a proposal, a vote or a comment.
  public struct Act: Sendable, Hashable {
    /// The epoch of the database.
    public var epoch: Int64
    /// Which state of it.
    public var revision: Int64
    /// Of the record's exact bytes.
    public var content: ContentDigest
  }

  /// Where a record lies on the topic.
  public struct Place: Sendable, Hashable {
    /// The partition.
    public var partition: Int32
    /// The offset in it.
    public var offset: Int64

    /// A place.
    public init(partition: Int32, offset: Int64) {
      self.partition = partition
      self.offset = offset
    }
  }

  /// An event, whoever has signed it.
  public struct Event: Sendable, Hashable {
    /// What names it. Nothing vouches for that: it is in no signed data.
    public var id: UUID
    /// One of ``EventType``. It is in no signed data either.
    public var type: String
    /// Of the record's exact bytes.
    public var content: ContentDigest
    /// Where it lies, if it is signed by a key that is not known any more: anybody can make up such a one, so the event
    /// counts where the bus has acknowledged it, and nowhere else. Nil where its signature was verified.
    public var unverifiedAt: Place?

    /// An event.
    public init(id: UUID, type: String, content: ContentDigest, unverifiedAt: Place? = nil) {
      self.id = id
      self.type = type
      self.content = content
      self.unverifiedAt = unverifiedAt
    }
  }

  /// The highest epoch that anything was told in; 0 where nothing was.
  public private(set) var epoch: Int64 = 0
  /// The highest version of the highest epoch.
  public private(set) var policy: Version?
  /// The highest version of any epoch; 0 where none was told of.
  public private(set) var highestPolicy: Int64 = 0
  /// The highest anchor of the highest epoch.
  public private(set) var anchor: AuditAnchor?
  /// By the record's key, the highest revision of the highest epoch of each proposal, vote and comment. There are as many as
  /// the database has of them.
  public private(set) var acts: [String: Act] = [:]
  /// By the record's key, the position that was anchored last under it. There is a key for each day and epoch.
  public private(set) var anchors: [String: Int64] = [:]
  /// By the record's key, the digest of the anchor's headers and value that lies there last and could not be believed. Whoever
  /// may write to the topic may make up keys: of more than ``refusedLimit``, and of longer ones than an anchor has, none is kept.
  public private(set) var refusedAnchors: [String: ContentDigest] = [:]
  /// There is a key for each day and epoch. Of what lies under one more it is not known that it is not lost: it is sent again.
  static let refusedLimit = 10_000
  /// In bytes: `audit/`, a day and an epoch have less.
  static let refusedKeyLimit = 64
  /// By the record's key, the event that was told last, of whatever kind; where that is listed.
  public private(set) var events: [String: Event] = [:]
  /// Whether ``events`` is kept.
  public let listsEvents: Bool
  /// Records of these kinds that could not be believed: of another key, or damaged.
  public internal(set) var refused = 0

  /// Nothing was told yet.
  ///
  /// - Parameter listsEvents: whether ``events`` is kept, which grows with the topic.
  public init(listsEvents: Bool = false) { self.listsEvents = listsEvents }

  /// Takes what is told of a version.
  public mutating func take(_ fact: PolicyVersionFact) {
    epoch = max(epoch, fact.epoch)
    highestPolicy = max(highestPolicy, fact.version)
    if let policy, (policy.epoch, policy.version) > (fact.epoch, fact.version) { return }
    policy = Version(epoch: fact.epoch, version: fact.version, digest: fact.digest)
  }

  /// Takes an anchor of the audit trail.
  ///
  /// - Parameter key: the record's.
  public mutating func take(_ anchor: AuditAnchor, under key: String) {
    epoch = max(epoch, anchor.epoch)
    anchors[key] = anchor.position
    refusedAnchors[key] = nil
    if let known = self.anchor, (known.epoch, known.position) > (anchor.epoch, anchor.position) { return }
    self.anchor = anchor
  }

  /// Takes what is told of a proposal, a vote or a comment.
  ///
  /// - Parameter data: the record's exact bytes.
  public mutating func take(act fact: some PublicFact, data: [UInt8]) {
    epoch = max(epoch, fact.epoch)
    if let known = acts[fact.key], (known.epoch, known.revision) > (fact.epoch, fact.revision) { return }
    acts[fact.key] = Act(epoch: fact.epoch, revision: fact.revision, content: ContentDigest(of: data))
  }

  /// Takes which event lies under a key, behind all that was told there before; nil where there is none any more, or
  /// none that anybody believes.
  ///
  /// - Parameters:
  ///   - type: the event's; without one nobody believes it.
  ///   - data: the record's exact bytes.
  ///   - place: as ``Event/unverifiedAt``.
  public mutating func take(
    event: UUID?, type: String?, data: [UInt8], unverifiedAt place: Place? = nil, under key: String
  ) {
    guard listsEvents else { return }
    guard let event, let type else {
      events[key] = nil
      return
    }
    events[key] = Event(id: event, type: type, content: ContentDigest(of: data), unverifiedAt: place)
  }

  /// Takes that an epoch has begun.
  public mutating func take(_ fact: EpochFact) { epoch = max(epoch, fact.epoch) }

  /// Counts a record that is not believed.
  public mutating func refuse() { refused += 1 }

  /// Counts an anchor of the audit trail that is not believed. What was anchored under its key before it is held no more:
  /// compaction keeps the last record only.
  ///
  /// - Parameters:
  ///   - headers: the record's.
  ///   - value: the record's.
  ///   - key: the record's.
  public mutating func refuse(anchor headers: [CloudEvent.Header], value: [UInt8], under key: String) {
    refuse()
    anchors[key] = nil
    guard key.utf8.count <= Self.refusedKeyLimit else { return }
    guard refusedAnchors[key] != nil || refusedAnchors.count < Self.refusedLimit else { return }
    refusedAnchors[key] = Self.digest(headers: headers, value: value)
  }

  /// Of a record's headers and value, each part behind its length, so that none passes for another.
  static func digest(headers: [CloudEvent.Header], value: [UInt8]) -> ContentDigest {
    var bytes: [UInt8] = []
    func append(_ part: [UInt8]?) {
      bytes += Array((part.map { "\($0.count):" } ?? "-").utf8)
      bytes += part ?? []
    }
    for header in headers {
      append(Array(header.name.utf8))
      append(header.value)
    }
    append(value)
    return ContentDigest(of: bytes)
  }
}

/// The database's own account of what it has told, to be read after the topic.
public struct ToldAccount: Sendable, Hashable {
  /// The epoch.
  public var epoch: Int64
  /// The highest version of the policy; 0 before the first.
  public var policy: Int64
  /// The digests that were told in this epoch of the version that the bus holds; empty where nothing was told of it here.
  public var digests: Set<String>
  /// The position of the audit chain's head.
  public var position: Int64
  /// The last position that the database knows to be anchored.
  public var anchored: Int64
  /// The link at the position that the bus holds, hexadecimal; nil where there is no such entry.
  public var link: String?
  /// How many proposals, votes and comments the bus tells of that are not here, or otherwise.
  public var lostActs: Int64
  /// The keys of some of them.
  public var lostKeys: [String]

  /// An account.
  public init(
    epoch: Int64, policy: Int64, digests: Set<String> = [], position: Int64, anchored: Int64 = 0, link: String? = nil,
    lostActs: Int64 = 0, lostKeys: [String] = []
  ) {
    self.epoch = epoch
    self.policy = policy
    self.digests = digests
    self.position = position
    self.anchored = anchored
    self.link = link
    self.lostActs = lostActs
    self.lostKeys = lostKeys
  }

  /// Whether something else was told of the version than here.
  func isOther(_ version: ToldEvidence.Version) -> Bool { !digests.isEmpty && !digests.contains(version.digest) }
}

extension RestoreSigns {
  /// The first sign that there is on `regie.events`; nil where there is none.
  ///
  /// What was told in an earlier epoch than the database's is of a life that was lost, which is known, or was told again.
  /// What waits to be told is written with the act: so the bus is never ahead of a database that has lost nothing.
  public static func first(in told: ToldEvidence, against account: ToldAccount) -> String? {
    if told.epoch > account.epoch {
      return "regie.events: the bus knows the epoch \(told.epoch), the database \(account.epoch)"
    }
    return policy(in: told, account) ?? acts(account) ?? trail(in: told, account)
  }

  private static func policy(in told: ToldEvidence, _ account: ToldAccount) -> String? {
    guard let policy = told.policy, policy.epoch == account.epoch else { return nil }
    if policy.version > account.policy {
      return "regie.events: the bus tells of version \(policy.version) of the policy, the database has "
        + "\(account.policy)"
    }
    guard account.isOther(policy) else { return nil }
    return "regie.events: the bus tells of another text of version \(policy.version) of the policy than the database's"
  }

  private static func acts(_ account: ToldAccount) -> String? {
    guard account.lostActs > 0 else { return nil }
    return "regie.events: the bus tells of acts of the board that the database does not have, or otherwise: "
      + "\(account.lostKeys.first ?? ""); so it is for \(account.lostActs)"
  }

  private static func trail(in told: ToldEvidence, _ account: ToldAccount) -> String? {
    guard let anchor = told.anchor, anchor.epoch == account.epoch else { return nil }
    if anchor.position > account.position {
      return "regie.events: the audit trail was anchored up to \(anchor.position), the database's ends at "
        + "\(account.position)"
    }
    guard let link = account.link, link != anchor.link else { return nil }
    return "regie.events: the audit trail was anchored with another entry \(anchor.position) than the database's"
  }
}
