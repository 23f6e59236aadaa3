public import Model

/// How fast a campaign goes. What is changed holds at once, and takes nothing back that has begun.
public struct CampaignPace: Codable, Sendable, Hashable {
  /// The most moves under way; nil where there is no limit.
  public var inFlight: Int?
  /// The most moves under way that go away from an operator or to it; nil where there is no limit.
  public var inFlightPerOperator: Int?
  /// How many production replicas of one project may be under way; not counted after a disaster.
  public var productionPerProject: Int
  /// The most moves that begin on a day in Paris; nil where there is no limit.
  public var perDay: Int?
  /// When something is left alone: nothing of it begins.
  public var blackouts: [Blackout]
  /// By wave, the day in Paris before which it does not open; absent where that is free.
  public var notBefore: [Int: CalendarDay]
  /// How many moves may be in trouble before the campaign pauses itself; nil where it never does. See
  /// ``CampaignMove/isTroubled``.
  public var maxTroubled: Int?

  /// A pace.
  public init(
    inFlight: Int? = nil, inFlightPerOperator: Int? = nil, productionPerProject: Int = 1, perDay: Int? = nil,
    blackouts: [Blackout] = [], notBefore: [Int: CalendarDay] = [:], maxTroubled: Int? = nil
  ) {
    self.inFlight = inFlight
    self.inFlightPerOperator = inFlightPerOperator
    self.productionPerProject = productionPerProject
    self.perDay = perDay
    self.blackouts = blackouts
    self.notBefore = notBefore
    self.maxTroubled = maxTroubled
  }

  /// The pace that a plan was made for.
  ///
  /// - Parameter waves: where they have dates, none opens before its own.
  public init(_ limits: MoveLimits, waves: [PlannedWave], inFlight: Int? = nil, maxTroubled: Int? = nil) {
    self.init(
      inFlight: inFlight, inFlightPerOperator: limits.inFlightPerOperator,
      productionPerProject: limits.productionPerProject, perDay: limits.perDay, blackouts: limits.blackouts,
      notBefore: waves.reduce(into: [:]) { days, wave in days[wave.number] = wave.date },
      maxTroubled: maxTroubled)
  }

  /// The largest number of moves that a pace, or a limit of a plan, may name: no plan holds as many.
  static let most = 100_000
  /// The blackouts that a pace may have.
  static let mostBlackouts = 1000

  func check() throws(MigrationRefusal) {
    let counts = [
      ("inFlight", inFlight), ("inFlightPerOperator", inFlightPerOperator),
      ("productionPerProject", productionPerProject), ("perDay", perDay),
    ]
    for (path, count) in counts {
      if let count, !(1...Self.most).contains(count) {
        throw MigrationRefusal(.badNumber, "pace.\(path)", accepted: "1 … \(Self.most)")
      }
    }
    if let maxTroubled, maxTroubled < 0 {
      throw MigrationRefusal(.badNumber, "pace.maxTroubled", accepted: "0 …")
    }
    guard blackouts.count <= Self.mostBlackouts else {
      throw MigrationRefusal(.badNumber, "pace.blackouts", accepted: "0 … \(Self.mostBlackouts)")
    }
    for (index, blackout) in blackouts.enumerated() where blackout.until < blackout.from {
      throw MigrationRefusal(.badNumber, "pace.blackouts[\(index)].until", accepted: "\(blackout.from) …")
    }
  }
}
