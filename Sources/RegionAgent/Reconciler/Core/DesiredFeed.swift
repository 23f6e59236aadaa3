public import Events
public import Foundation
internal import Model

/// What the agent believes of its topic: the highest version of each placement, whatever order records come in.
///
/// A record that is not signed, not for this zone or not consistent is refused and counted; a tombstone means no
/// information (protocol rule 11), and one of a placement that is not removed is refused, too; what was read twice changes
/// nothing, and what comes after a newer state of its placement is refused as played again: it may have come late as well
/// (protocol rule 9).
public struct DesiredFeed: Sendable {
  /// What a record meant.
  public enum Verdict: Sendable {
    /// A newer state than any seen.
    case newer(DesiredState, publishedAt: Timestamp)
    /// Nothing new: older, or a tombstone of what is removed or not known.
    case nothing
    /// The state that is known already, perhaps signed by another key.
    case repeated(DesiredState)
    /// The zone's record: the topic may be trusted otherwise than before.
    case zoneRecord
    /// Not believed.
    case refused(EventRejection)
  }

  private let zone: String
  private var verifier: EventVerifier
  /// Whether the topic holds what the zone's record says.
  public private(set) var zoneTrust = ZoneTrust()
  /// What each accepted state means, in a number of this process alone: a state is known again however it is written.
  private var meanings: [UUID: Int] = [:]
  /// Where what was accepted last was read.
  private var places: [UUID: RecordPlace] = [:]
  /// Whether records were refused for want of a key since the keys last changed.
  public private(set) var lacksKeys = false
  /// Records refused since the start.
  public private(set) var refusedRecords: Int64 = 0
  /// The latest refusal.
  public private(set) var lastRefusal: String?

  /// A feed for the topic of `zone`, a slug.
  public init(zone: String, verifier: EventVerifier) {
    self.zone = zone
    self.verifier = verifier
  }

  /// Trusts another set of keys from now on.
  ///
  /// - Returns: Whether records were refused for want of a key since the last change: they are worth reading again.
  public mutating func trust(_ verifier: EventVerifier) -> Bool {
    self.verifier = verifier
    defer { lacksKeys = false }
    return lacksKeys
  }

  /// Learns how far the topic was read, or that time has passed.
  ///
  /// - Returns: Whether the topic is trusted otherwise now.
  public mutating func note(_ event: ZoneTrust.Event, at now: Timestamp) -> Bool {
    switch event {
    case .readingBegins: places = [:]
    case .partitionBegins(let partition): places = places.filter { $0.value.partition != partition }
    default: break
    }
    return zoneTrust.handle(event, at: now)
  }

  /// A state that an earlier life kept, believed as one on the topic is.
  ///
  /// - Throws: ``EventRejection``, as for a record.
  public func recognise(_ signed: SignedState, of placement: UUID) throws(EventRejection) -> DesiredState {
    try signed.state(of: placement, zone: zone, verifier: verifier)
  }

  /// Over what was accepted; see ``DigestBook``.
  public var digests: [SetDigest] { zoneTrust.book.buckets }

  /// Whether a state of the placement was accepted.
  public func knows(_ placement: UUID) -> Bool { zoneTrust.book[placement] != nil }

  /// The removed placements that the zone's record does not count any more, since this was last asked. What was accepted of
  /// them is forgotten, but for what was accepted after that.
  public mutating func takeForgotten() -> [UUID] {
    let forgotten = zoneTrust.takeForgotten()
    for placement in forgotten where !knows(placement) {
      meanings[placement] = nil
      places[placement] = nil
    }
    return forgotten
  }

  /// The buckets to ask for again; see ``ZoneTrust/plea(at:)``.
  public mutating func plea(at now: Timestamp) -> [Int]? {
    zoneTrust.plea(at: now)
  }

  /// Takes in one record that stood at `place`.
  public mutating func take(
    key: [UInt8], headers: [CloudEvent.Header], value: [UInt8]?, at place: RecordPlace? = nil, now: Timestamp
  ) -> Verdict {
    guard let value else { return takeTombstone(key: key, now: now) }
    switch Topics.subject(ofKey: key) {
    case .placement: return take(state: value, key: key, headers: headers, at: place, now: now)
    case .zone: return take(zoneRecord: value, key: key, headers: headers, now: now)
    case .cluster, .agent: return .nothing
    case nil:
      return refuse(EventRejection(.malformed, "the key is neither a placement nor zone/…, cluster/…, agent/…"))
    }
  }

  private mutating func takeTombstone(key: [UInt8], now: Timestamp) -> Verdict {
    guard case .placement(let placement)? = Topics.subject(ofKey: key), knows(placement) else { return .nothing }
    guard zoneTrust.removals.contains(placement) else {
      return refuse(
        EventRejection(
          .mismatch,
          "a tombstone of \(placement), of which no removal was accepted, is no information: what is known stays"))
    }
    _ = zoneTrust.handle(.tombstone(placement), at: now)
    return .nothing
  }

  private mutating func take(
    zoneRecord value: [UInt8], key: [UInt8], headers: [CloudEvent.Header], now: Timestamp
  ) -> Verdict {
    do {
      let record = try BusCodec.zoneRecord(key: key, headers: headers, data: value, zone: zone, verifier: verifier)
      _ = zoneTrust.handle(.record(record), at: now)
      return .zoneRecord
    } catch {
      return refuse(error)
    }
  }

  private mutating func take(
    state value: [UInt8], key: [UInt8], headers: [CloudEvent.Header], at place: RecordPlace?, now: Timestamp
  ) -> Verdict {
    do {
      let (state, event) = try BusCodec.desired(
        key: key, headers: headers, data: value, zone: zone, verifier: verifier)
      let content = ContentDigest(of: value)
      if let known = zoneTrust.book[state.placement] {
        guard state.version > known.version else {
          guard state.version == known.version else { return takeOlder(state, than: known.version, at: place) }
          guard content != known.content else {
            places[state.placement] = place
            return .repeated(state)
          }
          guard meanings[state.placement] == state.hashValue else {
            let message = "two different states of \(state.placement) claim the version \(state.version)"
            return refuse(EventRejection(.mismatch, message))
          }
          // Another version of governance has written it anew: the zone's record covers these bytes now.
          accept(state, content, at: place, now: now)
          return .repeated(state)
        }
      }
      meanings[state.placement] = state.hashValue
      accept(state, content, at: place, now: now)
      return .newer(state, publishedAt: event.time)
    } catch {
      return refuse(error)
    }
  }

  /// Partitions are in order: what stands after a newer state was written after it.
  private mutating func takeOlder(
    _ state: DesiredState, than version: StateVersion, at place: RecordPlace?
  ) -> Verdict {
    guard let place, let known = places[state.placement], place.partition == known.partition,
      place.offset > known.offset
    else { return .nothing }
    return refuse(
      EventRejection(
        .replayed,
        "version \(state.version) of \(state.placement) stands after \(version): it was written again, or late; "
          + "\(version) or later is accepted"))
  }

  private mutating func accept(_ state: DesiredState, _ content: ContentDigest, at place: RecordPlace?, now: Timestamp)
  {
    places[state.placement] = place
    _ = zoneTrust.handle(
      .accepted(state.placement, state.version, content, at: place, isRemoval: state.phase == .removed), at: now)
  }

  private mutating func refuse(_ rejection: EventRejection) -> Verdict {
    refusedRecords += 1
    if rejection.reason == .unknownKey { lacksKeys = true }
    lastRefusal = "\(rejection.reason.rawValue): \(rejection.message)"
    return .refused(rejection)
  }
}
