import Events
import Foundation
import Model

@testable import Migration

/// Looks for itself whether a move may begin, by what all of them are, and slowly.
struct CampaignChecker {
  var campaign: MigrationCampaign
  /// All moves as they were when the campaign was asked.
  var asked: [CampaignMove]
  var now: Timestamp

  /// What is wrong with it that a move begins now.
  ///
  /// - Parameter all: What the moves are by now: some that were released with it have begun.
  func faults(of move: CampaignMove, among all: [CampaignMove]) -> [String] {
    var faults: [String] = []
    let pace = campaign.pace
    if campaign.state != .running { faults.append("it began although the campaign is \(campaign.state)") }
    if move.step != .approved || move.standing != .running { faults.append("it began, and is not to") }
    let busy = all.filter { $0.startedAt != nil && !$0.step.isEnd && !Self.verified.contains($0.step) }
    if let most = pace.inFlight, busy.count >= most { faults.append("more are under way than may be") }
    if let most = pace.inFlightPerOperator {
      for name in Set([move.source.operator, move.target.operator])
      where busy.count(where: { $0.source.operator == name || $0.target.operator == name }) >= most {
        faults.append("more of an operator are under way than may be")
      }
    }
    if move.isProduction, campaign.motive != .disaster,
      busy.count(where: { $0.isProduction && $0.project == move.project }) >= pace.productionPerProject
    {
      faults.append("more production of a project is under way than may be")
    }
    let today = ParisTime.day(of: now)
    if let most = pace.perDay, all.count(where: { $0.startedAt.map { ParisTime.day(of: $0) } == today }) >= most {
      faults.append("more begin on a day than may")
    }
    if pace.blackouts.contains(where: { $0.from <= today && today <= $0.until && Self.touches($0.reach, move) }) {
      faults.append("it began although it is to be left alone")
    }
    if let first = pace.notBefore[move.wave], today < first { faults.append("its wave began before its day") }
    for dependency in move.dependencies
    where !asked.contains(where: { $0.id == dependency && Self.verified.contains($0.step) }) {
      faults.append("it began before what it depends on")
    }
    if asked.contains(where: { $0.wave < move.wave && !isOut($0) }) {
      faults.append("it began before an earlier wave was done")
    }
    if asked.contains(where: { $0.id == move.id && !$0.hasRoom }), !makers(of: move).isEmpty {
      faults.append("it began before there was the room that an earlier one is to leave")
    }
    return faults
  }

  /// Those of earlier waves that are still where a move goes to.
  private func makers(of move: CampaignMove) -> [CampaignMove] {
    asked.filter {
      $0.wave < move.wave && $0.source.cluster == move.target.cluster && ![.removed, .done].contains($0.step)
        && !$0.step.isEnd
    }
  }

  /// Whether a move does not hold up what comes after its wave.
  private func isOut(_ move: CampaignMove) -> Bool {
    if move.step.isEnd || Self.verified.contains(move.step) || [.blocked, .paused].contains(move.standing) {
      return true
    }
    guard move.step == .planned || move.step == .approved else { return false }
    let makers = move.hasRoom ? [] : makers(of: move)
    if !makers.isEmpty,
      makers.allSatisfy({ $0.standing != .running || (isOut($0) && !Self.verified.contains($0.step)) })
    {
      return true
    }
    return move.dependencies.contains { id in
      asked.contains { $0.id == id && !Self.verified.contains($0.step) && isOut($0) }
    }
  }

  private static func touches(_ reach: Blackout.Reach, _ move: CampaignMove) -> Bool {
    switch reach {
    case .everything: true
    case .operator(let name): name == move.source.operator || name == move.target.operator
    case .region(let name): name == move.source.region || name == move.target.region
    case .cluster(let name): name == move.source.cluster || name == move.target.cluster
    case .project(let name): name == move.project
    }
  }

  private static let verified: Set<MigrationStep> = [.verified, .drainingSource, .removed, .done]
}
