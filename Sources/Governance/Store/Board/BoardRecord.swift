public import Board
public import Events
import Foundation
import Model
public import Policy
import Postgres

/// A draft or proposal as it is stored, and what the database's clock and the offer say of it at the moment.
public struct BoardRecord: Sendable, Hashable, Codable {
  /// The draft or proposal.
  public internal(set) var proposal: Proposal
  /// Counts its changes, from 1; the value of the `ETag`.
  public internal(set) var revision: Int64
  /// The operators that there are.
  public internal(set) var operators: [String]
  /// Those of them that name no representative: nobody can say anything for them.
  public internal(set) var withoutVoice: [String]
  /// The version that it would replace if it were ratified now, or that a draft is to be based on; nil before the first
  /// policy.
  public internal(set) var replaces: Int64?
  /// Of which moment this is, by the database's clock.
  public internal(set) var asOf: Timestamp
  /// What is known of what it would change; nil for drafts. It is of now, also in the stored answer to an earlier request.
  public internal(set) var impact: ImpactRecord?
  /// The emergency restriction that it carries. It is of now, likewise; not looked at in lists.
  var carried: CarriedRestriction?
  /// Whether this is the stored answer to an earlier request.
  public internal(set) var isReplay = false

  private enum CodingKeys: String, CodingKey {
    case proposal, revision, operators, withoutVoice, replaces, asOf
  }

  init(_ proposal: Proposal, revision: Int64, at moment: BoardMoment) {
    self.proposal = proposal
    self.revision = revision
    operators = moment.operators
    withoutVoice = moment.electorate.withoutVoice
    replaces = moment.line.replaced(
      by: proposal.kind, on: proposal.base, at: proposal.effect(ratifiedAt: moment.at))
    asOf = moment.at
  }

  /// What is stored of an answer: the version before of the program did not look who speaks for an operator.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    proposal = try container.decode(Proposal.self, forKey: .proposal)
    revision = try container.decode(Int64.self, forKey: .revision)
    operators = try container.decode([String].self, forKey: .operators)
    withoutVoice = try container.decodeIfPresent([String].self, forKey: .withoutVoice) ?? []
    replaces = try container.decodeIfPresent(Int64.self, forKey: .replaces)
    asOf = try container.decode(Timestamp.self, forKey: .asOf)
  }

  /// The votes as they count; at the end as they counted then. Nil for drafts.
  public var tally: Tally? { proposal.result ?? proposal.tally(among: operators) }

  /// Whether the vote is over by the clock, and only to be counted yet.
  public var isClosing: Bool { proposal.isClosing(at: asOf) }

  /// Whether it is not based on the version that it would replace, and so can not be ratified.
  public var isOutdated: Bool {
    [.draft, .open].contains(proposal.state) && replaces.map { $0 != proposal.base } ?? false
  }

  /// What it would have stay of an emergency restriction that ends without it, whatever else it is about; worked out where it
  /// holds nobody else up.
  public func permanences() async throws -> [PolicyDifference.Entry] {
    guard carried != nil else { return [] }
    return try await LongWork.run { makesPermanent }
  }

  var makesPermanent: [PolicyDifference.Entry] { carried?.kept(by: proposal.spec) ?? [] }

  /// SHA-256 of the text, hexadecimal, as the audit trail has it.
  public func digest() throws -> String { try BoardDetail.digest(of: proposal.spec) }

  var replayed: BoardRecord {
    var copy = self
    copy.isReplay = true
    return copy
  }
}

/// A row of `policy_proposals`.
struct StoredProposal: Sendable {
  var proposal: Proposal
  var revision: Int64
  var number: Int64

  static let columns: PostgresQuery = "number, revision, body"

  init(row: PostgresRow) throws {
    proposal = try row.decode(PostgresJSON.self, "body").model(Proposal.self)
    revision = try row.decode("revision")
    number = try row.decode("number")
  }
}

/// A vote as it was cast, whether it counts still or was changed since.
public struct CastVote: Sendable, Hashable {
  /// Grows with the order of casting.
  public let id: Int64
  /// The vote.
  public let vote: Vote
}

/// A comment.
public struct StoredComment: Sendable, Hashable {
  /// Grows with the order of writing.
  public let id: Int64
  /// What was said.
  public let comment: BoardComment
}
