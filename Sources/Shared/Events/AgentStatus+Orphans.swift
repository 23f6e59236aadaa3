public import Foundation

extension AgentStatus {
  /// A placement that a cluster holds and the zone's topic does not: nobody has decided it, as far as the agent can know. It is
  /// left as it is, for people to look at.
  public struct Orphan: Codable, Sendable, Hashable {
    /// The placement.
    public var placement: UUID
    /// The cluster's name.
    public var cluster: String
    /// The namespace that bears its mark, where there is one.
    public var namespace: String?
    /// The version that the cluster remembers to have been acted on, where it does.
    public var remembered: StateVersion?

    /// An orphan.
    public init(placement: UUID, cluster: String, namespace: String? = nil, remembered: StateVersion? = nil) {
      self.placement = placement
      self.cluster = cluster
      self.namespace = namespace
      self.remembered = remembered
    }
  }

  /// The orphans of a zone.
  public struct Orphans: Codable, Sendable, Hashable {
    /// How many there are.
    public var count: Int
    /// The first of them, in the order of clusters and placements.
    public var first: [Orphan]

    /// How many are named: a heartbeat must not become too large for the bus.
    public static let longest = 50

    /// All of them. One that is only remembered is told once, as it comes first, and not beside a namespace of its own.
    public init(_ all: [Orphan]) {
      var told = Set(all.filter { $0.namespace != nil }.map(\.placement))
      let each = all.filter { $0.namespace != nil || told.insert($0.placement).inserted }
      count = each.count
      first = Array(
        each.sorted { ($0.cluster, $0.placement.uuidString) < ($1.cluster, $1.placement.uuidString) }
          .prefix(Self.longest))
    }
  }
}
