public import Foundation
public import Model

/// Moves that may be under way at the same time. A wave begins when the one before it is done.
public struct PlannedWave: Codable, Sendable, Hashable {
  /// From 1.
  public var number: Int
  /// Which of the days of the plan it is on, from 0.
  public var day: Int
  /// The day; absent where the plan was made without days.
  public var date: CalendarDay?
  /// The placements that go, in the order of the plan's moves.
  public var moves: [UUID]
}
