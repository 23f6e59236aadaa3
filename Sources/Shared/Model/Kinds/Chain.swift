/// A secondary DevSecOps chain.
public struct ChainSpec: ResourceSpec {
  /// The kind that this is the spec of.
  public static let kind = Kind.chain

  /// The operator that keeps it; who administers, where there is none.
  public var `operator`: String?
  /// The name people know.
  public var displayName: String
  /// The sensitivities it may deliver to.
  public var sensitivities: [Sensitivity]
  /// The regions it may deliver to.
  public var regions: [String]
  /// Who may use it.
  public var audience: Audience

  /// A chain.
  public init(
    operator: String? = nil, displayName: String, sensitivities: [Sensitivity], regions: [String], audience: Audience
  ) {
    self.operator = `operator`
    self.displayName = displayName
    self.sensitivities = sensitivities
    self.regions = regions
    self.audience = audience
  }
}
