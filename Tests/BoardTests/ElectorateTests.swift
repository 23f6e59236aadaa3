import Events
import Model
import Testing

@testable import Board

/// The beginnings and changes of the electorate while a vote is open.
struct ElectorateTests {
  private static let absolute = [Fixture.version(1, 0, Fixture.policy(majority: .absolute))]
  private static let without = ["alize", "ants", "dtnum"]

  private static func moment(_ hour: Int, _ operators: [String] = Fixture.operators) -> BoardMoment {
    Fixture.moment(hour, operators: operators, absolute)
  }

  private static func open() throws -> Proposal { try Fixture.open(at: moment(2)) }

  @Test func `an operator that joins has no vote, is heard, and makes no majority harder to reach`() throws {
    var proposal = try Self.open()
    let joined = Self.moment(3, Fixture.operators + ["nouveau", "second"])
    #expect(code { _ = try proposal.vote(.against, "nouveau", at: joined) } == .notVoter)
    let said = try proposal.handle(.commented("à revoir"), by: Fixture.actor("nouveau"), at: joined)
    #expect(said.count == 2)
    #expect(proposal.tally(among: joined.operators)?.voters == 4)
    _ = try proposal.vote(.for, "dtnum", "anfsi", "ants", at: joined)
    #expect(proposal.state == .ratified, "three of the four that had a vote are more than half")
    var next = try Fixture.open(at: joined)
    _ = try next.vote(.for, "dtnum", "anfsi", "nouveau", at: joined)
    #expect(next.state == .open, "three of six, of the next proposal")
  }

  @Test func `an operator that leaves makes the electorate smaller, which is looked at by the next who votes`() throws {
    var proposal = try Self.open()
    _ = try proposal.vote(.for, "dtnum", "ants", at: Self.moment(3))
    _ = try proposal.vote(.against, "anfsi", at: Self.moment(3))
    #expect(proposal.state == .open)
    let left = Self.moment(4, Self.without)
    #expect(proposal.tally(among: left.operators)?.verdict(.version, try #require(proposal.rules)) == .carried)
    #expect(proposal.state == .open, "nobody looks because of it")
    _ = try proposal.vote(.abstain, "alize", at: left)
    #expect(proposal.state == .ratified, "two of three")
    #expect(
      proposal.result
        == Tally(
          proposal.votes, rules: try #require(proposal.rules), operators: Self.without, author: "dtnum",
          principal: "user:dtnum"))
  }

  @Test func `an operator that leaves is looked at by the clock at the latest, and the quorum stays`() throws {
    var proposal = try Self.open()
    _ = try proposal.vote(.for, "dtnum", "ants", at: Self.moment(3))
    var short = proposal
    _ = try proposal.handle(.clock, by: Fixture.admin, at: Self.moment(300, Self.without))
    #expect(proposal.state == .ratified, "two of three")
    _ = try short.handle(.clock, by: Fixture.admin, at: Self.moment(300, ["alize", "dtnum"]))
    #expect(short.state == .rejected && short.rejection == .votes, "one in favour of a quorum of two")
  }

  @Test func `an operator that comes back has its vote again, as it stood`() throws {
    var proposal = try Self.open()
    _ = try proposal.vote(.against, "anfsi", at: Self.moment(3))
    #expect(proposal.tally(among: Self.without)?.against == 0)
    #expect(proposal.tally(among: Fixture.operators)?.against == 1)
    _ = try proposal.vote(.for, "anfsi", at: Self.moment(5))
    #expect(proposal.tally(among: Fixture.operators)?.for == 1)
  }

  @Test func `whoever follows a representative inherits the vote, and the one before may vote elsewhere only then`()
    throws
  {
    var proposal = try Self.open()
    let (first, successor) = (
      BoardActor(principal: "user:marie", operator: "anfsi"), BoardActor(principal: "user:paul", operator: "anfsi")
    )
    let elsewhere = BoardActor(principal: "user:marie", operator: "ants")
    func vote(_ choice: Vote.Choice, _ actor: BoardActor) throws {
      _ = try proposal.handle(.voted(choice, reason: nil), by: actor, at: Self.moment(3))
    }
    try vote(.for, first)
    #expect(code { try vote(.for, elsewhere) } == .votedForAnother, "her vote for the other one stands")
    #expect(proposal.tally(among: Fixture.operators)?.for == 1, "it stands without her")
    try vote(.against, successor)
    try vote(.for, elsewhere)
    #expect(proposal.votes.map(\.principal) == ["user:paul", "user:marie"])
    #expect(code { try vote(.for, first) } == .votedForAnother, "and not back again")
  }

  @Test func `an operator without a representative is silent, which the deadline counts and the early end waits for`()
    throws
  {
    var simple = try Fixture.open()
    _ = try simple.vote(.for, "dtnum", "anfsi", at: Fixture.moment(3))
    #expect(simple.state == .open, "the silent might be against")
    _ = try simple.handle(.clock, by: Fixture.admin, at: Fixture.moment(300))
    #expect(simple.state == .ratified && simple.result?.silent == 2)
    var absolute = try Self.open()
    _ = try absolute.vote(.for, "dtnum", "anfsi", at: Self.moment(3))
    _ = try absolute.handle(.clock, by: Fixture.admin, at: Self.moment(300))
    #expect(absolute.state == .rejected, "two of four")
  }
}
