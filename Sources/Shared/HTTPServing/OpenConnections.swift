import HummingbirdCore
import Logging
import NIOConcurrencyHelpers
import NIOCore

/// The connections of a server, and what becomes of them when it goes.
final class OpenConnections: Sendable {
  private struct State {
    var open: [ObjectIdentifier: any Channel] = [:]
    /// Those that nothing serves yet.
    var unserved: [ObjectIdentifier: HTTP1Channel.Value] = [:]
    var isWatching = false
    var isStopped = false
    /// When it was last told that there is no place left.
    var toldAt: ContinuousClock.Instant?
  }

  /// How long a connection that has begun a request may wait to be served once the server goes.
  private static let patience = TimeAmount.seconds(1)

  /// Whoever opens one connection after the other must not fill the log as well.
  private static let tellingInterval: Duration = .seconds(60)

  /// How many there may be at once; nil for any number.
  private let most: Int?
  private let state = NIOLockedValueBox(State())

  init(most: Int? = nil) { self.most = most }

  /// Gives a connection its place, until it is closed.
  ///
  /// - Returns: False where no place is left.
  func admit(_ channel: any Channel, _ logger: Logger) -> Bool {
    let id = ObjectIdentifier(channel)
    let (isAdmitted, tells) = state.withLockedValue { state -> (Bool, Bool) in
      guard let most, state.open.count >= most else {
        state.open[id] = channel
        return (true, false)
      }
      let isNews = state.toldAt.map { .now - $0 >= Self.tellingInterval } ?? true
      if isNews { state.toldAt = .now }
      return (false, isNews)
    }
    if tells {
      logger.warning("A connection is closed at once: there are as many as may be", metadata: ["most": "\(most ?? 0)"])
    }
    guard isAdmitted else { return false }
    channel.closeFuture.whenComplete { [self] _ in
      let closed = state.withLockedValue { $0.open.removeValue(forKey: id) }
      withExtendedLifetime(closed) {}
    }
    return true
  }

  /// Holds it until it is served or closed. Once the server's own socket is closed, it is told to come to its end.
  func hold(_ connection: HTTP1Channel.Value) {
    let channel = connection.channel
    let id = ObjectIdentifier(channel)
    let (watches, stops) = state.withLockedValue { state in
      state.unserved[id] = connection
      defer { state.isWatching = true }
      return (!state.isWatching, state.isStopped)
    }
    // By then the channel's handlers are gone, and with them the writer has ended: it can be let go.
    channel.closeFuture.whenComplete { [self] _ in
      let unserved = state.withLockedValue { $0.unserved.removeValue(forKey: id) }
      // The last reference must not go under the lock.
      withExtendedLifetime(unserved) {}
    }
    if watches { channel.parent?.closeFuture.whenComplete { [self] _ in stop() } }
    if stops { end(channel) }
  }

  /// From here on somebody serves it, to its end.
  func serves(_ connection: HTTP1Channel.Value) {
    let held = state.withLockedValue { $0.unserved.removeValue(forKey: ObjectIdentifier(connection.channel)) }
    withExtendedLifetime(held) {}
  }

  private func stop() {
    let open = state.withLockedValue { state in
      state.isStopped = true
      return Array(state.open.values)
    }
    for channel in open { end(channel) }
  }

  /// NIO's helper tells only the connections whose handlers are in place at that moment; one that was being set up would stay open,
  /// and the server with it, for as long as its client likes. To be told twice is no harm.
  private func end(_ channel: any Channel) {
    channel.eventLoop.execute { channel.pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent()) }
    let id = ObjectIdentifier(channel)
    channel.eventLoop.scheduleTask(in: Self.patience) { [self] in
      if state.withLockedValue({ $0.unserved[id] != nil }) { channel.close(promise: nil) }
    }
  }
}
