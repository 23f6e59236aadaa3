public import Events

/// When the public document of the offer and the policy became another one.
public struct OfferPublicationView: Codable, Sendable, Hashable {
  /// Counts them; some numbers may be left out.
  public var number: Int64
  /// SHA-256 of what it means, hexadecimal: its entity tag.
  public var digest: String
  /// The policy that was in force; absent before there was one.
  public var policyVersion: Int64?
  /// Since when, by the database's clock.
  public var publishedAt: Timestamp

  /// A publication.
  public init(number: Int64, digest: String, policyVersion: Int64?, publishedAt: Timestamp) {
    self.number = number
    self.digest = digest
    self.policyVersion = policyVersion
    self.publishedAt = publishedAt
  }
}
