public import Events
public import Model

/// What was said of a qualification that a region declares, as it was declared: with its days and its evidence. Who said it is
/// in the audit trail.
public struct QualificationVerdict: Codable, Sendable, Hashable {
  /// What was said.
  public enum Outcome: String, Codable, Sendable, CaseIterable {
    /// It counts.
    case acknowledged
    /// It does not.
    case refused
  }

  /// What it was said of.
  public var qualification: RegionSpec.Qualification
  /// What was said.
  public var outcome: Outcome
  /// The operator for which a member of the board said it; nil for who administers.
  public var `operator`: String?
  /// Why.
  public var reason: String?
  /// When.
  public var at: Timestamp

  /// A verdict.
  public init(
    _ qualification: RegionSpec.Qualification, _ outcome: Outcome, operator: String? = nil, reason: String? = nil,
    at: Timestamp
  ) {
    self.qualification = qualification
    self.outcome = outcome
    self.operator = `operator`
    self.reason = reason
    self.at = at
  }
}
