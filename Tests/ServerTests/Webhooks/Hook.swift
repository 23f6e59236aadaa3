import Foundation
import HTTPServing
import HTTPTypes
import Hummingbird
import Logging
import NIOConcurrencyHelpers
import NIOCore

/// A destination on loopback that answers as a test says, and remembers what it was sent.
final class Hook: Sendable {
  struct Call: Sendable, Hashable {
    var path: String
    var headers: [String: String]
    var body: [UInt8]
  }

  enum Reply: Sendable {
    case status(Int, headers: [String: String] = [:], body: String = "")
    /// It says nothing.
    case hang
    /// It begins to answer, and does not end.
    case cut
    /// It sends a blank ten times a second, for twenty seconds, and then this.
    case drops(String)
  }

  private struct Cut: Error {}

  private let log = NIOLockedValueBox<[Call]>([])

  var calls: [Call] { log.withLockedValue { $0 } }

  /// Runs `body` with the port of a destination that answers so; of each call it is told which one it is, from 0.
  static func with(
    _ reply: @escaping @Sendable (Int, Call) -> Reply, _ body: @Sendable (Hook, Int) async throws -> Void
  ) async throws {
    let hook = Hook()
    let (ports, announce) = AsyncStream.makeStream(of: Int.self)
    let application = Application(
      responder: CallbackResponder { (request: Request, _: BasicRequestContext) in
        try await hook.respond(to: request, reply)
      },
      server: .stoppable(), configuration: ApplicationConfiguration(address: .hostname("127.0.0.1", port: 0)),
      onServerRunning: { announce.yield($0.localAddress?.port ?? 0) },
      logger: Logger(label: "quiet") { _ in SwiftLogNoOpLogHandler() })
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try? await application.run() }
      let result: Result<Void, any Error>
      do {
        guard let port = await ports.first(where: { _ in true }) else { throw CancellationError() }
        result = .success(try await body(hook, port))
      } catch {
        result = .failure(error)
      }
      group.cancelAll()
      try result.get()
    }
  }

  private func respond(to request: Request, _ reply: @Sendable (Int, Call) -> Reply) async throws -> Response {
    let body = try await request.body.collect(upTo: 1 << 20)
    let call = Call(
      path: request.uri.path,
      headers: Dictionary(
        request.headers.map { ($0.name.canonicalName, $0.value) }, uniquingKeysWith: { first, _ in first }),
      body: Array(body.readableBytesView))
    let number = log.withLockedValue { calls in
      calls.append(call)
      return calls.count - 1
    }
    switch reply(number, call) {
    case .status(let code, let named, let text):
      var headers: HTTPFields = [:]
      for (name, value) in named { if let name = HTTPField.Name(name) { headers[name] = value } }
      return Response(
        status: .init(code: code), headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
    case .hang:
      try await Task.sleep(for: .seconds(600))
      return Response(status: .ok)
    case .cut:
      return Response(
        status: .ok,
        body: ResponseBody(contentLength: 1000) { writer in
          try await writer.write(ByteBuffer(string: "half"))
          throw Cut()
        })
    case .drops(let text):
      return Response(
        status: .ok,
        body: ResponseBody { writer in
          for _ in 0..<200 {
            try await writer.write(ByteBuffer(string: " "))
            try await Task.sleep(for: .milliseconds(100))
          }
          try await writer.write(ByteBuffer(string: text))
          try await writer.finish(nil)
        })
    }
  }
}
