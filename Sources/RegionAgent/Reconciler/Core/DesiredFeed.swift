public import Events
internal import Foundation

/// What the agent believes of its topic: the highest version of each placement, whatever order records come in.
///
/// A record that is not signed, not for this zone or not consistent is refused and counted; a tombstone means no
/// information (protocol rule 11); what was read twice or late changes nothing.
public struct DesiredFeed: Sendable {
  /// What a record meant.
  public enum Verdict: Sendable {
    /// A newer state than any seen.
    case newer(DesiredState, publishedAt: Timestamp)
    /// Nothing new: seen before, older, or a tombstone.
    case nothing
    /// Not believed.
    case refused(EventRejection)
  }

  private struct Seen: Sendable {
    var version: StateVersion
    var data: [UInt8]
  }

  private let zone: String
  private var verifier: EventVerifier
  private var seen: [UUID: Seen] = [:]
  /// Whether records were refused for want of a key since the keys last changed.
  public private(set) var lacksKeys = false
  /// The latest time that a verified record bears, also one that says nothing new.
  public private(set) var latestTime: Timestamp?
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

  /// Takes in one record.
  public mutating func take(key: [UInt8], headers: [CloudEvent.Header], value: [UInt8]?) -> Verdict {
    guard let value, case .placement = Topics.subject(ofKey: key) else {
      if value != nil, Topics.subject(ofKey: key) == nil {
        return refuse(EventRejection(.malformed, "the key is neither a placement nor zone/…, cluster/…, agent/…"))
      }
      return .nothing
    }
    do {
      let (state, event) = try BusCodec.desired(
        key: key, headers: headers, data: value, zone: zone, verifier: verifier)
      latestTime = max(latestTime ?? event.time, event.time)
      if let known = seen[state.placement] {
        guard state.version > known.version else {
          if state.version == known.version, value != known.data {
            let message = "two different states of \(state.placement) claim the version \(state.version)"
            return refuse(EventRejection(.mismatch, message))
          }
          return .nothing
        }
      }
      seen[state.placement] = Seen(version: state.version, data: value)
      return .newer(state, publishedAt: event.time)
    } catch {
      return refuse(error)
    }
  }

  private mutating func refuse(_ rejection: EventRejection) -> Verdict {
    refusedRecords += 1
    if rejection.reason == .unknownKey { lacksKeys = true }
    lastRefusal = "\(rejection.reason.rawValue): \(rejection.message)"
    return .refused(rejection)
  }
}
