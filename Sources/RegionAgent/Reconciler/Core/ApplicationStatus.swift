/// What Argo CD says of one of its Applications: whether it has brought about what Git holds, and how that fares.
///
/// It is decoded from an `Application` as the Kubernetes API gives it, and holds no more of it than is told on. What is
/// absent, of another shape, or a word that this version does not know, is `unknown`: nothing is taken for healthy that was
/// not said to be.
public struct ApplicationStatus: Sendable, Hashable {
  /// Whether the cluster is as Git says.
  public enum Sync: String, Sendable, CaseIterable {
    case synced = "Synced"
    case outOfSync = "OutOfSync"
    case unknown = "Unknown"
  }

  /// How the objects fare.
  public enum Health: String, Sendable, CaseIterable {
    case healthy = "Healthy"
    case progressing = "Progressing"
    case degraded = "Degraded"
    case suspended = "Suspended"
    case missing = "Missing"
    case unknown = "Unknown"
  }

  /// Whether the cluster is as Git says.
  public var sync: Sync
  /// The commit that was compared with the cluster; nil before the first comparison, and with several sources.
  public var revision: String?
  /// How the objects fare.
  public var health: Health
  /// What Argo CD says of the health.
  public var healthMessage: String?
  /// The last operation's phase, such as `Succeeded`, `Failed` or `Running`.
  public var operation: String?
  /// What it says.
  public var operationMessage: String?
  /// Errors and warnings about the Application itself: `type: message`, in the order given.
  public var conditions: [String]

  /// A status.
  public init(
    sync: Sync = .unknown, revision: String? = nil, health: Health = .unknown, healthMessage: String? = nil,
    operation: String? = nil, operationMessage: String? = nil, conditions: [String] = []
  ) {
    self.sync = sync
    self.revision = revision
    self.health = health
    self.healthMessage = healthMessage
    self.operation = operation
    self.operationMessage = operationMessage
    self.conditions = conditions
  }

  /// What people have to know of the synchronisation besides its word; nil where there is nothing. An operation that went
  /// well says nothing that `Synced` does not.
  var syncDetail: String? {
    var parts: [String] = []
    if let operation, sync != .synced || operation != "Succeeded" {
      parts.append([operation, operationMessage].compactMap { $0 }.joined(separator: ": "))
    }
    parts += conditions
    return parts.isEmpty ? nil : parts.joined(separator: "; ")
  }
}

extension ApplicationStatus: Decodable {
  private enum Keys: CodingKey { case status }

  private struct Status: Decodable {
    struct Sync: Decodable {
      var status: String?
      var revision: String?
    }
    struct Health: Decodable {
      var status: String?
      var message: String?
    }
    struct Operation: Decodable {
      var phase: String?
      var message: String?
    }
    struct Condition: Decodable {
      var type: String
      var message: String?
    }

    var sync: Sync?
    var health: Health?
    var operation: Operation?
    var conditions: [Condition]?

    private enum Keys: CodingKey { case sync, health, operationState, conditions }

    /// One part that can not be read takes none of the others along.
    init(from decoder: any Decoder) throws {
      let container = try decoder.container(keyedBy: Keys.self)
      sync = try? container.decodeIfPresent(Sync.self, forKey: .sync)
      health = try? container.decodeIfPresent(Health.self, forKey: .health)
      operation = try? container.decodeIfPresent(Operation.self, forKey: .operationState)
      conditions = try? container.decodeIfPresent([Condition].self, forKey: .conditions)
    }
  }

  /// Reads an Application. Its texts are kept as far as they are told on.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Keys.self)
    let status = try? container.decodeIfPresent(Status.self, forKey: .status)
    self.init(
      sync: status?.sync?.status.flatMap(Sync.init) ?? .unknown,
      revision: status?.sync?.revision.flatMap { $0.isEmpty ? nil : Self.cut($0) },
      health: status?.health?.status.flatMap(Health.init) ?? .unknown,
      healthMessage: Self.text(status?.health?.message),
      operation: Self.text(status?.operation?.phase), operationMessage: Self.text(status?.operation?.message),
      conditions: (status?.conditions ?? []).map { Self.cut([$0.type, $0.message ?? ""].joined(separator: ": ")) })
  }

  private static func text(_ text: String?) -> String? { text.flatMap { $0.isEmpty ? nil : cut($0) } }

  private static func cut(_ text: String) -> String { text.cut(to: StatusBook.longestMessage) }
}
