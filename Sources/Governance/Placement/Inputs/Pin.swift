/// A replica whose cluster is chosen already. Verdicts stay what they are: a pin binds the choice, and opens nothing.
public struct Pin: Codable, Sendable, Hashable {
  /// The environment's name.
  public var environment: String
  /// Which replica, from 0.
  public var replica: Int
  /// The cluster it may have, and no other.
  public var cluster: String

  /// A pin.
  public init(environment: String, replica: Int, cluster: String) {
    self.environment = environment
    self.replica = replica
    self.cluster = cluster
  }

  /// The pin that holds a replica where a plan puts it.
  public init(_ assignment: Assignment) {
    self.init(environment: assignment.environment, replica: assignment.replica, cluster: assignment.cluster)
  }
}
