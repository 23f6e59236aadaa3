public import Model

/// Where one end of a flow is, and how its operator opens flows.
public struct FlowEnd: Codable, Sendable, Hashable {
  /// Whose end it is.
  public enum Side: String, Codable, Sendable, CaseIterable {
    /// The environment's that the flow was asked for.
    case environment
    /// The system's, or that of the region through which it is reached.
    case system
  }

  /// Whose end it is.
  public var side: Side
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
    _ side: Side, operator: String, region: String, sensitivity: Sensitivity,
    opening: OperatorSpec.FlowOpening? = nil
  ) {
    self.side = side
    self.operator = `operator`
    self.region = region
    self.sensitivity = sensitivity
    self.opening = opening
  }

  /// Where it is, whatever its operator says of flows by now: two ends at one place are one.
  var place: FlowEnd {
    var copy = self
    copy.opening = nil
    return copy
  }
}
