import Model

/// What one site says to one environment, before the environments are looked at together.
struct Verdict: Sendable {
  /// A replica on the site: what it would add, and how good that is.
  struct Option: Sendable {
    /// What the ledger would grow by.
    var growth: ResourceAmounts
    var components: ScoreComponents
    var score: Int64
  }

  var site: Int
  /// What keeps new replicas away, in the order of the codes.
  var refusals: [Reason]
  /// What speaks for and against the site, if it is accepted.
  var preferences: [Reason] = []
  /// The chains, by number, that may deliver there.
  var chains: [Int] = []
  /// The most that the cluster may have promised.
  var limit = ResourceAmounts()
  /// What the cluster has left.
  var free = ResourceAmounts()
  /// A new replica; nil where refused.
  var new: Option?
  /// The replicas that are there and may stay.
  var kept: [Int: Option] = [:]

  var isAccepted: Bool { new != nil || !kept.isEmpty }
  /// What is shown of the score.
  var shown: Option? { kept.min { $0.key < $1.key }?.value ?? new }
}
