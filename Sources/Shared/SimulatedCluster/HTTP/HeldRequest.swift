/// A request that waits until it is let go, for tests of what happens meanwhile: no delay is long enough on a machine
/// that is slow enough.
public final class HeldRequest: Sendable {
  private let arrivals: AsyncStream<Void>
  private let hasArrived: AsyncStream<Void>.Continuation
  private let releases: AsyncStream<Void>
  private let letsGo: AsyncStream<Void>.Continuation

  /// One that has not come yet.
  public init() {
    (arrivals, hasArrived) = AsyncStream.makeStream()
    (releases, letsGo) = AsyncStream.makeStream()
  }

  /// Returns once the request is there, or the task is cancelled.
  public func arrived() async {
    for await _ in arrivals {}
  }

  /// Lets it go, also where it has yet to come.
  public func release() { letsGo.finish() }

  /// Holds the request up: until it is let go, or its server ends.
  func pass() async {
    hasArrived.finish()
    for await _ in releases {}
  }
}

extension HeldRequest: Equatable {
  /// Whether both are one and the same.
  public static func == (left: HeldRequest, right: HeldRequest) -> Bool { left === right }
}
