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
  private func first(_ text: PolicySpec) throws -> EarlierProposal {
    var proposal = try Fixture.open(text, kind: .emergency, at: Fixture.moment(2))
    _ = try proposal.vote(.for, "anfsi", at: Fixture.moment(3))
    return EarlierProposal(proposal, on: Fixture.policy())
  }

  /// A vote of somebody who is for the restriction.
  private func vote(
    _ number: UInt8, on spec: PolicySpec, amends: UInt8? = nil, from hour: Int
  ) throws -> EarlierProposal {
    var proposal = try Proposal(
      id: Fixture.id(number), kind: .version, base: 1, spec: spec, amends: amends.map(Fixture.id),
      by: Fixture.actor("dtnum"), at: Fixture.moment(1))
    _ = try proposal.handle(
      .proposed(motive: Fixture.text, effectiveAt: nil), by: Fixture.actor("dtnum"), at: Fixture.moment(hour))
    return EarlierProposal(proposal, on: Fixture.policy())
  }

  private func amended(_ vote: EarlierProposal, by number: UInt8, at hour: Int) throws -> EarlierProposal {
    var vote = vote
    _ = try vote.proposal.handle(
      .amended(by: Fixture.id(number)), by: Fixture.actor("dtnum"), at: Fixture.moment(hour))
    #expect(vote.proposal.state == .amended)
    return vote
  }

  /// The refusal of a restriction with this text at an hour.
  private func renewal(_ text: PolicySpec, at hour: Int, _ earlier: [EarlierProposal]) throws -> BoardRefusal.Code? {
    var draft = try Fixture.draft(text, kind: .emergency)
    var moment = Fixture.moment(hour)
    moment.earlier = earlier
    return code {
      _ = try draft.handle(
        .proposed(motive: Fixture.text, effectiveAt: nil), by: Fixture.actor("dtnum"), at: moment)
    }
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
    var withdrawn = same
    _ = try withdrawn.proposal.handle(
      .withdrawn(reason: "x"), by: Fixture.actor("dtnum"), at: Fixture.moment(end + 2))
    #expect(try renewal(restricted, at: end + 3, [first, amended, withdrawn, next]) == .renewed)
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
    #expect(try renewal(besides: begun - 12) == .renewed, "it was proposed on that")
    #expect(try renewal(besides: begun + 49) == .renewed, "it was amended before")
  }

  @Test func `what the board has rejected of a restriction is not had again with the rest of it`() throws {
    let both = policy("one", "two")
    let first = try first(both)
    var rejected = try vote(2, on: policy("one"), from: end)
    _ = try rejected.proposal.vote(.against, "alize", "anfsi", "ants", "dtnum", at: Fixture.moment(end + 1))
    #expect(rejected.proposal.rejection == .votes)
    let open = try vote(3, on: both, from: end + 2)
    #expect(try renewal(both, at: end + 3, [first, rejected, open]) == .renewed)
    #expect(try renewal(policy("two"), at: end + 3, [first, rejected, open]) == nil, "that the board has not rejected")
  }

  @Test func `a rule that only holds longer is lost by no vote on something else`() throws {
    var (before, longer) = (policy("old"), policy("old", "new"))
    before.rules[0].validUntil = CalendarDay(year: 1970, month: 1, day: 2)
    longer.rules[0].validUntil = CalendarDay(year: 1970, month: 2, day: 1)
    let lines = [Fixture.version(1, 0, before)]
    var restriction = try Fixture.open(longer, kind: .emergency, at: Fixture.moment(2, lines))
    _ = try restriction.vote(.for, "anfsi", at: Fixture.moment(3, lines))
    let first = EarlierProposal(restriction, on: before)
    var other = before
    other.rules.append(Fixture.rule("other", places: ["region.name": "other"]))
    var rejected = try vote(2, on: other, from: end)
    _ = try rejected.proposal.vote(.against, "alize", "anfsi", "ants", "dtnum", at: Fixture.moment(end + 1))
    let open = try vote(3, on: longer, from: end + 2)
    var draft = try Fixture.draft(longer, kind: .emergency)
    var moment = Fixture.moment(end + 3, lines)
    moment.earlier = [first, rejected, open]
    let refused = code {
      _ = try draft.handle(
        .proposed(motive: Fixture.text, effectiveAt: nil), by: Fixture.actor("dtnum"), at: moment)
    }
    #expect(refused == nil)
  }
}
