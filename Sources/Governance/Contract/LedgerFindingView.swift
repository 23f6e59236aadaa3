public import Events
public import Model
public import Policy

/// A finding about the books: the ledger says that something else is promised than what reservations hold, or than what
/// quotas on the cluster enforce.
public struct LedgerFindingView: Codable, Sendable, Hashable {
  /// Counts them; some numbers may be left out.
  public var number: Int64
  /// What the ledger is compared with; absent from a service that compares with reservations only.
  public var kind: LedgerDifference.Kind?
  /// The cluster.
  public var cluster: String
  /// The resource.
  public var resource: CountedResource
  /// What the ledger says, in the resource's counting unit; of quotas, for the placements that can be compared.
  public var ledger: Int64
  /// What reservations hold together, or quotas enforce.
  public var held: Int64
  /// Of quotas, the placements that differ, those that differ most first.
  public var placements: [LedgerDifference.Part]?
  /// How many more differ; absent where none does.
  public var omitted: Int64?
  /// When it was found.
  public var foundAt: Timestamp
  /// When it had ended; absent while it lasts.
  public var endedAt: Timestamp?

  /// A finding.
  public init(number: Int64, _ difference: LedgerDifference, foundAt: Timestamp, endedAt: Timestamp?) {
    self.number = number
    kind = difference.kind
    cluster = difference.cluster
    resource = difference.resource
    ledger = difference.ledger
    held = difference.held
    (placements, omitted) = (difference.told, difference.omitted > 0 ? difference.omitted : nil)
    self.foundAt = foundAt
    self.endedAt = endedAt
  }
}

extension LedgerDifference {
  /// The placements that are told of: of reservations none are.
  var told: [Part]? { kind == .quotas ? placements : nil }
}
