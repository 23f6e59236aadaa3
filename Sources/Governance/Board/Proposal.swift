public import Events
public import Foundation
public import Model

/// A text for the policy, from its first draft to its end: a value whose ``handle(_:by:at:)`` says what follows.
public struct Proposal: Codable, Sendable, Hashable {
  /// What it is to become.
  public enum Kind: String, Codable, Sendable, CaseIterable {
    /// The next version, by a vote.
    case version
    /// A restriction for a time, by two operators.
    case emergency
  }

  /// How far it has come.
  public enum State: String, Codable, Sendable, CaseIterable {
    /// It is being written.
    case draft
    /// Its text is frozen; operators vote.
    case open
    /// It has become a version.
    case ratified
    /// It has not.
    case rejected
    /// Its author took it back.
    case withdrawn
    /// Its author has proposed another text in its place.
    case amended
    /// It was never proposed.
    case discarded
  }

  /// Why a proposal was rejected.
  public enum Rejection: String, Codable, Sendable, CaseIterable {
    /// Votes were missing, or more were against.
    case votes
    /// Meanwhile another version has taken the place of the one it was based on.
    case outdated
    /// Operators have left meanwhile: the board of its text could decide nothing.
    case powerless
  }

  /// Somebody who has had a hand in the text.
  public struct Editor: Codable, Sendable, Hashable {
    /// The subject as authenticated.
    public var principal: String
  }

  /// The identifier, the same as a draft and as a proposal.
  public let id: UUID
  /// What it is to become.
  public internal(set) var kind: Kind
  /// How far it has come.
  public internal(set) var state = State.draft
  /// The version that it is based on.
  public internal(set) var base: Int64
  /// The text.
  public internal(set) var spec: PolicySpec
  /// The operator that it was written for.
  public let author: String
  /// Who has begun it.
  public let principal: String
  /// Who has written in it or proposed it besides, each once; nil for nobody.
  public internal(set) var editors: [Editor]?
  /// When it was begun.
  public let createdAt: Timestamp
  /// The older version whose text it brings back.
  public internal(set) var restores: Int64?
  /// The proposal that it amends.
  public internal(set) var amends: UUID?
  /// The proposal that amends it.
  public internal(set) var amendedBy: UUID?
  /// Why it is proposed.
  public internal(set) var motive: LocalizedText?
  /// When it is to take effect; nil for as soon as it is ratified.
  public internal(set) var effectiveAt: Timestamp?
  /// When it was proposed.
  public internal(set) var proposedAt: Timestamp?
  /// The vote's deadline.
  public internal(set) var closesAt: Timestamp?
  /// How it is voted on.
  public internal(set) var rules: VotingRules?
  /// The votes, by operator.
  public internal(set) var votes: [Vote] = []
  /// When it came to its end.
  public internal(set) var closedAt: Timestamp?
  /// Why it was rejected.
  public internal(set) var rejection: Rejection?
  /// Why it was withdrawn.
  public internal(set) var withdrawal: String?
  /// The votes as they counted at the end.
  public internal(set) var result: Tally?
  /// The version that it has become.
  public internal(set) var version: Int64?

  /// A new draft.
  ///
  /// - Throws: ``BoardRefusal`` where who acts represents no operator.
  public init(
    id: UUID, kind: Kind, base: Int64, spec: PolicySpec, restores: Int64? = nil, amends: UUID? = nil,
    by actor: BoardActor, at moment: BoardMoment
  ) throws(BoardRefusal) {
    self.id = id
    self.kind = kind
    self.base = base
    self.spec = spec
    self.author = try moment.electorate.voice(of: actor)
    self.principal = actor.principal
    self.createdAt = moment.at
    self.restores = restores
    self.amends = amends
  }

  /// Says no more that it brings back an older version where that one's text, `text`, is another.
  public mutating func forgetRestores(unlessTextIs text: PolicySpec) {
    if text != spec { restores = nil }
  }

  /// Who has had a hand in the text: nobody of them is another than its author.
  public var writers: Set<String> { Set([principal] + (editors ?? []).map(\.principal)) }

  mutating func note(editor actor: BoardActor) {
    if !writers.contains(actor.principal) { editors = (editors ?? []) + [Editor(principal: actor.principal)] }
  }

  /// The votes as they count at a moment; nil before the vote.
  public func tally(among operators: [String]) -> Tally? {
    rules.map { Tally(votes, rules: $0, operators: operators, author: author, writers: writers) }
  }

  /// Whether the vote is over by the clock, and only to be counted yet.
  public func isClosing(at moment: Timestamp) -> Bool { state == .open && closesAt.map { $0 <= moment } ?? false }

  /// When it would take effect if it were ratified at a moment.
  public func effect(ratifiedAt moment: Timestamp) -> Timestamp { max(effectiveAt ?? moment, moment) }
}
