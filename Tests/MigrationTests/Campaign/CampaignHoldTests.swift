import Events
import Foundation
import Model
import Testing

@testable import Migration

/// What holds a move back where several things do, and how it counts in its campaign.
struct CampaignHoldTests {
  @Test func `of several things that hold a move back the first is told`() throws {
    let (other, lost) = (Campaigns.id(8), Campaigns.id(9))
    let rig = try CampaignRig(
      CampaignPace(inFlight: 1, notBefore: [2: Campaigns.day("2026-06-10")]),
      [
        Campaigns.move(1), Campaigns.move(2, step: .planned, standing: .paused), Campaigns.move(3, step: .planned),
        Campaigns.move(4, wave: 2), Campaigns.move(5, wave: 2, after: [1]),
        Campaigns.move(6, after: [9], standing: .paused),
      ])
    for place in [2, 3] { rig.moves[place].elsewhere = other }
    #expect(rig.starts == [1])
    #expect(rig.hold(2) == .halted && rig.hold(3) == .approvals && rig.hold(6) == .dependencyLost(lost))
    #expect(rig.hold(4) == .elsewhere(other) && rig.hold(5) == .wave(1) && rig.release.nextLook == nil)
    rig.set(1, .cutOver)
    #expect(rig.starts.isEmpty && rig.hold(5) == .wave(1))
    rig.set(1, .cutOver, .blocked)
    #expect(rig.hold(5) == .waveDay(Campaigns.day("2026-06-10")), "before what it depends on")
    rig.now = try #require(rig.release.nextLook)
    #expect(rig.hold(5) == .dependency(Campaigns.id(1)) && rig.starts.isEmpty)
    rig.set(1, .verified)
    #expect(rig.starts == [5] && rig.hold(4) == .elsewhere(other))
  }

  @Test func `each limit of a pace holds by itself, the longest first`() throws {
    let today = Campaigns.day("2026-06-03")
    let rig = try CampaignRig(
      CampaignPace(
        inFlight: 1, inFlightPerOperator: 1, perDay: 1, blackouts: [Blackout(from: today, until: today)]),
      [
        Campaigns.move(1, isProduction: true, step: .firstCopy, startedAt: Campaigns.noon),
        Campaigns.move(2, isProduction: true),
      ])
    let tomorrow = ParisTime.start(of: today.adding(days: 1))
    let way: [(CampaignHold, Timestamp?, CampaignPaceChange)] = [
      (.blackout(until: today), tomorrow, .init(blackouts: [])), (.perDay(1), tomorrow, .init(perDay: 2)),
      (.inFlight(1), nil, .init(inFlight: 2)), (.operator("anfsi"), nil, .init(inFlightPerOperator: 2)),
      (.production(project: "ccaf"), nil, .init(productionPerProject: 2)),
    ]
    for (hold, next, change) in way {
      #expect(rig.release == CampaignRelease(held: [.init(move: Campaigns.id(2), hold: hold)], nextLook: next))
      #expect(rig.feed(.paceChanged(change)))
    }
    #expect(rig.release == CampaignRelease(start: [Campaigns.id(2)]))
  }

  @Test func `what another migration moves holds up its wave where it goes on itself`() throws {
    let rig = try CampaignRig([Campaigns.move(1, step: .firstCopy), Campaigns.move(2, wave: 2)])
    rig.moves[0].elsewhere = Campaigns.id(9)
    #expect(rig.starts.isEmpty && rig.hold(2) == .wave(1))
    rig.set(1, .approved)
    #expect(rig.starts == [2] && rig.hold(1) == .elsewhere(Campaigns.id(9)))
  }

  @Test func `a pace may be as slow and as fast as its bounds`() throws {
    let today = Campaigns.day("2026-06-03")
    let most = 100_000
    let paces = [
      CampaignPace(inFlight: 1, inFlightPerOperator: 1, productionPerProject: 1, perDay: 1, maxTroubled: 0),
      CampaignPace(inFlight: most, inFlightPerOperator: most, productionPerProject: most, perDay: most),
      CampaignPace(blackouts: Array(repeating: Blackout(from: today, until: today), count: 1000), maxTroubled: .max),
    ]
    for pace in paces { #expect(try CampaignRig(pace, []).campaign.pace == pace) }
  }

  @Test(arguments: MigrationStep.allCases) func `how a move counts follows from its step and how it stands`(
    _ step: MigrationStep
  ) {
    func words(_ move: CampaignMove) -> String {
      let words = [
        (move.isToBegin, "begins"), (move.isUnderWay, "goes"), (move.isMoved, "moved"), (move.isLost, "lost"),
        (move.isTroubled, "troubled"), (move.isSettled, "settled"),
      ]
      return words.filter { $0.0 }.map { $0.1 }.joined(separator: " ")
    }
    let isEnd = step.isEnd
    let expected: (running: String, stopped: String) =
      switch step {
      case .planned, .approved: ("begins", "begins troubled settled")
      case .preparingTarget, .targetReady, .firstCopy, .writesStopped, .finalCopy, .cutOver:
        ("goes", "goes troubled settled")
      case .verified, .drainingSource, .removed: ("moved settled", "moved troubled settled")
      case .done: ("moved settled", "moved settled")
      case .rollingBack: ("goes troubled", "goes troubled settled")
      case .rolledBack, .failed: ("lost settled", "lost troubled settled")
      }
    #expect(words(Campaigns.move(1, step: step)) == expected.running)
    // What is over was in trouble if it had begun.
    var other = Campaigns.move(1, step: step, standing: isEnd ? .ended : .blocked)
    other.startedAt = Campaigns.noon
    #expect(words(other) == expected.stopped)
    other.standing = .paused
    if !isEnd { #expect(words(other) == (step == .rollingBack ? expected.stopped : Self.paused(expected.running))) }
  }

  /// What rests is no trouble, and holds up nothing.
  private static func paused(_ running: String) -> String {
    running.hasSuffix("settled") ? running : "\(running) settled"
  }
}
