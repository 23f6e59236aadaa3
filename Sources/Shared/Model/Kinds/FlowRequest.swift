/// A request to open a network flow, executed or rejected by the operator within a guaranteed delay.
public struct FlowRequestSpec: ResourceSpec {
  /// The kind that this is the spec of.
  public static let kind = Kind.flowRequest

  /// Seen from the environment.
  public enum Direction: String, Codable, Sendable, CaseIterable {
    case inbound
    case outbound
  }

  /// Transport protocol.
  public enum TransportProtocol: String, Codable, Sendable, CaseIterable {
    case tcp
    case udp
  }

  /// The project's name.
  public var project: String
  /// The environment's name.
  public var environment: String
  /// Seen from the environment.
  public var direction: Direction
  /// The other side: a CIDR block or a host name.
  public var peer: String
  /// Transport protocol.
  public var `protocol`: TransportProtocol
  /// 1 to 65535; at least one.
  public var ports: [Int]
  /// Why; never empty.
  public var motive: String

  /// A flow request.
  public init(
    project: String, environment: String, direction: Direction, peer: String, protocol: TransportProtocol,
    ports: [Int], motive: String
  ) {
    self.project = project
    self.environment = environment
    self.direction = direction
    self.peer = peer
    self.protocol = `protocol`
    self.ports = ports
    self.motive = motive
  }
}
