/// Something that is not as the sealer left it.
public struct AuditFinding: Sendable, Hashable {
  /// What is wrong.
  public enum Kind: String, Sendable, CaseIterable {
    /// Positions are missing before this one.
    case gap
    /// The position does not come after the one before: it is there twice, or entries were given other places.
    case order
    /// The body is not what was digested.
    case body
    /// The entry, or its link, is not what was sealed.
    case entry
    /// It is not linked to the entry before: that one was replaced, or something was put between.
    case linkage
    /// The name is not the one that was sealed, or was taken away without the rule.
    case person
    /// It tells of names that were erased, and not as the rule erases them.
    case erasure
    /// The chain does not end where its head says: its last entries are gone or replaced, or entries were added.
    case head
    /// An anchor that governance keeps is of another link, or of a position that the chain does not reach.
    case anchor
    /// A decision is not the one that the trail tells of, or is gone.
    case decision
    /// A version of the policy is not the one that the trail tells of.
    case version
    /// A draft or proposal is not what the trail tells of it.
    case proposal
    /// The votes on a proposal are not those that the trail tells of.
    case vote
    /// What was known of what a proposal would change is not what the trail says that voters could see.
    case impact
  }

  /// What is wrong.
  public let kind: Kind
  /// Where in the chain; 0 where no sealed entry tells of it.
  public let position: Int64
  /// The entry's id; nil where there is none.
  public let id: Int64?
  /// For a gap: the first position that is missing.
  public let from: Int64?
  /// For what is not the trail's itself: the decision, the version, the proposal or the digest; for an anchor beyond the
  /// end where.
  public let subject: String?

  /// A finding.
  public init(_ kind: Kind, at position: Int64, id: Int64? = nil, from: Int64? = nil, subject: String? = nil) {
    self.kind = kind
    self.position = position
    self.id = id
    self.from = from
    self.subject = subject
  }
}
