import Events
import Model
import Testing

@testable import Board

/// Which version is in force when, and which a text must be based on.
struct VersionLineTests {
  @Test func `of versions with the same date the one that was ratified later holds`() {
    let line = VersionLine([Fixture.version(2, 5), Fixture.version(1, 0), Fixture.version(3, 5)])
    #expect(line.inForce(at: Fixture.at(4))?.version == 1)
    #expect(line.inForce(at: Fixture.at(5))?.version == 3)
    #expect(line.awaited(after: Fixture.at(4)).map(\.version) == [3])
    #expect(line.inForce(at: Timestamp(microseconds: -1)) == nil)
    #expect(VersionLine([]).nextVersion == 1)
  }

  @Test func `no number is given to a version that was told of in a life of the database that is lost`() throws {
    let versions = [Fixture.version(1, 0)]
    for (told, next) in [(0, 2), (1, 2), (2, 3), (7, 8)] as [(Int64, Int64)] {
      let line = VersionLine(versions, told: told)
      #expect(line.nextVersion == next, "\(told)")
      #expect(VersionLine([], told: told).nextVersion == told + 1)
      var moment = Fixture.moment(3)
      moment.line = line
      for (kind, names, numbers) in [
        (.version, ["anfsi", "ants", "dtnum"], [next]), (.emergency, ["anfsi"], [next, next + 1]),
      ] as [(Proposal.Kind, [String], [Int64])] {
        var proposal = try Fixture.open(kind: kind)
        var actions: [BoardAction] = []
        for name in names { actions += try proposal.vote(.for, name, at: moment) }
        let written = actions.flatMap { action -> [BoardVersion] in
          if case .write(let versions) = action { versions } else { [] }
        }
        #expect(written.map(\.version) == numbers && proposal.version == next, "\(told) \(kind)")
      }
    }
  }

  @Test func `what is awaited is told by date, and what would never come into force is left out`() {
    let dated = { (versions: [(Int64, Int)]) in
      VersionLine(versions.map { Fixture.version($0.0, $0.1) }).awaited(after: Fixture.at(4)).map(\.version)
    }
    #expect(dated([(4, 300), (2, 100), (1, 0), (3, 200)]) == [2, 3, 4])
    #expect(dated([(1, 0), (2, 300), (3, 200), (4, 250)]) == [3, 4])
    #expect(dated([(1, 0), (2, 100), (3, 200), (4, 100)]) == [4])
  }

  @Test func `a text is based on the last version that has its date, a restriction on what is in force`() {
    let present = Fixture.version(1, 0)
    let restriction = Fixture.version(2, 1, Fixture.policy(rules: ["new"]), .emergency)
    let end = Fixture.version(3, 100, Fixture.policy(), .emergencyEnd)
    let table: [(versions: [BoardVersion], version: Int64?, emergency: Int64?)] = [
      ([], nil, nil), ([present], 1, 1), ([present, Fixture.version(2, 100)], 2, 1),
      ([present, Fixture.version(2, 100), Fixture.version(3, 200)], 3, 1), ([restriction, end], 2, 2),
      ([restriction, end, Fixture.version(4, 200, Fixture.policy(), .carried)], 4, 2),
    ]
    for (versions, version, emergency) in table {
      let line = VersionLine(versions)
      let numbers = versions.map(\.version)
      #expect(line.base(for: .version, at: Fixture.at(5))?.version == version, "\(numbers)")
      #expect(line.base(for: .emergency, at: Fixture.at(5))?.version == emergency, "\(numbers)")
    }
  }

  @Test func `when a text takes effect, and what it replaces, is told of every version that it may be based on`() {
    let (present, second) = (Fixture.version(1, 0), Fixture.version(2, 100))
    let restriction = Fixture.version(2, 1, Fixture.policy(rules: ["new"]), .emergency)
    var end = Fixture.version(3, 100, Fixture.policy(), .emergencyEnd)
    end.alike = [1]
    let carried = Fixture.version(4, 200, Fixture.policy(rules: ["after"]), .carried)
    // The base and the hour that it is meant for; the version that it would replace, and the hour that it takes effect.
    let table: [(versions: [BoardVersion], base: Int64, hour: Int, replaced: Int64?, date: Int)] = [
      ([], 1, 5, nil, 5), ([present], 1, 5, 1, 5), ([present], 7, 5, 1, 5),
      ([present, second], 1, 5, 2, 5), ([present, second], 2, 5, 2, 5), ([present, second], 1, 100, 2, 100),
      // During a restriction: on the text before it, on itself, on its end, on none of these.
      ([restriction, end], 1, 5, 1, 100), ([restriction, end], 2, 5, 2, 5), ([restriction, end], 3, 5, 3, 100),
      ([restriction, end], 7, 5, 3, 5), ([restriction, end], 1, 150, 1, 150), ([restriction, end], 2, 150, 2, 150),
      // Something has its date after the end.
      ([restriction, end, carried], 1, 5, 4, 5), ([restriction, end, carried], 2, 5, 4, 5),
      ([restriction, end, carried], 4, 5, 4, 100),
    ]
    for (versions, base, hour, replaced, date) in table {
      let line = VersionLine(versions)
      let told = "\(versions.map(\.version)): \(base) at \(hour)"
      #expect(line.replaced(by: .version, on: base, at: Fixture.at(hour)) == replaced, "\(told)")
      #expect(line.date(of: base, meantFor: Fixture.at(hour)) == Fixture.at(date), "\(told)")
      let inForce = line.inForce(at: Fixture.at(hour))?.version
      #expect(line.replaced(by: .emergency, on: base, at: Fixture.at(hour)) == inForce, "\(told)")
    }
  }

  @Test func `a text that would leave out what has its date says which, and until when it may not`() throws {
    let lines = [Fixture.version(1, 0), Fixture.version(2, 100, Fixture.policy(rules: ["two"]))]
    func propose(at hour: Int?) throws -> BoardRefusal? {
      var draft = try Fixture.draft()
      let event = BoardEvent.proposed(motive: Fixture.text, effectiveAt: hour.map(Fixture.at))
      return refusal(of: { _ = try draft.handle(event, by: Fixture.actor("dtnum"), at: Fixture.moment(2, lines)) })
    }
    let date = Fixture.at(100)
    let early = BoardRefusal(
      .badDate, path: "effectiveAt", "version 2 comes into force later, at \(date)",
      fr: "la version 2 entre en vigueur plus tard, le \(date)", accepted: "≥ \(date); base 2")
    for hour in [nil, 2, 99] { #expect(try propose(at: hour) == early) }
    #expect(try propose(at: 100) == BoardRefusal.outdated(base: 1, present: 2))
  }

  @Test func `what comes back is known to what an emergency restriction is in, and to nothing else`() {
    let (first, second) = (Fixture.policy(rules: ["e1"]), Fixture.policy(rules: ["e1", "e2"]))
    func back(_ base: Int64, at hour: Int, _ versions: [BoardVersion]) -> Int64? {
      VersionLine(versions).returning(after: base, at: Fixture.at(hour))?.version
    }
    var end = Fixture.version(4, 100, Fixture.policy(), .emergencyEnd)
    end.alike = [2]
    let simple = [Fixture.version(3, 0, first, .emergency), end]
    #expect(back(3, at: 1, simple) == 4 && back(3, at: 101, simple) == 4)
    #expect(back(2, at: 1, simple) == nil, "the text before it")
    #expect(back(4, at: 1, simple) == nil && back(4, at: 101, simple) == nil, "its end")
    // A second one on the first, which ends before it.
    let both = [
      Fixture.version(3, 0, first, .emergency), Fixture.version(4, 100, Fixture.policy(), .emergencyEnd),
      Fixture.version(5, 10, second, .emergency), Fixture.version(6, 100, Fixture.policy(rules: ["e2"]), .emergencyEnd),
      Fixture.version(7, 110, Fixture.policy(), .emergencyEnd),
    ]
    #expect(back(5, at: 11, both) == 7 && back(6, at: 101, both) == 7 && back(6, at: 111, both) == 7)
    // One that has its date after the end, and one that was ratified on the restriction: it stays.
    let later = simple + [Fixture.version(5, 200, first, .carried)]
    #expect(back(5, at: 1, later) == nil && back(3, at: 1, later) == 4)
    let kept = simple + [Fixture.version(5, 50, first)]
    #expect(back(5, at: 1, kept) == nil && back(5, at: 51, kept) == nil)
    #expect(back(1, at: 1, [Fixture.version(1, 0)]) == nil)
  }

  @Test func `a text is proposed only on the version that it would replace`() throws {
    let lines = [Fixture.version(1, 0), Fixture.version(2, 100, Fixture.policy(rules: ["two"]))]
    var draft = try Fixture.draft()
    let refused = code {
      _ = try draft.handle(
        .proposed(motive: Fixture.text, effectiveAt: Fixture.at(200)), by: Fixture.actor("dtnum"),
        at: Fixture.moment(2, lines))
    }
    #expect(refused == .outdated)
    _ = try draft.handle(
      .edited(Fixture.policy(rules: ["two", "new"]), base: 2), by: Fixture.actor("dtnum"), at: Fixture.moment(2, lines))
    _ = try draft.handle(
      .proposed(motive: Fixture.text, effectiveAt: Fixture.at(200)), by: Fixture.actor("dtnum"),
      at: Fixture.moment(2, lines))
    #expect(draft.state == .open)
  }

  @Test func `a date before one that is fixed already, or past, is refused`() throws {
    let lines = [Fixture.version(1, 0), Fixture.version(2, 100)]
    for hour in [nil, 1, 50] {
      var draft = try Fixture.draft()
      let refused = code {
        _ = try draft.handle(
          .proposed(motive: Fixture.text, effectiveAt: hour.map(Fixture.at)), by: Fixture.actor("dtnum"),
          at: Fixture.moment(2, lines))
      }
      #expect(refused == .badDate, "\(hour ?? -1)")
    }
  }

  @Test func `a date is past from the microsecond after it`() throws {
    let now = Fixture.at(2)
    let past = Timestamp(microseconds: now.microseconds - 1)
    func propose(_ date: Timestamp) throws -> BoardRefusal? {
      var draft = try Fixture.draft()
      let event = BoardEvent.proposed(motive: Fixture.text, effectiveAt: date)
      return refusal(of: { _ = try draft.handle(event, by: Fixture.actor("dtnum"), at: Fixture.moment(2)) })
    }
    #expect(try propose(now) == nil)
    let wanted = BoardRefusal(
      .badDate, path: "effectiveAt", "\(past) is past", fr: "le \(past) est passé", accepted: "≥ \(now)")
    #expect(try propose(past) == wanted)
  }

  @Test func `a date that is years away is refused`() throws {
    var draft = try Fixture.draft()
    func propose(_ days: Int) -> BoardRefusal.Code? {
      code {
        _ = try draft.handle(
          .proposed(motive: Fixture.text, effectiveAt: Fixture.at(2 + days * 24)), by: Fixture.actor("dtnum"),
          at: Fixture.moment(2))
      }
    }
    #expect(propose(100 * 365) == .badDate)
    #expect(propose(732) == .badDate)
    #expect(propose(731) == nil)
  }

  @Test func `how many of its voters are operators is told of one as of one`() {
    let governance = PolicySpec.Governance(quorum: 2, voters: ["dtnum", "dtmun"])
    let one = BoardRefusal.impossibleVote(VotingRules(governance, operators: ["dtnum"]))
    #expect(one.message.hasSuffix("a quorum of 2, and 1 of its voters is an operator"))
    #expect(one.messageFR.hasSuffix("un quorum de 2, et 1 de ses votants est opérateur"))
    let two = BoardRefusal.impossibleVote(VotingRules(governance, operators: ["dtmun", "dtnum"]))
    #expect(two.message.hasSuffix("and 2 of its voters are operators"))
    #expect(two.messageFR.hasSuffix("et 2 de ses votants sont opérateurs"))
  }

  @Test func `a board that could decide nothing is not proposed`() throws {
    for (text, operators, wanted) in [
      (Fixture.policy(quorum: 5), Fixture.operators, BoardRefusal.Code.impossibleVote),
      (Fixture.policy(quorum: 1, voters: ["dtnum", "dtmun"]), Fixture.operators, .impossibleVote),
      (Fixture.policy(quorum: 4), Fixture.operators, nil),
    ] {
      var draft = try Fixture.draft(text)
      let refused = code {
        _ = try draft.handle(
          .proposed(motive: Fixture.text, effectiveAt: nil), by: Fixture.actor("dtnum"),
          at: Fixture.moment(2, operators: operators))
      }
      #expect(refused == wanted)
    }
  }

  @Test func `a text based on the last version that has its date may come before it, and revoke it`() throws {
    let lines = [Fixture.version(1, 0), Fixture.version(2, 10_000, Fixture.policy(rules: ["two"]))]
    // The text of today, based on what is to come: that is revoked.
    var draft = try Fixture.draft(Fixture.policy(), base: 2)
    _ = try draft.handle(
      .proposed(motive: Fixture.text, effectiveAt: nil), by: Fixture.actor("dtnum"), at: Fixture.moment(2, lines))
    let actions = try draft.vote(.for, "dtnum", "anfsi", "ants", at: Fixture.moment(3, lines))
    let written = actions.compactMap { if case .write(let versions) = $0 { versions } else { nil } }.joined()
    #expect(Array(written) == [Fixture.version(3, 3, Fixture.policy())])
    let line = VersionLine(lines + written)
    #expect(line.inForce(at: Fixture.at(10_001))?.version == 3 && line.awaited(after: Fixture.at(3)).isEmpty)
  }

  @Test func `of two texts on the same version the first one takes its place, and the second is outdated`() throws {
    var (first, second) = (try Fixture.open(), try Fixture.open(Fixture.policy(rules: ["second"])))
    let actions = try first.vote(.for, "dtnum", "anfsi", "ants", at: Fixture.moment(3))
    let written = actions.compactMap { if case .write(let versions) = $0 { versions } else { nil } }.joined()
    let after = Fixture.moment(4, [Fixture.version(1, 0)] + written)
    _ = try second.vote(.for, "dtnum", "anfsi", "ants", at: after)
    #expect(second.rejection == .outdated && second.version == nil)
  }

  @Test func `a date that has passed by the close means at once`() throws {
    var proposal = try Fixture.open(effectiveAt: Fixture.at(3))
    _ = try proposal.vote(.for, "dtnum", "anfsi", at: Fixture.moment(3))
    let actions = try proposal.vote(.for, "ants", at: Fixture.moment(9))
    #expect(actions.contains(.write([Fixture.version(2, 9, Fixture.policy(rules: ["new"]))])))
  }

  @Test func `the text that is in force already, a policy without a board, and none at all are refused`() throws {
    var same = try Fixture.draft(Fixture.policy())
    let propose = BoardEvent.proposed(motive: Fixture.text, effectiveAt: nil)
    #expect(
      code { _ = try same.handle(propose, by: Fixture.actor("dtnum"), at: Fixture.moment(2)) } == .nothingChanges)
    var plain = Fixture.policy()
    plain.governance = nil
    for versions in [[Fixture.version(1, 0, plain)], []] {
      var draft = try Fixture.draft()
      let refused = code {
        _ = try draft.handle(propose, by: Fixture.actor("dtnum"), at: Fixture.moment(2, versions))
      }
      #expect(refused == .noBoard)
    }
  }
}
