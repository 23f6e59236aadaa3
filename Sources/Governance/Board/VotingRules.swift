public import Model

/// How one proposal is voted on: taken from the policy in force when it was proposed, and kept for the whole of the vote.
public struct VotingRules: Codable, Sendable, Hashable {
  /// Votes in favour that are needed, at least 1.
  public var quorum: Int
  /// How many of the votes must be in favour besides.
  public var majority: PolicySpec.Governance.Majority
  /// Days the vote stays open.
  public var votingDays: Int
  /// Days an emergency restriction holds, and has to find its second operator.
  public var emergencyDays: Int
  /// The operators that had a vote when it was proposed, by name.
  public var voters: [String]

  /// How many operators an emergency restriction needs.
  public static let emergencyQuorum = 2

  /// The author's operator never suffices alone.
  public static let fewestVoters = 2

  /// Whether there are voters enough for anything to be decided.
  public var mayDecide: Bool { voters.count >= max(quorum, Self.fewestVoters) }

  /// The rules that `governance` lays down where `operators` are all there are. A voter that is no operator has no vote.
  public init(_ governance: PolicySpec.Governance, operators: [String]) {
    quorum = governance.quorum
    majority = governance.majority ?? .simple
    votingDays = governance.votingDays ?? 15
    emergencyDays = governance.emergencyDays ?? 7
    let isVoter = Set(governance.voters.isEmpty ? operators : governance.voters)
    voters = Set(operators).intersection(isVoter).sorted()
  }
}
