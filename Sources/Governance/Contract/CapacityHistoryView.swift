public import Model
public import Policy

/// What clusters had together, day by day, and where that goes.
public struct CapacityHistoryView: Codable, Sendable, Hashable {
  /// One day.
  public struct Day: Codable, Sendable, Hashable {
    /// The day, in Paris.
    public var day: CalendarDay
    /// How many clusters.
    public var clusters: Int64
    /// What their operators declared.
    public var declared: ResourceAmounts
    /// The most that might be promised.
    public var limit: ResourceAmounts
    /// What was promised.
    public var committed: ResourceAmounts
    /// What of it was only reserved.
    public var reserved: ResourceAmounts
    /// What was in use; absent where nobody had said so, or that is not for whoever asks.
    public var used: ResourceAmounts?

    /// A day.
    public init(
      day: CalendarDay, clusters: Int64, declared: ResourceAmounts, limit: ResourceAmounts,
      committed: ResourceAmounts, reserved: ResourceAmounts, used: ResourceAmounts?
    ) {
      self.day = day
      self.clusters = clusters
      self.declared = declared
      self.limit = limit
      self.committed = committed
      self.reserved = reserved
      self.used = used
    }
  }

  /// Where what is promised of one resource goes.
  public struct Trend: Codable, Sendable, Hashable {
    /// The resource.
    public var resource: CountedResource
    /// What a straight line through the days says.
    public var trend: CapacityTrend

    private enum CodingKeys: String, CodingKey {
      case resource
    }

    /// A trend.
    public init(resource: CountedResource, trend: CapacityTrend) {
      self.resource = resource
      self.trend = trend
    }

    /// Decodes a trend.
    public init(from decoder: any Decoder) throws {
      resource = try decoder.container(keyedBy: CodingKeys.self).decode(CountedResource.self, forKey: .resource)
      trend = try CapacityTrend(from: decoder)
    }

    /// Encodes it, what the line says beside the resource.
    public func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(resource, forKey: .resource)
      try trend.encode(to: encoder)
    }
  }

  /// The first one first. A day that nobody has written down is not there.
  public var days: [Day]
  /// One for each resource that there is something of, in the order in which they are shown.
  public var trends: [Trend]

  /// A history. Its trends are made of it.
  ///
  /// - Parameters:
  ///   - alike: what was promised on the clusters of the last day, on the days on which all of them were there: the
  ///     line is through these. A cluster that joins with what it holds, or leaves with it, is no growth.
  ///   - today: the day on which it is told, in Paris.
  public init(days: [Day], alike: [CalendarDay: ResourceAmounts], today: CalendarDay) {
    self.days = days
    trends = CountedResource.allCases.compactMap { resource in
      guard let last = days.last, last.limit[resource] > 0 || last.committed[resource] > 0 else { return nil }
      let points = alike.map { CapacityTrend.Point(day: $0.key, committed: $0.value[resource]) }
      return Trend(resource: resource, trend: CapacityTrend(points, limit: last.limit[resource], on: today))
    }
  }
}
