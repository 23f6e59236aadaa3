import Foundation
import HTTPServing
import Hummingbird
import HummingbirdCore
import Logging
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import ServiceLifecycle
import Testing

@Suite struct StoppableHTTP1Tests {
  /// Runs a server, calls `body` with its port, tells the server to go and waits until it has.
  private static func serving(
    gracefully: Bool, server: HTTPServerBuilder = .stoppable(),
    respond: @escaping @Sendable () async -> String = { "" },
    stopping: @escaping @Sendable () -> Void = {}, _ body: (Int) async throws -> Void
  ) async throws {
    let (ports, announce) = AsyncStream.makeStream(of: Int.self)
    var quiet = Logger(label: "quiet")
    quiet.logLevel = .critical
    let application = Application(
      responder: CallbackResponder { (_: Request, _: BasicRequestContext) in
        Response(status: .ok, body: ResponseBody(byteBuffer: ByteBuffer(string: await respond())))
      },
      server: server, configuration: ApplicationConfiguration(address: .hostname("127.0.0.1", port: 0)),
      onServerRunning: { announce.yield($0.localAddress?.port ?? 0) }, logger: quiet)
    let services = ServiceGroup(services: [application], logger: quiet)
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await services.run() }
      let port = try #require(await ports.first { _ in true })
      try await body(port)
      if gracefully { await services.triggerGracefulShutdown() } else { group.cancelAll() }
      stopping()
      while true {
        do {
          guard try await group.next() != nil else { break }
        } catch is CancellationError {}
      }
    }
  }

  /// Without the hold the first round of these ends the process.
  @Test("a server that goes while connections come in leaves none behind, and no process", arguments: [true, false])
  func stopsUnderABurst(gracefully: Bool) async throws {
    let bootstrap = ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
    for _ in 0..<50 {
      let connecting = NIOLockedValueBox<[EventLoopFuture<any Channel>]>([])
      let served = NIOLockedValueBox(0)
      try await Self.serving(gracefully: gracefully) { port in
        served.withLockedValue { $0 = port }
        // Not awaited: they are still arriving when the server is told to go.
        connecting.withLockedValue {
          $0 = (0..<64).map { _ in bootstrap.connect(host: "127.0.0.1", port: port) }
        }
      }
      // Asked of the kernel: a client whose connection nobody had taken is not always told that there is no server any more.
      let port = served.withLockedValue { $0 }
      // Once: the port is free then, and anybody's.
      let end = ContinuousClock.now + .seconds(120)
      var remain = true
      while remain, ContinuousClock.now < end {
        try await Task.sleep(for: .milliseconds(5))
        remain = try Self.hasConnections(port: port)
      }
      #expect(!remain)
      for connection in connecting.withLockedValue({ $0 }) { try? await connection.get().close() }
    }
  }

  /// Whether a server on that port of 127.0.0.1 has connections that are established.
  private static func hasConnections(port: Int) throws -> Bool {
    let port = String(port, radix: 16, uppercase: true)
    let local = "0100007F:" + String(repeating: "0", count: 4 - port.count) + port
    return try String(contentsOfFile: "/proc/net/tcp", encoding: .utf8).split(separator: "\n").contains { line in
      let fields = line.split(separator: " ")
      return fields.count > 3 && fields[1] == local && fields[3] == "01"
    }
  }

  @Test("a connection that is being served gets its answer though the server is told to go meanwhile")
  func servesToTheEnd() async throws {
    let (begun, begin) = AsyncStream.makeStream(of: Void.self)
    let (goOn, go) = AsyncStream.makeStream(of: Void.self)
    let answer = NIOLockedValueBox("")
    let (closed, close) = AsyncStream.makeStream(of: Void.self)
    try await Self.serving(
      gracefully: true,
      respond: {
        begin.yield()
        _ = await goOn.first { _ in true }
        return "served"
      },
      stopping: { go.yield() }
    ) { port in
      let client = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
        .channelInitializer { channel in
          channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(Collector(answer)) }
        }
        .connect(host: "127.0.0.1", port: port).get()
      client.closeFuture.whenComplete { _ in close.yield() }
      try await client.writeAndFlush(ByteBuffer(string: "GET / HTTP/1.1\r\nHost: a\r\n\r\n"))
      _ = await begun.first { _ in true }
    }
    _ = await closed.first { _ in true }
    #expect(answer.withLockedValue { $0.hasSuffix("served") })
  }

  /// Asks on a connection of its own; nil where that was closed without an answer.
  private static func connection(port: Int) async throws -> (any Channel)? {
    let answer = NIOLockedValueBox("")
    let client = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .channelInitializer { channel in
        channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(Collector(answer)) }
      }
      .connect(host: "127.0.0.1", port: port).get()
    try? await client.writeAndFlush(ByteBuffer(string: "GET / HTTP/1.1\r\nHost: a\r\n\r\n"))
    let end = ContinuousClock.now + .seconds(120)
    while client.isActive, ContinuousClock.now < end {
      if answer.withLockedValue({ $0.hasSuffix("served") }) { return client }
      try await Task.sleep(for: .milliseconds(5))
    }
    try? await client.close()
    return nil
  }

  @Test("one connection more than a server may have is closed as it is taken, until another has gone")
  func closesOneTooMany() async throws {
    let server = HTTPServerBuilder.stoppable(mostConnections: 2)
    try await Self.serving(gracefully: true, server: server, respond: { "served" }) { port in
      let first = try #require(try await Self.connection(port: port))
      let second = try #require(try await Self.connection(port: port))
      let third = try await Self.connection(port: port)
      let isTaken = third != nil
      #expect(!isTaken)
      #expect(first.isActive && second.isActive)
      try await first.close()
      let end = ContinuousClock.now + .seconds(120)
      var next = try await Self.connection(port: port)
      while next == nil, ContinuousClock.now < end { next = try await Self.connection(port: port) }
      let isTakenThen = next != nil
      #expect(isTakenThen)
      for client in [second, third, next] as [(any Channel)?] { try? await client?.close() }
    }
  }
}

/// Keeps what it reads.
private final class Collector: ChannelInboundHandler, Sendable {
  typealias InboundIn = ByteBuffer
  private let text: NIOLockedValueBox<String>

  init(_ text: NIOLockedValueBox<String>) { self.text = text }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    let read = String(buffer: unwrapInboundIn(data))
    text.withLockedValue { $0 += read }
  }
}
