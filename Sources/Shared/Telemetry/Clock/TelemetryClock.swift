import Glibc

/// The two clocks this room reads, passed in so that tests own the time.
public struct TelemetryClock: Sendable {
  /// Civil time, for what people read.
  public var wall: @Sendable () -> WallTime
  /// Time that never jumps, for measuring how old something is.
  public var uptime: @Sendable () -> Duration

  /// Both clocks as given.
  public init(wall: @escaping @Sendable () -> WallTime, uptime: @escaping @Sendable () -> Duration) {
    self.wall = wall
    self.uptime = uptime
  }

  /// The machine's clocks.
  public static let system = TelemetryClock(
    wall: {
      let now = read(CLOCK_REALTIME)
      return WallTime(seconds: Int64(now.tv_sec), nanoseconds: Int32(now.tv_nsec))
    },
    uptime: {
      let now = read(CLOCK_MONOTONIC)
      return .seconds(now.tv_sec) + .nanoseconds(now.tv_nsec)
    })

  private static func read(_ clock: clockid_t) -> timespec {
    var now = timespec()
    clock_gettime(clock, &now)  // cannot fail for these two clocks
    return now
  }
}
