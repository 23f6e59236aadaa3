public import Hummingbird
import HummingbirdCore
import Logging
import NIOCore

extension HTTPServerBuilder {
  /// HTTP/1.1 of a server that may be stopped while connections come in.
  ///
  /// NIO ends the process (`Deinited NIOAsyncWriter without calling finish()`, swift-nio #2637 and #2813) when a server goes that has taken
  /// a connection and not begun to serve it: what was taken is dropped with the listening socket's stream, and nobody said
  /// that nothing will be written to it. Here such connections are held until they are served or closed, and all are told
  /// when the server goes.
  ///
  /// - Parameters:
  ///   - idleTimeout: after this long without a request, or within one, a connection is closed; nil for never.
  ///   - mostConnections: how many connections there may be at once; one more is closed as soon as it is taken. Nil for any number.
  public static func stoppable(idleTimeout: Duration? = nil, mostConnections: Int? = nil) -> HTTPServerBuilder {
    let idleTimeout = idleTimeout.map { TimeAmount($0) }
    return HTTPServerBuilder { responder in
      StoppableHTTP1(
        http1: HTTP1Channel(
          responder: responder,
          configuration: HTTP1Channel.Configuration(idleTimeout: idleTimeout)),
        mostConnections: mostConnections)
    }
  }
}

/// Hummingbird's HTTP/1.1, and a hold on each connection from its being taken to its end.
struct StoppableHTTP1: ServerChildChannel {
  let http1: HTTP1Channel
  private let connections: OpenConnections

  init(http1: HTTP1Channel, mostConnections: Int? = nil) {
    self.http1 = http1
    connections = OpenConnections(most: mostConnections)
  }

  func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<HTTP1Channel.Value> {
    guard connections.admit(channel, logger) else {
      channel.close(promise: nil)
      return channel.eventLoop.makeFailedFuture(TooManyConnections())
    }
    let connection = http1.setup(channel: channel, logger: logger).map { [connections] connection in
      connections.hold(connection)
      return connection
    }
    // NIO leaves that to whoever sets it up, and its place would be taken for good.
    connection.whenFailure { _ in channel.close(promise: nil) }
    return connection
  }

  func handle(value: HTTP1Channel.Value, logger: Logger) async {
    connections.serves(value)
    await http1.handle(value: value, logger: logger)
  }
}

/// A connection came in while there were as many as may be.
struct TooManyConnections: Error {}
