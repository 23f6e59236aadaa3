public import Model

/// A proposal of the last months, with the text that it was put on: what a new emergency restriction is compared with.
public struct EarlierProposal: Sendable, Hashable {
  /// The proposal.
  public var proposal: Proposal
  /// The text of the version that it is based on.
  public var base: PolicySpec

  /// A proposal.
  public init(_ proposal: Proposal, on base: PolicySpec) {
    self.proposal = proposal
    self.base = base
  }
}
