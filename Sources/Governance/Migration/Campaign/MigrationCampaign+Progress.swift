public import Events
import Foundation
import Model

extension MigrationCampaign {
  /// How far it has come.
  ///
  /// - Parameters:
  ///   - moves: all of them, in any order.
  ///   - now: by the database's clock.
  public func progress(_ moves: [CampaignMove], at now: Timestamp) -> CampaignProgress {
    let order = CampaignOrder(moves)
    var progress = CampaignProgress(
      total: moves.count, steps: [:], standings: [:], moved: 0, lost: 0, troubled: 0, quota: .init(),
      movedQuota: .init(), waves: Self.waves(moves, order), isStalled: false, waiting: [])
    var waiting: [MigrationParty: Int] = [:]
    for move in moves {
      progress.steps[move.step, default: 0] += 1
      progress.standings[move.standing, default: 0] += 1
      progress.quota.add(move.quota)
      if move.isMoved {
        progress.moved += 1
        progress.movedQuota.add(move.quota)
      }
      if move.isLost { progress.lost += 1 }
      if move.isTroubled { progress.troubled += 1 }
      waiting.merge(move.awaited, uniquingKeysWith: +)
    }
    progress.waiting = MigrationParty.allCases.compactMap { party in
      waiting[party].map { CampaignProgress.Waiting(party: party, count: $0) }
    }.sorted { $0.count > $1.count }
    let forecast = CampaignForecast(self, moves, order, at: now)
    progress.usualTime = forecast.usualTime
    progress.expectedVerified = forecast.verified
    progress.isStalled = isStalled(moves, at: now)
    return progress
  }

  private func isStalled(_ moves: [CampaignMove], at now: Timestamp) -> Bool {
    guard state == .running || state == .cancelling, moves.contains(where: { !$0.step.isEnd }) else { return false }
    let release = released(moves, at: now)
    return release.start.isEmpty && release.withdraw.isEmpty && release.nextLook == nil
      && !moves.contains { !$0.isToBegin && $0.standing == .running }
  }

  private static func waves(_ moves: [CampaignMove], _ order: CampaignOrder) -> CampaignProgress.Waves {
    var isDone: [Int: Bool] = [:]
    for move in moves { isDone[move.wave] = (isDone[move.wave] ?? true) && (move.isMoved || move.step.isEnd) }
    let open = isDone.count { wave, isDone in !isDone && wave <= order.openWave ?? wave }
    return CampaignProgress.Waves(total: isDone.count, done: isDone.count { $0.value }, open: open)
  }
}

extension ResourceAmounts {
  /// Adds amounts; a sum is held at the largest number there is.
  fileprivate mutating func add(_ other: Self) {
    for resource in CountedResource.allCases {
      let (sum, overflow) = self[resource].addingReportingOverflow(other[resource])
      self[resource] = overflow ? .max : sum
    }
  }
}
