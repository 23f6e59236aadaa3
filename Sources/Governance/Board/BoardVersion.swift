public import Events
public import Model

/// A version of the policy as the board's rules look at it.
public struct BoardVersion: Sendable, Hashable {
  /// How a version came about.
  public enum Origin: String, Codable, Sendable, CaseIterable {
    /// Applied directly, where no board decides.
    case applied
    /// Ratified by a vote.
    case ratified
    /// An emergency restriction.
    case emergency
    /// The end of an emergency restriction that nobody has ratified.
    case emergencyEnd
    /// A version that had its date already, written anew because an emergency restriction came before it.
    case carried
  }

  /// From 1.
  public var version: Int64
  /// From when on it is in force, unless a later one is.
  public var effectiveAt: Timestamp
  /// How it came about.
  public var origin: Origin
  /// The document.
  public var spec: PolicySpec
  /// The version that was decided, where this one only carries it behind an emergency restriction.
  public var carries: Int64?
  /// Older versions with the very same text, where an emergency restriction has it written anew.
  public var alike: [Int64]
  /// Of the end of an emergency restriction that was there again: the earlier restrictions with the same text.
  public var ends: [Int64]

  /// A version.
  public init(
    version: Int64, effectiveAt: Timestamp, origin: Origin, spec: PolicySpec, carries: Int64? = nil,
    alike: [Int64] = [], ends: [Int64] = []
  ) {
    self.version = version
    self.effectiveAt = effectiveAt
    self.origin = origin
    self.spec = spec
    self.carries = carries
    self.alike = alike
    self.ends = ends
  }

  /// Whether a text that is based on `base` knows what it replaces where it takes this version's place: it is the version
  /// itself, or its text written anew, or this is the end of the emergency restriction that it is based on, or of the same
  /// one had again.
  func isKnown(by base: Int64) -> Bool {
    version == base || alike.contains(base) || ends.contains(base) || (origin == .emergencyEnd && version == base + 1)
  }
}

/// The versions of the policy in time. At a moment the one with the highest number among those whose date has come is in
/// force: so there is one and no more, and of two with the same date the one that was ratified later.
public struct VersionLine: Sendable, Hashable {
  /// Those that are or may yet come into force, by number.
  public let versions: [BoardVersion]
  /// The highest number that was told of in a life of the database that is lost; 0 where there is none.
  public var told: Int64

  /// A line of versions, in any order.
  public init(_ versions: [BoardVersion], told: Int64 = 0) {
    self.versions = versions.sorted { $0.version < $1.version }
    self.told = told
  }

  /// The version in force at a moment; nil before the first.
  public func inForce(at moment: Timestamp) -> BoardVersion? {
    versions.last { $0.effectiveAt <= moment }
  }

  /// Those that will come into force after a moment as things stand, by date: which is by number too, since of two the one
  /// with the higher number would leave out the other if it came before it.
  public func awaited(after moment: Timestamp) -> [BoardVersion] {
    versions.filter { candidate in
      candidate.effectiveAt > moment
        && !versions.contains { $0.version > candidate.version && $0.effectiveAt <= candidate.effectiveAt }
    }
  }

  /// The version that a text is to be based on. An emergency restriction is put on what is in force, anything else on the last
  /// version that has its date, so that nothing is left out. The end of an emergency restriction may be: a vote takes its place.
  public func base(for kind: Proposal.Kind, at moment: Timestamp) -> BoardVersion? {
    (kind == .version ? versionLeftOut(by: moment) : nil) ?? inForce(at: moment)
  }

  /// When a text takes effect that is based on `base`, at `moment` at the earliest: it waits for the end of an emergency
  /// restriction that it is not based on. It may come before the last version that has its date, whose place it takes,
  /// where it is based on that one.
  ///
  /// - Throws: the version that it would replace, and does not know.
  func effect(of base: Int64, from moment: Timestamp) throws(UnknownVersion) -> Effect {
    guard let present = inForce(at: moment) else { return Effect(at: moment, replaced: nil, isTakingPlace: false) }
    let end = present.isKnown(by: base) ? nil : awaited(after: moment).last { $0.origin == .emergencyEnd }
    let at = end?.effectiveAt ?? moment
    let leftOut = versionLeftOut(by: at)
    let replaced = leftOut ?? end ?? present
    guard replaced.isKnown(by: base) else { throw UnknownVersion(version: replaced, isLeftOut: leftOut != nil) }
    return Effect(at: at, replaced: replaced, isTakingPlace: leftOut != nil)
  }

  /// When a text takes effect that is based on `base` and is meant for `moment`: then, or at the end of an emergency
  /// restriction that it has to wait for. Of one that is outdated, when it was meant for.
  public func date(of base: Int64, meantFor moment: Timestamp) -> Timestamp {
    do {
      return try effect(of: base, from: moment).at
    } catch {
      return moment
    }
  }

  /// When a text takes effect, and instead of what.
  struct Effect {
    var at: Timestamp
    var replaced: BoardVersion?
    var isTakingPlace: Bool
  }

  /// A version that a text is not based on, and would replace.
  struct UnknownVersion: Error {
    var version: BoardVersion
    /// It has its date, and would never come into force.
    var isLeftOut: Bool
  }

  /// What a text of this kind, based on `base`, would replace at `moment`: its base, where it is known to be replaced.
  public func replaced(by kind: Proposal.Kind, on base: Int64, at moment: Timestamp) -> Int64? {
    guard kind == .version else { return inForce(at: moment)?.version }
    do {
      return try effect(of: base, from: moment).replaced == nil ? nil : base
    } catch {
      return error.version.version
    }
  }

  /// The version that comes back, or has come back, at the end of an emergency restriction that is in force in `base`; nil where
  /// there is none. A text that is based on `base` would have it stay.
  public func returning(after base: Int64, at moment: Timestamp) -> BoardVersion? {
    let present = inForce(at: moment).flatMap { $0.origin == .emergencyEnd ? $0 : nil }
    guard let end = awaited(after: moment).last(where: { $0.origin == .emergencyEnd }) ?? present,
      end.version != base, !end.alike.contains(base)
    else { return nil }
    // What comes after the end does not carry it.
    let known = versions.first { $0.version == base }
    return known.map { $0.effectiveAt < end.effectiveAt } ?? true ? end : nil
  }

  /// A version that would never come into force if the next one did at `moment`.
  func versionLeftOut(by moment: Timestamp) -> BoardVersion? {
    awaited(after: moment).last { $0.origin != .emergencyEnd }
  }

  /// The number of the next version: one that was never told of.
  public var nextVersion: Int64 { max(versions.last?.version ?? 0, told) + 1 }
}
