import Events
import Foundation
import Model
import Testing

@testable import Migration

/// What is done to a campaign, and what follows.
struct CampaignTests {
  private static let two = [Campaigns.move(1), Campaigns.move(2, wave: 2)]

  private static let acts: [CampaignEvent] = [
    .started(changes: []), .paused(reason: "x"), .resumed, .cancelled(reason: "x"), .paceChanged(CampaignPaceChange()),
  ]

  /// A campaign in each state.
  private static func rig(_ state: CampaignState) throws -> CampaignRig {
    let rig = try CampaignRig(isStarted: state != .planned, two)
    switch state {
    case .planned, .running: break
    case .paused: rig.feed(.paused(reason: "x"))
    case .cancelling, .cancelled: rig.feed(.cancelled(reason: "x"))
    case .done: break
    }
    if state.isEnd {
      rig.set(1, .done)
      rig.set(2, .rolledBack)
      rig.look()
    }
    #expect(rig.campaign.state == state)
    return rig
  }

  @Test(arguments: CampaignState.allCases) func `each state allows what it should`(_ state: CampaignState) throws {
    let allowed: [CampaignState: [CampaignState?]] = [
      .planned: [.running, nil, nil, .cancelling, .planned], .running: [nil, .paused, nil, .cancelling, .running],
      .paused: [nil, nil, .running, .cancelling, .paused],
    ]
    for (act, next) in zip(Self.acts, allowed[state] ?? [nil, nil, nil, nil, nil]) {
      let rig = try Self.rig(state)
      #expect(rig.feed(act) == (next != nil), "\(act)")
      #expect(rig.campaign.state == next ?? state, "\(act)")
      #expect(next != nil || (rig.refusal?.code == .wrongStep && rig.refusal?.path == state.rawValue), "\(act)")
    }
  }

  @Test func `only the service body acts, and what is seen is taken of anybody`() throws {
    for (act, state) in zip(Self.acts, [CampaignState.planned, .running, .paused, .running, .running]) {
      let rig = try Self.rig(state)
      #expect(!rig.feed(act, by: Moves.team) && rig.refusal?.code == .notYours, "\(act)")
      #expect(rig.feed(.movesChanged(CampaignTally(of: Self.two)), by: Moves.nobody))
    }
  }

  @Test func `it is kept who did what, when and why`() throws {
    let rig = try Self.rig(.planned)
    rig.now = rig.now.adding(1)
    rig.feed(.started(changes: []))
    rig.feed(.paused(reason: "a fair"))
    rig.now = rig.now.adding(1)
    rig.feed(.resumed)
    rig.feed(.paceChanged(CampaignPaceChange(inFlight: 2)))
    rig.feed(.cancelled(reason: "too late"))
    let (noon, acts) = (Campaigns.noon, rig.campaign.acts)
    #expect(acts[.planned] == .init(principal: "oidc:body", at: noon))
    #expect(acts[.started] == .init(principal: "oidc:body", at: noon.adding(1)))
    #expect(acts[.paused] == .init(principal: "oidc:body", at: noon.adding(1), reason: "a fair"))
    #expect(acts[.resumed]?.at == noon.adding(2) && acts[.paceChanged]?.at == noon.adding(2))
    #expect(acts[.cancelled]?.reason == "too late" && acts[.ended] == nil)
    for number in [1, 2] { rig.set(number, .rolledBack) }
    rig.look()
    #expect(rig.campaign.acts[.ended] == .init(principal: nil, at: noon.adding(2)))
  }

  @Test func `a plan whose ground has moved does not start, and says what has changed`() throws {
    let rig = try Self.rig(.planned)
    #expect(!rig.feed(.started(changes: ["policy", "cluster pi-1"])))
    #expect(rig.refusal?.code == .planMoved && rig.refusal?.path == "policy; cluster pi-1")
    #expect(rig.campaign.state == .planned)
  }

  @Test func `reasons are given`() throws {
    let rig = try Self.rig(.running)
    for act in [CampaignEvent.paused(reason: " "), .cancelled(reason: String(repeating: "x", count: 4097))] {
      #expect(!rig.feed(act) && rig.refusal?.code == .badText && rig.refusal?.path == "reason")
    }
    for text in ["a\u{1B}[2Kb", "a\u{9B}2Kb", "a\u{202E}b"] {
      for act in [CampaignEvent.paused(reason: text), .cancelled(reason: text)] {
        #expect(!rig.feed(act) && rig.refusal?.code == .badText && rig.refusal?.path == "reason")
        #expect(rig.refusal?.accepted == PlainText.accepted)
      }
    }
    #expect(rig.feed(.paused(reason: "two\nlines")))
  }

  @Test func `a pace that is none is refused by its field`() throws {
    let (from, until) = (Campaigns.day("2026-06-02"), Campaigns.day("2026-06-01"))
    let quiet = Blackout(from: until, until: from)
    let bad: [(CampaignPace, String)] = [
      (CampaignPace(inFlight: 0), "pace.inFlight"), (CampaignPace(inFlightPerOperator: 0), "pace.inFlightPerOperator"),
      (CampaignPace(productionPerProject: 0), "pace.productionPerProject"), (CampaignPace(perDay: -1), "pace.perDay"),
      (CampaignPace(inFlight: .max), "pace.inFlight"), (CampaignPace(perDay: 100_001), "pace.perDay"),
      (CampaignPace(blackouts: [quiet, Blackout(from: from, until: until)]), "pace.blackouts[1].until"),
      (CampaignPace(blackouts: Array(repeating: quiet, count: 1001)), "pace.blackouts"),
      (CampaignPace(maxTroubled: -1), "pace.maxTroubled"),
    ]
    for (pace, path) in bad {
      let refusal = #expect(throws: MigrationRefusal.self) {
        try MigrationCampaign(Campaigns.id(1), motive: .wish, pace: pace, by: Moves.body, at: Campaigns.noon)
      }
      #expect(refusal?.code == .badNumber && refusal?.path == path)
    }
    let rig = try Self.rig(.running)
    let changes: [(CampaignPaceChange, String)] = [
      (.init(inFlight: -1), "pace.inFlight"), (.init(inFlightPerOperator: -1), "pace.inFlightPerOperator"),
      (.init(productionPerProject: 0), "pace.productionPerProject"), (.init(perDay: -1), "pace.perDay"),
      (.init(inFlightPerOperator: .max), "pace.inFlightPerOperator"),
      (.init(productionPerProject: 100_001), "pace.productionPerProject"),
      (.init(blackouts: [Blackout(from: from, until: until)]), "pace.blackouts[0].until"),
    ]
    for (change, path) in changes {
      #expect(!rig.feed(.paceChanged(change)) && rig.refusal?.code == .badNumber && rig.refusal?.path == path)
    }
    let allowed = Array(repeating: Blackout(from: until, until: from), count: 1000)
    #expect(rig.feed(.paceChanged(.init(blackouts: allowed))) && rig.campaign.pace.blackouts == allowed)
  }

  @Test func `a change of pace leaves what it does not name, and takes limits away`() throws {
    let rig = try Self.rig(.running)
    let all = CampaignPaceChange(
      inFlight: 4, inFlightPerOperator: 3, productionPerProject: 2, perDay: 5, maxTroubled: 1, blackouts: [])
    #expect(rig.feed(.paceChanged(all)))
    let full = CampaignPace(inFlight: 4, inFlightPerOperator: 3, productionPerProject: 2, perDay: 5, maxTroubled: 1)
    #expect(rig.campaign.pace == full)
    #expect(rig.feed(.paceChanged(.init(perDay: 9))))
    #expect(rig.feed(.paceChanged(.init(inFlight: 6))))
    var both = full
    (both.perDay, both.inFlight) = (9, 6)
    #expect(rig.campaign.pace == both, "two change what is each one's own")
    #expect(rig.feed(.paceChanged(.init(inFlight: 0, inFlightPerOperator: 0, perDay: 0, maxTroubled: -1))))
    #expect(rig.campaign.pace == CampaignPace(productionPerProject: 2))
  }

  @Test func `it goes slower and faster at once, and takes nothing back`() throws {
    let moves = (1...6).map { Campaigns.move($0, step: $0 < 4 ? .firstCopy : .approved) }
    let rig = try CampaignRig(moves)
    #expect(rig.starts == [4, 5, 6])
    rig.feed(.paceChanged(CampaignPaceChange(inFlight: 2)))
    #expect(rig.notices == [.paceChanged] && rig.starts.isEmpty && rig.release.withdraw.isEmpty)
    rig.feed(.paceChanged(CampaignPaceChange(inFlight: 5)))
    #expect(rig.starts == [4, 5])
  }

  @Test func `waves are told once, also where one closes again`() throws {
    let rig = try CampaignRig([Campaigns.move(1), Campaigns.move(2, wave: 2), Campaigns.move(3, wave: 3)])
    #expect(rig.notices == [.started, .waveOpened(1)])
    rig.set(1, .firstCopy, .blocked)
    rig.look()
    #expect(rig.notices == [.waveOpened(2)])
    rig.set(1, .firstCopy)
    rig.look()
    #expect(rig.notices.isEmpty && rig.starts.isEmpty)
    rig.set(1, .verified)
    rig.look()
    #expect(rig.notices.isEmpty && rig.starts == [2])
    rig.feed(.paused(reason: "x"))
    rig.set(2, .done)
    rig.look()
    #expect(rig.notices.isEmpty)
    rig.feed(.resumed)
    #expect(rig.notices == [.resumed, .waveOpened(3)])
  }

  @Test func `too many in trouble pause it, and whoever has it go on has seen them`() throws {
    let rig = try CampaignRig(CampaignPace(maxTroubled: 1), (1...6).map { Campaigns.move($0) })
    rig.set(1, .firstCopy, .blocked)
    rig.set(2, .rolledBack)
    rig.look()
    #expect(rig.campaign.state == .running && rig.starts == [3, 4, 5, 6], "what never began is no trouble")
    rig.set(3, .rollingBack)
    #expect(rig.starts.isEmpty, "before it has heard of it, too")
    rig.look()
    #expect(rig.notices == [.pausedItself(troubled: 2)] && rig.campaign.state == .paused)
    #expect(rig.campaign.acts[.paused] == .init(principal: nil, at: rig.now, troubled: 2))
    rig.feed(.resumed)
    #expect(rig.notices == [.resumed] && rig.starts == [4, 5, 6])
    rig.set(4, .firstCopy, .blocked)
    rig.look()
    #expect(rig.campaign.state == .running)
    rig.set(1, .firstCopy)
    rig.set(4, .firstCopy)
    rig.set(3, .rolledBack)
    rig.look()
    rig.set(1, .failed)
    rig.look()
    #expect(rig.campaign.state == .running, "one that nobody knows of may be")
    rig.set(4, .firstCopy, .blocked)
    rig.look()
    #expect(rig.notices == [.pausedItself(troubled: 3)], "what is over is not counted for those that come")
    rig.feed(.paceChanged(CampaignPaceChange(maxTroubled: -1)))
    rig.feed(.resumed)
    rig.set(5, .firstCopy, .blocked)
    rig.set(6, .firstCopy, .blocked)
    rig.look()
    #expect(rig.campaign.state == .running)
    rig.feed(.paceChanged(CampaignPaceChange(maxTroubled: 1)))
    #expect(rig.notices == [.paceChanged, .pausedItself(troubled: 5)])
  }

  @Test func `cancelled, what has not begun is withdrawn, and it ends with the last move`() throws {
    let rig = try CampaignRig(
      CampaignPace(inFlight: 1),
      [
        Campaigns.move(1, step: .firstCopy), Campaigns.move(2, isProduction: true), Campaigns.move(3, wave: 2),
        Campaigns.move(4, step: .planned, standing: .paused), Campaigns.move(5, step: .verified),
      ])
    rig.feed(.cancelled(reason: "x"))
    #expect(rig.notices == [.cancelling] && rig.starts.isEmpty)
    #expect(rig.release.withdraw == [4, 2, 3].map(Campaigns.id))
    for number in [2, 3, 4] { rig.set(number, .rolledBack) }
    rig.look()
    #expect(rig.campaign.state == .cancelling && rig.notices.isEmpty && rig.release == CampaignRelease())
    rig.set(1, .rolledBack)
    rig.set(5, .done)
    rig.look()
    #expect(rig.campaign.state == .cancelled && rig.notices == [.cancelled])
    rig.look()
    #expect(rig.notices.isEmpty)
  }

  @Test func `it is done with its last move, whatever it is about, and not before it has one`() throws {
    for state in [CampaignState.planned, .running, .paused] {
      let rig = try Self.rig(state)
      for number in [1, 2] { rig.set(number, .done) }
      rig.look()
      #expect(rig.campaign.state == .done && rig.notices == [.done])
    }
    let empty = try CampaignRig(isStarted: false, [])
    #expect(empty.campaign.state == .planned)
    empty.feed(.started(changes: []))
    #expect(empty.notices == [.started], "it may not have heard of them")
    empty.look()
    #expect(empty.notices == [.done])
    let other = try CampaignRig(isStarted: false, [])
    other.feed(.cancelled(reason: "x"))
    other.look()
    #expect(other.notices == [.cancelled])
  }

  @Test func `the same state has the same bytes`() throws {
    let rig = try CampaignRig(
      CampaignPace(notBefore: [1: Campaigns.day("2026-06-04"), 2: Campaigns.day("2026-06-05")], maxTroubled: 3),
      Self.two)
    rig.feed(.paused(reason: "x"))
    let bytes = try ModelJSON.encoder.encode(rig.campaign)
    for _ in 0..<20 {
      let again = try JSONDecoder().decode(MigrationCampaign.self, from: bytes)
      #expect(again == rig.campaign)
      #expect(try ModelJSON.encoder.encode(again) == bytes)
    }
  }
}
