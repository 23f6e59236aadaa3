import Foundation
import NIOConcurrencyHelpers
import NIOCore
import NIOHTTP1
import NIOPosix

@testable import Kubernetes

/// An HTTP server that answers as a test says: for what a real API server does not do on demand.
final class StubServer: Sendable {
  struct Request: Sendable {
    var method: String
    var uri: String
    var authorization: String?
  }

  struct Answer: Sendable {
    enum End: Sendable { case complete, silent, cut }

    var code = 200
    var headers: [(String, String)] = []
    var chunks: [String] = []
    var end = End.complete
  }

  private let channel: any Channel
  private let log: NIOLockedValueBox<[Request]>

  /// - Parameter answer: gets the request and how many came before.
  init(_ answer: @escaping @Sendable (Request, Int) -> Answer) async throws {
    let log = NIOLockedValueBox<[Request]>([])
    self.log = log
    channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.configureHTTPServerPipeline()
          try channel.pipeline.syncOperations.addHandler(Handler(answer, log))
        }
      }
      .bind(host: "127.0.0.1", port: 0).get()
  }

  var requests: [Request] { log.withLockedValue { $0 } }

  func configuration(token: String? = nil) throws -> KubernetesConfiguration {
    var configuration = try KubernetesConfiguration.plain(
      url: "http://127.0.0.1:\(channel.localAddress?.port ?? 0)", token: token)
    configuration.retry.backoff = Backoff(base: .milliseconds(1), limit: .milliseconds(2))
    return configuration
  }

  func close() async { try? await channel.close() }

  /// Runs `body` with a client of a server that answers so.
  static func with<Result: Sendable>(
    _ answer: @escaping @Sendable (Request, Int) -> Answer,
    adjust: (inout KubernetesConfiguration) -> Void = { _ in },
    _ body: (KubernetesClient, StubServer) async throws -> Result
  ) async throws -> Result {
    let server = try await StubServer(answer)
    var configuration = try server.configuration(token: "t")
    adjust(&configuration)
    let result = try await KubernetesClient.withClient(configuration) { try await body($0, server) }
    await server.close()
    return result
  }
}

private final class Handler: ChannelInboundHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias OutboundOut = HTTPServerResponsePart

  private let answer: @Sendable (StubServer.Request, Int) -> StubServer.Answer
  private let log: NIOLockedValueBox<[StubServer.Request]>
  private var head: HTTPRequestHead?

  init(
    _ answer: @escaping @Sendable (StubServer.Request, Int) -> StubServer.Answer,
    _ log: NIOLockedValueBox<[StubServer.Request]>
  ) {
    self.answer = answer
    self.log = log
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch unwrapInboundIn(data) {
    case .head(let head): self.head = head
    case .body: break
    case .end: respond(context)
    }
  }

  private func respond(_ context: ChannelHandlerContext) {
    guard let head else { return }
    let request = StubServer.Request(
      method: head.method.rawValue, uri: head.uri, authorization: head.headers.first(name: "authorization"))
    let before = log.withLockedValue { log in
      log.append(request)
      return log.count - 1
    }
    let answer = answer(request, before)
    let status = HTTPResponseStatus(statusCode: answer.code)
    context.write(
      wrapOutboundOut(.head(.init(version: .http1_1, status: status, headers: HTTPHeaders(answer.headers)))),
      promise: nil)
    for chunk in answer.chunks {
      context.writeAndFlush(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: chunk)))), promise: nil)
    }
    switch answer.end {
    case .complete: context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    case .silent: context.flush()
    case .cut:
      context.flush()
      context.close(promise: nil)
    }
  }
}
