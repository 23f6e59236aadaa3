import Model

/// One replica that wants a place.
struct SearchSlot: Sendable {
  /// A place that it may have by itself.
  struct Candidate: Sendable {
    var site: Int
    /// The verdict's option.
    var option: Verdict.Option
    /// What the cluster may have promised for the slot's stage.
    var limit: ResourceAmounts
    /// What the cluster has left.
    var free: ResourceAmounts
    var chains: [Int]
    /// The region's number.
    var region: Int
    /// 1 if the replica would leave a place where it may stay, and is to be kept.
    var moves: Int
    /// Whether the replica is there already.
    var isKept: Bool
  }

  /// The environment's number, in the order of names.
  var environment: Int
  var replica: Int
  /// Best first: fewest moves, highest score, most free capacity, name.
  var candidates: [Candidate]
  /// Whether swapping it with the slot before would change nothing.
  var isTwinOfPrevious = false
}

/// Slots that are to be kept apart.
struct SearchGroup: Sendable {
  /// The names of the environments, for people.
  var environments: [String]
  var slots: [Int]
  var topology: ProjectSpec.Topology
  /// The most slots in one place. An empty place always exists, so this is also the largest difference between two.
  var atMost: Int
  var isHard: Bool
}
