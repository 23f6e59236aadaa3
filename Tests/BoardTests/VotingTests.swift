import Events
import Model
import Testing

@testable import Board

/// When a vote ends, and how.
struct VotingTests {
  private let later = Fixture.moment(300)

  private func deadline(
    _ votes: [String: Vote.Choice], _ policy: PolicySpec = Fixture.policy(), operators: [String] = Fixture.operators,
    by author: String = "dtnum"
  ) throws -> Proposal {
    let lines = [Fixture.version(1, 0, policy)]
    var proposal = try Fixture.open(by: author, at: Fixture.moment(2, lines))
    for (name, choice) in votes.sorted(by: { $0.key < $1.key }) where proposal.state == .open {
      _ = try proposal.vote(choice, name, at: Fixture.moment(3, lines))
    }
    _ = try proposal.handle(.clock, by: Fixture.admin, at: Fixture.moment(300, operators: operators, lines))
    return proposal
  }

  @Test func `a vote carries as soon as those who are silent can not turn it, and not before`() throws {
    var proposal = try Fixture.open()
    _ = try proposal.vote(.for, "dtnum", "anfsi", at: Fixture.moment(3))
    #expect(proposal.state == .open, "two against two would be no majority")
    let actions = try proposal.vote(.for, "ants", at: Fixture.moment(4))
    #expect(proposal.state == .ratified && proposal.version == 2)
    #expect(
      actions.last == .tell(.ratified)
        && actions.contains(.write([Fixture.version(2, 4, Fixture.policy(rules: ["new"]))])))
  }

  @Test func `votes that were a mistake end nothing: it falls at the deadline, or once all have voted`() throws {
    let strict = [Fixture.version(1, 0, Fixture.policy(quorum: 3))]
    var mistaken = try Fixture.open(at: Fixture.moment(2, strict))
    _ = try mistaken.vote(.against, "alize", "anfsi", at: Fixture.moment(3, strict))
    #expect(mistaken.state == .open, "two of four can not be three, unless somebody thinks better of it")
    _ = try mistaken.vote(.for, "alize", "anfsi", "ants", at: Fixture.moment(4, strict))
    #expect(mistaken.state == .ratified)
    var unwanted = try Fixture.open()
    _ = try unwanted.vote(.against, "alize", "anfsi", "ants", at: Fixture.moment(3))
    #expect(unwanted.state == .open)
    _ = try unwanted.vote(.for, "dtnum", at: Fixture.moment(4))
    #expect(unwanted.state == .rejected && unwanted.rejection == .votes, "all have voted")
    #expect(try deadline(["alize": .against, "anfsi": .against]).rejection == .votes)
  }

  @Test func `a vote may be changed until the close, and each one is kept`() throws {
    var proposal = try Fixture.open()
    let first = try proposal.vote(.against, "anfsi", at: Fixture.moment(3))
    let second = try proposal.handle(
      .voted(.abstain, reason: "convaincu à moitié"), by: Fixture.actor("anfsi"), at: Fixture.moment(4))
    let kept = (first + second).compactMap { if case .keep(let vote) = $0 { vote.choice } else { nil } }
    #expect(kept == [.against, .abstain])
    #expect(proposal.votes.map(\.choice) == [.abstain])
    #expect(code { _ = try proposal.vote(.for, "ants", at: later) } == .deadlinePassed)
    #expect(proposal.isClosing(at: later.at))
  }

  @Test func `a suspension takes nothing of a vote's time, and after a restore there is all of it again`() throws {
    func resumed(_ hour: Int, since: Int?, isRestored: Bool) throws -> (actions: [BoardAction], closesAt: Timestamp?) {
      var proposal = try Fixture.open()
      let event = BoardEvent.resumed(since: since.map(Fixture.at), isRestored: isRestored)
      return (try proposal.handle(event, by: Fixture.admin, at: Fixture.moment(hour)), proposal.closesAt)
    }
    #expect(try Fixture.open().closesAt == Fixture.at(242))
    let waited = try resumed(260, since: 200, isRestored: false)
    #expect(waited.actions == [.tell(.prolonged)] && waited.closesAt == Fixture.at(302))
    let over = try resumed(300, since: 250, isRestored: false)
    #expect(over.actions.isEmpty && over.closesAt == Fixture.at(242), "it was over before")
    #expect(try resumed(300, since: 250, isRestored: true).closesAt == Fixture.at(540), "who knows what was voted")
    #expect(try resumed(260, since: nil, isRestored: true).closesAt == Fixture.at(500))
    #expect(try resumed(3, since: nil, isRestored: false).actions.isEmpty)
    let onTime = try resumed(300, since: 242, isRestored: false)
    #expect(onTime.actions.isEmpty && onTime.closesAt == Fixture.at(242), "it was over as the suspension began")
    let ahead = try resumed(200, since: 210, isRestored: false)
    #expect(ahead.actions.isEmpty && ahead.closesAt == Fixture.at(242), "a clock that went back takes nothing")
    var emergency = try Fixture.open(kind: .emergency)
    #expect(emergency.closesAt == Fixture.at(170))
    let event = BoardEvent.resumed(since: nil, isRestored: true)
    let actions = try emergency.handle(event, by: Fixture.admin, at: Fixture.moment(100))
    #expect(actions == [.tell(.prolonged)] && emergency.closesAt == Fixture.at(268), "a restriction's seven days")
  }

  @Test func `at the deadline what has its quorum and its majority carries`() throws {
    #expect(try deadline(["dtnum": .for, "anfsi": .for]).state == .ratified)
    #expect(try deadline(["dtnum": .for]).state == .rejected, "the quorum is missing")
    #expect(try deadline(["dtnum": .for, "anfsi": .for, "ants": .against, "alize": .abstain]).state == .ratified)
    #expect(try deadline([:]).rejection == .votes)
    let twoThirds = Fixture.policy(majority: .twoThirds)
    #expect(try deadline(["dtnum": .for, "anfsi": .for, "ants": .against], twoThirds).state == .ratified)
    let absolute = Fixture.policy(majority: .absolute)
    #expect(
      try deadline(["dtnum": .for, "anfsi": .for], absolute).state == .rejected, "two of four are not more than half")
    #expect(try deadline(["dtnum": .for, "anfsi": .for, "ants": .for], absolute).state == .ratified)
  }

  @Test func `the author's operator alone never suffices`() throws {
    let policy = Fixture.policy(quorum: 1)
    #expect(try deadline(["dtnum": .for], policy).state == .rejected)
    #expect(try deadline(["anfsi": .for], policy).state == .ratified)
    #expect(try deadline(["dtnum": .for, "anfsi": .abstain], policy).state == .rejected)
    let alone = Fixture.policy(quorum: 1, voters: ["dtnum"])
    let lines = [Fixture.version(1, 0, alone)]
    var proposal = try Fixture.open(at: Fixture.moment(2, lines))
    _ = try proposal.vote(.for, "dtnum", at: Fixture.moment(3, lines))
    #expect(proposal.state == .rejected)
  }

  @Test func `nor does it by another of its representatives, who has had no hand in the text`() throws {
    let lines = [Fixture.version(1, 0, Fixture.policy(quorum: 1))]
    var proposal = try Fixture.open(at: Fixture.moment(2, lines))
    let second = BoardActor(principal: "user:second", operator: "dtnum", subject: "dtnum")
    _ = try proposal.handle(.voted(.for, reason: nil), by: second, at: Fixture.moment(3, lines))
    #expect(proposal.state == .open && proposal.tally(among: Fixture.operators)?.isBacked == false)
    _ = try proposal.handle(.clock, by: Fixture.admin, at: Fixture.moment(300, lines))
    #expect(proposal.state == .rejected && proposal.rejection == .votes && proposal.result?.for == 1)
  }

  @Test func `an operator that has come since has no vote, one that has gone counts no more`() throws {
    var proposal = try Fixture.open()
    let joined = Fixture.moment(3, operators: Fixture.operators + ["nouveau"])
    #expect(code { _ = try proposal.vote(.for, "nouveau", at: joined) } == .notVoter)
    _ = try proposal.vote(.for, "anfsi", at: joined)
    let left = Fixture.moment(4, operators: ["alize", "ants", "dtnum"])
    #expect(code { _ = try proposal.vote(.against, "anfsi", at: left) } == .notVoter)
    #expect(proposal.tally(among: left.operators)?.for == 0)
    // Those two, of the three that are left, are enough now.
    _ = try proposal.vote(.for, "dtnum", "ants", at: left)
    #expect(proposal.state == .ratified)
    #expect(try deadline(["dtnum": .for, "anfsi": .for], operators: ["alize", "ants", "dtnum"]).state == .rejected)
  }

  @Test func `another representative of an operator changes its vote, and there is one`() throws {
    var proposal = try Fixture.open()
    _ = try proposal.vote(.for, "anfsi", at: Fixture.moment(3))
    let successor = BoardActor(principal: "user:successor", operator: "anfsi", subject: "anfsi")
    var confirmed = proposal
    _ = try confirmed.handle(.voted(.for, reason: nil), by: successor, at: Fixture.moment(4))
    #expect(confirmed.votes.map(\.principal) == ["user:successor"], "who says the same is the one who says it by now")
    #expect(try confirmed.handle(.voted(.for, reason: nil), by: successor, at: Fixture.moment(5)).isEmpty)
    _ = try proposal.handle(.voted(.against, reason: nil), by: successor, at: Fixture.moment(4))
    #expect(proposal.votes.map(\.principal) == ["user:successor"])
    #expect(proposal.tally(among: Fixture.operators)?.against == 1)
  }

  @Test func `who votes before it is known what would change says that he does without`() throws {
    var proposal = try Fixture.open()
    var moment = Fixture.moment(3)
    moment.isImpactAwaited = true
    let one = Fixture.actor("anfsi")
    let refused = code { _ = try proposal.handle(.voted(.for, reason: nil), by: one, at: moment) }
    #expect(refused == .impactAwaited && proposal.votes.isEmpty)
    // Who has no vote at all is told that, and nothing of an impact.
    let stranger = BoardActor(principal: "user:other", operator: "other", subject: "other")
    #expect(code { _ = try proposal.handle(.voted(.for, reason: nil), by: stranger, at: moment) } == .notVoter)
    _ = try proposal.handle(.voted(.for, reason: nil, withoutImpact: true), by: one, at: moment)
    #expect(proposal.votes.map(\.choice) == [.for])
    #expect(try proposal.handle(.voted(.for, reason: nil), by: one, at: moment).isEmpty, "it is cast already")
    #expect(code { _ = try proposal.handle(.voted(.against, reason: nil), by: one, at: moment) } == .impactAwaited)
    moment.isImpactAwaited = false
    _ = try proposal.handle(.voted(.against, reason: nil), by: one, at: moment)
    #expect(proposal.votes.map(\.choice) == [.against])
  }

  @Test func `nobody votes for two operators, nor seconds for another what he has written`() throws {
    let (one, two) = (
      BoardActor(principal: "user:both", operator: "anfsi", subject: "anfsi"),
      BoardActor(principal: "user:both", operator: "ants", subject: "ants")
    )
    var proposal = try Fixture.open()
    _ = try proposal.handle(.voted(.for, reason: nil), by: one, at: Fixture.moment(3))
    #expect(
      code { _ = try proposal.handle(.voted(.for, reason: nil), by: two, at: Fixture.moment(4)) } == .votedForAnother)
    _ = try proposal.handle(.voted(.abstain, reason: nil), by: one, at: Fixture.moment(5))
    #expect(proposal.votes.map(\.choice) == [.abstain], "for the same one he may change it")
    let left = Fixture.moment(6, operators: ["alize", "ants", "dtnum"])
    #expect(
      code { _ = try proposal.handle(.voted(.for, reason: nil), by: two, at: left) } == .votedForAnother,
      "it may come back, and its vote with it")
    let author = { (name: String) in BoardActor(principal: "user:dtnum", operator: name, subject: name) }
    var emergency = try Fixture.open(kind: .emergency)
    #expect(
      code { _ = try emergency.handle(.voted(.for, reason: nil), by: author("anfsi"), at: Fixture.moment(3)) }
        == .votedForAnother)
    var own = try Fixture.open()
    _ = try own.handle(.voted(.for, reason: nil), by: author("anfsi"), at: Fixture.moment(3))
    #expect(own.tally(among: Fixture.operators)?.isBacked == false)
    _ = try own.vote(.for, "ants", at: Fixture.moment(3))
    #expect(own.tally(among: Fixture.operators)?.isBacked == true)
    var local = try Proposal(
      id: Fixture.id(1), kind: .version, base: 1, spec: Fixture.policy(rules: ["new"]),
      by: BoardActor(principal: "local", operator: "dtnum"), at: Fixture.moment(1))
    for event in [
      (BoardEvent.proposed(motive: Fixture.text, effectiveAt: nil), "dtnum"), (.voted(.for, reason: nil), "dtnum"),
      (.voted(.for, reason: nil), "anfsi"), (.voted(.for, reason: nil), "ants"),
    ] {
      _ = try local.handle(event.0, by: BoardActor(principal: "local", operator: event.1), at: Fixture.moment(3))
    }
    #expect(local.state == .ratified, "where nobody is authenticated all are local")
  }

  @Test func `whoever has written in a draft, or proposed it, seconds it for no other operator`() throws {
    func somebody(_ name: String, for one: String) -> BoardActor {
      BoardActor(principal: "user:\(name)", operator: one, subject: one)
    }
    var edited = try Fixture.draft(Fixture.policy(rules: ["old"]))
    _ = try edited.handle(
      .edited(Fixture.policy(rules: ["new"]), base: 1), by: somebody("marie", for: "dtnum"), at: Fixture.moment(1))
    var proposed = edited
    _ = try edited.handle(
      .proposed(motive: Fixture.text, effectiveAt: nil), by: Fixture.actor("dtnum"), at: Fixture.moment(2))
    _ = try proposed.handle(
      .proposed(motive: Fixture.text, effectiveAt: nil), by: somebody("paul", for: "dtnum"), at: Fixture.moment(2))
    #expect(edited.editors?.map(\.principal) == ["user:marie"])
    #expect(proposed.editors?.map(\.principal) == ["user:marie", "user:paul"])
    for (name, proposal) in [("marie", edited), ("marie", proposed), ("paul", proposed)] {
      var proposal = proposal
      _ = try proposal.handle(.voted(.for, reason: nil), by: somebody(name, for: "anfsi"), at: Fixture.moment(3))
      #expect(proposal.tally(among: Fixture.operators)?.isBacked == false, "\(name)")
      _ = try proposal.vote(.for, "ants", at: Fixture.moment(3))
      #expect(proposal.tally(among: Fixture.operators)?.isBacked == true)
    }
    _ = try edited.handle(.voted(.for, reason: nil), by: somebody("paul", for: "anfsi"), at: Fixture.moment(3))
    #expect(edited.tally(among: Fixture.operators)?.isBacked == true)
  }

  @Test func `an operator without anybody to vote for it is silent, and weighs on an absolute majority`() throws {
    let policy = Fixture.policy(quorum: 1, majority: .absolute)
    #expect(try deadline(["dtnum": .for, "anfsi": .for], policy).state == .rejected)
    #expect(try deadline(["dtnum": .for, "anfsi": .for, "ants": .for], policy).state == .ratified)
  }

  @Test func `a text whose board could decide nothing when the vote on it ends is rejected, whoever was for it`() throws
  {
    let staying = ["anfsi", "dtnum"]
    for (quorum, voters, isTaken) in [(3, [], false), (2, ["ants", "dtnum"], false), (2, [], true)]
      as [(Int, [String], Bool)]
    {
      var proposal = try Fixture.open(Fixture.policy(rules: ["new"], quorum: quorum, voters: voters))
      let moment = Fixture.moment(3, operators: staying)
      _ = try proposal.vote(.for, "dtnum", "anfsi", at: moment)
      #expect(proposal.state == (isTaken ? .ratified : .rejected), "\(quorum) \(voters)")
      #expect(proposal.rejection == (isTaken ? nil : .powerless) && proposal.result?.for == 2)
    }
  }

  @Test func `the rules are those of the policy in force when it was proposed`() throws {
    var proposal = try Fixture.open(effectiveAt: Fixture.at(500))
    // A stricter policy would have been in force by then; it is the text's base that tells, not the vote's rules.
    let strict = Fixture.moment(4, [Fixture.version(1, 0), Fixture.version(2, 3, Fixture.policy(quorum: 4))])
    _ = try proposal.vote(.for, "dtnum", "anfsi", "ants", at: strict)
    #expect(proposal.state == .rejected && proposal.rejection == .outdated)
    #expect(proposal.result?.for == 3)
  }

  @Test
  func
    `what carries early would carry by the deadline, whatever the rest say, and nothing falls before all have voted`()
    throws
  {
    for choices in Self.all(Fixture.operators.count) {
      for majority in PolicySpec.Governance.Majority.allCases {
        let rules = VotingRules(.init(quorum: 2, majority: majority), operators: Fixture.operators)
        let votes = zip(Fixture.operators, choices).compactMap { name, choice in
          choice.map { Vote(operator: name, choice: $0, reason: nil, principal: name, at: Fixture.at(1)) }
        }
        let tally = Tally(votes, rules: rules, operators: Fixture.operators, author: "dtnum", writers: ["user:dtnum"])
        let outcomes = Set(
          Self.completions(votes).map {
            Tally($0, rules: rules, operators: Fixture.operators, author: "dtnum", writers: ["user:dtnum"]).carries(
              .version, rules)
          })
        // One that can carry no more is open still while anybody is silent: who has voted may think better of it.
        let wanted: Tally.Verdict = outcomes == [true] ? .carried : tally.silent == 0 ? .fallen : .open
        #expect(tally.verdict(.version, rules) == wanted, "\(votes.map { ($0.operator, $0.choice) }) \(majority)")
        #expect(tally.voters == 4)
      }
    }
  }

  private static func all(_ count: Int) -> [[Vote.Choice?]] {
    (0..<count).reduce([[]]) { lists, _ in
      lists.flatMap { list in ([nil] + Vote.Choice.allCases.map { $0 }).map { list + [$0] } }
    }
  }

  /// All that the silent may yet say, nothing included.
  private static func completions(_ votes: [Vote]) -> [[Vote]] {
    let silent = Fixture.operators.filter { name in !votes.contains { $0.operator == name } }
    return all(silent.count).map { choices in
      votes
        + zip(silent, choices).compactMap { name, choice in
          choice.map { Vote(operator: name, choice: $0, reason: nil, principal: name, at: Fixture.at(2)) }
        }
    }
  }
}
