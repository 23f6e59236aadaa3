public import Model

/// Days on which something is left alone.
public struct Blackout: Codable, Sendable, Hashable {
  /// What is left alone.
  public enum Reach: Codable, Sendable, Hashable {
    /// Nothing at all is moved.
    case everything
    /// Nothing is moved away from the operator's regions, or to them.
    case `operator`(String)
    /// Nothing is moved away from the region, or to it.
    case region(String)
    /// Nothing is moved away from the cluster, or to it.
    case cluster(String)
    /// Nothing of the project is moved.
    case project(String)
  }

  /// The first day.
  public var from: CalendarDay
  /// The last day.
  public var until: CalendarDay
  /// What is left alone.
  public var reach: Reach

  /// A blackout, both days included.
  public init(from: CalendarDay, until: CalendarDay, reach: Reach = .everything) {
    self.from = from
    self.until = until
    self.reach = reach
  }
}
