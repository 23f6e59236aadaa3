import Board
import Events
import Foundation
import Model
import Postgres

/// What the audit trail keeps of an act of the board.
struct BoardDetail: Encodable {
  /// A version that was written.
  struct Written: Encodable {
    var version: Int64
    var effectiveAt: Timestamp
    var origin: BoardVersion.Origin
    var digest: String
    /// The version that was decided, where this one only carries it.
    var carries: Int64?
    /// The proposal that it was.
    var proposal: UUID

    init(_ version: BoardVersion, of proposal: UUID) throws {
      self.version = version.version
      effectiveAt = version.effectiveAt
      origin = version.origin
      digest = try BoardDetail.digest(of: version.spec)
      carries = version.carries
      self.proposal = proposal
    }
  }

  /// A comment: its words may be personal, and are in the table of comments only; changed there, they are seen to be.
  struct Said: Encodable {
    var `operator`: String
    var at: Timestamp
    /// SHA-256 of the words.
    var digest: String

    init(_ comment: BoardComment) {
      self.operator = comment.operator
      at = comment.at
      digest = Digest.hexadecimal(Digest.sha256(comment.text.utf8))
    }
  }

  /// A draft or proposal before the act.
  struct Before: Encodable {
    var state: Proposal.State
    var digest: String
    /// What the operator that votes had said until then.
    var vote: AuditedVote?

    init(_ proposal: Proposal) throws {
      state = proposal.state
      digest = try BoardDetail.digest(of: proposal.spec)
    }
  }

  /// The kind of thing such entries are about.
  static let kind = "PolicyProposal"

  var proposal: Proposal
  /// What it was before; nil where there was none.
  var before: Before?
  var vote: Vote?
  var comment: Said?
  var versions: [Written]?
  /// What whoever voted could know of what it would change.
  var impact: KnownImpact?

  init(_ proposal: Proposal) { self.proposal = proposal }

  private enum Field: String, CodingKey {
    case `operator`, base, kind, rules, digest, motive, effectiveAt, closesAt, amends, amendedBy, restores, vote,
      comment,
      rejection
    case result, withdrawal, versions, impact, state, before
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Field.self)
    try container.encode(proposal.author, forKey: .operator)
    try container.encode(proposal.base, forKey: .base)
    try container.encode(proposal.kind, forKey: .kind)
    // By which votes are counted; nil for drafts.
    try container.encodeIfPresent(proposal.rules, forKey: .rules)
    try container.encode(proposal.state, forKey: .state)
    try container.encodeIfPresent(before, forKey: .before)
    try container.encode(try Self.digest(of: proposal.spec), forKey: .digest)
    try container.encodeIfPresent(proposal.motive, forKey: .motive)
    try container.encodeIfPresent(proposal.effectiveAt, forKey: .effectiveAt)
    try container.encodeIfPresent(proposal.closesAt, forKey: .closesAt)
    try container.encodeIfPresent(proposal.amends, forKey: .amends)
    try container.encodeIfPresent(proposal.amendedBy, forKey: .amendedBy)
    try container.encodeIfPresent(proposal.restores, forKey: .restores)
    try container.encodeIfPresent(vote.map { AuditedVote($0) }, forKey: .vote)
    try container.encodeIfPresent(comment, forKey: .comment)
    try container.encodeIfPresent(proposal.rejection, forKey: .rejection)
    try container.encodeIfPresent(proposal.result, forKey: .result)
    try container.encodeIfPresent(proposal.withdrawal, forKey: .withdrawal)
    try container.encodeIfPresent(versions, forKey: .versions)
    try container.encodeIfPresent(impact, forKey: .impact)
  }

  /// The entry of an act.
  func entry(_ action: String, at: Timestamp, _ context: RequestContext) throws -> PostgresQuery {
    try AuditWriter.entry(
      at: at, context: context, action: action, kind: Self.kind, name: proposal.id.uuidString.lowercased(), detail: self
    )
  }

  /// SHA-256 of a text as the API shows it, JSON without blanks and with its keys sorted, in hexadecimal digits.
  static func digest(of spec: PolicySpec) throws -> String {
    Digest.hexadecimal(Digest.sha256([UInt8](try ModelJSON.encoder.encode(spec))))
  }
}
