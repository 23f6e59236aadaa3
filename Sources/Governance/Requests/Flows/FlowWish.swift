public import Model

/// What is to be opened.
public struct FlowWish: Codable, Sendable, Hashable {
  /// The project's name.
  public var project: String
  /// The environment's name.
  public var environment: String
  /// The system at the other end: an interconnection of a region by its name, or another environment that Régie has placed,
  /// as `project/environment`.
  public var system: String
  /// Seen from the environment.
  public var direction: FlowRequestSpec.Direction
  /// Transport protocol.
  public var `protocol`: FlowRequestSpec.TransportProtocol
  /// 1 to 65535; at least one. In their order: the same ports are the same wish.
  public let ports: [Int]
  /// Why.
  public var motive: String

  /// A wish.
  public init(
    project: String, environment: String, system: String, direction: FlowRequestSpec.Direction,
    protocol: FlowRequestSpec.TransportProtocol, ports: [Int], motive: String
  ) {
    self.project = project
    self.environment = environment
    self.system = system
    self.direction = direction
    self.protocol = `protocol`
    self.ports = ports.sorted()
    self.motive = motive
  }

  /// A wish as it is stored: an earlier program kept the ports in the order in which they were named.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    self.init(
      project: try container.decode(String.self, forKey: .project),
      environment: try container.decode(String.self, forKey: .environment),
      system: try container.decode(String.self, forKey: .system),
      direction: try container.decode(FlowRequestSpec.Direction.self, forKey: .direction),
      protocol: try container.decode(FlowRequestSpec.TransportProtocol.self, forKey: .protocol),
      ports: try container.decode([Int].self, forKey: .ports),
      motive: try container.decode(String.self, forKey: .motive))
  }

  /// The environment at the other end, where the system is one.
  public var peer: (project: String, environment: String)? {
    let parts = system.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 2, parts.allSatisfy({ !$0.isEmpty }) else { return nil }
    return (String(parts[0]), String(parts[1]))
  }

  /// Whether the system is an environment of another project.
  var isForeign: Bool { peer.map { $0.project != project } ?? false }

  /// Whether it is the same, whatever the motive.
  func asks(forTheSameAs other: FlowWish) -> Bool {
    var other = other
    other.motive = motive
    return self == other
  }

  /// - Parameter isStored: whether its texts are of a flow that was asked for before.
  func check(isStored: Bool) throws(RequestRefusal) {
    try RequestText.check(motive, at: "motive", isStored: isStored)
    try RequestText.check(system, at: "system", isStored: isStored)
    guard system != "\(project)/\(environment)" else {
      throw RequestRefusal(
        .badText, path: "system", "both ends are the same environment", fr: "les deux bouts sont le même environnement",
        accepted: "another environment / un autre environnement")
    }
    guard !ports.isEmpty, ports.count <= 100, Set(ports).count == ports.count, ports.allSatisfy((1...65_535).contains)
    else {
      throw RequestRefusal(
        .badText, path: "ports", "is empty, too long, names a port twice, or one that there is not",
        fr: "est vide, trop long, nomme deux fois un port, ou un port qui n’existe pas",
        accepted: "1 … 100 × 1 … 65535")
    }
  }
}
