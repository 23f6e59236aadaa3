/// What the public document of the current offer and policy has come to. What it says is in the document itself, which
/// everybody may read and whose entity tag the digest is.
public struct OfferFact: PublicFact {
  /// Its type on the bus.
  public static var type: String { EventType.offer }

  /// The epoch of the database.
  public var epoch: Int64
  /// The document's number in its history; grows with each meaning of it, and may leave numbers out.
  public var revision: Int64
  /// SHA-256 of what it means, 64 hexadecimal digits: its entity tag.
  public var digest: String
  /// The policy that was in force; absent before there was one.
  public var policyVersion: Int64?
  /// Since when it says so.
  public var publishedAt: Timestamp

  /// The record's key: there is one document.
  public var key: String { "offer/current" }

  /// What is told of the document.
  public init(epoch: Int64, revision: Int64, digest: String, policyVersion: Int64? = nil, publishedAt: Timestamp) {
    self.epoch = epoch
    self.revision = revision
    self.digest = digest
    self.policyVersion = policyVersion
    self.publishedAt = publishedAt
  }
}
