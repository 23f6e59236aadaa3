import Events
import Foundation
import Model

@testable import Migration

/// A campaign of three moves with all that may happen to them, small enough to try everything. What each move and the
/// campaign can be is kept once, and a state is made of their numbers.
final class CampaignWorld {
  /// What it is of.
  struct Setting {
    var pace: CampaignPace
    var motive = MoveMotive.departure
    /// Three of them, before anything was approved.
    var moves: [CampaignMove]
    var options: [CoarseMove.Options]
    /// What the service body may do once each.
    var acts: [CampaignEvent] = []
    /// How often the centre dies while it has moves begin.
    var crashes = 2
    var lost = 1
    var doubled = 1
    /// Whether days pass.
    var hasDays = false
    /// By cluster, how many environments it has room for; the others have room for all.
    var rooms: [String: Int] = [:]
  }

  struct State: Hashable {
    var campaign: Int32
    var moves: SIMD4<Int32>
    /// By move, whether it began today, 1, or before, 0; -1 where it has not.
    var begun: SIMD4<Int8>
    /// The acts that are left, as bits.
    var acts: UInt16
    var crashes: Int8
    var lost: Int8
    var doubled: Int8
  }

  /// What the campaign asks for, and what it is then.
  private struct Look {
    var campaign: Int32
    var start: [Int]
    var withdraw: [Int]
    /// By move, whether it says why it does not begin.
    var isHeld: [Bool]
    /// The moves that never will.
    var inVain: [Int]
  }

  private struct LookKey: Hashable {
    var campaign: Int32
    var moves: SIMD4<Int32>
    var begun: SIMD4<Int8>
  }

  let setting: Setting
  private(set) var campaigns: [MigrationCampaign] = []
  private var campaignNumbers: [MigrationCampaign: Int32] = [:]
  private(set) var moves: [CoarseMove] = []
  private var moveNumbers: [CoarseMove: Int32] = [:]
  private var moveFaults: [String?] = []
  private var summaries: [CampaignMove] = []
  private var moveNext: [[(move: Int32, cost: CoarseMove.Cost)]?] = []
  private var moveAfter: [[Int32?]] = []
  private var looks: [LookKey: Look] = [:]
  /// The states in which what was promised does not hold.
  private(set) var faults: [String: State] = [:]

  init(_ setting: Setting) { self.setting = setting }

  func first() throws -> State {
    let campaign = try MigrationCampaign(
      Campaigns.id(0), motive: setting.motive, pace: setting.pace, by: Moves.body, at: Moves.start)
    var state = State(
      campaign: number(campaign), moves: .zero, begun: SIMD4(repeating: -1),
      acts: UInt16(1 << setting.acts.count) - 1, crashes: Int8(setting.crashes), lost: Int8(setting.lost),
      doubled: Int8(setting.doubled))
    for index in 0..<3 { state.moves[index] = number(CoarseMove(setting.options[index])) }
    return state
  }

  func campaign(_ state: State) -> MigrationCampaign { campaigns[Int(state.campaign)] }

  func steps(_ state: State) -> [MigrationStep] { (0..<3).map { moves[Int(state.moves[$0])].move.step } }

  /// All states that may follow.
  func successors(_ state: State) -> [State] {
    var next: [State] = []
    for index in 0..<3 {
      for (move, cost) in nextOfMove(state.moves[index]) where isByRoom(move, index, state) {
        var changed = state
        changed.moves[index] = move
        switch cost {
        case .nothing: break
        case .lost: changed.lost -= 1
        case .doubled: changed.doubled -= 1
        }
        if changed.lost >= 0, changed.doubled >= 0 { next.append(changed) }
      }
    }
    for (index, act) in setting.acts.enumerated() where state.acts & (1 << UInt16(index)) != 0 {
      guard var changed = after(act, state) else { continue }
      changed.acts &= ~(1 << UInt16(index))
      next.append(changed)
    }
    if let changed = after(.resumed, state) { next.append(changed) }
    if setting.hasDays {
      var changed = state
      changed.begun.replace(with: 0, where: changed.begun .== 1)
      if changed != state { next.append(changed) }
    }
    let look = look(state)
    checkReasons(state, look)
    return next + looked(state, look) + withdrawn(state, look)
  }

  private func after(_ act: CampaignEvent, _ state: State) -> State? {
    var campaign = campaign(state)
    guard (try? campaign.handle(act, by: Moves.body, at: Moves.start)) != nil else { return nil }
    var changed = state
    changed.campaign = number(campaign)
    return changed
  }

  /// Somebody reads that a move waits in vain.
  private func withdrawn(_ state: State, _ look: Look) -> [State] {
    look.inVain.compactMap { index in
      var changed = state
      guard let after = moveAfter[Int(state.moves[index])][1] else { return nil }
      changed.moves[index] = after
      return changed
    }
  }

  // MARK: The centre

  /// The campaign is looked at, and what it asks for is done one by one; whenever the centre dies what is written stays.
  private func looked(_ state: State, _ look: Look) -> [State] {
    var changed = state
    changed.campaign = look.campaign
    var next: [State] = []
    let orders = look.start.map { ($0, 0) } + look.withdraw.map { ($0, 1) }
    for (move, event) in orders {
      if changed.crashes > 0, changed != state {
        var dead = changed
        dead.crashes -= 1
        next.append(dead)
      }
      if event == 0 {
        let all = summaries(changed)
        let checker = CampaignChecker(campaign: campaign(changed), asked: summaries(state), now: Moves.start)
        for fault in checker.faults(of: all[move], among: all) { note(fault, state) }
      }
      guard let after = moveAfter[Int(changed.moves[move])][event] else {
        note("what was released was refused", state)
        continue
      }
      changed.moves[move] = after
      if event == 0 { changed.begun[move] = 1 }
    }
    if changed != state { next.append(changed) }
    return next
  }

  private func look(_ state: State) -> Look {
    let key = LookKey(campaign: state.campaign, moves: state.moves, begun: state.begun)
    if let look = looks[key] { return look }
    let moves = summaries(state)
    var campaign = campaign(state)
    _ = try? campaign.handle(.movesChanged(CampaignTally(of: moves)), by: Moves.nobody, at: Moves.start)
    let release = campaign.released(moves, at: Moves.start)
    func indices(_ ids: [UUID]) -> [Int] { ids.compactMap { id in moves.firstIndex { $0.id == id } } }
    let look = Look(
      campaign: number(campaign), start: indices(release.start), withdraw: indices(release.withdraw),
      isHeld: moves.map { move in release.held.contains { $0.move == move.id } },
      inVain: indices(
        release.held.compactMap { held in
          if case .dependencyLost = held.hold { held.move } else { nil }
        }))
    looks[key] = look
    return look
  }

  func summaries(_ state: State) -> [CampaignMove] {
    (0..<3).map { index in
      var summary = summaries[Int(state.moves[index])]
      let setting = setting.moves[index]
      (summary.id, summary.wave, summary.dependencies) = (setting.id, setting.wave, setting.dependencies)
      summary.isProduction = setting.isProduction
      (summary.source, summary.target) = (setting.source, setting.target)
      summary.hasRoom = isRoomLeft(for: index, state)
      summary.startedAt =
        state.begun[index] < 0 ? nil : Moves.start.adding(Int64(state.begun[index] - 1) * Moves.day)
      return summary
    }
  }

  // MARK: Room

  /// How many more environments a cluster has room for; nil where it has room for all.
  private func free(_ cluster: String, _ state: State) -> Int? {
    guard var free = setting.rooms[cluster] else { return nil }
    for index in 0..<3 {
      let move = moves[Int(state.moves[index])]
      if setting.moves[index].source.cluster == cluster, move.there[.source] != nil { free -= 1 }
      let isPlaced = move.move.target != nil && move.move.step != .rolledBack
      if setting.moves[index].target.cluster == cluster, isPlaced { free -= 1 }
    }
    return free
  }

  /// How many of those before a move have no place yet on the cluster that it goes to.
  private func before(_ index: Int, _ state: State) -> Int {
    (0..<index).count { other in
      let move = moves[Int(state.moves[other])].move
      return setting.moves[other].target.cluster == setting.moves[index].target.cluster && move.target == nil
        && !move.step.isEnd && move.step != .rollingBack
    }
  }

  /// Whether there is room for a move, beside those before it.
  private func isRoomLeft(for index: Int, _ state: State) -> Bool {
    free(setting.moves[index].target.cluster, state).map { $0 > before(index, state) } ?? true
  }

  /// Whether what becomes of a move is by the room that there is: a place where it may have one, and none where not.
  private func isByRoom(_ next: Int32, _ index: Int, _ state: State) -> Bool {
    guard setting.rooms[setting.moves[index].target.cluster] != nil else { return true }
    let (move, next) = (moves[Int(state.moves[index])].move, moves[Int(next)].move)
    if move.target == nil, next.target != nil { return isRoomLeft(for: index, state) }
    let isRefused = next.obstacles.contains(where: \.isNoTarget) && !move.obstacles.contains(where: \.isNoTarget)
    return !isRefused || !isRoomLeft(for: index, state)
  }

  // MARK: What was promised

  private func note(_ fault: String, _ state: State) { faults[fault] = faults[fault] ?? state }

  /// Whatever has not ended says what it waits for.
  private func checkReasons(_ state: State, _ look: Look) {
    let campaign = campaigns[Int(look.campaign)]
    for index in 0..<3 {
      let move = moves[Int(state.moves[index])]
      if let fault = moveFaults[Int(state.moves[index])] { note(fault, state) }
      if move.move.step.isEnd { continue }
      if campaign.state.isEnd { note("it has ended before its moves", state) }
      let isToBegin = move.move.step == .planned || move.move.step == .approved
      if campaign.state == .running, isToBegin, !look.start.contains(index), !look.isHeld[index],
        campaign.pace.maxTroubled == nil
      {
        note("it does not begin, and does not say why", state)
      }
    }
  }

  // MARK: Numbers

  private func number(_ campaign: MigrationCampaign) -> Int32 {
    if let number = campaignNumbers[campaign] { return number }
    campaignNumbers[campaign] = Int32(campaigns.count)
    campaigns.append(campaign)
    return Int32(campaigns.count - 1)
  }

  private func number(_ move: CoarseMove) -> Int32 {
    if let number = moveNumbers[move] { return number }
    let number = Int32(moves.count)
    moveNumbers[move] = number
    moves.append(move)
    moveFaults.append(move.fault)
    var summary = Campaigns.move(0)
    summary.follow(move.move)
    summaries.append(summary)
    moveNext.append(nil)
    moveAfter.append([])
    let begins = move.move.step == .approved ? move.after(.started(changes: [])) : nil
    let ends = [.planned, .approved].contains(move.move.step) ? move.after(.rolledBack(acceptedLoss: nil)) : nil
    moveAfter[Int(number)] = [begins.map(self.number), ends.map(self.number)]
    return number
  }

  private func nextOfMove(_ number: Int32) -> [(move: Int32, cost: CoarseMove.Cost)] {
    if let next = moveNext[Int(number)] { return next }
    let next = moves[Int(number)].successors.map { (self.number($0.0), $0.1) }
    moveNext[Int(number)] = next
    return next
  }
}
