import Events
import Foundation
import Model
import Testing

@testable import Board

/// Restrictions for a time, by two operators.
struct EmergencyTests {
  private let restricted = Fixture.policy(rules: ["new"])
  private let end = 3 + 7 * 24

  private func versions(_ actions: [BoardAction]) -> [BoardVersion] {
    actions.flatMap { action -> [BoardVersion] in if case .write(let versions) = action { versions } else { [] } }
  }

  private func seconded(_ lines: [BoardVersion] = [Fixture.version(1, 0)]) throws -> (Proposal, [BoardVersion]) {
    var proposal = try Fixture.open(kind: .emergency, at: Fixture.moment(2, lines))
    let actions = try proposal.vote(.for, "anfsi", at: Fixture.moment(3, lines))
    return (proposal, versions(actions))
  }

  @Test func `two operators are enough, it takes effect at once, and its end has its date from the beginning`() throws {
    let (proposal, written) = try seconded()
    #expect(proposal.state == .ratified && proposal.version == 2)
    #expect(
      written == [
        Fixture.version(2, 3, restricted, .emergency), Fixture.version(3, end, Fixture.policy(), .emergencyEnd),
      ])
  }

  @Test func `it waits for nobody to work out what it would change`() throws {
    var (begun, seconded) = (Fixture.moment(2), Fixture.moment(3))
    (begun.isImpactAwaited, seconded.isImpactAwaited) = (true, true)
    var proposal = try Fixture.open(kind: .emergency, at: begun)
    _ = try proposal.vote(.for, "anfsi", at: seconded)
    #expect(proposal.state == .ratified)
  }

  @Test func `whoever proposes it is for it, and nobody alone suffices`() throws {
    var proposal = try Fixture.open(kind: .emergency)
    #expect(proposal.state == .open && proposal.votes.map(\.operator) == ["dtnum"])
    #expect(proposal.closesAt == Fixture.at(2 + 7 * 24))
    _ = try proposal.vote(.against, "ants", "alize", at: Fixture.moment(3))
    #expect(proposal.state == .open, "one may yet join")
    _ = try proposal.handle(.clock, by: Fixture.admin, at: Fixture.moment(400))
    #expect(proposal.state == .rejected)
  }

  @Test func `a vote on its text makes it stay, and its end is left out`() throws {
    let (_, written) = try seconded()
    let lines = [Fixture.version(1, 0)] + written
    var vote = try Proposal(
      id: Fixture.id(3), kind: .version, base: 2, spec: restricted, by: Fixture.actor("ants"), at: Fixture.moment(4))
    _ = try vote.handle(
      .proposed(motive: Fixture.text, effectiveAt: nil), by: Fixture.actor("ants"), at: Fixture.moment(4, lines))
    let ratified = versions(try vote.vote(.for, "ants", "alize", "anfsi", at: Fixture.moment(5, lines)))
    #expect(ratified == [Fixture.version(4, 5, restricted)])
    let line = VersionLine(lines + ratified)
    #expect(line.inForce(at: Fixture.at(end + 1))?.version == 4)
    #expect(VersionLine(lines).inForce(at: Fixture.at(end + 1))?.spec == Fixture.policy())
  }

  private func ratified(_ proposal: inout Proposal, _ lines: [BoardVersion], at hour: Int) throws -> [BoardVersion] {
    versions(try proposal.vote(.for, "dtnum", "anfsi", "ants", at: Fixture.moment(hour, lines)))
  }

  /// A restriction that is version 2, and its end, as the store knows them afterwards.
  private func restriction() throws -> [BoardVersion] {
    var written = try seconded().1
    written[1].alike = [1]
    return [Fixture.version(1, 0)] + written
  }

  @Test func `a vote that is to make a restriction stay outlasts it`() throws {
    let lines = try restriction()
    var vote = try Proposal(
      id: Fixture.id(3), kind: .version, base: 2, spec: restricted, by: Fixture.actor("ants"), at: Fixture.moment(4))
    _ = try vote.handle(
      .proposed(motive: Fixture.text, effectiveAt: nil), by: Fixture.actor("ants"), at: Fixture.moment(4, lines))
    let late = end + 24
    // By then the end is in force, and nothing before it is looked at any more.
    #expect(try ratified(&vote, [lines[2]], at: late) == [Fixture.version(4, late, restricted)])
  }

  @Test func `a restriction keeps no vote from deciding: what is based on the text before waits for its end`() throws {
    let lines = try restriction()
    let text = Fixture.policy(rules: ["other"])
    var (during, after) = (try Fixture.open(text), try Fixture.open(text))
    #expect(try ratified(&during, Array(lines[1...]), at: 5) == [Fixture.version(4, end, text)])
    #expect(try ratified(&after, [lines[2]], at: end + 2) == [Fixture.version(4, end + 2, text)])
    #expect(VersionLine(Array(lines[1...])).replaced(by: .version, on: 1, at: Fixture.at(5)) == 1)
    // What a version of another text has come after is outdated still.
    var outdated = try Fixture.open(text)
    let other = Fixture.version(4, end + 1, Fixture.policy(rules: ["four"]))
    _ = try ratified(&outdated, [lines[2], other], at: end + 2)
    #expect(outdated.rejection == .outdated)
  }

  @Test func `what is carried behind a restriction says which version was decided`() throws {
    let lines =
      [Fixture.version(1, 0), Fixture.version(2, 50, Fixture.policy(rules: ["before"]))]
      + [Fixture.version(3, 1_000, Fixture.policy(rules: ["after"]))]
    #expect(try seconded(lines).1.map(\.carries) == [nil, 2, nil, 3])
  }

  @Test func `versions that have their date already keep it, restricted until the end`() throws {
    let (before, after) = (Fixture.policy(rules: ["before"]), Fixture.policy(rules: ["after"]))
    let lines = [
      Fixture.version(1, 0), Fixture.version(2, 50, before), Fixture.version(3, 1_000, after),
    ]
    let (_, written) = try seconded(lines)
    let both = Fixture.policy(rules: ["new", "before"])
    #expect(written.map(\.origin) == [.emergency, .carried, .emergencyEnd, .carried])
    #expect(written.map(\.effectiveAt) == [3, 50, end, 1_000].map(Fixture.at))
    #expect(Set(written[1].spec.rules) == Set(both.rules))
    #expect(written[0].spec == restricted && written[2].spec == before && written[3].spec == after)
    let atEnd = try seconded([Fixture.version(1, 0), Fixture.version(2, end, after)]).1
    #expect(atEnd.map(\.spec) == [restricted, after])
    #expect(atEnd.map(\.origin) == [.emergency, .carried])
  }

  @Test func `a restriction upon a restriction ends by itself, and the first one before it`() throws {
    let (_, written) = try seconded()
    let lines = [Fixture.version(1, 0)] + written
    var further = Fixture.policy(rules: ["new", "further"])
    further.rules[1].places = LabelSelector(matchLabels: ["region.name": "sud"])
    var second = try Proposal(
      id: Fixture.id(4), kind: .emergency, base: 2, spec: further, by: Fixture.actor("ants"), at: Fixture.moment(10))
    _ = try second.handle(
      .proposed(motive: Fixture.text, effectiveAt: nil), by: Fixture.actor("ants"), at: Fixture.moment(10, lines))
    let more = versions(try second.vote(.for, "alize", at: Fixture.moment(11, lines)))
    let line = VersionLine(lines + more)
    #expect(line.inForce(at: Fixture.at(12))?.spec.rules.map(\.id) == ["new", "further"])
    #expect(line.inForce(at: Fixture.at(end))?.spec.rules.map(\.id) == ["further"])
    #expect(line.inForce(at: Fixture.at(11 + 7 * 24))?.spec == Fixture.policy())
  }

  @Test func `a restriction that contradicts what has its date already is refused, and named`() throws {
    var other = restricted
    other.rules[0].notWaivable = true
    let lines = [Fixture.version(1, 0), Fixture.version(2, 50, other)]
    do {
      _ = try Fixture.open(kind: .emergency, at: Fixture.moment(2, lines))
      Issue.record("it was accepted")
    } catch let refusal as BoardRefusal {
      #expect(refusal.code == .outdated && refusal.problems.map(\.path) == ["spec.rules[new]"])
    }
  }

  @Test func `too few voters, a date, another base and no change are refused`() throws {
    func refused(_ spec: PolicySpec, base: Int64 = 1, at date: Int? = nil, voters: [String] = []) throws
      -> BoardRefusal.Code?
    {
      var draft = try Fixture.draft(spec, kind: .emergency, base: base)
      let lines = [
        Fixture.version(1, 0, Fixture.policy(voters: voters)), Fixture.version(2, 1, Fixture.policy(voters: voters)),
      ]
      return code {
        _ = try draft.handle(
          .proposed(motive: Fixture.text, effectiveAt: date.map(Fixture.at)), by: Fixture.actor("dtnum"),
          at: Fixture.moment(2, lines))
      }
    }
    #expect(try refused(restricted, base: 2, voters: ["dtnum"]) == .tooFewVoters)
    #expect(try refused(restricted, base: 2, at: 9) == .badDate)
    #expect(try refused(restricted, base: 1) == .outdated)
    #expect(try refused(Fixture.policy(), base: 2) == .nothingChanges)
    #expect(try refused(Fixture.policy(quorum: 1), base: 2) == .notOnlyAdding)
    #expect(try refused(restricted, base: 2) == nil)
    let voters = ["dtnum", "anfsi"]
    var draft = try Fixture.draft(Fixture.policy(rules: ["new"], voters: voters), kind: .emergency, by: "ants")
    let lines = [Fixture.version(1, 0, Fixture.policy(voters: voters))]
    #expect(
      code {
        _ = try draft.handle(
          .proposed(motive: Fixture.text, effectiveAt: nil), by: Fixture.actor("ants"), at: Fixture.moment(2, lines))
      } == .notVoter)
  }

  /// The refusal of the same restriction again, under another name, at an hour.
  private func renewal(
    at hour: Int, _ earlier: [EarlierProposal], adding id: String = "renamed",
    changing change: (inout PolicySpec.Rule) -> Void = { _ in }
  ) throws -> BoardRefusal.Code? {
    var again = Fixture.policy(rules: ["new"])
    again.rules[0].id = id
    again.rules[0].motive = LocalizedText(fr: "Toujours")
    change(&again.rules[0])
    var draft = try Fixture.draft(again, kind: .emergency)
    var moment = Fixture.moment(hour)
    moment.earlier = earlier
    return code {
      _ = try draft.handle(
        .proposed(motive: Fixture.text, effectiveAt: nil), by: Fixture.actor("dtnum"), at: moment)
    }
  }

  @Test func `a restriction that has ended is not had again by two, for as long as a vote takes`() throws {
    let first = EarlierProposal(try seconded().0, on: Fixture.policy())
    #expect(try renewal(at: end, [first]) == .renewed)
    #expect(try renewal(at: end + 239, [first]) == .renewed)
    #expect(try renewal(at: end + 240, [first]) == nil)
    var fallen = first
    fallen.proposal = try Fixture.open(kind: .emergency)
    _ = try fallen.proposal.handle(.clock, by: Fixture.admin, at: Fixture.moment(400))
    #expect(fallen.proposal.state == .rejected)
    #expect(try renewal(at: 401, [fallen]) == .renewed)
    #expect(try renewal(at: 401, []) == nil)
    // What it does not add is no renewal.
    var other = first
    other.base = restricted
    #expect(try renewal(at: end, [other]) == nil)
  }

  @Test func `one that fell is had again after as long, one that was taken back or outdated at once`() throws {
    func proposed() throws -> Proposal { try Fixture.open(kind: .emergency) }
    func again(at hour: Int, _ proposal: Proposal) throws -> BoardRefusal.Code? {
      try renewal(at: hour, [EarlierProposal(proposal, on: Fixture.policy())])
    }
    var (fallen, withdrawn, outdated) = (try proposed(), try proposed(), try proposed())
    _ = try fallen.handle(.clock, by: Fixture.admin, at: Fixture.moment(400))
    _ = try withdrawn.handle(.withdrawn(reason: "x"), by: Fixture.actor("dtnum"), at: Fixture.moment(3))
    let replaced = Fixture.moment(3, [Fixture.version(1, 0), Fixture.version(2, 3)])
    _ = try outdated.vote(.for, "anfsi", at: replaced)
    #expect(fallen.rejection == .votes && withdrawn.state == .withdrawn && outdated.rejection == .outdated)
    #expect(try again(at: 639, fallen) == .renewed)
    #expect(try again(at: 640, fallen) == nil)
    #expect(try again(at: 4, withdrawn) == nil)
    #expect(try again(at: 4, outdated) == nil)
    #expect(try again(at: 4, try proposed()) == nil, "it is none yet")
  }

  @Test func `a restriction that is written in another way, or dated, is the same one`() throws {
    let first = EarlierProposal(try seconded().0, on: Fixture.policy())
    let written = try renewal(at: end, [first]) { rule in
      let labels = rule.places?.matchLabels ?? [:]
      rule.places = LabelSelector(
        matchExpressions: labels.map { .init(key: $0.key, operator: .in, values: [$0.value, $0.value]) })
    }
    #expect(written == .renewed)
    let dated = try renewal(at: end, [first]) { $0.validUntil = CalendarDay(year: 2099, month: 1, day: 1) }
    #expect(dated == .renewed)
  }

  @Test func `a vote that ends sooner than the restriction, or begins later, is no vote on it`() throws {
    let first = EarlierProposal(try seconded().0, on: Fixture.policy())
    func again(
      votingOn change: (inout PolicySpec.Rule) -> Void, until last: CalendarDay? = nil
    ) throws -> BoardRefusal.Code? {
      var voted = restricted
      change(&voted.rules[0])
      let vote = EarlierProposal(try Fixture.open(voted, at: Fixture.moment(end - 1)), on: Fixture.policy())
      return try renewal(at: end, [first, vote]) { $0.validUntil = last }
    }
    // It would end by itself seven days after the `end`-th hour of 1970.
    let day = { try #require(CalendarDay(year: 1970, month: 1, day: $0)) }
    let (from, last) = (try day(8), try day(15))
    #expect(try again { _ in } == nil)
    #expect(try again { ($0.validFrom, $0.validUntil) = (from, last) } == nil)
    #expect(try again { $0.validUntil = last.adding(days: -1) } == .renewed)
    #expect(try again { $0.validFrom = from.adding(days: 1) } == .renewed)
    #expect(try again(votingOn: { $0.validUntil = from.adding(days: 2) }, until: from.adding(days: 3)) == .renewed)
    #expect(try again(votingOn: { $0.validUntil = from.adding(days: 3) }, until: from.adding(days: 3)) == nil)
  }

  @Test func `a restriction in force is not outlasted by its own copy under another name`() throws {
    let (first, written) = try seconded()
    let lines = [Fixture.version(1, 0)] + written
    var copied = Fixture.policy(rules: ["new", "copy"])
    func propose(_ earlier: [EarlierProposal]) throws -> BoardRefusal.Code? {
      var draft = try Fixture.draft(copied, kind: .emergency, base: 2)
      var moment = Fixture.moment(10, lines)
      moment.earlier = earlier
      return code {
        _ = try draft.handle(
          .proposed(motive: Fixture.text, effectiveAt: nil), by: Fixture.actor("dtnum"), at: moment)
      }
    }
    let earlier = EarlierProposal(first, on: Fixture.policy())
    #expect(try propose([earlier]) == .renewed)
    let vote = EarlierProposal(try Fixture.open(restricted, at: Fixture.moment(4)), on: Fixture.policy())
    #expect(try propose([earlier, vote]) == nil, "while all vote on it")
    copied.rules[1].places = LabelSelector(matchLabels: ["region.name": "sud"])
    #expect(try propose([earlier]) == nil, "that is another one")
  }

  @Test func `while all vote on it two may have it again, and not once that vote is lost`() throws {
    let first = EarlierProposal(try seconded().0, on: Fixture.policy())
    func vote(from hour: Int) throws -> Proposal { try Fixture.open(restricted, at: Fixture.moment(hour)) }
    let open = EarlierProposal(try vote(from: end - 1), on: Fixture.policy())
    #expect(try renewal(at: end, [first, open]) == nil)
    #expect(try renewal(at: end + 239, [first, open]) == .renewed, "its deadline has passed")
    let elsewhere = EarlierProposal(
      try Fixture.open(Fixture.policy(rules: ["other"]).with(places: "sud"), at: Fixture.moment(end - 1)),
      on: Fixture.policy())
    #expect(try renewal(at: end, [first, elsewhere]) == .renewed)
    var lost = open
    _ = try lost.proposal.vote(.against, "alize", "anfsi", "ants", "dtnum", at: Fixture.moment(end))
    #expect(lost.proposal.state == .rejected)
    let next = EarlierProposal(try vote(from: end + 1), on: Fixture.policy())
    #expect(try renewal(at: end + 2, [first, lost, next]) == .renewed)
    // Withdrawn, so that two had it for ever: the board has no vote on it then.
    var withdrawn = open
    _ = try withdrawn.proposal.handle(
      .withdrawn(reason: "x"), by: Fixture.actor("dtnum"), at: Fixture.moment(end))
    #expect(withdrawn.proposal.state == .withdrawn)
    #expect(try renewal(at: end + 2, [first, withdrawn, next]) == .renewed)
    // Who does not hold the restriction takes it from nobody by what he proposes and takes back.
    var others = EarlierProposal(
      try Fixture.open(restricted, by: "alize", at: Fixture.moment(end - 1)), on: Fixture.policy())
    _ = try others.proposal.handle(
      .withdrawn(reason: "x"), by: Fixture.actor("alize"), at: Fixture.moment(end))
    #expect(try renewal(at: end + 2, [first, others, next]) == nil)
    #expect(try renewal(at: end + 2, [first, others]) == .renewed, "nobody votes on it")
    // Before there was a restriction nobody had to vote on it.
    var before = EarlierProposal(try vote(from: 1), on: Fixture.policy())
    _ = try before.proposal.handle(.withdrawn(reason: "x"), by: Fixture.actor("dtnum"), at: Fixture.moment(1))
    #expect(try renewal(at: end + 2, [first, before, next]) == nil)
  }

  @Test func `an emergency restriction whose base has gone meanwhile is outdated`() throws {
    var proposal = try Fixture.open(kind: .emergency)
    _ = try proposal.vote(
      .for, "anfsi", at: Fixture.moment(3, [Fixture.version(1, 0), Fixture.version(2, 3)]))
    #expect(proposal.rejection == .outdated)
  }
}

extension PolicySpec {
  /// The same, of other places.
  fileprivate func with(places name: String) -> PolicySpec {
    var copy = self
    for index in copy.rules.indices { copy.rules[index].places = LabelSelector(matchLabels: ["region.name": name]) }
    return copy
  }
}
