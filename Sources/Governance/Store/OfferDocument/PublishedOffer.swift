public import Events
import NIOConcurrencyHelpers

/// The current offer and policy as one public document.
public struct PublishedOffer: Sendable, Hashable {
  /// The document, as it is sent.
  public var bytes: [UInt8]
  /// SHA-256 of what it means, hexadecimal: the same as long as that is.
  public var digest: String
  /// The policy in force; nil where there is none.
  public var policyVersion: Int64?
  /// Whether the database could not be asked, and this is what was known last: something else may be true by now.
  public var isStale = false
}

/// When the public document has become another one.
public struct OfferPublication: Sendable, Hashable {
  /// Counts them; some numbers may be left out.
  public var number: Int64
  /// SHA-256 of what it means, hexadecimal.
  public var digest: String
  /// The policy that was in force; nil before there was one.
  public var policyVersion: Int64?
  /// Since when, by the database's clock.
  public var publishedAt: Timestamp
}

/// The document that was made last, and of what: whoever logs in to the console asks for it.
final class PublishedOfferCache: Sendable {
  /// What tells one offer and policy from another, within one life of the database.
  struct Key: Hashable, Sendable {
    var epoch: Int64
    var life: String
    var offer: Int64
    var policy: Int64?

    /// Whether it is of a later moment, where versions tell that.
    func isNewer(than other: Key) -> Bool {
      (epoch, offer, policy ?? 0) > (other.epoch, other.offer, other.policy ?? 0)
    }
  }

  private let latest = NIOLockedValueBox<(key: Key, offer: PublishedOffer)?>(nil)

  /// Whatever it was made of.
  var last: (key: Key, offer: PublishedOffer)? { latest.withLockedValue { $0 } }

  func find(_ key: Key) -> PublishedOffer? { latest.withLockedValue { $0?.key == key ? $0?.offer : nil } }

  func keep(_ offer: PublishedOffer, as key: Key) { latest.withLockedValue { $0 = (key, offer) } }
}
