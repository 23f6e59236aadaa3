import Events
import Foundation
import Model
import Testing

@testable import Migration

/// What is said of how far a campaign has come.
struct CampaignProgressTests {
  @Test func `moves, what they hold, and waves are counted`() throws {
    let rig = try CampaignRig([
      Campaigns.move(1, step: .done), Campaigns.move(2, step: .verified), Campaigns.move(3, step: .failed),
      Campaigns.move(4, wave: 2, step: .firstCopy), Campaigns.move(5, wave: 2, step: .firstCopy, standing: .blocked),
      Campaigns.move(6, wave: 3),
    ])
    for (index, cpu) in [1000, 500, 4000, 1000, 1000, 2500].enumerated() {
      rig.moves[index].quota = ResourceAmounts(cpu: Int64(cpu))
    }
    let progress = rig.progress
    #expect(progress.total == 6 && progress.moved == 2 && progress.lost == 1 && progress.troubled == 1)
    #expect(progress.steps == [.done: 1, .verified: 1, .failed: 1, .firstCopy: 2, .approved: 1])
    #expect(progress.standings == [.ended: 2, .running: 3, .blocked: 1])
    #expect(progress.share == 333 && progress.share(of: .cpu) == 150 && progress.share(of: .gpu) == 1000)
    #expect(progress.waves == .init(total: 3, done: 1, open: 1))
    #expect(try JSONDecoder().decode(CampaignProgress.self, from: ModelJSON.encoder.encode(progress)) == progress)
    for index in rig.moves.indices { rig.moves[index].quota.cpu = .max }
    #expect(rig.progress.share(of: .cpu) == 1000, "sums do not overflow")
  }

  @Test func `it says of whom most is waited for`() throws {
    let rig = try CampaignRig([Campaigns.move(1), Campaigns.move(2), Campaigns.move(3)])
    rig.moves[0].awaited = [.projectTeam: 2, .targetOperator: 1]
    rig.moves[1].awaited = [.projectTeam: 1, .serviceBody: 1]
    rig.moves[2].awaited = [.serviceBody: 3]
    #expect(
      rig.progress.waiting == [
        .init(party: .serviceBody, count: 4), .init(party: .projectTeam, count: 3),
        .init(party: .targetOperator, count: 1),
      ])
  }

  @Test func `a move's summary follows the move`() {
    let rig = MoveRig(Moves.terms(isInConsole: true))
    var move = Campaigns.move(1)
    func follow() { move.follow(rig.move) }
    follow()
    #expect(move.step == .planned && move.startedAt == nil)
    #expect(move.awaited == [.projectTeam: 1, .targetOperator: 1, .serviceBody: 1])
    rig.bring(to: .approved)
    follow()
    #expect(move.awaited == [.serviceBody: 1] && move.startedAt == nil)
    rig.feed(.started(changes: []), after: 1)
    follow()
    let started = rig.now
    #expect(move.startedAt == started && move.awaited.isEmpty && move.isUnderWay)
    rig.feed(.placed(Moves.other), after: 1)
    rig.finish(.createEnvironment)
    rig.see(.target)
    follow()
    #expect(move.startedAt == started && move.awaited == [.projectTeam: 3, .targetOperator: 1])
    rig.bring(to: .verified)
    follow()
    #expect(move.verifiedAt == rig.now && move.isMoved && !move.isUnderWay && move.endedAt == nil)
    rig.feed(.rolledBack(acceptedLoss: nil), after: 1)
    follow()
    #expect(move.isTroubled && move.isUnderWay && move.standing == .blocked)
    rig.feed(.givenUp(reason: "x"))
    follow()
    #expect(move.endedAt == rig.now && move.standing == .ended && move.isTroubled && move.startedAt == started)
    let withdrawn = MoveRig()
    withdrawn.feed(.rolledBack(acceptedLoss: nil))
    var other = Campaigns.move(2)
    other.follow(withdrawn.move)
    #expect(other.startedAt == nil && !other.isTroubled && other.step == .rolledBack)
  }

  /// A move that was verified after so many days.
  private static func verified(_ number: Int, after days: Int64) -> CampaignMove {
    var move = Campaigns.move(number, step: .verified, startedAt: Campaigns.noon.adding(-20 * Moves.day))
    move.verifiedAt = move.startedAt?.adding(days * Moves.day)
    return move
  }

  /// Days from now to when all is expected to be verified.
  private static func days(_ pace: CampaignPace, motive: MoveMotive = .departure, _ moves: [CampaignMove]) throws
    -> Double?
  {
    let rig = try CampaignRig(
      pace, motive, [verified(90, after: 2), verified(91, after: 1), verified(92, after: 9)] + moves)
    #expect(rig.progress.usualTime == 2 * Moves.day)
    return rig.progress.expectedVerified.map { Double($0.microseconds(since: rig.now)) / Double(Moves.day) }
  }

  @Test func `what is left takes as long as what was done, at the pace there is`() throws {
    let five = (1...5).map { Campaigns.move($0, of: "p\($0)", isProduction: true) }
    #expect(try Self.days(CampaignPace(), five) == 2)
    #expect(try Self.days(CampaignPace(inFlight: 2), five) == 6)
    #expect(try Self.days(CampaignPace(inFlightPerOperator: 3), five) == 4)
    #expect(try Self.days(CampaignPace(perDay: 1), five) == 6)
    let one = (1...3).map { Campaigns.move($0, isProduction: true) }
    #expect(try Self.days(CampaignPace(), one) == 6 && Self.days(CampaignPace(), motive: .disaster, one) == 2)
    #expect(try Self.days(CampaignPace(productionPerProject: 2), one) == 4)
    let waves = [Campaigns.move(1), Campaigns.move(2, wave: 2), Campaigns.move(3, wave: 3)]
    #expect(try Self.days(CampaignPace(), waves) == 6)
    let late = ParisTime.start(of: Campaigns.day("2026-06-10")).microseconds(since: Campaigns.noon)
    #expect(
      try Self.days(CampaignPace(notBefore: [3: Campaigns.day("2026-06-10")]), waves)
        == Double(late) / Double(Moves.day) + 2)
    let blackouts = [
      Blackout(from: Campaigns.day("2026-06-04"), until: Campaigns.day("2026-06-09")),
      Blackout(from: Campaigns.day("2026-06-03"), until: Campaigns.day("2026-06-03")),
      Blackout(from: Campaigns.day("2026-06-01"), until: Campaigns.day("2026-12-31"), reach: .project("basegun")),
    ]
    #expect(
      try Self.days(CampaignPace(blackouts: blackouts), [Campaigns.move(1)]) == Double(late) / Double(Moves.day) + 2)
  }

  @Test func `what is under way, late or set aside is expected as it may be`() throws {
    let noon = Campaigns.noon
    let begun = Campaigns.move(1, step: .firstCopy, startedAt: noon.adding(-Moves.day))
    #expect(try Self.days(CampaignPace(), [begun]) == 1)
    let late = Campaigns.move(2, step: .firstCopy, startedAt: noon.adding(-9 * Moves.day))
    #expect(try Self.days(CampaignPace(), [late]) == 0)
    var unknown = begun
    unknown.startedAt = nil
    #expect(try Self.days(CampaignPace(), [unknown]) == nil, "nobody knows how long it has been under way")
    let aside = [
      Campaigns.move(3, step: .firstCopy, standing: .blocked), Campaigns.move(4, wave: 2, after: [3]),
      Campaigns.move(5, step: .rollingBack), Campaigns.move(6, step: .done), Campaigns.move(7, standing: .paused),
    ]
    #expect(try Self.days(CampaignPace(), aside) == nil)
    #expect(try Self.days(CampaignPace(), aside + [begun]) == 1)
    let rig = try CampaignRig([Self.verified(1, after: 1), begun, Campaigns.move(3)])
    rig.feed(.cancelled(reason: "x"))
    #expect(rig.progress.expectedVerified == noon, "what has not begun never does")
    #expect(try CampaignRig([Campaigns.move(1)]).progress.usualTime == nil)
    let done = try CampaignRig([Self.verified(1, after: 1)])
    done.set(1, .done)
    done.look()
    #expect(done.progress.expectedVerified == nil && done.progress.usualTime == Moves.day)
  }

  @Test func `times without measure end with time`() throws {
    var old = Self.verified(1, after: 1)
    old.startedAt = Timestamp(microseconds: .min)
    old.verifiedAt = Timestamp(microseconds: .max)
    let rig = try CampaignRig(CampaignPace(inFlight: 1), [old] + (2...900).map { Campaigns.move($0) })
    #expect(rig.progress.expectedVerified == Timestamp(microseconds: .max))
  }

  @Test func `a pace that was stored when it had no bound is still read`() throws {
    let rig = try CampaignRig([Self.verified(1, after: 2), Campaigns.move(2, isProduction: true)])
    rig.campaign.pace = CampaignPace(
      inFlight: .max, inFlightPerOperator: .max, productionPerProject: .max, perDay: .max)
    #expect(rig.progress.expectedVerified == rig.now.adding(2 * Moves.day))
    rig.campaign.pace.inFlight = 1
    #expect(!rig.feed(.paceChanged(.init(inFlight: 2))) && rig.refusal?.path == "pace.inFlightPerOperator")
    #expect(rig.feed(.paceChanged(.init(inFlightPerOperator: 0, productionPerProject: 1, perDay: 0))))
  }

  @Test func `it stalls where nothing goes on by itself`() throws {
    let rig = try CampaignRig(
      CampaignPace(inFlight: 1),
      [Campaigns.move(1, step: .firstCopy), Campaigns.move(2), Campaigns.move(3, step: .done)])
    #expect(!rig.progress.isStalled)
    rig.set(1, .firstCopy, .blocked)
    #expect(rig.progress.isStalled)
    rig.feed(.paceChanged(.init(inFlight: 2)))
    #expect(!rig.progress.isStalled, "another one may begin")
    let later = try CampaignRig(
      CampaignPace(notBefore: [1: Campaigns.day("2026-06-04")]),
      [Campaigns.move(1, step: .firstCopy), Campaigns.move(2)])
    later.set(1, .firstCopy, .blocked)
    #expect(!later.progress.isStalled, "time helps")
    rig.feed(.paused(reason: "x"))
    #expect(!rig.progress.isStalled, "it is meant to rest")
    rig.feed(.cancelled(reason: "x"))
    #expect(!rig.progress.isStalled, "something is to be withdrawn")
    rig.set(2, .rolledBack)
    #expect(rig.progress.isStalled)
    rig.set(1, .rolledBack)
    #expect(!rig.progress.isStalled)
  }
}
