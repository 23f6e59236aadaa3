public import Events
import Foundation

/// What the trail says of a recovery: with it a life of the database has ended that may have been anchored further than
/// this trail goes, and with other links.
public struct AuditRecovery: Sendable, Hashable {
  /// The action of such an entry.
  public static let action = "recovered"
  /// What kind of thing it is about.
  public static let kind = "Database"

  /// The entry's place in the chain.
  public let position: Int64
  /// The epoch that begins with it: anchors of earlier ones are of lives before.
  public let nextEpoch: Int64
  /// The last position that was known to be anchored in the life that is lost: up to there its anchors are this
  /// trail's.
  public let kept: Int64

  /// What an entry says of a recovery; nil where it tells of something else, or not as such entries do, or has no
  /// place.
  public init?(_ entry: AuditEntry) {
    guard entry.action == Self.action, entry.kind == Self.kind, let seal = entry.seal,
      let told = try? JSONDecoder().decode(Told.self, from: Data(entry.body)), told.detail.nextEpoch > told.detail.epoch
    else { return nil }
    position = seal.position
    nextEpoch = told.detail.nextEpoch
    // Earlier versions did not say it: then nothing before the entry itself is taken for lost.
    kept = min(told.detail.anchored ?? .max, seal.position &- 1)
  }

  /// Whether an anchor may be of the life that is lost, and says nothing of this trail then.
  public func ends(_ anchor: AuditAnchor) -> Bool { anchor.epoch < nextEpoch && anchor.position > kept }

  private struct Told: Decodable {
    struct Detail: Decodable {
      var epoch: Int64
      var nextEpoch: Int64
      var anchored: Int64?
    }

    var detail: Detail
  }
}
