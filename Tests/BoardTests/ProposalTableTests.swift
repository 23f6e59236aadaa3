import Events
import Foundation
import Model
import Testing

@testable import Board

/// Every state and every event: what it leads to, or which refusal.
struct ProposalTableTests {
  private static let events: [(name: String, event: BoardEvent)] = [
    ("edited", .edited(Fixture.policy(rules: ["other"]), base: 1)), ("discarded", .discarded),
    ("proposed", .proposed(motive: Fixture.text, effectiveAt: nil)), ("voted", .voted(.for, reason: "oui")),
    ("commented", .commented("à relire")), ("withdrawn", .withdrawn(reason: nil)),
    ("amended", .amended(by: Fixture.id(9))), ("clock", .clock),
    ("resumed", .resumed(since: Fixture.at(3), isRestored: true)),
  ]

  /// The state after each event of ``events``; nil where it is refused as of the wrong state.
  private static let table: [Proposal.State: [Proposal.State?]] = [
    .draft: [.draft, .discarded, .open, nil, nil, nil, nil, .draft, .draft],
    .open: [nil, nil, nil, .open, .open, .withdrawn, .amended, .open, .open],
    .ratified: [nil, nil, nil, nil, nil, nil, nil, .ratified, .ratified],
    .rejected: [nil, nil, nil, nil, nil, nil, nil, .rejected, .rejected],
    .withdrawn: [nil, nil, nil, nil, nil, nil, nil, .withdrawn, .withdrawn],
    .amended: [nil, nil, nil, nil, nil, nil, nil, .amended, .amended],
    .discarded: [nil, nil, nil, nil, nil, nil, nil, .discarded, .discarded],
  ]

  private static func proposal(in state: Proposal.State) throws -> Proposal {
    let moment = Fixture.moment(3, operators: Fixture.operators + ["stranger"])
    var proposal = state == .draft || state == .discarded ? try Fixture.draft() : try Fixture.open()
    switch state {
    case .draft, .open: break
    case .ratified: _ = try proposal.vote(.for, "dtnum", "anfsi", "ants", at: moment)
    case .rejected: _ = try proposal.vote(.against, "alize", "anfsi", "ants", "dtnum", at: moment)
    case .withdrawn: _ = try proposal.handle(.withdrawn(reason: "non"), by: Fixture.actor("dtnum"), at: moment)
    case .amended: _ = try proposal.handle(.amended(by: Fixture.id(2)), by: Fixture.actor("dtnum"), at: moment)
    case .discarded: _ = try proposal.handle(.discarded, by: Fixture.actor("dtnum"), at: moment)
    }
    return proposal
  }

  @Test(arguments: Proposal.State.allCases)
  func `each event leads where the table says, and what is refused changes nothing`(state: Proposal.State) throws {
    let row = try #require(Self.table[state])
    for ((name, event), wanted) in zip(Self.events, row) {
      let before = try Self.proposal(in: state)
      #expect(before.state == state)
      var proposal = before
      let refusal = code { _ = try proposal.handle(event, by: Fixture.actor("dtnum"), at: Fixture.moment(4)) }
      #expect(refusal == (wanted == nil ? .wrongState : nil), "\(state) × \(name)")
      #expect(proposal.state == wanted ?? state, "\(state) × \(name)")
      if wanted == nil { #expect(proposal == before, "\(state) × \(name)") }
    }
  }

  @Test func `what is not open is neither counted nor prolonged, however late it is`() throws {
    let late = Fixture.moment(300)
    for state in Proposal.State.allCases where state != .open {
      let before = try Self.proposal(in: state)
      #expect(!before.isClosing(at: late.at), "\(state)")
      for event in [BoardEvent.clock, .resumed(since: Fixture.at(3), isRestored: true)] {
        var proposal = before
        let actions = try proposal.handle(event, by: Fixture.admin, at: late)
        #expect(actions == [] && proposal == before, "\(state) × \(event)")
      }
    }
  }

  @Test func `past its deadline a vote is neither taken back nor amended, and is counted as it stands`() throws {
    var carried = try Fixture.open()
    _ = try carried.vote(.for, "anfsi", "ants", at: Fixture.moment(3))
    let (deadline, closing) = (Fixture.at(242), carried)
    let wanted = BoardRefusal(
      .deadlinePassed, path: "state", "the vote was closed at \(deadline)",
      fr: "le vote est clos depuis le \(deadline)", accepted: "a new proposal / une nouvelle proposition")
    let author = Fixture.actor("dtnum")
    for (event, actor) in [
      (.withdrawn(reason: "x"), author), (.withdrawn(reason: "x"), Fixture.admin),
      (.amended(by: Fixture.id(9)), author), (.voted(.against, reason: nil), author),
    ] as [(BoardEvent, BoardActor)] {
      let told = refusal(of: { _ = try carried.handle(event, by: actor, at: Fixture.moment(242)) })
      #expect(told == wanted && carried == closing, "\(event)")
    }
    let actions = try carried.handle(.clock, by: Fixture.admin, at: Fixture.moment(242))
    let version = Fixture.version(2, 242, Fixture.policy(rules: ["new"]))
    #expect(actions == [.write([version]), .tell(.ratified)])
    #expect(carried.state == .ratified && carried.closedAt == deadline && carried.version == 2)
  }

  @Test func `nobody but its author's operator writes in a draft, proposes it, or amends it`() throws {
    let (draft, open) = (try Fixture.draft(), try Fixture.open())
    let table: [(event: BoardEvent, proposal: Proposal, admin: BoardRefusal)] = [
      (.edited(Fixture.policy(rules: ["other"]), base: 1), draft, BoardRefusal.notBoardMember),
      (.discarded, draft, BoardRefusal.notBoardMember),
      (.proposed(motive: Fixture.text, effectiveAt: nil), draft, BoardRefusal.notBoardMember),
      (.amended(by: Fixture.id(9)), open, BoardRefusal.notAuthor("dtnum")),
    ]
    for (event, before, wanted) in table {
      var proposal = before
      let others = refusal(of: { _ = try proposal.handle(event, by: Fixture.actor("ants"), at: Fixture.moment(4)) })
      let admins = refusal(of: { _ = try proposal.handle(event, by: Fixture.admin, at: Fixture.moment(4)) })
      #expect(others == BoardRefusal.notAuthor("dtnum") && admins == wanted && proposal == before, "\(event)")
    }
  }

  @Test func `what is done is told, and no more`() throws {
    func done(_ event: BoardEvent, _ name: String, to proposal: inout Proposal, _ hour: Int) throws -> [BoardAction] {
      try proposal.handle(event, by: Fixture.actor(name), at: Fixture.moment(hour))
    }
    func vote(_ name: String, _ choice: Vote.Choice, _ reason: String?, _ hour: Int) -> Vote {
      Vote(operator: name, choice: choice, reason: reason, principal: "user:\(name)", at: Fixture.at(hour))
    }
    let propose = BoardEvent.proposed(motive: Fixture.text, effectiveAt: nil)
    var (version, emergency, given) = (try Fixture.draft(), try Fixture.draft(kind: .emergency), try Fixture.draft())
    let begun = try done(propose, "dtnum", to: &version, 2)
    #expect(begun == [.tell(.proposed)])
    let first = try done(.voted(.against, reason: "non"), "anfsi", to: &version, 3)
    #expect(first == [.keep(vote("anfsi", .against, "non", 3)), .tell(.voted)])
    for name in ["alize", "ants"] {
      _ = try done(.voted(.against, reason: nil), name, to: &version, 3)
    }
    let last = try done(.voted(.abstain, reason: nil), "dtnum", to: &version, 4)
    #expect(last == [.keep(vote("dtnum", .abstain, nil, 4)), .tell(.voted), .tell(.rejected)])
    let restriction = try done(propose, "dtnum", to: &emergency, 2)
    #expect(restriction == [.tell(.proposed), .keep(vote("dtnum", .for, nil, 2)), .tell(.voted)])
    let discarded = try done(.discarded, "dtnum", to: &given, 5)
    #expect(discarded == [.tell(.discarded)] && given.closedAt == Fixture.at(5) && given.result == nil)
  }

  @Test func `only what was proposed may be cited by an amendment`() throws {
    for state in Proposal.State.allCases {
      let proposal = try Self.proposal(in: state)
      let told = refusal(of: { try proposal.mustBeCitable() })
      let isRefused = state == .draft || state == .discarded
      let wanted = BoardRefusal.wrongState(state, accepted: [.open, .ratified, .rejected, .withdrawn, .amended])
      #expect(told == (isRefused ? wanted : nil), "\(state)")
    }
  }

  @Test func `what is withdrawn says why, what is amended by what, and both how the votes stood and when`() throws {
    var open = try Fixture.open()
    _ = try open.vote(.for, "anfsi", at: Fixture.moment(3))
    let result = open.tally(among: Fixture.operators)
    #expect(result?.for == 1 && result?.silent == 3)
    var (withdrawn, amended) = (open, open)
    (withdrawn.state, withdrawn.closedAt, withdrawn.result) = (.withdrawn, Fixture.at(4), result)
    (amended.state, amended.closedAt, amended.result) = (.amended, Fixture.at(4), result)
    (withdrawn.withdrawal, amended.amendedBy) = ("non", Fixture.id(9))
    for (event, wanted, deed) in [
      (.withdrawn(reason: "non"), withdrawn, .withdrawn), (.amended(by: Fixture.id(9)), amended, .amended),
    ] as [(BoardEvent, Proposal, BoardAction.Deed)] {
      var proposal = open
      let actions = try proposal.handle(event, by: Fixture.actor("dtnum"), at: Fixture.moment(4))
      #expect(actions == [.tell(deed)] && proposal == wanted, "\(deed)")
    }
  }

  @Test func `a draft that is only rebased is edited`() throws {
    let draft = try Fixture.draft()
    var (rebased, wanted) = (draft, draft)
    wanted.base = 2
    let actions = try rebased.handle(
      .edited(draft.spec, base: 2), by: Fixture.actor("dtnum"), at: Fixture.moment(2))
    #expect(actions == [.tell(.edited)] && rebased == wanted)
  }

  @Test func `an edit and a vote that say what is there already change nothing`() throws {
    var draft = try Fixture.draft()
    #expect(try draft.handle(.edited(draft.spec, base: 1), by: Fixture.actor("dtnum"), at: Fixture.moment(2)) == [])
    var proposal = try Fixture.open()
    #expect(try proposal.vote(.for, "anfsi", at: Fixture.moment(3)).count == 2)
    #expect(try proposal.vote(.for, "anfsi", at: Fixture.moment(4)) == [])
    #expect(proposal.votes.map(\.at) == [Fixture.at(3)])
  }

  @Test func `what brings an older text back says so no more once it is another text`() throws {
    let old = Fixture.policy(rules: ["old"])
    let draft = try Proposal(
      id: Fixture.id(1), kind: .version, base: 3, spec: old, restores: 1, by: Fixture.actor("dtnum"),
      at: Fixture.moment(1))
    func edited(_ spec: PolicySpec, base: Int64) throws -> Int64? {
      var copy = draft
      _ = try copy.handle(.edited(spec, base: base), by: Fixture.actor("dtnum"), at: Fixture.moment(2))
      return copy.restores
    }
    #expect(try edited(Fixture.policy(rules: ["other"]), base: 3) == nil)
    #expect(try edited(old, base: 4) == 1, "based on another version it says the same")
    var claimed = draft
    claimed.forgetRestores(unlessTextIs: old)
    #expect(claimed.restores == 1)
    claimed.forgetRestores(unlessTextIs: Fixture.policy())
    #expect(claimed.restores == nil)
  }

  @Test func `each refusal that rests on who acts is named`() throws {
    let nobody = BoardActor(principal: "visitor", operator: nil)
    let stranger = Fixture.actor("stranger")
    let moment = Fixture.moment(3, operators: Fixture.operators + ["stranger"])
    #expect(
      code {
        _ = try Proposal(
          id: Fixture.id(1), kind: .version, base: 1, spec: Fixture.policy(), by: nobody, at: Fixture.moment(1))
      } == .notBoardMember)
    func refused(_ event: BoardEvent, _ actor: BoardActor, _ proposal: Proposal) -> BoardRefusal.Code? {
      code {
        var copy = proposal
        _ = try copy.handle(event, by: actor, at: moment)
      }
    }
    let (draft, open) = (try Fixture.draft(), try Fixture.open())
    #expect(refused(.discarded, Fixture.actor("ants"), draft) == .notAuthor)
    #expect(refused(.discarded, Fixture.admin, draft) == .notBoardMember)
    #expect(refused(.voted(.for, reason: nil), Fixture.admin, open) == .notBoardMember)
    #expect(refused(.voted(.for, reason: nil), stranger, open) == .notVoter)
    #expect(refused(.commented("?"), nobody, open) == .notBoardMember)
    #expect(refused(.commented("sans voix, mais entendu"), stranger, open) == nil)
    #expect(refused(.withdrawn(reason: nil), Fixture.actor("ants"), open) == .notAuthor)
    #expect(refused(.withdrawn(reason: nil), Fixture.admin, open) == nil)
    let adminOfAnother = BoardActor(principal: "admin", operator: "ants", isAdmin: true)
    #expect(refused(.amended(by: Fixture.id(2)), adminOfAnother, open) == .notAuthor)
    #expect(refused(.amended(by: Fixture.id(2)), adminOfAnother, draft) == .wrongState)
    #expect(refused(.withdrawn(reason: nil), adminOfAnother, open) == nil)
  }

  @Test func `a text is frozen with its motive, its date and the rules of the policy in force`() throws {
    let proposal = try Fixture.open(effectiveAt: Fixture.at(48))
    #expect(proposal.motive == Fixture.text)
    #expect(proposal.effectiveAt == Fixture.at(48))
    #expect(proposal.proposedAt == Fixture.at(2))
    #expect(proposal.closesAt == Fixture.at(2 + 240))
    #expect(
      proposal.rules == VotingRules(Fixture.policy().governance ?? .init(quorum: 9), operators: Fixture.operators))
    #expect(proposal.rules?.voters == Fixture.operators)
    #expect(proposal.tally(among: Fixture.operators)?.silent == 4)
  }

  @Test func `every state has a name in both languages, and every refusal says what it is about`() {
    #expect(Set(Proposal.State.allCases.compactMap(\.name.en)).count == Proposal.State.allCases.count)
    #expect(Set(Proposal.State.allCases.map(\.name.fr)).count == Proposal.State.allCases.count)
    #expect(Set(MergeConflict.Kind.allCases.map { MergeConflict(path: "p", kind: $0).problem.messageFR }).count == 5)
  }
}
