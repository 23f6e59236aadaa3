import Events
import Model

/// Whether an emergency restriction is another one over again. The first is two operators' to make; to have it again is the board's,
/// so it is there again only while all vote on it, and no more once that vote is lost.
enum EmergencyRenewal {
  /// Refuses what adds again what an emergency restriction had added that has ended, or fell, less than `votingDays` ago.
  ///
  /// - Parameters:
  ///   - proposal: the new restriction.
  ///   - present: the text that it is put on.
  static func check(
    _ proposal: Proposal, on present: PolicySpec, _ rules: VotingRules, at moment: BoardMoment
  ) throws(BoardRefusal) {
    let added = additions(from: present, to: proposal.spec)
    // It ends by itself, whatever its rules say.
    let (first, last) = (ParisTime.day(of: moment.at), ParisTime.day(of: moment.at.adding(days: rules.emergencyDays)))
    let votes = moment.earlier.map(\.proposal).filter { $0.kind == .version }.map { VotedText($0) }
    for other in moment.earlier where other.proposal.kind == .emergency {
      let (earlier, text) = (other.proposal, other.proposal.spec)
      guard let began = earlier.proposedAt, let end = earlier.restrictionEnd else { continue }
      let free = end.adding(days: rules.votingDays)
      let again = added.intersection(additions(from: other.base, to: text))
      guard moment.at < free, !again.isEmpty else { continue }
      let wish = Wish(restriction: earlier, before: other.base, began: began, again: again)
      let isLost = votes.contains { Self.isLost(wish, by: $0, among: votes, at: moment.at) }
      let isVoted = votes.contains { vote in
        vote.contents.isSuperset(of: again) && vote.proposal.state == .open
          && !vote.proposal.isClosing(at: moment.at)
          && lasts(vote.proposal.spec, as: proposal.spec, in: again, from: first, until: last)
      }
      guard !isLost, isVoted else {
        throw .renewed(earlier, until: free, isLost: isLost)
      }
    }
  }

  /// The days that earlier proposals are looked at for: as long as a restriction and a vote can last, twice.
  static let memoryDays = 240

  /// What a restriction says, whatever it is called and why, until when, and in which of two ways its places are written.
  private enum Content: Hashable {
    case rule(PolicySpec.Rule)
    case dataClass(PolicySpec.DataClass)

    init(_ rule: PolicySpec.Rule) {
      var rule = rule
      (rule.id, rule.title, rule.motive) = ("", nil, LocalizedText(fr: ""))
      (rule.validFrom, rule.validUntil) = (nil, nil)
      rule.subject = rule.subject.arranged
      (rule.places, rule.chains) = (rule.places?.arranged, rule.chains?.arranged)
      self = .rule(rule)
    }
  }

  /// What a text says under names that the text before it does not say it under: a copy of a rule that is there, called
  /// otherwise, outlasts it, so it is an addition.
  private static func additions(from before: PolicySpec, to after: PolicySpec) -> Set<Content> {
    let there = Dictionary(before.rules.map { ($0.id, $0) }) { first, _ in first }
    let rules = after.rules.filter { rule in
      // A later last day is an addition, though the rule is the same.
      guard let known = there[rule.id] else { return true }
      return Content(known) != Content(rule) || known.validFrom != rule.validFrom || known.validUntil != rule.validUntil
    }.map(Content.init)
    return Set(rules + after.dataClasses.filter { !before.dataClasses.contains($0) }.map(Content.dataClass))
  }

  private static func contents(of spec: PolicySpec) -> Set<Content> {
    Set(spec.rules.map(Content.init) + spec.dataClasses.map(Content.dataClass))
  }

  /// A text that all vote on, or have voted on, and what it says.
  private struct VotedText {
    var proposal: Proposal
    var contents: Set<Content>

    init(_ proposal: Proposal) {
      self.proposal = proposal
      contents = EmergencyRenewal.contents(of: proposal.spec)
    }
  }

  /// What is to be had again.
  private struct Wish {
    /// The restriction that has had it.
    var restriction: Proposal
    /// The text that the restriction was put on.
    var before: PolicySpec
    /// Since when it was there.
    var began: Timestamp
    /// What it says.
    var again: Set<Content>
  }

  /// Whether the board has no vote any more on some of what is to be had again: a text that has it was rejected; or
  /// one of those who hold the restriction has withdrawn it, or amended it into what says something else. One that was
  /// amended into the same is lost once its own time is over: else whoever amends each vote before its end never has
  /// the board say no. It is not where the board has decided otherwise meanwhile: such a vote goes on in another text or
  /// not at all. What others propose and take back themselves takes nothing from anybody.
  ///
  /// - Parameter votes: all of them. One that only cites what was amended does not stand in for it.
  private static func isLost(
    _ wish: Wish, by vote: VotedText, among votes: [VotedText], at moment: Timestamp
  ) -> Bool {
    let proposal = vote.proposal
    // What only keeps a rule as it was before is no vote on its holding longer.
    let added = additions(from: wish.before, to: proposal.spec).intersection(wish.again)
    guard !added.isEmpty, let closedAt = proposal.closedAt, closedAt >= wish.began else { return false }
    let isHolders = wish.restriction.votes.contains { $0.operator == proposal.author && $0.choice == .for }
    switch proposal.state {
    case .rejected: return proposal.rejection == .votes
    case .withdrawn: return isHolders
    case .amended:
      let had = vote.contents.intersection(wish.again)
      let goesOn = votes.contains { other in
        proposal.amendedBy == other.proposal.id && other.contents.isSuperset(of: had)
          && additions(from: wish.before, to: other.proposal.spec).isSuperset(of: added)
      }
      let isInTime = proposal.closesAt.map { moment < $0 } ?? false
      return isHolders && !(goesOn && (isInTime || isOvertaken(proposal, by: votes)))
    case .draft, .open, .ratified, .discarded: return false
    }
  }

  /// Whether the board has made a version of another text while this one was voted on: it is based on what is gone then.
  private static func isOvertaken(_ proposal: Proposal, by votes: [VotedText]) -> Bool {
    guard let openedAt = proposal.proposedAt, let closedAt = proposal.closedAt else { return false }
    return votes.contains { other in
      guard other.proposal.state == .ratified, let decidedAt = other.proposal.closedAt else { return false }
      return openedAt <= decidedAt && decidedAt <= closedAt
    }
  }

  /// Whether what is voted on says each of the rules for as long as the restriction would say it, at least.
  private static func lasts(
    _ voted: PolicySpec, as restriction: PolicySpec, in again: Set<Content>, from first: CalendarDay,
    until last: CalendarDay
  ) -> Bool {
    let rules = restriction.rules.filter { again.contains(Content($0)) }
    return rules.allSatisfy { rule in
      voted.rules.contains { one in
        Content(one) == Content(rule)
          && one.spans(max(rule.validFrom ?? first, first), min(rule.validUntil ?? last, last))
      }
    }
  }
}

extension PolicySpec.Rule {
  /// Whether it holds from one day to another.
  fileprivate func spans(_ first: CalendarDay, _ last: CalendarDay) -> Bool {
    (validFrom.map { $0 <= first } ?? true) && (validUntil.map { last <= $0 } ?? true)
  }
}

extension LabelSelector {
  /// The same with each label as an expression, and all of them in order.
  fileprivate var arranged: LabelSelector {
    let labels = matchLabels.map { Requirement(key: $0.key, operator: .in, values: [$0.value]) }
    let all = (labels + matchExpressions).map { one in
      Requirement(key: one.key, operator: one.operator, values: Set(one.values).sorted())
    }
    return LabelSelector(
      matchExpressions: Set(all).sorted {
        ($0.key, $0.operator.rawValue, $0.values.joined(separator: "\n"))
          < ($1.key, $1.operator.rawValue, $1.values.joined(separator: "\n"))
      })
  }
}

extension Proposal {
  /// When the restriction has ended that it became, by its own rules, or when it fell; nil for what never was one.
  fileprivate var restrictionEnd: Timestamp? {
    guard let closedAt, let rules else { return nil }
    return switch state {
    case .ratified: closedAt.adding(days: rules.emergencyDays)
    case .rejected where rejection == .votes: closedAt
    case .draft, .open, .rejected, .withdrawn, .amended, .discarded: nil
    }
  }
}
