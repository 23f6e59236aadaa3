public import Events
public import Model

/// A finding about the books: the ledger says that something else is promised than what reservations hold.
public struct LedgerFindingView: Codable, Sendable, Hashable {
  /// Counts them; some numbers may be left out.
  public var number: Int64
  /// The cluster.
  public var cluster: String
  /// The resource.
  public var resource: CountedResource
  /// What the ledger says, in the resource's counting unit.
  public var ledger: Int64
  /// What reservations hold together.
  public var held: Int64
  /// When it was found.
  public var foundAt: Timestamp
  /// When it had ended; absent while it lasts.
  public var endedAt: Timestamp?

  /// A finding.
  public init(
    number: Int64, cluster: String, resource: CountedResource, ledger: Int64, held: Int64, foundAt: Timestamp,
    endedAt: Timestamp?
  ) {
    self.number = number
    self.cluster = cluster
    self.resource = resource
    self.ledger = ledger
    self.held = held
    self.foundAt = foundAt
    self.endedAt = endedAt
  }
}
