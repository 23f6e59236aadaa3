public import Model

/// How much may be moved at a time, when, and in which order.
public struct MoveLimits: Codable, Sendable, Hashable {
  /// An environment that moves only after another one has.
  public struct Dependency: Codable, Sendable, Hashable {
    /// What goes first, where it is moved at all.
    public var first: EnvironmentReference
    /// What goes in a later wave, or stays where the first one is to be moved and can not be, whatever keeps it. One
    /// whose move was verified is not to be moved any more, though its source is kept.
    public var then: EnvironmentReference

    /// A dependency.
    public init(first: EnvironmentReference, then: EnvironmentReference) {
      self.first = first
      self.then = then
    }
  }

  /// The disruption budget of a project: how many production replicas of it are in one wave.
  public var productionPerProject: Int
  /// The most moves of a wave that go away from an operator or to it; nil where there is no limit.
  public var inFlightPerOperator: Int?
  /// The most moves of a day; nil where there is no limit.
  public var perDay: Int?
  /// The waves of one day: each begins when the one before it is done.
  public var wavesPerDay: Int
  /// After how many days a source is removed once its wave is done, and its room may be used.
  public var retentionDays: Int
  /// The days on which waves may be, in order. Where none are given days are counted, from 0, and have no end.
  public var days: [CalendarDay]
  /// When something is left alone; needs `days`.
  public var blackouts: [Blackout]
  /// What goes after what.
  public var dependencies: [Dependency]
  /// Whether production follows the other environments of its project, as far as room allows.
  public var rehearses: Bool
  /// The steps that the search may take.
  public var searchSteps: Int

  /// Limits.
  public init(
    productionPerProject: Int = 1, inFlightPerOperator: Int? = nil, perDay: Int? = nil, wavesPerDay: Int = 1,
    retentionDays: Int = 0, days: [CalendarDay] = [], blackouts: [Blackout] = [], dependencies: [Dependency] = [],
    rehearses: Bool = true, searchSteps: Int = 200_000_000
  ) {
    self.productionPerProject = productionPerProject
    self.inFlightPerOperator = inFlightPerOperator
    self.perDay = perDay
    self.wavesPerDay = wavesPerDay
    self.retentionDays = retentionDays
    self.days = days
    self.blackouts = blackouts
    self.dependencies = dependencies
    self.rehearses = rehearses
    self.searchSteps = searchSteps
  }
}
