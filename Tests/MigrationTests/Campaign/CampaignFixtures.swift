import Events
import Foundation
import Model

@testable import Migration

enum Campaigns {
  /// A noon in Paris.
  static let noon = ParisTime.moment(day("2026-06-03"), hour: 12)

  static func day(_ text: String) -> CalendarDay { CalendarDay(text) ?? CalendarDay(nearest: 0) }

  static func id(_ number: Int) -> UUID {
    UUID(
      uuid: (0, 0, 0, 0, 0, 0, 0x40, 0, 0x80, 0, 0, 0, 0, 0, UInt8(number >> 8 & 255), UInt8(number & 255)))
  }

  static func place(_ name: String) -> CampaignMove.Place {
    CampaignMove.Place(operator: name, region: "\(name)-r", cluster: "\(name)-1")
  }

  /// A move that may begin.
  static func move(
    _ number: Int, of project: String = "ccaf", isProduction: Bool = false, wave: Int = 1, from: String = "anfsi",
    to: String = "dtnum", after: [Int] = [], step: MigrationStep = .approved,
    standing: EnvironmentMigration.Standing? = nil, startedAt: Timestamp? = nil
  ) -> CampaignMove {
    let hasBegun = step != .planned && step != .approved && step != .rolledBack && step != .failed
    return CampaignMove(
      id: id(number), project: project, isProduction: isProduction, source: place(from), target: place(to),
      wave: wave, dependencies: after.map(id), step: step, standing: standing ?? (step.isEnd ? .ended : .running),
      startedAt: startedAt ?? (hasBegun ? noon.adding(-3 * Moves.day) : nil))
  }
}

/// A campaign with a hand-driven world around it.
final class CampaignRig {
  var campaign: MigrationCampaign
  var moves: [CampaignMove]
  var now = Campaigns.noon
  private(set) var notices: [CampaignNotice] = []
  private(set) var refusal: MigrationRefusal?

  /// One that runs.
  init(_ pace: CampaignPace, _ motive: MoveMotive, isStarted: Bool = true, _ moves: [CampaignMove]) throws {
    campaign = try MigrationCampaign(Campaigns.id(0), motive: motive, pace: pace, by: Moves.body, at: now)
    self.moves = moves
    look()
    if isStarted { feed(.started(changes: [])) }
  }

  convenience init(_ pace: CampaignPace, _ moves: [CampaignMove]) throws { try self.init(pace, .departure, moves) }

  convenience init(isStarted: Bool = true, _ moves: [CampaignMove]) throws {
    try self.init(CampaignPace(), .departure, isStarted: isStarted, moves)
  }

  /// - Returns: whether it was not refused.
  @discardableResult
  func feed(_ event: CampaignEvent, by actor: MigrationActor = Moves.body) -> Bool {
    let before = campaign
    do {
      notices = try campaign.handle(event, by: actor, at: now)
      refusal = nil
      return true
    } catch {
      precondition(campaign == before, "what is refused changes nothing")
      (refusal, notices) = (error, [])
      return false
    }
  }

  /// It hears of what its moves are.
  func look() { feed(.movesChanged(CampaignTally(of: moves)), by: Moves.nobody) }

  var release: CampaignRelease { campaign.released(moves, at: now) }
  var progress: CampaignProgress { campaign.progress(moves, at: now) }

  /// The numbers of the moves that begin.
  var starts: [Int] { release.start.compactMap(number) }

  /// Why a move does not begin.
  func hold(_ number: Int) -> CampaignHold? {
    release.held.first { $0.move == Campaigns.id(number) }?.hold
  }

  func number(_ id: UUID) -> Int? { moves.indices.first { Campaigns.id($0 + 1) == id }.map { $0 + 1 } }

  func set(_ number: Int, _ step: MigrationStep, _ standing: EnvironmentMigration.Standing = .running) {
    guard let index = moves.firstIndex(where: { $0.id == Campaigns.id(number) }) else { return }
    moves[index].step = step
    moves[index].standing = step.isEnd ? .ended : standing
    if moves[index].startedAt == nil, !moves[index].isToBegin, !step.isEnd { moves[index].startedAt = now }
  }
}
