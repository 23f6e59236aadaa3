/// What one chain said to a project as a whole.
public struct ChainVerdict: Codable, Sendable, Hashable {
  /// The chain.
  public var chain: String
  /// Whether it may deliver to some accepted place of every environment.
  public var accepted: Bool
  /// Whether it is the one that delivers.
  public var chosen: Bool
  /// In the order of the codes.
  public var reasons: [Reason]
  /// What the rules on chains add up to, 100 for each point of weight; absent where refused.
  public var score: Int64?
}
