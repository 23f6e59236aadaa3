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
    /// By move, whether it never will.
    var isInVain: [Bool]
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
      for (move, cost) in nextOfMove(state.moves[index]) {
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
    return next + looked(state) + withdrawn(state)
  }

  private func after(_ act: CampaignEvent, _ state: State) -> State? {
    var campaign = campaign(state)
    guard (try? campaign.handle(act, by: Moves.body, at: Moves.start)) != nil else { return nil }
    var changed = state
    changed.campaign = number(campaign)
    return changed
  }

  /// Somebody reads that a move waits in vain.
  private func withdrawn(_ state: State) -> [State] {
    look(state).isInVain.indices.filter { look(state).isInVain[$0] }.compactMap { index in
      var changed = state
      guard let after = moveAfter[Int(state.moves[index])][1] else { return nil }
      changed.moves[index] = after
      return changed
    }
  }

  // MARK: The centre

  /// The campaign is looked at, and what it asks for is done one by one; whenever the centre dies what is written stays.
  private func looked(_ state: State) -> [State] {
    let look = look(state)
    checkReasons(state, look)
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
      if event == 0 { checkBeginning(of: move, changed, state) }
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
      isInVain: moves.map { move in
        release.held.contains { held in
          if held.move == move.id, case .dependencyLost = held.hold { true } else { false }
        }
      })
    looks[key] = look
    return look
  }

  func summaries(_ state: State) -> [CampaignMove] {
    (0..<3).map { index in
      var summary = setting.moves[index]
      summary.follow(moves[Int(state.moves[index])].move)
      summary.startedAt = state.begun[index] < 0 ? nil : Moves.start.adding(Int64(state.begun[index] - 1) * Moves.day)
      return summary
    }
  }

  // MARK: What was promised

  private func note(_ fault: String, _ state: State) { faults[fault] = faults[fault] ?? state }

  /// Looks for itself whether a move may begin, by what the others are.
  private func checkBeginning(of index: Int, _ state: State, _ origin: State) {
    let (all, campaign) = (summaries(state), campaign(state))
    let (move, pace) = (all[index], campaign.pace)
    if campaign.state != .running { note("it began although the campaign is \(campaign.state)", origin) }
    let busy = all.filter { !$0.isToBegin && !$0.step.isEnd && !Self.verified.contains($0.step) }
    if let most = pace.inFlight, busy.count >= most { note("more are under way than may be", origin) }
    if let most = pace.inFlightPerOperator {
      for name in [move.source.operator, move.target.operator]
      where busy.count(where: { $0.source.operator == name || $0.target.operator == name }) >= most {
        note("more of an operator are under way than may be", origin)
      }
    }
    if move.isProduction, setting.motive != .disaster,
      busy.count(where: { $0.isProduction && $0.project == move.project }) >= pace.productionPerProject
    {
      note("more production of a project is under way than may be", origin)
    }
    if let most = pace.perDay, (0..<3).count(where: { state.begun[$0] == 1 }) >= most {
      note("more begin on a day than may", origin)
    }
    let firsts = all.filter { move.dependencies.contains($0.id) }
    if !firsts.allSatisfy({ Self.verified.contains($0.step) }) { note("it began before what it depends on", origin) }
    // What has begun only now, in this very look, is of an open wave.
    let before = summaries(origin).filter { $0.wave < move.wave }
    if !before.allSatisfy({ isOut($0, of: summaries(origin)) }) {
      note("it began before an earlier wave was done", origin)
    }
  }

  /// Whether a move does not hold up what comes after its wave.
  private func isOut(_ move: CampaignMove, of all: [CampaignMove]) -> Bool {
    if move.step.isEnd || Self.verified.contains(move.step) || [.blocked, .paused].contains(move.standing) {
      return true
    }
    return move.isToBegin
      && move.dependencies.contains { id in
        all.contains { $0.id == id && !Self.verified.contains($0.step) && isOut($0, of: all) }
      }
  }

  private static let verified: Set<MigrationStep> = [.verified, .drainingSource, .removed, .done]

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
