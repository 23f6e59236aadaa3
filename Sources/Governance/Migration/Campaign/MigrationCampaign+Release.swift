public import Events
import Foundation
import Model

extension MigrationCampaign {
  /// What is to happen to its moves now. Reads each of them once or twice; sorts those that may begin.
  ///
  /// - Parameters:
  ///   - moves: all of them, in any order.
  ///   - others: what is under way of other campaigns.
  ///   - now: by the database's clock.
  public func released(
    _ moves: [CampaignMove], others: [CampaignMove] = [], at now: Timestamp
  ) -> CampaignRelease {
    var release = CampaignRelease()
    switch state {
    case .planned, .paused, .cancelled, .done: return release
    case .cancelling:
      release.withdraw = Self.toBegin(of: moves).map { moves[$0].id }
      return release
    case .running: break
    }
    // It is about to pause itself: the moves are known, the tally is not yet.
    guard !isTroubled(moves.count { $0.isTroubled }) else { return release }
    let order = CampaignOrder(moves)
    var budget = CampaignBudget(pace, motive, moves, others: others, at: now)
    for place in Self.toBegin(of: moves) {
      let move = moves[place]
      if let hold = hold(of: move, order, budget) {
        release.held.append(CampaignRelease.Held(move: move.id, hold: hold))
        guard let end = budget.end(of: hold) else { continue }
        release.nextLook = min(release.nextLook ?? end, end)
      } else {
        budget.begin(move)
        release.start.append(move.id)
      }
    }
    return release
  }

  private func hold(of move: CampaignMove, _ order: CampaignOrder, _ budget: CampaignBudget) -> CampaignHold? {
    let dependency = order.hold(of: move)
    if case .dependencyLost = dependency { return dependency }
    guard move.standing == .running else { return .halted }
    guard move.step == .approved else { return .approvals }
    if let other = move.elsewhere { return .elsewhere(other) }
    if let open = order.openWave, move.wave > open { return .wave(open) }
    return budget.hold(ofWave: move.wave) ?? dependency ?? order.room(for: move) ?? budget.hold(of: move)
  }

  /// Wave by wave, and what rehearses production first; a project's moves one after the other, as its team has to be there.
  private static func toBegin(of moves: [CampaignMove]) -> [Int] {
    // Names are compared once each, as there are many more moves than projects.
    let projects = Dictionary(grouping: moves.indices.filter { moves[$0].isToBegin }) { moves[$0].project }
    var keys: [Key] = []
    for (rank, project) in projects.sorted(by: { $0.key < $1.key }).enumerated() {
      keys += project.value.map { place in
        Key(
          wave: moves[place].wave, isProduction: moves[place].isProduction ? 1 : 0, project: rank,
          id: moves[place].id, place: place)
      }
    }
    return keys.sorted().map(\.place)
  }

  private struct Key: Comparable {
    let wave: Int
    let isProduction: Int
    let project: Int
    let id: UUID
    let place: Int

    static func < (one: Key, other: Key) -> Bool {
      if one.wave != other.wave { return one.wave < other.wave }
      if one.isProduction != other.isProduction { return one.isProduction < other.isProduction }
      return one.project != other.project ? one.project < other.project : one.id < other.id
    }
  }
}
