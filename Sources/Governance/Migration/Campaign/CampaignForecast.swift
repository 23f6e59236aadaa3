import Events
import Model

/// When a campaign will be through, should everything go on as it has.
struct CampaignForecast {
  /// Microseconds from the beginning of a move to its verification, in the middle; nil while none was verified.
  private(set) var usualTime: Int64?
  /// When everything is verified that can be; nil where nobody knows, or nothing is left.
  private(set) var verified: Timestamp?

  init(_ campaign: MigrationCampaign, _ moves: [CampaignMove], _ order: CampaignOrder, at now: Timestamp) {
    let times = moves.compactMap { move in
      move.startedAt.flatMap { started in move.verifiedAt.map { $0.microseconds(since: started) } }
    }.sorted()
    guard !times.isEmpty else { return }
    let usual = max(0, times[times.count / 2])
    usualTime = usual
    guard !campaign.state.isEnd else { return }
    var end = now
    for move in moves where move.isUnderWay && move.standing == .running && move.step != .rollingBack {
      guard let started = move.startedAt else { continue }
      end = max(end, started.adding(usual))
      verified = end
    }
    guard campaign.state != .cancelling else { return }
    // What is set aside begins when somebody has seen to it, if ever.
    let waves = Dictionary(grouping: moves.filter { $0.isToBegin && !$0.isSettled && !order.isAside($0) }, by: \.wave)
    for (wave, moves) in waves.sorted(by: { $0.key < $1.key }) {
      let begins = campaign.pace.firstDay(of: wave, from: end)
      end = begins.adding(campaign.time(of: moves, usual))
      verified = end
    }
  }
}

extension MigrationCampaign {
  /// Microseconds that moves take which may begin together, at a usual time for each.
  fileprivate func time(of wave: [CampaignMove], _ usual: Int64) -> Int64 {
    // What was stored before there was a bound may be the largest number there is: nothing is added to it.
    func rounds(_ count: Int, _ most: Int?) -> Int { most.map { count == 0 ? 0 : (count - 1) / $0 + 1 } ?? 1 }
    var most = rounds(wave.count, pace.inFlight)
    var byOperator: [String: Int] = [:]
    var production: [String: Int] = [:]
    for move in wave {
      byOperator[move.source.operator, default: 0] += 1
      if let other = move.otherOperator { byOperator[other, default: 0] += 1 }
      if move.isProduction { production[move.project, default: 0] += 1 }
    }
    if let count = byOperator.values.max() { most = max(most, rounds(count, pace.inFlightPerOperator)) }
    if motive != .disaster, let count = production.values.max() {
      most = max(most, rounds(count, pace.productionPerProject))
    }
    let days = Int64(pace.perDay.map { (wave.count - 1) / $0 } ?? 0)
    let (time, overflow) = usual.multipliedReportingOverflow(by: Int64(most))
    return overflow ? .max : max(time, usual + days * 86_400_000_000)
  }
}

extension CampaignPace {
  /// The first moment from one on at which a wave may begin, but for what leaves alone only a part of it.
  fileprivate func firstDay(of wave: Int, from moment: Timestamp) -> Timestamp {
    var moment = moment
    if let day = notBefore[wave] { moment = max(moment, ParisTime.start(of: day)) }
    for blackout in blackouts.sorted(by: { $0.from < $1.from }) where blackout.reach == .everything {
      let day = ParisTime.day(of: moment)
      guard blackout.from <= day, day <= blackout.until else { continue }
      moment = ParisTime.start(of: blackout.until.adding(days: 1))
    }
    return moment
  }
}
