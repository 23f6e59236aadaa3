/// What one cluster said to an environment.
public struct CandidateVerdict: Codable, Sendable, Hashable {
  /// The cluster.
  public var cluster: String
  /// The zone's slug; empty where the zone is not known.
  public var zone: String
  /// The region's name; empty where it is not known.
  public var region: String
  /// The operator's name; empty where it is not known.
  public var `operator`: String
  /// Whether some replica may be there. One that is accepted in spite of refusals keeps the replicas that it has, and
  /// takes no new one.
  public var accepted: Bool
  /// The replicas that were placed here.
  public var chosen: [Int]
  /// In the order of the codes.
  public var reasons: [Reason]
  /// The score of a new replica, or of one that is there, by itself; absent where refused.
  public var score: Int64?
  /// What the score is made of; `locality` and `spread` belong to whole assignments and are 0 here.
  public var components: ScoreComponents?

  /// A verdict; `zone`, `region` and `operator` are empty where they are not known.
  public init(
    cluster: String, zone: String, region: String, operator: String, accepted: Bool, chosen: [Int], reasons: [Reason],
    score: Int64?, components: ScoreComponents?
  ) {
    self.cluster = cluster
    self.zone = zone
    self.region = region
    self.operator = `operator`
    self.accepted = accepted
    self.chosen = chosen
    self.reasons = reasons
    self.score = score
    self.components = components
  }

  /// The reasons that keep new replicas away.
  public var refusals: [Reason] { reasons.filter { $0.code.category != .preference } }
  /// The first reason.
  public var topReason: Reason? { reasons.first }
}
