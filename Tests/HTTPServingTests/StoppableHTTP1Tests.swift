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
        Response(status: .ok, body: Self.inParts(ByteBuffer(string: await respond())))
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

  /// As whatever is long is written: of what is handed over whole the library counts the time from there on.
  private static func inParts(_ text: ByteBuffer) -> ResponseBody {
    ResponseBody(contentLength: text.readableBytes) { writer in
      var left = text
      while let part = left.readSlice(length: min(left.readableBytes, 65_536)), part.readableBytes > 0 {
        try await writer.write(part)
      }
      try await writer.finish(nil)
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
      let end = ContinuousClock.now + .seconds(20)
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

  /// Far more than the kernel keeps of a connection.
  private static let large = String(repeating: "a", count: 24 << 20)

  /// A client that reads nothing unless it is told to, a little each time, and how much it has read. It asks for so many answers
  /// in one piece: the last request is there before the first is answered.
  private static func asking(
    _ requests: Int, port: Int, keeping bytes: SocketOptionValue = 32_768
  ) async throws -> (client: any Channel, read: NIOLockedValueBox<Int>) {
    let read = NIOLockedValueBox(0)
    let client = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .channelOption(ChannelOptions.autoRead, value: false)
      .channelOption(ChannelOptions.maxMessagesPerRead, value: 1)
      .channelOption(ChannelOptions.socketOption(.so_rcvbuf), value: bytes)
      .channelInitializer { channel in
        channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(Counter(read)) }
      }
      .connect(host: "127.0.0.1", port: port).get()
    let text = String(repeating: "GET / HTTP/1.1\r\nHost: a\r\n\r\n", count: requests)
    try await client.writeAndFlush(ByteBuffer(string: text))
    return (client, read)
  }

  @Test("a connection of whose answers nothing is read is closed though they are under way")
  func closesWhatIsNotRead() async throws {
    let server = HTTPServerBuilder.stoppable(idleTimeout: .seconds(1))
    try await Self.serving(gracefully: true, server: server, respond: { Self.large }) { port in
      let asked = try await Self.asking(2, port: port)
      // Asked of the kernel: who reads nothing does not hear of it.
      let end = ContinuousClock.now + .seconds(20)
      var remains = true
      while remains, ContinuousClock.now < end {
        try await Task.sleep(for: .milliseconds(20))
        remains = try Self.hasConnections(port: port)
      }
      #expect(!remains)
      try? await asked.client.close()
    }
  }

  @Test("a connection whose answer is read slowly is not")
  func waitsForWhoReads() async throws {
    let idleTimeout = Duration.seconds(2)
    let server = HTTPServerBuilder.stoppable(idleTimeout: idleTimeout)
    try await Self.serving(gracefully: true, server: server, respond: { Self.large }) { port in
      // Room for several of the loopback's packets, as everybody's has for those of a network.
      let asked = try await Self.asking(1, port: port, keeping: 1 << 19)
      let begin = ContinuousClock.now
      var read = 0
      while read < Self.large.utf8.count, asked.client.isActive, ContinuousClock.now - begin < .seconds(60) {
        asked.client.read()
        try await Task.sleep(for: .milliseconds(10))
        read = asked.read.withLockedValue { $0 }
      }
      #expect(read >= Self.large.utf8.count)
      #expect(ContinuousClock.now - begin > idleTimeout)
      try? await asked.client.close()
    }
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
    let end = ContinuousClock.now + .seconds(20)
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
      let end = ContinuousClock.now + .seconds(20)
      var next = try await Self.connection(port: port)
      while next == nil, ContinuousClock.now < end { next = try await Self.connection(port: port) }
      let isTakenThen = next != nil
      #expect(isTakenThen)
      for client in [second, third, next] as [(any Channel)?] { try? await client?.close() }
    }
  }
}

/// Counts what it reads.
private final class Counter: ChannelInboundHandler, Sendable {
  typealias InboundIn = ByteBuffer
  private let bytes: NIOLockedValueBox<Int>

  init(_ bytes: NIOLockedValueBox<Int>) { self.bytes = bytes }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    let count = unwrapInboundIn(data).readableBytes
    bytes.withLockedValue { $0 += count }
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
