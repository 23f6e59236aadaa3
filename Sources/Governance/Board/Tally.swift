import Model

/// The votes as they count: of operators that had a vote when it was proposed and are operators still.
public struct Tally: Codable, Sendable, Hashable {
  /// How it stands.
  public enum Verdict: String, Codable, Sendable, CaseIterable {
    /// What has not been said yet may turn it, or who has voted may still think better of it.
    case open
    /// It carries, whatever the others say.
    case carried
    /// It does not carry, and all have voted.
    case fallen
  }

  /// Votes in favour.
  public var `for` = 0
  /// Votes against.
  public var against = 0
  /// Those who abstain.
  public var abstain = 0
  /// Voters that have said nothing.
  public var silent = 0
  /// Whether another operator than the author's is in favour, by somebody who has had no hand in the text.
  public var isBacked = false
  /// Whether one of the silent is somebody else than the author's operator. Nothing goes by it; the version before of the
  /// program reads stored results with it.
  private var mayBeBacked = false

  /// How many have a vote.
  public var voters: Int { `for` + against + abstain + silent }

  /// Counts `votes`. An operator that has gone counts no more, and makes the electorate smaller; one that has come since
  /// has no vote on this proposal.
  ///
  /// - Parameter writers: who has had a hand in the text, as authenticated.
  public init(_ votes: [Vote], rules: VotingRules, operators: [String], author: String, writers: Set<String>) {
    let present = Set(operators)
    let standing = Dictionary(votes.map { ($0.operator, $0) }) { _, last in last }
    for voter in rules.voters where present.contains(voter) {
      let vote = standing[voter]
      switch vote?.choice {
      case .for:
        `for` += 1
        let isAnother = vote.map { $0.principal == BoardActor.anyone || !writers.contains($0.principal) } ?? false
        isBacked = isBacked || (voter != author && isAnother)
      case .against: against += 1
      case .abstain: abstain += 1
      case nil:
        silent += 1
        mayBeBacked = mayBeBacked || voter != author
      }
    }
  }

  /// How it stands while the vote is open. It falls early only where nobody is waited for: a vote may be changed until the close,
  /// and one that was a mistake must not end it.
  func verdict(_ kind: Proposal.Kind, _ rules: VotingRules) -> Verdict {
    if carries(kind, rules, for: `for`, against: against + silent, isBacked: isBacked) { return .carried }
    return silent == 0 ? .fallen : .open
  }

  /// Whether it carries as it is, where nobody says anything more.
  func carries(_ kind: Proposal.Kind, _ rules: VotingRules) -> Bool {
    carries(kind, rules, for: `for`, against: against, isBacked: isBacked)
  }

  private func carries(
    _ kind: Proposal.Kind, _ rules: VotingRules, for favour: Int, against: Int, isBacked: Bool
  ) -> Bool {
    guard isBacked else { return false }
    // It only restricts, and only for a time: two operators are enough, and no majority is waited for.
    if kind == .emergency { return favour >= VotingRules.emergencyQuorum }
    guard favour >= rules.quorum else { return false }
    return switch rules.majority {
    case .simple: favour > against
    case .twoThirds: 3 * favour >= 2 * (favour + against)
    case .absolute: 2 * favour > voters
    }
  }
}
