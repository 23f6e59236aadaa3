/// What every cluster said to an environment.
public struct EnvironmentExplanation: Codable, Sendable, Hashable {
  /// How many clusters were lost to a reason.
  public struct LostCount: Codable, Sendable, Hashable {
    /// The first reason in the order of the codes.
    public var code: ReasonCode
    /// How many clusters it refused.
    public var count: Int
  }

  /// The environment's name.
  public var environment: String
  /// Its stage.
  public var stage: String
  /// How many replicas were asked for.
  public var replicas: Int
  /// A verdict for every cluster of the offer, sorted by name.
  public var candidates: [CandidateVerdict]
  /// The clusters that take nothing new of the environment, counted by their first reason, in the order of the codes.
  public var lost: [LostCount]
}
