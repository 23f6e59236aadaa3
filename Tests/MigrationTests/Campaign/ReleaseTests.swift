import Events
import Foundation
import Model
import Testing

@testable import Migration

/// Which moves of a campaign begin.
struct ReleaseTests {
  @Test func `only what everybody has agreed to begins, and what rehearses production before it`() throws {
    let rig = try CampaignRig([
      Campaigns.move(1, isProduction: true), Campaigns.move(2), Campaigns.move(3, step: .planned),
      Campaigns.move(4, standing: .paused), Campaigns.move(5, standing: .blocked), Campaigns.move(6, of: "basegun"),
      Campaigns.move(7, step: .firstCopy),
    ])
    #expect(rig.starts == [6, 2, 1])
    #expect(rig.hold(3) == .approvals && rig.hold(4) == .halted && rig.hold(5) == .halted && rig.hold(7) == nil)
    #expect(rig.release.nextLook == nil && rig.release.withdraw.isEmpty)
    rig.moves.reverse()
    #expect(rig.starts.count == 3 && rig.release.start == [6, 2, 1].map(Campaigns.id), "in whatever order they come")
  }

  @Test func `nothing begins but while it runs`() throws {
    let rig = try CampaignRig(isStarted: false, [Campaigns.move(1), Campaigns.move(2, step: .finalCopy)])
    #expect(rig.release == CampaignRelease())
    rig.feed(.started(changes: []))
    #expect(rig.starts == [1])
    rig.feed(.paused(reason: "a fair"))
    #expect(rig.release == CampaignRelease())
    rig.feed(.cancelled(reason: "x"))
    #expect(rig.release == CampaignRelease(withdraw: [Campaigns.id(1)]), "and what is under way is left to itself")
  }

  @Test func `a wave opens once all before it are verified, have ended, or stand`() throws {
    let rig = try CampaignRig([
      Campaigns.move(1), Campaigns.move(2), Campaigns.move(3, wave: 2), Campaigns.move(4, wave: 3),
    ])
    #expect(rig.starts == [1, 2] && rig.hold(3) == .wave(1) && rig.hold(4) == .wave(1))
    for step in MigrationStep.allCases {
      rig.set(1, step)
      rig.set(2, .done)
      let settles = [.verified, .drainingSource, .removed, .done, .rolledBack, .failed].contains(step)
      #expect(rig.starts == (step == .approved ? [1] : settles ? [3] : []), "\(step)")
      #expect(rig.hold(4) == .wave(settles ? 2 : 1), "\(step)")
    }
    for standing in [EnvironmentMigration.Standing.blocked, .paused] {
      for step in [MigrationStep.planned, .approved, .firstCopy, .rollingBack] {
        rig.set(1, step, standing)
        #expect(rig.starts == [3], "\(standing) at \(step)")
      }
    }
  }

  @Test func `a move waits for what it depends on, and is told so where it waits in vain`() throws {
    let rig = try CampaignRig([
      Campaigns.move(1), Campaigns.move(2, after: [1]), Campaigns.move(3, wave: 2, after: [2]),
      Campaigns.move(4, wave: 3), Campaigns.move(5, wave: 3, after: [9]),
    ])
    #expect(rig.starts == [1] && rig.hold(2) == .dependency(Campaigns.id(1)) && rig.hold(3) == .wave(1))
    #expect(rig.hold(5) == .dependencyLost(Campaigns.id(9)), "what is not of the campaign never comes")
    rig.set(1, .cutOver)
    #expect(rig.starts.isEmpty)
    rig.set(1, .cutOver, .blocked)
    #expect(rig.starts == [4], "what can only wait for it holds up nothing")
    #expect(rig.hold(2) == .dependency(Campaigns.id(1)) && rig.hold(3) == .dependency(Campaigns.id(2)))
    rig.set(1, .rolledBack)
    #expect(rig.starts == [4] && rig.hold(2) == .dependencyLost(Campaigns.id(1)))
    rig.set(1, .verified)
    #expect(rig.starts == [2])
    rig.set(2, .verified)
    #expect(rig.starts == [3])
    rig.set(3, .planned)
    rig.set(2, .failed)
    #expect(rig.hold(3) == .dependencyLost(Campaigns.id(2)) && rig.starts == [4])
  }

  @Test func `what waits for a move that is not there holds up no wave`() throws {
    let rig = try CampaignRig([Campaigns.move(1, after: [9]), Campaigns.move(2, wave: 2)])
    #expect(rig.starts == [2])
  }

  @Test func `what waits for itself is held, and nothing hangs`() throws {
    let rig = try CampaignRig([Campaigns.move(1, after: [2]), Campaigns.move(2, after: [1]), Campaigns.move(3)])
    #expect(rig.starts == [3] && rig.hold(1) == .dependency(Campaigns.id(2)))
    #expect(rig.hold(2) == .dependency(Campaigns.id(1)))
  }

  @Test func `a chain of five thousand is followed to its end`() throws {
    let chain = (1...5000).map { Campaigns.move($0, wave: $0, after: $0 < 5000 ? [$0 + 1] : [], step: .approved) }
    let rig = try CampaignRig(chain)
    rig.moves[4999].standing = .blocked
    #expect(rig.release.start.isEmpty && rig.release.held.allSatisfy { $0.hold != .wave(1) })
    #expect(CampaignTally(of: rig.moves).openWave == nil)
  }

  @Test func `what another migration moves waits for that, and holds up nothing beside it`() throws {
    let rig = try CampaignRig([Campaigns.move(1), Campaigns.move(2)])
    rig.moves[0].elsewhere = Campaigns.id(9)
    #expect(rig.starts == [2] && rig.hold(1) == .elsewhere(Campaigns.id(9)))
    rig.moves[1].wave = 2
    #expect(rig.starts == [2], "no wave waits for it")
    rig.moves[1].wave = 1
    rig.moves[0].elsewhere = nil
    #expect(rig.starts == [1, 2])
  }

  @Test func `where another one is to make room for it a move waits, in no trouble, and not longer than for that`()
    throws
  {
    let rig = try CampaignRig(
      CampaignPace(inFlight: 1, maxTroubled: 0),
      [
        Campaigns.move(1, from: "anfsi", to: "ants", step: .verified),
        Campaigns.move(2, wave: 2, from: "dtnum", to: "anfsi"),
        Campaigns.move(3, wave: 3, from: "anfsi", to: "dtnum"),
      ])
    rig.moves[1].hasRoom = false
    for step in [MigrationStep.verified, .drainingSource] {
      rig.set(1, step)
      #expect(rig.starts.isEmpty && rig.hold(2) == .room(Campaigns.id(1)) && rig.hold(3) == .wave(2), "\(step)")
      #expect(rig.release.isRoomAwaited && rig.release.nextLook == nil)
      #expect(rig.progress.troubled == 0 && !rig.progress.isStalled && rig.moves[1].isUnderWay == false)
    }
    rig.moves[1].hasRoom = true
    #expect(rig.starts == [2], "there is room all the same")
    rig.moves[1].hasRoom = false
    for step in [MigrationStep.removed, .done, .rolledBack, .failed] {
      rig.set(1, step)
      rig.moves[0].startedAt = nil
      #expect(rig.starts == [2] && !rig.release.isRoomAwaited, "\(step): nothing more is to make room")
    }
  }

  @Test func `what waits for room that nothing makes for now holds up no wave`() throws {
    let rig = try CampaignRig([
      Campaigns.move(1, from: "anfsi", to: "ants", step: .drainingSource, standing: .blocked),
      Campaigns.move(2, from: "anfsi", to: "ants", step: .verified),
      Campaigns.move(3, wave: 2, from: "dtnum", to: "anfsi"), Campaigns.move(4, wave: 3, from: "dtnum", to: "sgami"),
      Campaigns.move(5, wave: 3, from: "sgami", to: "anfsi"),
    ])
    (rig.moves[2].hasRoom, rig.moves[4].hasRoom) = (false, false)
    #expect(rig.starts.isEmpty && rig.hold(4) == .wave(2), "one of the two goes on")
    rig.set(2, .verified, .paused)
    #expect(rig.starts == [4] && rig.hold(3) == .room(Campaigns.id(1)) && rig.hold(5) == .room(Campaigns.id(1)))
    rig.set(4, .done)
    #expect(rig.progress.isStalled && rig.release.nextLook == nil)
  }

  @Test func `as many are under way as may be, whatever they stand for`() throws {
    let rig = try CampaignRig(
      CampaignPace(inFlight: 3),
      [
        Campaigns.move(1, step: .firstCopy, standing: .blocked), Campaigns.move(2, step: .rollingBack),
        Campaigns.move(3, step: .verified), Campaigns.move(4), Campaigns.move(5), Campaigns.move(6, step: .done),
      ])
    #expect(rig.starts == [4] && rig.hold(5) == .inFlight(3))
  }

  @Test func `an operator counts where it gives and where it takes, and once where it does both`() throws {
    let rig = try CampaignRig(
      CampaignPace(inFlightPerOperator: 2),
      [
        Campaigns.move(1, from: "anfsi", to: "anfsi", step: .firstCopy),
        Campaigns.move(2, from: "anfsi", to: "dtnum"), Campaigns.move(3, from: "sgami", to: "anfsi"),
        Campaigns.move(4, from: "sgami", to: "dtnum"), Campaigns.move(5, from: "ants", to: "dtnum"),
        Campaigns.move(6, from: "ants", to: "sgami"),
      ])
    #expect(rig.starts == [2, 4, 6])
    #expect(rig.hold(3) == .operator("anfsi") && rig.hold(5) == .operator("dtnum"))
  }

  @Test func `production of one project goes one by one, but for a disaster`() throws {
    let moves = [
      Campaigns.move(1, isProduction: true, step: .cutOver), Campaigns.move(2, isProduction: true), Campaigns.move(3),
      Campaigns.move(4, of: "basegun", isProduction: true), Campaigns.move(5, of: "basegun", isProduction: true),
    ]
    let rig = try CampaignRig(moves)
    #expect(rig.starts == [3, 4])
    #expect(rig.hold(2) == .production(project: "ccaf") && rig.hold(5) == .production(project: "basegun"))
    rig.set(1, .verified)
    #expect(rig.starts == [3, 4, 2])
    #expect(try CampaignRig(CampaignPace(productionPerProject: 2), moves).starts.count == 4)
    #expect(try CampaignRig(CampaignPace(), .disaster, moves).starts.count == 4)
  }

  @Test func `so many begin on a day of Paris, and the next day it is looked at again`() throws {
    let midnight = ParisTime.start(of: Campaigns.day("2026-06-03"))
    let rig = try CampaignRig(
      CampaignPace(perDay: 2),
      [
        Campaigns.move(1, step: .firstCopy, startedAt: midnight),
        Campaigns.move(2, step: .firstCopy, startedAt: midnight.adding(-1)), Campaigns.move(3), Campaigns.move(4),
      ])
    #expect(rig.starts == [3] && rig.hold(4) == .perDay(2))
    let next = ParisTime.start(of: Campaigns.day("2026-06-04"))
    #expect(rig.release.nextLook == next)
    rig.set(1, .rolledBack)
    #expect(rig.starts == [3], "what was begun and led back was begun")
    rig.set(3, .preparingTarget)
    #expect(rig.starts.isEmpty)
    rig.now = next.adding(-1)
    #expect(rig.starts.isEmpty)
    rig.now = next
    #expect(rig.starts == [4] && rig.release.nextLook == nil)
  }

  @Test(arguments: [
    Blackout.Reach.everything, .operator("anfsi"), .operator("dtnum"), .region("anfsi-r"), .region("dtnum-r"),
    .cluster("anfsi-1"), .cluster("dtnum-1"), .project("ccaf"),
  ]) func `what is left alone does not begin before that is over`(_ reach: Blackout.Reach) throws {
    func blackout(_ from: String, _ until: String) -> Blackout {
      Blackout(from: Campaigns.day(from), until: Campaigns.day(until), reach: reach)
    }
    let rig = try CampaignRig(
      CampaignPace(blackouts: [
        blackout("2026-06-01", "2026-06-05"), blackout("2026-06-03", "2026-06-04"),
        blackout("2026-07-01", "2026-07-01"), blackout("2026-05-01", "2026-06-02"),
      ]),
      [Campaigns.move(1), Campaigns.move(2, of: "basegun", from: "ants", to: "sgami")])
    #expect(rig.starts == (reach == .everything ? [] : [2]))
    #expect(rig.hold(1) == .blackout(until: Campaigns.day("2026-06-05")))
    #expect(rig.release.nextLook == ParisTime.start(of: Campaigns.day("2026-06-06")))
    rig.now = ParisTime.start(of: Campaigns.day("2026-06-06"))
    #expect(rig.starts.contains(1))
    rig.now = rig.now.adding(-1)
    #expect(!rig.starts.contains(1))
  }

  @Test func `a wave that has a day does not open before it`() throws {
    let rig = try CampaignRig(
      CampaignPace(notBefore: [2: Campaigns.day("2026-06-10")]), [Campaigns.move(1), Campaigns.move(2, wave: 2)])
    #expect(rig.release.nextLook == nil, "it waits for the first wave")
    rig.set(1, .done)
    #expect(rig.starts.isEmpty && rig.hold(2) == .waveDay(Campaigns.day("2026-06-10")))
    rig.now = try #require(rig.release.nextLook)
    #expect(rig.starts == [2] && ParisTime.day(of: rig.now) == Campaigns.day("2026-06-10"))
  }

  @Test func `a plan's limits are a campaign's pace`() {
    var limits = MoveLimits(inFlightPerOperator: 4, perDay: 9)
    limits.blackouts = [Blackout(from: Campaigns.day("2026-06-10"), until: Campaigns.day("2026-06-11"))]
    let waves = [
      PlannedWave(number: 1, day: 0, date: Campaigns.day("2026-06-04"), moves: []),
      PlannedWave(number: 2, day: 1, moves: []),
    ]
    #expect(
      CampaignPace(limits, waves: waves, inFlight: 20, maxTroubled: 3)
        == CampaignPace(
          inFlight: 20, inFlightPerOperator: 4, perDay: 9, blackouts: limits.blackouts,
          notBefore: [1: Campaigns.day("2026-06-04")], maxTroubled: 3))
  }

  @Test func `operators and a project's users are the same for all campaigns, and a campaign's own pace is its own`()
    throws
  {
    var pace = CampaignPace(inFlight: 2, inFlightPerOperator: 1)
    let moves = [Campaigns.move(1, isProduction: true), Campaigns.move(2, of: "basegun", from: "ants", to: "alize")]
    var rig = try CampaignRig(pace, moves)
    func starts(_ others: [CampaignMove]) -> [UUID] {
      rig.campaign.released(rig.moves, others: others, at: rig.now).start
    }
    let (first, second) = (Campaigns.id(1), Campaigns.id(2))
    #expect(starts([]) == [second, first])
    #expect(starts([Campaigns.move(9, of: "x", from: "y", to: "anfsi", step: .firstCopy)]) == [second])
    #expect(starts([Campaigns.move(9, of: "x", from: "y", to: "anfsi", step: .verified)]).count == 2, "it is over")
    #expect(starts([Campaigns.move(9, of: "x", from: "y", to: "anfsi")]).count == 2, "it has not begun")
    pace.inFlightPerOperator = nil
    rig = try CampaignRig(pace, moves)
    let production = Campaigns.move(9, isProduction: true, from: "y", to: "z", step: .writesStopped)
    let held = rig.campaign.released(rig.moves, others: [production], at: rig.now)
    #expect(held.start == [second] && held.held.map(\.hold) == [.production(project: "ccaf")])
    let many = (10..<14).map { Campaigns.move($0, of: "x\($0)", step: .firstCopy) }
    #expect(starts(many).count == 2, "what others have under way is no part of this campaign's pace")
  }

  @Test func `a day on which a move is left alone is known with its end`() {
    let (from, to) = (Campaigns.place("anfsi"), Campaigns.place("dtnum"))
    func until(_ reach: Blackout.Reach, _ first: String = "2026-06-01", _ last: String = "2026-06-04") -> CalendarDay? {
      CampaignPace(blackouts: [Blackout(from: Campaigns.day(first), until: Campaigns.day(last), reach: reach)])
        .quiet("ccaf", from: from, to: to, at: Campaigns.noon)
    }
    let reaches: [Blackout.Reach] = [
      .everything, .operator("anfsi"), .operator("dtnum"), .region("anfsi-r"), .region("dtnum-r"), .cluster("anfsi-1"),
      .cluster("dtnum-1"), .project("ccaf"),
    ]
    for reach in reaches { #expect(until(reach) == Campaigns.day("2026-06-04"), "\(reach)") }
    #expect(until(.project("basegun")) == nil && until(.operator("ants")) == nil)
    #expect(
      until(.everything, "2026-06-04", "2026-06-09") == nil && until(.everything, "2026-05-01", "2026-06-02") == nil)
    #expect(until(.everything, "2026-06-03", "2026-06-03") == Campaigns.day("2026-06-03"))
  }
}
