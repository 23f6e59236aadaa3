import Events
import Model

/// What a campaign still has room for at a moment.
struct CampaignBudget {
  private let pace: CampaignPace
  private let protectsProduction: Bool
  private let day: CalendarDay
  private var underWay = 0
  private var begunToday = 0
  private var byOperator: [String: Int] = [:]
  private var production: [String: Int] = [:]
  /// The last day on which something is left alone, of what is left alone today.
  private var quietUntil: [Blackout.Reach: CalendarDay] = [:]

  /// - Parameter others: moves of other campaigns: the people of an operator, and the users of a project, are the same whoever
  ///   has ordered what.
  init(
    _ pace: CampaignPace, _ motive: MoveMotive, _ moves: [CampaignMove], others: [CampaignMove] = [], at now: Timestamp
  ) {
    self.pace = pace
    // Nothing lives there any more that could be disturbed.
    protectsProduction = motive != .disaster
    let today = ParisTime.day(of: now)
    day = today
    for blackout in pace.blackouts where blackout.from <= today && today <= blackout.until {
      quietUntil[blackout.reach] = max(quietUntil[blackout.reach] ?? blackout.until, blackout.until)
    }
    let (dawn, dusk) = (ParisTime.start(of: today), ParisTime.start(of: today.adding(days: 1)))
    for place in moves.indices {
      if let startedAt = moves[place].startedAt, dawn <= startedAt, startedAt < dusk { begunToday += 1 }
      if moves[place].isUnderWay { count(moves[place]) }
    }
    for other in others where other.isUnderWay { countForAll(other) }
  }

  /// Why a move can not begin; nil where there is room for it.
  func hold(of move: CampaignMove) -> CampaignHold? {
    if let until = quiet(move) { return .blackout(until: until) }
    if let most = pace.perDay, begunToday >= most { return .perDay(most) }
    if let most = pace.inFlight, underWay >= most { return .inFlight(most) }
    if let most = pace.inFlightPerOperator {
      if byOperator[move.source.operator] ?? 0 >= most { return .operator(move.source.operator) }
      if byOperator[move.target.operator] ?? 0 >= most { return .operator(move.target.operator) }
    }
    if protectsProduction, move.isProduction, production[move.project] ?? 0 >= pace.productionPerProject {
      return .production(project: move.project)
    }
    return nil
  }

  /// Why a wave can not open on the day; nil where it can.
  func hold(ofWave wave: Int) -> CampaignHold? {
    guard let first = pace.notBefore[wave], day < first else { return nil }
    return .waveDay(first)
  }

  mutating func begin(_ move: CampaignMove) {
    begunToday += 1
    count(move)
  }

  /// When a hold ends by the time alone; nil where something else has to happen.
  func end(of hold: CampaignHold) -> Timestamp? {
    switch hold {
    case .waveDay(let first): ParisTime.start(of: first)
    case .blackout(let until): ParisTime.start(of: until.adding(days: 1))
    case .perDay: ParisTime.start(of: day.adding(days: 1))
    default: nil
    }
  }

  private mutating func count(_ move: CampaignMove) {
    underWay += 1
    countForAll(move)
  }

  private mutating func countForAll(_ move: CampaignMove) {
    byOperator[move.source.operator, default: 0] += 1
    if let other = move.otherOperator { byOperator[other, default: 0] += 1 }
    if move.isProduction { production[move.project, default: 0] += 1 }
  }

  private func quiet(_ move: CampaignMove) -> CalendarDay? {
    guard !quietUntil.isEmpty else { return nil }
    return Blackout.reaches(of: move.project, from: move.source, to: move.target).compactMap { quietUntil[$0] }.max()
  }
}
