import Events
import Foundation
import Model
import TestSupport

@testable import Migration

/// A long campaign in a world where agents lie, are late or away, others take the room, teams never answer, and the policy
/// changes; after a while all that ends, and it is seen what has become of the moves.
final class CampaignSimulation {
  /// A move, and what is on the clusters.
  struct Course {
    var move: EnvironmentMigration
    var there: [MigrationSide: PlacementPhase] = [.source: .active]
    /// How often it was ordered otherwise.
    var revisions: [MigrationSide: Int] = [:]
    var late: [(side: MigrationSide, revision: Int, observation: MigrationEvent.Observation)] = []
    var isIll = false
    var isCopied = false
    var isOnTarget = false
    var isTargetStopped = false
    var hasNewWrites = false
    var hasRoom = false
    /// Whether its team does what it is asked.
    var hasTeam = true
  }

  private(set) var campaign: MigrationCampaign
  private(set) var courses: [Course]
  private(set) var summaries: [CampaignMove]
  private(set) var now = Campaigns.noon
  private(set) var faults: [String] = []
  private(set) var notices: [CampaignNotice] = []
  private(set) var mostUnderWay = 0
  private var dice: Dice
  /// By cluster, the room that is left, and until when its agent is away.
  private var room: [String: Int] = [:]
  private var away: [String: Timestamp] = [:]
  private var isCalm = false

  init(_ dice: Dice, _ moves: Int, _ pace: CampaignPace) throws {
    self.dice = dice
    campaign = try MigrationCampaign(Campaigns.id(0), motive: .departure, pace: pace, by: Moves.body, at: now)
    (courses, summaries) = ([], [])
    for number in 1...moves { add(number) }
    for name in ["ants", "dtnum", "sgami"] {
      room["\(name)-1"] = summaries.count { $0.target.operator == name } + 2
    }
  }

  private func add(_ number: Int) {
    var terms = Moves.terms(isInConsole: chance(0.5))
    terms.approvers = [.serviceBody]
    terms.retention = 2 * Moves.day
    let isRehearsal = chance(0.6)
    var summary = Campaigns.move(
      number, of: "p\(number % 40)", isProduction: !isRehearsal, wave: 1 + number / 40,
      from: chance(0.7) ? "anfsi" : "ministry", to: pick(["ants", "dtnum", "sgami"]), step: .planned)
    if number > 45, chance(0.15) {
      summary.dependencies = [Campaigns.id(number - Int.random(in: 1...45, using: &dice))]
    }
    summaries.append(summary)
    courses.append(Course(move: EnvironmentMigration(summary.id, terms, at: now), hasTeam: chance(0.95)))
  }

  private func chance(_ share: Double) -> Bool { Double.random(in: 0..<1, using: &dice) < share }
  private func pick<Value>(_ values: [Value]) -> Value { values[Int.random(in: values.indices, using: &dice)] }

  // MARK: Running

  func run() {
    for index in courses.indices where chance(0.9) { feed(index, .approved(.serviceBody)) }
    act(.started(changes: []))
    // A small budget takes long; whoever makes no headway at all is not waited for.
    for round in 0..<10_000 where !campaign.state.isEnd {
      isCalm = round >= 150
      if round >= 900, round.isMultiple(of: 100), campaign.progress(summaries, at: now).isStalled { break }
      now = now.adding(Int64.random(in: 600_000_000...(isCalm ? 30_000_000_000 : 14_000_000_000), using: &dice))
      if !isCalm { misfortune() }
      for index in courses.indices where !courses[index].move.step.isEnd { go(index) }
      body()
      if chance(0.8) { look() }
      check()
    }
    look()
  }

  /// Others take the room, or give it back; an agent goes away.
  private func misfortune() {
    let cluster = pick(["ants-1", "dtnum-1", "sgami-1", "anfsi-1", "ministry-1"])
    if chance(0.05) { away[cluster] = now.adding(Int64.random(in: 0...3 * Moves.day, using: &dice)) }
    guard let free = room[cluster] else { return }
    room[cluster] = chance(0.5) ? max(0, free - Int.random(in: 0...20, using: &dice)) : free + 10
  }

  private func look() {
    act(.movesChanged(CampaignTally(of: summaries)), by: Moves.nobody)
    let asked = summaries
    let release = campaign.released(asked, at: now)
    let checker = CampaignChecker(campaign: campaign, asked: asked, now: now)
    for id in release.start {
      guard let index = summaries.firstIndex(where: { $0.id == id }) else { continue }
      faults += checker.faults(of: summaries[index], among: summaries)
      feed(index, .started(changes: []))
      if summaries[index].step != .preparingTarget { faults.append("what was released was refused") }
      // The centre dies; what is written stays.
      if chance(0.05) { break }
    }
    for id in release.withdraw {
      guard let index = summaries.firstIndex(where: { $0.id == id }) else { continue }
      feed(index, .rolledBack(acceptedLoss: nil))
    }
  }

  private func act(_ event: CampaignEvent, by actor: MigrationActor = Moves.body) {
    notices += (try? campaign.handle(event, by: actor, at: now)) ?? []
  }

  /// What the service body does about the campaign, and about what stands in its way.
  private func body() {
    if campaign.state == .paused, chance(0.3) { act(.resumed) }
    if !isCalm, chance(0.01) { act(.paused(reason: "a fair")) }
    if chance(0.02) {
      act(.paceChanged(.init(inFlight: Int.random(in: 5...40, using: &dice))))
    }
    for index in courses.indices where courses[index].move.step == .planned && chance(isCalm ? 0.5 : 0.05) {
      feed(index, .approved(.serviceBody))
    }
    guard isCalm, chance(0.3) else { return }
    // What waits in vain, or for a team that never answers, is led back, or given up.
    for held in campaign.released(summaries, at: now).held {
      guard case .dependencyLost = held.hold, let index = summaries.firstIndex(where: { $0.id == held.move }) else {
        continue
      }
      feed(index, .rolledBack(acceptedLoss: nil))
    }
    for index in courses.indices where courses[index].move.standing == .blocked && chance(0.02) {
      if !feed(index, .rolledBack(acceptedLoss: "a day")), chance(0.5) { feed(index, .givenUp(reason: "x")) }
    }
  }

  /// Something happens to a move.
  private func go(_ index: Int) {
    for side in MigrationSide.allCases where chance(0.5) { agent(index, side) }
    if chance(0.3), let report = courses[index].late.popLast() { read(index, report) }
    if courses[index].move.step == .preparingTarget, courses[index].move.target == nil, chance(0.5) { place(index) }
    if chance(0.5) { people(index) }
    if chance(0.2) { feed(index, .clock, by: Moves.nobody) }
    if isCalm {
      if courses[index].move.pausedBy != nil { feed(index, .resumed) }
      if courses[index].isIll { courses[index].isIll = false }
      if courses[index].move.obstacles.contains(where: \.isIllegal) { feed(index, .judged([]), by: Moves.nobody) }
    } else if chance(0.01) {
      switch Int.random(in: 0..<6, using: &dice) {
      case 0: feed(index, .rolledBack(acceptedLoss: nil))
      case 1: feed(index, .paused)
      case 2: feed(index, .resumed)
      case 3: feed(index, .judged(["forbidden"]), by: Moves.nobody)
      case 4: feed(index, .judged([]), by: Moves.nobody)
      default: courses[index].isIll.toggle()
      }
    }
  }

  private func place(_ index: Int) {
    let cluster = summaries[index].target.cluster
    guard let free = room[cluster], free > 0 else {
      feed(index, .unplaceable(["CapacityShort"]), by: Moves.nobody)
      if isCalm { room[cluster, default: 0] += 1 }
      return
    }
    feed(index, .placed(Moves.other), by: Moves.nobody)
    room[cluster] = free - 1
    courses[index].hasRoom = true
  }

  // MARK: Agents

  private func agent(_ index: Int, _ side: MigrationSide) {
    let cluster = side == .source ? summaries[index].source.cluster : summaries[index].target.cluster
    if let until = away[cluster], now < until, !isCalm { return }
    let course = courses[index]
    let phase = course.move.wanted[side] ?? (side == .source ? .active : nil)
    guard let phase, !isCalm || !course.move.isSeen(side, phase) else { return }
    let isWell = side == .source || !course.isIll
    let observation = MigrationEvent.Observation(phase, faults: isWell ? [] : ["QuotaPending"])
    let report = (side: side, revision: course.revisions[side] ?? 0, observation: observation)
    // It says that it was done, and it was not.
    if !isCalm, chance(0.02) { return read(index, report) }
    courses[index].there[side] = phase == .removed ? nil : phase
    if !isCalm, chance(0.1) { return }
    if !isCalm, chance(0.2), courses[index].late.count < 5 { courses[index].late.append(report) }
    read(index, report)
  }

  /// The centre takes only what is said of what it wants now.
  private func read(
    _ index: Int, _ report: (side: MigrationSide, revision: Int, observation: MigrationEvent.Observation)
  ) {
    guard report.revision == courses[index].revisions[report.side] ?? 0 else { return }
    feed(index, .observed(report.side, report.observation), by: Moves.nobody)
  }

  // MARK: People

  private func people(_ index: Int) {
    let course = courses[index]
    for task in course.move.tasks where task.isOpen && isPossible(task.kind, course) && course.hasTeam && chance(0.7) {
      guard feed(index, .done(task.kind, evidence: "x")) else { continue }
      switch task.kind {
      case .finalCopy: courses[index].isCopied = true
      case .switchNames: courses[index].isOnTarget = course.move.step != .rollingBack
      case .stopWrites: courses[index].isTargetStopped = course.move.step == .rollingBack
      case .reverseCopy: courses[index].hasNewWrites = false
      default: break
      }
    }
    if courses[index].isOnTarget, !courses[index].isTargetStopped { courses[index].hasNewWrites = true }
    let terms = course.move.terms
    switch course.move.step {
    case .finalCopy: feed(index, .cutOverBegins)
    // Who types a name has looked whether the other copy is there.
    case .drainingSource where course.there[.target] != nil:
      feed(index, .removalConfirmed(typed: terms.environment))
    case .rollingBack where course.there[.source] != nil:
      feed(index, .targetRemovalConfirmed(typed: terms.targetEnvironment))
    default: break
    }
  }

  /// People say that something was done when it was.
  private func isPossible(_ kind: MigrationTask.Kind, _ course: Course) -> Bool {
    switch kind {
    case .firstCopy, .finalCopy: course.there[.target] != nil && course.there[.source] != nil
    case .verify: course.there[.target] == .active && !course.isIll
    case .reverseCopy: course.there[.source] == .active && course.there[.target] != nil
    default: true
    }
  }

  // MARK: What was promised

  @discardableResult
  private func feed(_ index: Int, _ event: MigrationEvent, by actor: MigrationActor = Moves.body) -> Bool {
    let before = courses[index].move
    guard (try? courses[index].move.handle(event, by: actor, at: now)) != nil else { return false }
    let move = courses[index].move
    for side in MigrationSide.allCases where move.wanted[side] != before.wanted[side] {
      courses[index].revisions[side, default: 0] += 1
    }
    if courses[index].hasRoom, move.target == nil || move.step == .rolledBack {
      room[summaries[index].target.cluster, default: 0] += 1
      courses[index].hasRoom = false
    }
    summaries[index].follow(move)
    return true
  }

  private func check() {
    mostUnderWay = max(mostUnderWay, summaries.count { $0.isUnderWay })
    for course in courses {
      let copies = MigrationSide.allCases.filter { course.there[$0] == .active || course.there[$0] == .frozen }
      if copies.isEmpty { faults.append("no copy is active or frozen") }
      if course.there[.source] == nil, !course.isCopied { faults.append("the source went, and was not copied") }
      if course.there[.target] == nil, course.hasNewWrites, course.move.acceptedLoss == nil {
        faults.append("what was written on the target is lost")
      }
      if course.move.standing == .running, course.move.awaited.isEmpty { faults.append("it waits for nothing") }
    }
  }
}
