/// One of the best clusters of an environment: what ``CandidateVerdict`` says of it, by numbers, and with reasons that were
/// not put into words yet. An answer that shows few of many clusters costs what it shows.
public struct RankedCandidate: Sendable {
  /// A reason, before it has parameters.
  public enum Told: Sendable, Hashable {
    /// What a rule that prefers or avoids says, the same to every cluster that it is about; by its number in the policy.
    case rule(Int)
    /// Not taken, although nothing but its rank was in the way.
    case outranked(score: Int64, chosen: Int64)
    /// Any other.
    case reason(Reason)
  }

  /// The number of the cluster.
  public var site: Int
  /// The replicas that were placed here.
  public var chosen: [Int]
  /// The score of a new replica, or of one that is there, by itself.
  public var score: Int64
  /// What the score is made of.
  public var components: ScoreComponents
  /// In the order of the codes, and where one code comes several times in the order of the reasons.
  public var told: [Told]
}
