import HummingbirdCore
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
  }

  /// How long a connection that has begun a request may wait to be served once the server goes.
  private static let patience = TimeAmount.seconds(1)

  private let state = NIOLockedValueBox(State())

  /// Holds it until it is served or closed. Once the server's own socket is closed, it is told to come to its end.
  func hold(_ connection: HTTP1Channel.Value) {
    let channel = connection.channel
    let id = ObjectIdentifier(channel)
    let (watches, stops) = state.withLockedValue { state in
      state.open[id] = channel
      state.unserved[id] = connection
      defer { state.isWatching = true }
      return (!state.isWatching, state.isStopped)
    }
    // By then the channel's handlers are gone, and with them the writer has ended: it can be let go.
    channel.closeFuture.whenComplete { [self] _ in
      let unserved = state.withLockedValue { state in
        state.open[id] = nil
        return state.unserved.removeValue(forKey: id)
      }
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
