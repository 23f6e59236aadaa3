import Events
import Foundation
public import Model

/// Why the board's rules refuse an act.
public struct BoardRefusal: Error, Sendable, Hashable {
  /// The kind of refusal.
  public enum Code: String, Sendable, CaseIterable {
    /// Who acts represents no operator.
    case notBoardMember
    /// The operator acted for does not name who acts as its representative.
    case notRepresentative
    /// The operator had no vote when it was proposed, or is an operator no more.
    case notVoter
    /// Another operator has written it.
    case notAuthor
    /// Who acts has voted for another operator.
    case votedForAnother
    /// What the proposal would change is not known yet.
    case impactAwaited
    /// The proposal's state does not allow the act.
    case wrongState
    /// The vote's deadline has passed.
    case deadlinePassed
    /// The text is not based on the version that it would replace.
    case outdated
    /// The date lies before now, or before a version that has its date already.
    case badDate
    /// The text is what is in force.
    case nothingChanges
    /// An emergency restriction does more than restrict.
    case notOnlyAdding
    /// An emergency restriction is one over again that has ended, and that nobody votes on.
    case renewed
    /// An emergency restriction has too few voters.
    case tooFewVoters
    /// The text's board could never decide anything.
    case impossibleVote
    /// The policy in force says nothing of a board.
    case noBoard
  }

  /// The kind of refusal.
  public let code: Code
  /// The field at fault.
  public let path: String
  /// What is wrong, in English.
  public let message: String
  /// What is wrong, in French.
  public let messageFR: String
  /// What would be accepted.
  public let accepted: String?
  /// Everything wrong with the text, where that is what is refused.
  public let problems: [FieldProblem]

  init(
    _ code: Code, path: String, _ message: String, fr messageFR: String, accepted: String? = nil,
    problems: [FieldProblem] = []
  ) {
    self.code = code
    self.path = path
    self.message = message
    self.messageFR = messageFR
    self.accepted = accepted
    self.problems = problems
  }
}

extension BoardRefusal {
  /// Who acts represents no operator.
  public static let notBoardMember = BoardRefusal(
    .notBoardMember, path: "operator", "only who represents an operator may do this",
    fr: "seul qui représente un opérateur peut le faire", accepted: "board-member(operator)")

  static func notRepresentative(_ name: String, hasOthers: Bool) -> BoardRefusal {
    let (none, noneFR) = ("“\(name)” names no representative", "« \(name) » ne désigne aucun représentant")
    let (others, othersFR) = (
      "“\(name)” does not name you as its representative", "« \(name) » ne vous désigne pas comme représentant"
    )
    return BoardRefusal(
      .notRepresentative, path: "operator", hasOthers ? others : none, fr: hasOthers ? othersFR : noneFR,
      accepted: "spec.representatives: PUT /api/v1/operators/\(name)")
  }

  static func notVoter(_ name: String, among rules: VotingRules) -> BoardRefusal {
    BoardRefusal(
      .notVoter, path: "operator", "“\(name)” has no vote on this proposal",
      fr: "« \(name) » n’a pas de voix sur cette proposition", accepted: rules.voters.joined(separator: ", "))
  }

  static func notAuthor(_ author: String) -> BoardRefusal {
    BoardRefusal(
      .notAuthor, path: "operator", "operator “\(author)” has written it",
      fr: "l’opérateur « \(author) » en est l’auteur", accepted: author)
  }

  static func votedForAnother(_ other: String) -> BoardRefusal {
    BoardRefusal(
      .votedForAnother, path: "operator", "you have voted for “\(other)”: nobody votes for two operators",
      fr: "vous avez voté pour « \(other) » : nul ne vote pour deux opérateurs",
      accepted: "another representative / un autre représentant")
  }

  static let impactAwaited = BoardRefusal(
    .impactAwaited, path: "withoutImpact", "what the proposal would change is not known yet",
    fr: "l’effet de la proposition n’est pas encore connu",
    accepted: "a vote once it is, or withoutImpact=true / une voix une fois qu’il l’est, ou withoutImpact=true")

  /// Too few of the voters are operators.
  public static func impossibleVote(_ rules: VotingRules) -> BoardRefusal {
    let (quorum, count) = (rules.quorum, rules.voters.count)
    return BoardRefusal(
      .impossibleVote, path: "spec.governance",
      "its board could never decide: a quorum of \(quorum), and "
        + Counted.en(count, "of its voters is an operator", "of its voters are operators"),
      fr: "son instance ne pourrait jamais décider : un quorum de \(quorum), et "
        + Counted.fr(count, "de ses votants est opérateur", "de ses votants sont opérateurs"),
      accepted: "quorum ≤ voters, voters ≥ \(VotingRules.fewestVoters)")
  }

  static func wrongState(_ state: Proposal.State, accepted: [Proposal.State]) -> BoardRefusal {
    BoardRefusal(
      .wrongState, path: "state", "this can not be done to what is \(state.name.en ?? state.rawValue)",
      fr: "ceci ne se fait pas de ce qui est \(state.name.fr)",
      accepted: accepted.map(\.rawValue).joined(separator: ", "))
  }

  static func renewed(_ other: Proposal, until free: Timestamp, isLost: Bool) -> BoardRefusal {
    let id = other.id.uuidString.lowercased()
    let (why, whyFR) =
      isLost
      ? ("and a vote on it was lost since", "et un vote à son sujet a été perdu depuis")
      : ("and no vote is open that has it for as long", "et aucun vote qui la garde aussi longtemps n’est ouvert")
    return BoardRefusal(
      .renewed, path: "spec", "it adds again what the emergency restriction \(id) had added, \(why)",
      fr: "elle ajoute de nouveau ce qu’avait ajouté la restriction d’urgence \(id), \(whyFR)",
      accepted: "kind=version; ≥ \(free)")
  }

  static func outdated(base: Int64, present: Int64) -> BoardRefusal {
    BoardRefusal(
      .outdated, path: "base", "the text is based on version \(base), and would replace version \(present)",
      fr: "le texte part de la version \(base), et remplacerait la version \(present)",
      accepted: "a text rebased on version \(present) / un texte repris sur la version \(present)")
  }
}

extension Proposal.State {
  /// The state for people.
  public var name: LocalizedText {
    switch self {
    case .draft: LocalizedText(fr: "un brouillon", en: "a draft")
    case .open: LocalizedText(fr: "soumis au vote", en: "open for votes")
    case .ratified: LocalizedText(fr: "ratifié", en: "ratified")
    case .rejected: LocalizedText(fr: "rejeté", en: "rejected")
    case .withdrawn: LocalizedText(fr: "retiré", en: "withdrawn")
    case .amended: LocalizedText(fr: "remplacé par un amendement", en: "superseded by an amendment")
    case .discarded: LocalizedText(fr: "abandonné", en: "discarded")
    }
  }
}
