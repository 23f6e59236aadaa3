public import Events
public import Model

/// What a cluster may have promised and has.
public struct CapacityView: Codable, Sendable, Hashable {
  /// The cluster.
  public var cluster: String
  /// What may be promised under the policy in force.
  public var limit: ResourceAmounts
  /// What is promised.
  public var committed: ResourceAmounts

  /// A view.
  public init(cluster: String, limit: ResourceAmounts, committed: ResourceAmounts) {
    self.cluster = cluster
    self.limit = limit
    self.committed = committed
  }
}

/// An agent's last heartbeat.
public struct AgentView: Codable, Sendable, Hashable {
  /// What it said.
  public var status: AgentStatus
  /// When that was stored, by the database's clock.
  public var heardAt: Timestamp

  /// A view.
  public init(status: AgentStatus, heardAt: Timestamp) {
    self.status = status
    self.heardAt = heardAt
  }
}
