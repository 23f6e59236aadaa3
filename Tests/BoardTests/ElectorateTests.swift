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
    let comment = BoardComment(operator: "nouveau", principal: "user:nouveau", text: "à revoir", at: Fixture.at(3))
    #expect(said == [.say(comment), .tell(.commented)])
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
          writers: ["user:dtnum"]))
  }

  @Test func `a vote that is said again brings the decision that an operator's leaving has made due`() throws {
    var proposal = try Self.open()
    _ = try proposal.vote(.for, "dtnum", "ants", at: Self.moment(3))
    _ = try proposal.vote(.against, "anfsi", at: Self.moment(3))
    let cast = proposal.votes
    #expect(try proposal.vote(.for, "ants", at: Self.moment(4)).isEmpty)
    let actions = try proposal.vote(.for, "ants", at: Self.moment(4, Self.without))
    #expect(proposal.state == .ratified && proposal.votes == cast && !actions.isEmpty)
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
    func person(_ name: String, for operator: String) -> BoardActor {
      BoardActor(principal: "user:\(name)", operator: `operator`, subject: name)
    }
    // anfsi is represented by Marie, then by Paul, and Marie represents ants.
    func electorate(anfsi: String, ants: String) -> Electorate {
      Electorate(["anfsi": [.init(subject: anfsi)], "ants": [.init(subject: ants)], "alize": [], "dtnum": []])
    }
    let (first, successor) = (person("marie", for: "anfsi"), person("paul", for: "anfsi"))
    let elsewhere = person("marie", for: "ants")
    func vote(_ choice: Vote.Choice, _ actor: BoardActor, _ electorate: Electorate) throws {
      _ = try proposal.handle(
        .voted(choice, reason: nil), by: actor, at: Fixture.moment(3, electorate, Self.absolute))
    }
    try vote(.for, first, electorate(anfsi: "marie", ants: "none"))
    let changed = electorate(anfsi: "paul", ants: "marie")
    #expect(code { try vote(.for, elsewhere, changed) } == .votedForAnother, "her vote for the other one stands")
    #expect(proposal.tally(among: changed.operators)?.for == 1, "it stands without her")
    #expect(code { try vote(.against, first, changed) } == .notRepresentative, "and is hers to change no more")
    try vote(.against, successor, changed)
    try vote(.for, elsewhere, changed)
    #expect(proposal.votes.map(\.principal) == ["user:paul", "user:marie"])
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

  @Test func `who speaks for an operator is whom it names at that moment, by himself or by a group`() throws {
    let electorate = Electorate([
      "alize": [], "anfsi": [.init(subject: "marie")],
      "ants": [.init(subject: "paul"), .init(group: "/regie/operators/ants")],
    ])
    #expect(electorate.operators == ["alize", "anfsi", "ants"] && electorate.withoutVoice == ["alize"])
    func refused(_ name: String?, subject: String? = nil, groups: Set<String> = []) -> BoardRefusal.Code? {
      code {
        _ = try electorate.voice(
          of: BoardActor(principal: "oidc:x", operator: name, subject: subject, groups: groups))
      }
    }
    #expect(refused("anfsi", subject: "marie") == nil && refused("ants", subject: "paul") == nil)
    #expect(refused("ants", subject: "marie", groups: ["/x", "/regie/operators/ants"]) == nil)
    #expect(refused("ants", subject: "marie", groups: ["/regie/operators"]) == .notRepresentative)
    // A subject that is called like a group is none, nor the other way round.
    #expect(refused("ants", subject: "/regie/operators/ants") == .notRepresentative)
    #expect(refused("anfsi", groups: ["marie"]) == .notRepresentative)
    #expect(refused("anfsi") == .notRepresentative && refused("alize", subject: "marie") == .notRepresentative)
    #expect(refused("gone", subject: "marie") == .notRepresentative && refused(nil) == .notBoardMember)
    let local = BoardActor(principal: "local", operator: "alize")
    #expect(try electorate.voice(of: local) == "alize", "nobody is told apart there")
  }

  @Test func `who is not named is told whether his operator names anybody`() {
    let electorate = Electorate(["alize": [], "anfsi": [.init(subject: "marie")]])
    let table = [
      ("alize", "“alize” names no representative", "« alize » ne désigne aucun représentant"),
      ("anfsi", "“anfsi” does not name you as its representative", "« anfsi » ne vous désigne pas comme représentant"),
    ]
    for (name, english, french) in table {
      let actor = BoardActor(principal: "oidc:paul", operator: name, subject: "paul")
      let told = refusal(of: { _ = try electorate.voice(of: actor) })
      let wanted = BoardRefusal(
        .notRepresentative, path: "operator", english, fr: french,
        accepted: "spec.representatives: PUT /api/v1/operators/\(name)")
      #expect(told == wanted, "\(name)")
    }
  }

  @Test func `every act for an operator takes one who speaks for it, an administrator's withdrawal apart`() throws {
    let all = Fixture.moment(2)
    let now = Fixture.moment(
      2, Fixture.electorate(["alize", "anfsi", "ants"]).naming("dtnum", [.init(subject: "eve")]))
    let dtnum = Fixture.actor("dtnum")
    #expect(
      code { _ = try Proposal(id: Fixture.id(2), kind: .version, base: 1, spec: Fixture.policy(), by: dtnum, at: now) }
        == .notRepresentative)
    let draft = try Fixture.draft()
    for event in [
      BoardEvent.edited(Fixture.policy(), base: 1), .discarded, .proposed(motive: Fixture.text, effectiveAt: nil),
    ] {
      var changed = draft
      #expect(code { _ = try changed.handle(event, by: dtnum, at: now) } == .notRepresentative, "\(event)")
      #expect(changed == draft)
    }
    let open = try Fixture.open(at: all)
    for event in [
      BoardEvent.voted(.for, reason: nil), .commented("x"), .withdrawn(reason: nil), .amended(by: Fixture.id(3)),
    ] {
      var changed = open
      #expect(code { _ = try changed.handle(event, by: dtnum, at: now) } == .notRepresentative, "\(event)")
      #expect(changed == open)
    }
    var ended = open
    _ = try ended.handle(.withdrawn(reason: nil), by: Fixture.admin, at: now)
    #expect(ended.state == .withdrawn)
    let admin = BoardActor(principal: "admin", operator: "dtnum", isAdmin: true, subject: "dtnum")
    var kept = open
    let amendment = BoardEvent.amended(by: Fixture.id(3))
    #expect(code { _ = try kept.handle(amendment, by: admin, at: now) } == .notRepresentative)
    #expect(kept == open, "he puts no text of an operator that does not name him in its place")
  }
}

extension Electorate {
  /// The same, where an operator names these.
  fileprivate func naming(_ name: String, _ representatives: [OperatorSpec.Representative]) -> Electorate {
    var all = Dictionary(uniqueKeysWithValues: operators.map { ($0, [OperatorSpec.Representative(subject: $0)]) })
    all[name] = representatives
    return Electorate(all)
  }
}
