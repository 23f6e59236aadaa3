public import Events
public import Foundation
public import Model

/// What is to happen to the moves of a campaign now, for what they are. Asked again it is the same.
public struct CampaignRelease: Codable, Sendable, Hashable {
  /// A move that does not begin.
  public struct Held: Codable, Sendable, Hashable {
    /// The move.
    public var move: UUID
    /// Why.
    public var hold: CampaignHold
  }

  /// The moves that begin, in order.
  public var start: [UUID] = []
  /// The moves that have not begun and never will, in order: each is rolled back, which costs nothing.
  public var withdraw: [UUID] = []
  /// While it runs: the moves that have not begun and do not now, in the order in which they are looked at.
  public var held: [Held] = []
  /// When it has to be looked at again for the time alone; nil where time changes nothing.
  public var nextLook: Timestamp?

  /// Whether a move waits for room, of which nothing need tell that it is there.
  public var isRoomAwaited: Bool {
    held.contains { if case .room = $0.hold { true } else { false } }
  }
}

/// Why a move does not begin.
public enum CampaignHold: Codable, Sendable, Hashable {
  /// Not everybody has agreed.
  case approvals
  /// It is paused itself, or something stands in its way.
  case halted
  /// Its placement has a part in another migration's move, which is under way.
  case elsewhere(UUID)
  /// What it depends on was rolled back, was given up, or is not of the campaign: it will never begin.
  case dependencyLost(UUID)
  /// An earlier wave is not done.
  case wave(Int)
  /// Its wave does not open before the day.
  case waveDay(CalendarDay)
  /// What it depends on is not verified.
  case dependency(UUID)
  /// There is no room for it where it goes to before others have left, of which this is the first.
  case room(UUID)
  /// It is left alone up to the day, that day included.
  case blackout(until: CalendarDay)
  /// As many moves begin on a day as may.
  case perDay(Int)
  /// As many moves are under way as may be.
  case inFlight(Int)
  /// As many moves of the operator's are under way as may be.
  case `operator`(String)
  /// As many production replicas of the project are under way as may be.
  case production(project: String)
}
