import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import NIOPosix
import Testing

@testable import HTTPServing

/// Connections that a server has taken and that nobody serves, as when its task was cancelled in between.
@Suite struct OpenConnectionsTests {
  private let group = MultiThreadedEventLoopGroup.singleton
  private let http1 = StoppableHTTP1(http1: HTTP1Channel(responder: { _, _, _ in }))

  /// A listening socket whose connections are set up and then left alone, and what tells of each that was.
  private func listening() async throws -> (server: any Channel, taken: AsyncStream<any Channel>) {
    let (taken, tell) = AsyncStream.makeStream(of: (any Channel).self)
    let server = try await ServerBootstrap(group: group)
      .childChannelInitializer { [http1] channel in
        http1.setup(channel: channel, logger: Logger(label: "test")).map { _ in _ = tell.yield(channel) }
      }
      .bind(host: "127.0.0.1", port: 0).get()
    return (server, taken)
  }

  private func connect(to server: any Channel) async throws -> any Channel {
    try await ClientBootstrap(group: group).connect(to: #require(server.localAddress)).get()
  }

  @Test("one that asked for nothing is closed when the server's socket is, and not before")
  func idle() async throws {
    let (server, taken) = try await listening()
    let client = try await connect(to: server)
    let channel = try #require(await taken.first { _ in true })
    #expect(channel.isActive || channel.isWritable)
    try await server.close()
    try await client.closeFuture.get()
    try await channel.closeFuture.get()
  }

  @Test("one that has begun to ask is closed when nobody has served it for a second")
  func asking() async throws {
    let (server, taken) = try await listening()
    let client = try await connect(to: server)
    let channel = try #require(await taken.first { _ in true })
    try await client.writeAndFlush(ByteBuffer(string: "GET / HTTP/1.1\r\nHost: a\r\n\r\n"))
    try await server.close()
    try await client.closeFuture.get()
    try await channel.closeFuture.get()
  }

  @Test("one that is set up when the server's socket is closed already is closed as well")
  func late() async throws {
    let (server, taken) = try await listening()
    let first = try await connect(to: server)
    var connections = taken.makeAsyncIterator()
    let parent = try #require(await connections.next()?.parent)
    try await server.close()
    try await first.closeFuture.get()
    let other = try await ServerBootstrap(group: group)
      .childChannelInitializer { [http1] channel in
        #expect(!parent.isActive)
        return http1.setup(channel: channel, logger: Logger(label: "test")).map { _ in }
      }
      .bind(host: "127.0.0.1", port: 0).get()
    let second = try await connect(to: other)
    try await second.closeFuture.get()
    try await other.close()
  }
}
