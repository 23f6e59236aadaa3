public import Events
public import Model

/// What the board's rules look at besides the proposal: the database's clock, who is an operator and who speaks for it, the
/// policy's versions.
public struct BoardMoment: Sendable, Hashable {
  /// Now, by the database's clock.
  public var at: Timestamp
  /// The operators that there are, and who speaks for each.
  public var electorate: Electorate
  /// The version in force and those that have their date already.
  public var line: VersionLine
  /// Emergency restrictions of the last months and the ordinary votes; looked at where another restriction is proposed.
  public var earlier: [EarlierProposal] = []
  /// Whether what the proposal would change is being worked out and was never known so far; looked at where one votes.
  public var isImpactAwaited = false

  /// A moment.
  public init(at: Timestamp, electorate: Electorate, line: VersionLine) {
    self.at = at
    self.electorate = electorate
    self.line = line
  }

  /// The operators that there are.
  public var operators: [String] { electorate.operators }

  /// How a policy would have proposals voted on, with the operators that there are; nil where it says nothing of a board.
  public func rules(of policy: PolicySpec) -> VotingRules? {
    policy.governance.map { VotingRules($0, operators: operators) }
  }

  /// How the policy in force has proposals voted on; nil where there is none, or it says nothing of a board.
  public var rulesInForce: VotingRules? { line.inForce(at: at).flatMap { rules(of: $0.spec) } }
}

extension BoardMoment {
  /// For how many days ``earlier`` goes back.
  public static let memoryDays = EmergencyRenewal.memoryDays
}

extension Timestamp {
  /// So many days of 24 hours later.
  public func adding(days: Int) -> Timestamp { Timestamp(microseconds: microseconds + Int64(days) * 86_400_000_000) }
}
