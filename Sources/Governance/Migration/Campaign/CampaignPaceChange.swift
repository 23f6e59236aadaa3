/// What of a pace is to be otherwise: what is not named stays as it is, also where somebody else has just changed it.
public struct CampaignPaceChange: Codable, Sendable, Hashable {
  /// The most moves under way; 0 takes the limit away.
  public var inFlight: Int?
  /// The most moves under way of an operator; 0 takes the limit away.
  public var inFlightPerOperator: Int?
  /// How many production replicas of one project may be under way.
  public var productionPerProject: Int?
  /// The most moves that begin on a day in Paris; 0 takes the limit away.
  public var perDay: Int?
  /// How many moves may be in trouble before the campaign pauses itself; less than 0: it never does.
  public var maxTroubled: Int?
  /// When something is left alone, in place of what was said of that before.
  public var blackouts: [Blackout]?

  /// What is otherwise; nothing, unless said so.
  public init(
    inFlight: Int? = nil, inFlightPerOperator: Int? = nil, productionPerProject: Int? = nil, perDay: Int? = nil,
    maxTroubled: Int? = nil, blackouts: [Blackout]? = nil
  ) {
    self.inFlight = inFlight
    self.inFlightPerOperator = inFlightPerOperator
    self.productionPerProject = productionPerProject
    self.perDay = perDay
    self.maxTroubled = maxTroubled
    self.blackouts = blackouts
  }

  /// A pace that is otherwise in this.
  public func applied(to pace: CampaignPace) -> CampaignPace {
    var pace = pace
    if let inFlight { pace.inFlight = inFlight == 0 ? nil : inFlight }
    if let inFlightPerOperator { pace.inFlightPerOperator = inFlightPerOperator == 0 ? nil : inFlightPerOperator }
    if let productionPerProject { pace.productionPerProject = productionPerProject }
    if let perDay { pace.perDay = perDay == 0 ? nil : perDay }
    if let maxTroubled { pace.maxTroubled = maxTroubled < 0 ? nil : maxTroubled }
    if let blackouts { pace.blackouts = blackouts }
    return pace
  }
}
