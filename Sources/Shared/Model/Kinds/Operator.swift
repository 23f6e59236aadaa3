/// Who runs regions, and votes in the governance board.
public struct OperatorSpec: ResourceSpec {
  /// The kind that this is the spec of.
  public static let kind = Kind.operator

  /// A person or group that speaks for the operator. Exactly one of the two is given.
  public struct Representative: Codable, Sendable, Hashable {
    /// An OIDC group, with its full path (`/regie/operators/dtnum`).
    public var group: String?
    /// An OIDC subject.
    public var subject: String?

    /// A representative.
    public init(group: String? = nil, subject: String? = nil) {
      self.group = group
      self.subject = subject
    }
  }

  /// How network flows are opened here.
  public struct FlowOpening: Codable, Sendable, Hashable {
    /// Whether a person has to act.
    public enum Mode: String, Codable, Sendable, CaseIterable {
      case automatic
      case manual
    }

    /// Whether a person has to act.
    public var mode: Mode
    /// Guaranteed delay to execute or reject, in days, 1 to 30; the policy's delay where absent.
    public var maximumDelayDays: Int?

    /// A flow-opening policy.
    public init(mode: Mode, maximumDelayDays: Int? = nil) {
      self.mode = mode
      self.maximumDelayDays = maximumDelayDays
    }
  }

  /// The name people know.
  public var displayName: String
  /// Who may vote and edit for the operator.
  public var representatives: [Representative]
  /// How network flows are opened.
  public var flowOpening: FlowOpening?
  /// How its people are reached when something of a migration does not go on: a desk, not a person. Runbooks say it.
  public var contact: String?

  /// An operator.
  public init(
    displayName: String, representatives: [Representative] = [], flowOpening: FlowOpening? = nil, contact: String? = nil
  ) {
    self.displayName = displayName
    self.representatives = representatives
    self.flowOpening = flowOpening
    self.contact = contact
  }
}
