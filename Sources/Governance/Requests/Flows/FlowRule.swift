public import Model

/// Where one end of a flow is, and how its operator opens flows.
public struct FlowEnd: Codable, Sendable, Hashable {
  /// The operator.
  public var `operator`: String
  /// The region's name.
  public var region: String
  /// The zone's sensitivity.
  public var sensitivity: Sensitivity
  /// How the operator opens flows; by hand where it does not say.
  public var opening: OperatorSpec.FlowOpening?

  /// An end.
  public init(
    operator: String, region: String, sensitivity: Sensitivity, opening: OperatorSpec.FlowOpening? = nil
  ) {
    self.operator = `operator`
    self.region = region
    self.sensitivity = sensitivity
    self.opening = opening
  }
}

/// What a flow crosses, and so who has to open it, within which delay: the strictest of all rules that concern it.
///
/// A flow is opened by itself only where every operator opens flows by itself and it stays in one sensitivity. Of several delays
/// the shortest holds for all: a flow is open once both its ends are.
public struct FlowRule: Codable, Sendable, Hashable {
  /// Whether its ends are in zones of different sensitivity.
  public let crossesSensitivities: Bool
  /// Whether its ends are in different regions.
  public let crossesRegions: Bool
  /// Whether nobody has to act.
  public let isAutomatic: Bool
  /// The guaranteed delay, in working days.
  public let delayDays: Int
  /// Those who have to act, by name.
  public let operators: [String]

  /// The delay where neither policy nor operator says anything.
  public static let standardDelay = 5

  /// The rule for a flow with these ends, of which there is one at least.
  ///
  /// - Parameter policyDelay: the delay that the policy says.
  public init(ends: [FlowEnd], policyDelay: Int?) {
    crossesSensitivities = Set(ends.map(\.sensitivity)).count > 1
    crossesRegions = Set(ends.map(\.region)).count > 1
    isAutomatic =
      !ends.isEmpty && Set(ends.map(\.sensitivity)).count == 1 && ends.allSatisfy { $0.opening?.mode == .automatic }
    let common = policyDelay ?? Self.standardDelay
    delayDays = ends.map { $0.opening?.maximumDelayDays ?? common }.min() ?? common
    operators = Set(ends.map(\.operator)).sorted()
  }
}
