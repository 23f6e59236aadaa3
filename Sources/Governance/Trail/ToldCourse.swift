public import Events
public import Foundation

/// What was known of what a proposal would change.
public struct ToldImpact: Sendable, Hashable, Decodable {
  /// What a result was worked out on.
  public struct Ground: Sendable, Hashable, Codable {
    /// The version that it is compared with; nil where there was none.
    public var policyVersion: Int64?
    /// Counts the changes of the offer.
    public var offerVersion: Int64
    /// SHA-256 of the offer, hexadecimal.
    public var snapshotDigest: String
    /// The day that it was worked out for.
    public var day: String
    /// When the policy is to take effect; nil for as soon as it may.
    public var effectiveAt: Timestamp?

    /// A ground.
    public init(
      policyVersion: Int64?, offerVersion: Int64, snapshotDigest: String, day: String, effectiveAt: Timestamp?
    ) {
      self.policyVersion = policyVersion
      self.offerVersion = offerVersion
      self.snapshotDigest = snapshotDigest
      self.day = day
      self.effectiveAt = effectiveAt
    }
  }

  /// SHA-256 of the result, hexadecimal; nil where there was none.
  public var digest: String?
  /// The moment that it was true of; nil where there was none.
  public var asOf: Timestamp?
  /// What it was worked out on; nil where there was none, or an earlier program has told of it.
  public var ground: Ground?

  /// What was known.
  public init(digest: String?, asOf: Timestamp?, ground: Ground? = nil) {
    self.digest = digest
    self.asOf = asOf
    self.ground = ground
  }
}

/// How a proposal has come to where it is: when what happened, by whose hands, and what it has become.
public struct ToldCourse: Sendable, Hashable {
  /// When it was begun.
  public var createdAt: Timestamp?
  /// When it was put to the vote.
  public var proposedAt: Timestamp?
  /// When it came to its end.
  public var closedAt: Timestamp?
  /// The version that it has become.
  public var version: Int64?
  /// The proposal that stands in for it.
  public var amendedBy: UUID?
  /// Who has begun it, then who else has written in it or proposed it, each once; nil for names that are not known any
  /// more.
  public var writers: [String?]
  /// What was known of what it would change; nil where nobody asked, or an earlier program has told of it.
  public var impact: ToldImpact?

  /// A course.
  public init(
    createdAt: Timestamp? = nil, proposedAt: Timestamp? = nil, closedAt: Timestamp? = nil, version: Int64? = nil,
    amendedBy: UUID? = nil, writers: [String?] = [], impact: ToldImpact? = nil
  ) {
    self.createdAt = createdAt
    self.proposedAt = proposedAt
    self.closedAt = closedAt
    self.version = version
    self.amendedBy = amendedBy
    self.writers = writers.map { $0 == AuditPerson.erased ? nil : $0 }
    self.impact = impact
  }

  /// Takes an act that the trail tells of.
  ///
  /// - Parameters:
  ///   - principal: who it was; nil where that is not known any more.
  ///   - version: the first version that it has written.
  mutating func take(_ action: String, at: Timestamp, by principal: String?, version: Int64?, amendedBy: UUID?) {
    switch action {
    case "drafted": (createdAt, writers) = (at, [principal])
    case "edited": note(principal)
    case "proposed":
      note(principal)
      proposedAt = at
    case "voted", "commented", "prolonged": break
    default: (closedAt, self.version, self.amendedBy) = (at, version, amendedBy)
    }
  }

  private mutating func note(_ writer: String?) {
    // How many names are not known is compared with nothing, so that one nil says as much as several.
    if !writers.contains(writer) { writers.append(writer) }
  }

  /// Whether what is stored is the same, as far as names are known still.
  func agrees(with stored: ToldCourse) -> Bool {
    // A trail that does not go back to its beginning says nothing of it.
    guard let createdAt else { return true }
    return createdAt == stored.createdAt && proposedAt == stored.proposedAt && closedAt == stored.closedAt
      && version == stored.version && amendedBy == stored.amendedBy && agrees(with: stored.writers)
  }

  /// Names go from the trail and from the tables, each in its time: whoever is named in one is looked for in the other while that
  /// names everybody.
  private func agrees(with stored: [String?]) -> Bool {
    guard let (first, begun) = writers.first.flatMap({ first in stored.first.map { (first, $0) } }) else {
      return writers.isEmpty == stored.isEmpty
    }
    let (told, kept) = (Set(writers.compactMap(\.self)), Set(stored.compactMap(\.self)))
    return ToldPolicy.agree(first, begun) && (writers.contains(nil) || kept.isSubset(of: told))
      && (stored.contains(nil) || told.isSubset(of: kept))
  }

  /// Whether another impact than `stored` is told of at the end; while it is voted on, it is worked out anew as the world moves.
  func isAnotherImpact(_ stored: ToldImpact?) -> Bool {
    guard closedAt != nil, let impact else { return false }
    return impact.digest != stored?.digest || impact.asOf != stored?.asOf
      || impact.ground.map { $0 != stored?.ground } ?? false
  }
}
