import Foundation
import NIOConcurrencyHelpers
import NIOCore
import NIOHTTP1
import NIOPosix

/// An HTTP server on loopback that answers every request with one status, or never, and may send it elsewhere.
final class StubGitServer: Sendable {
  private let channel: any Channel
  private let log: NIOLockedValueBox<[String?]>

  /// - Parameters:
  ///   - status: What is answered; nil to take requests and stay silent.
  ///   - elsewhere: The server at which what is asked for is said to be.
  static func with(
    _ status: HTTPResponseStatus?, to elsewhere: StubGitServer? = nil, _ body: (StubGitServer) async throws -> Void
  ) async throws {
    let server = try await StubGitServer(status, to: elsewhere?.origin)
    do {
      try await body(server)
    } catch {
      try? await server.channel.close()
      throw error
    }
    try? await server.channel.close()
  }

  private init(_ status: HTTPResponseStatus?, to elsewhere: String?) async throws {
    let log = NIOLockedValueBox<[String?]>([])
    self.log = log
    channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.configureHTTPServerPipeline()
          try channel.pipeline.syncOperations.addHandler(Handler(status, to: elsewhere, log))
        }
      }
      .bind(host: "127.0.0.1", port: 0).get()
  }

  var url: String { "\(origin)/zone.git" }

  private var origin: String { "http://127.0.0.1:\(channel.localAddress?.port ?? 0)" }

  /// The `Authorization` of each request.
  var authorizations: [String?] { log.withLockedValue { $0 } }

  private final class Handler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let status: HTTPResponseStatus?
    private let elsewhere: String?
    private let log: NIOLockedValueBox<[String?]>
    private var asked = ""

    init(_ status: HTTPResponseStatus?, to elsewhere: String?, _ log: NIOLockedValueBox<[String?]>) {
      self.status = status
      self.elsewhere = elsewhere
      self.log = log
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
      switch unwrapInboundIn(data) {
      case .head(let head):
        asked = head.uri
        log.withLockedValue { $0.append(head.headers.first(name: "authorization")) }
      case .end:
        guard let status else { return }
        var headers: HTTPHeaders = ["content-length": "0", "www-authenticate": "Basic realm=\"git\""]
        if let elsewhere { headers.add(name: "location", value: elsewhere + asked) }
        let head = HTTPResponseHead(version: .http1_1, status: status, headers: headers)
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
      case .body: break
      }
    }
  }
}
