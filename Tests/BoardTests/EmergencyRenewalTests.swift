import Events
import Foundation
import Model
import Testing

@testable import Board

/// How long two operators have a restriction again and again, by votes that never come to their end.
struct EmergencyRenewalTests {
  private let restricted = Fixture.policy(rules: ["new"])
  /// When the first restriction has ended.
  private let end = 3 + 7 * 24
  /// How long a vote lasts.
  private let voting = 10 * 24

  /// A restriction of two operators that has ended, and is looked back at.
  private func first(_ text: PolicySpec, on before: PolicySpec = Fixture.policy()) throws -> EarlierProposal {
    let lines = [Fixture.version(1, 0, before)]
    var proposal = try Fixture.open(text, kind: .emergency, at: Fixture.moment(2, lines))
    _ = try proposal.vote(.for, "anfsi", at: Fixture.moment(3, lines))
    #expect(proposal.state == .ratified)
    return EarlierProposal(proposal, on: before)
  }

  /// A vote of somebody, who is for the restriction unless another is named.
  private func vote(
    _ number: UInt8, on spec: PolicySpec, by author: String = "dtnum", amends: UInt8? = nil, from hour: Int
  ) throws -> EarlierProposal {
    let actor = Fixture.actor(author)
    var proposal = try Proposal(
      id: Fixture.id(number), kind: .version, base: 1, spec: spec, amends: amends.map(Fixture.id), by: actor,
      at: Fixture.moment(1))
    _ = try proposal.handle(.proposed(motive: Fixture.text, effectiveAt: nil), by: actor, at: Fixture.moment(hour))
    return EarlierProposal(proposal, on: Fixture.policy())
  }

  private func rejected(_ vote: EarlierProposal, at hour: Int) throws -> EarlierProposal {
    var vote = vote
    _ = try vote.proposal.vote(.against, "alize", "anfsi", "ants", "dtnum", at: Fixture.moment(hour))
    #expect(vote.proposal.rejection == .votes)
    return vote
  }

  private func withdrawn(_ vote: EarlierProposal, at hour: Int) throws -> EarlierProposal {
    var vote = vote
    let author = Fixture.actor(vote.proposal.author)
    _ = try vote.proposal.handle(.withdrawn(reason: "x"), by: author, at: Fixture.moment(hour))
    #expect(vote.proposal.state == .withdrawn)
    return vote
  }

  private func amended(_ vote: EarlierProposal, by number: UInt8, at hour: Int) throws -> EarlierProposal {
    var vote = vote
    let author = Fixture.actor(vote.proposal.author)
    _ = try vote.proposal.handle(.amended(by: Fixture.id(number)), by: author, at: Fixture.moment(hour))
    #expect(vote.proposal.state == .amended)
    return vote
  }

  /// The refusal of a restriction with this text at an hour.
  private func refused(
    _ text: PolicySpec, on before: PolicySpec = Fixture.policy(), at hour: Int, _ earlier: [EarlierProposal]
  ) throws -> BoardRefusal? {
    var draft = try Fixture.draft(text, kind: .emergency)
    var moment = Fixture.moment(hour, [Fixture.version(1, 0, before)])
    moment.earlier = earlier
    return refusal(of: {
      _ = try draft.handle(
        .proposed(motive: Fixture.text, effectiveAt: nil), by: Fixture.actor("dtnum"), at: moment)
    })
  }

  private func renewal(
    _ text: PolicySpec, on before: PolicySpec = Fixture.policy(), at hour: Int, _ earlier: [EarlierProposal]
  ) throws -> BoardRefusal.Code? {
    try refused(text, on: before, at: hour, earlier)?.code
  }

  /// Rules of places of their own, so that none says what another does.
  private func policy(_ names: String...) -> PolicySpec {
    var policy = Fixture.policy()
    policy.rules = names.map { Fixture.rule($0, places: ["region.name": $0]) }
    return policy
  }

  @Test func `a vote that was amended goes on only in a text that says the same`() throws {
    let first = try first(restricted)
    let amended = try amended(try vote(2, on: restricted, from: end + 1), by: 3, at: end + 2)
    let same = try vote(3, on: restricted, amends: 2, from: end + 2)
    let another = try vote(3, on: policy("other"), amends: 2, from: end + 2)
    let next = try vote(4, on: restricted, from: end + 2)
    #expect(try renewal(restricted, at: end + 3, [first, amended, same]) == nil)
    #expect(try renewal(restricted, at: end + 3, [first, amended, another, next]) == .renewed)
    // What stands in its place is taken back as well.
    let ended = try withdrawn(same, at: end + 2)
    #expect(try renewal(restricted, at: end + 3, [first, amended, ended, next]) == .renewed)
  }

  @Test func `who is refused is told which restriction, whether a vote was lost, and until when`()
    throws
  {
    let first = try first(restricted)
    let next = try vote(3, on: restricted, from: end + 2)
    let no = try rejected(try vote(2, on: restricted, from: end), at: end + 1)
    let id = first.proposal.id.uuidString.lowercased()
    func wanted(_ why: String, fr whyFR: String) -> BoardRefusal {
      BoardRefusal(
        .renewed, path: "spec", "it adds again what the emergency restriction \(id) had added, \(why)",
        fr: "elle ajoute de nouveau ce qu’avait ajouté la restriction d’urgence \(id), \(whyFR)",
        accepted: "kind=version; ≥ \(Fixture.at(end + voting))")
    }
    let unvoted = wanted(
      "and no vote is open that has it for as long", fr: "et aucun vote qui la garde aussi longtemps n’est ouvert")
    let lost = wanted("and a vote on it was lost since", fr: "et un vote à son sujet a été perdu depuis")
    #expect(try refused(restricted, at: end, [first]) == unvoted)
    #expect(try refused(restricted, at: end + 3, [first, no]) == lost)
    #expect(try refused(restricted, at: end + 3, [first, no, next]) == lost)
  }

  @Test func `a later vote that only cites what was amended does not stand in for it`() throws {
    let first = try first(restricted)
    let amended = try amended(try vote(2, on: restricted, from: end + 1), by: 3, at: end + 2)
    let another = try vote(3, on: policy("other"), amends: 2, from: end + 2)
    let citing = try vote(4, on: restricted, amends: 2, from: end + 3)
    #expect(try renewal(restricted, at: end + 4, [first, amended, another, citing]) == .renewed)
  }

  @Test func `votes that are amended into the same one after the other last no longer than the first`() throws {
    let first = try first(restricted)
    let begun = end - 24
    let amended = try amended(try vote(2, on: restricted, from: begun), by: 3, at: begun + voting - 1)
    let same = try vote(3, on: restricted, amends: 2, from: begun + voting - 1)
    #expect(try renewal(restricted, at: begun + voting - 1, [first, amended, same]) == nil)
    #expect(try renewal(restricted, at: begun + voting, [first, amended, same]) == .renewed)
  }

  @Test func `a vote that another version has overtaken goes on to the end in what it was amended into`() throws {
    let begun = end - 24
    let given = try amended(try vote(2, on: restricted, from: begun), by: 3, at: begun + 48)
    let earlier = [try first(restricted), given, try vote(3, on: restricted, amends: 2, from: begun + 48)]
    func renewal(besides hour: Int) throws -> BoardRefusal.Code? {
      var other = try vote(4, on: policy("other"), from: begun - 24)
      _ = try other.proposal.vote(.for, "anfsi", "ants", "dtnum", at: Fixture.moment(hour))
      #expect(other.proposal.state == .ratified)
      return try self.renewal(restricted, at: begun + voting, earlier + [other])
    }
    #expect(try renewal(besides: begun + 24) == nil)
    #expect(try renewal(besides: begun) == nil, "as it was proposed")
    #expect(try renewal(besides: begun + 48) == nil, "as it was amended")
    #expect(try renewal(besides: begun - 12) == .renewed, "it was proposed on that")
    #expect(try renewal(besides: begun + 49) == .renewed, "it was amended before")
  }

  @Test func `what the board has rejected of a restriction is not had again with the rest of it`() throws {
    let both = policy("one", "two")
    let first = try first(both)
    let one = try rejected(try vote(2, on: policy("one"), from: end), at: end + 1)
    let open = try vote(3, on: both, from: end + 2)
    #expect(try renewal(both, at: end + 3, [first, one, open]) == .renewed)
    #expect(try renewal(policy("two"), at: end + 3, [first, one, open]) == nil, "that the board has not rejected")
  }

  @Test func `a rule that only holds longer is lost by a vote on just that, and by none on something else`() throws {
    var before = policy("old")
    before.rules[0].validUntil = day(1, 2)
    var (longer, other) = (before, before)
    longer.rules[0].validUntil = day(2, 1)
    let new = Fixture.rule("new", places: ["region.name": "new"])
    other.rules.append(Fixture.rule("other", places: ["region.name": "other"]))
    var both = longer
    both.rules.append(new)
    // The restriction holds longer, and says something new besides, or not.
    for text in [both, longer] {
      let first = try first(text, on: before)
      let open = try vote(3, on: text, from: end + 2)
      let elsewhere = try vote(2, on: other, from: end)
      let (no, back) = (try rejected(elsewhere, at: end + 1), try withdrawn(elsewhere, at: end + 1))
      #expect(try renewal(text, on: before, at: end + 3, [first, no, open]) == nil)
      #expect(try renewal(text, on: before, at: end + 3, [first, back, open]) == nil)
      let same = try rejected(try vote(2, on: text, from: end), at: end + 1)
      #expect(try renewal(text, on: before, at: end + 3, [first, same, open]) == .renewed)
      // What it was amended into lets the rule hold longer as well, or it says something else.
      let given = try amended(try vote(2, on: text, from: end), by: 5, at: end + 1)
      let another = try vote(5, on: other, amends: 2, from: end + 1)
      #expect(try renewal(text, on: before, at: end + 3, [first, given, another, open]) == .renewed)
      let again = try vote(5, on: text, amends: 2, from: end + 1)
      #expect(try renewal(text, on: before, at: end + 3, [first, given, again]) == nil)
    }
  }

  @Test func `that a rule holds longer is not had again with the rest of it once the board has rejected just that`()
    throws
  {
    let new = Fixture.rule("new", places: ["region.name": "new"])
    var before = policy("old")
    before.rules[0].validUntil = day(1, 2)
    var (longer, more) = (before, before)
    longer.rules[0].validUntil = day(2, 1)
    more.rules.append(new)
    var both = longer
    both.rules.append(new)
    let first = try first(both, on: before)
    let no = try rejected(try vote(2, on: longer, from: end), at: end + 1)
    let open = try vote(3, on: both, from: end + 2)
    #expect(try renewal(both, on: before, at: end + 3, [first, no, open]) == .renewed)
    #expect(try renewal(more, on: before, at: end + 3, [first, no, open]) == nil, "that the board has not rejected")
  }

  @Test func `a copy of a rule that is there is lost by no vote on something else`() throws {
    let before = policy("old")
    var (copied, other) = (before, before)
    copied.rules.append(Fixture.rule("copy", places: ["region.name": "old"]))
    other.rules.append(Fixture.rule("other", places: ["region.name": "other"]))
    let first = try first(copied, on: before)
    let open = try vote(3, on: copied, from: end + 2)
    let elsewhere = try rejected(try vote(2, on: other, from: end), at: end + 1)
    #expect(try renewal(copied, on: before, at: end + 3, [first, elsewhere, open]) == nil)
    let same = try rejected(try vote(2, on: copied, from: end), at: end + 1)
    #expect(try renewal(copied, on: before, at: end + 3, [first, same, open]) == .renewed)
  }

  @Test func `only who is for the restriction loses it by what he withdraws, or amends into something else`() throws {
    var restriction = try Fixture.open(restricted, kind: .emergency, at: Fixture.moment(2))
    _ = try restriction.vote(.against, "alize", at: Fixture.moment(2))
    _ = try restriction.vote(.for, "anfsi", at: Fixture.moment(3))
    #expect(restriction.state == .ratified)
    let first = EarlierProposal(restriction, on: Fixture.policy())
    let next = try vote(4, on: restricted, from: end + 1)
    // Who was against it, who has said nothing, and the two.
    let table: [(String, BoardRefusal.Code?)] = [
      ("alize", nil), ("ants", nil), ("anfsi", .renewed), ("dtnum", .renewed),
    ]
    for (name, wanted) in table {
      let open = try vote(2, on: restricted, by: name, from: end)
      let back = try withdrawn(open, at: end + 1)
      #expect(try renewal(restricted, at: end + 2, [first, back, next]) == wanted, "\(name)")
      let given = try amended(open, by: 3, at: end + 1)
      let another = try vote(3, on: policy("other"), by: name, amends: 2, from: end + 1)
      #expect(try renewal(restricted, at: end + 2, [first, given, another, next]) == wanted, "\(name)")
    }
  }

  @Test func `a text that was ratified, or never proposed, takes the restriction from nobody`() throws {
    let first = try first(restricted)
    let next = try vote(4, on: restricted, from: end + 2)
    var ratified = try vote(2, on: restricted, from: end)
    _ = try ratified.proposal.vote(.for, "anfsi", "ants", "dtnum", at: Fixture.moment(end + 1))
    var discarded = EarlierProposal(try Fixture.draft(restricted), on: Fixture.policy())
    _ = try discarded.proposal.handle(.discarded, by: Fixture.actor("dtnum"), at: Fixture.moment(end + 1))
    #expect(ratified.proposal.state == .ratified && discarded.proposal.state == .discarded)
    for earlier in [ratified, discarded] {
      #expect(try renewal(restricted, at: end + 3, [first, earlier, next]) == nil, "\(earlier.proposal.state)")
      #expect(try renewal(restricted, at: end + 3, [first, earlier]) == .renewed, "nobody votes on it")
    }
  }

  @Test func `a vote is lost from the moment on at which the restriction was proposed`() throws {
    let first = try first(restricted)
    let next = try vote(4, on: restricted, from: end)
    for (hour, wanted) in [(1, nil), (2, .renewed)] as [(Int, BoardRefusal.Code?)] {
      let back = try withdrawn(try vote(2, on: restricted, from: 1), at: hour)
      #expect(try renewal(restricted, at: end + 1, [first, back, next]) == wanted, "\(hour)")
    }
  }

  @Test func `a rule that holds from earlier, for longer or in more stages is an addition like any other`() throws {
    var before = policy("old")
    before.rules[0].stages = ["prod"]
    (before.rules[0].validFrom, before.rules[0].validUntil) = (day(1, 10), day(1, 20))
    var texts = [before, before, before]
    texts[0].rules[0].validFrom = day(1, 5)
    texts[1].rules[0].validUntil = day(2, 1)
    texts[2].rules[0].stages = ["dev", "prod"]
    for (number, text) in texts.enumerated() {
      let first = try first(text, on: before)
      #expect(try renewal(text, on: before, at: end, [first]) == .renewed, "\(number)")
    }
    let longer = try first(texts[1], on: before)
    #expect(try renewal(texts[0], on: before, at: end, [longer]) == .renewed, "from and until whichever day")
    #expect(try renewal(texts[2], on: before, at: end, [longer]) == nil, "in other stages it is another one")
  }

  @Test func `another rule that holds for longer does not make up for the one that does not`() throws {
    let text = policy("one")
    var voted = policy("one", "other")
    voted.rules[0].validUntil = day(1, 9)
    let first = try first(text)
    #expect(try renewal(text, at: end, [first, try vote(2, on: voted, from: end - 1)]) == .renewed)
    voted.rules[0].validUntil = nil
    #expect(try renewal(text, at: end, [first, try vote(2, on: voted, from: end - 1)]) == nil)
  }

  @Test func `a class that wants more is voted on only by a text that wants the same of it`() throws {
    var text = Fixture.policy()
    text.dataClasses[0].qualifications = ["HDS"]
    let first = try first(text)
    #expect(try renewal(text, at: end, [first]) == .renewed)
    let other = try vote(2, on: policy("other"), from: end - 1)
    #expect(try renewal(text, at: end, [first, other]) == .renewed)
    let same = try vote(3, on: text, from: end - 1)
    #expect(try renewal(text, at: end, [first, other, same]) == nil)
  }

  private func day(_ month: Int, _ day: Int) -> CalendarDay? { CalendarDay(year: 1970, month: month, day: day) }
}
