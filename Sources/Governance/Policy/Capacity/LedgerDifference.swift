public import Foundation
public import Model

/// A cluster of which the ledger says that something else is promised than what another book says. It is told, and mended by
/// nobody on its own: which of the two is wrong has to be found out first.
public struct LedgerDifference: Codable, Sendable, Hashable {
  /// What the ledger is compared with.
  public enum Kind: String, Codable, Sendable, CaseIterable {
    /// What reservations hold together.
    case reservations
    /// What Régie's quotas on the cluster enforce together, as agents have seen them.
    case quotas
  }

  /// A placement whose quota is not what the ledger holds for it.
  public struct Part: Codable, Sendable, Hashable {
    /// The placement.
    public var placement: UUID
    /// The project.
    public var project: String
    /// The environment.
    public var environment: String
    /// Which replica, from 0.
    public var replica: Int
    /// What the ledger holds for it, in the resource's counting unit.
    public var ledger: Int64
    /// What its quota enforces; nil where that does not limit the resource.
    public var held: Int64?

    /// A part.
    public init(
      placement: UUID, project: String, environment: String, replica: Int, ledger: Int64, held: Int64?
    ) {
      self.placement = placement
      self.project = project
      self.environment = environment
      self.replica = replica
      self.ledger = ledger
      self.held = held
    }
  }

  /// What the ledger is compared with.
  public var kind: Kind
  /// The cluster.
  public var cluster: String
  /// The resource.
  public var resource: CountedResource
  /// What the ledger says, in the resource's counting unit; of quotas, for the placements that can be compared.
  public var ledger: Int64
  /// What reservations hold together, or quotas enforce.
  public var held: Int64
  /// Of quotas, the placements that differ, at most ``mostParts``, those that differ most first.
  public var placements: [Part]
  /// How many more differ.
  public var omitted: Int64

  /// How many placements a difference names.
  public static let mostParts = 16

  /// A difference.
  public init(
    kind: Kind = .reservations, cluster: String, resource: CountedResource, ledger: Int64, held: Int64,
    placements: [Part] = [], omitted: Int64 = 0
  ) {
    self.kind = kind
    self.cluster = cluster
    self.resource = resource
    self.ledger = ledger
    self.held = held
    self.placements = placements
    self.omitted = omitted
  }

  /// Where two books of the same moment differ, by cluster and resource. A cluster that one of them lacks has nothing there.
  public static func between(
    ledger: [String: ResourceAmounts], held: [String: ResourceAmounts]
  ) -> [LedgerDifference] {
    Set(ledger.keys).union(held.keys).sorted().flatMap { cluster in
      let (said, found) = (ledger[cluster] ?? ResourceAmounts(), held[cluster] ?? ResourceAmounts())
      return CountedResource.allCases.filter { said[$0] != found[$0] }.map { resource in
        LedgerDifference(cluster: cluster, resource: resource, ledger: said[resource], held: found[resource])
      }
    }
  }

  /// Where the sum of what quotas enforce is not the sum of what the ledger holds for the same placements, by cluster and
  /// resource.
  ///
  /// - Parameters:
  ///   - holdings: Placements; those that agree may be left out, and those that can not be compared count for nothing.
  ///   - ledger: What the ledger holds on each cluster for all placements that can be compared, of `holdings` or not.
  public static func between(
    quotas holdings: [QuotaHolding], ledger: [String: ResourceAmounts]
  ) -> [LedgerDifference] {
    let differing = holdings.filter { $0.standing == .differs }
    return Dictionary(grouping: differing, by: \.cluster).sorted { $0.key < $1.key }.flatMap { cluster, holdings in
      CountedResource.allCases.compactMap { resource in
        of(resource, on: cluster, holdings, ledger: ledger[cluster]?[resource] ?? 0)
      }
    }
  }

  private static func of(
    _ resource: CountedResource, on cluster: String, _ holdings: [QuotaHolding], ledger: Int64
  ) -> LedgerDifference? {
    let sum = holdings.reduce(Int128(0)) { $0 + $1.excess(of: resource) }
    guard sum != 0 else { return nil }
    let parts = holdings.filter { $0.excess(of: resource) != 0 }.sorted { left, right in
      let (one, other) = (left.excess(of: resource).magnitude, right.excess(of: resource).magnitude)
      return one == other ? left.placement.uuidString < right.placement.uuidString : one > other
    }
    return LedgerDifference(
      kind: .quotas, cluster: cluster, resource: resource, ledger: ledger,
      held: Int64(clamping: max(0, Int128(ledger) + sum)),
      placements: parts.prefix(mostParts).map { $0.part(resource) }, omitted: Int64(max(0, parts.count - mostParts)))
  }
}
