import Foundation
import HTTPTypes
import Hummingbird
import Logging
import NIOCore

/// Brings requests to the handler and answers back: the only part that knows HTTP.
struct Responder: HTTPResponder {
  struct Context: RequestContext {
    var coreContext: CoreRequestContextStorage
    let channel: any Channel

    init(source: ApplicationRequestContextSource) {
      coreContext = .init(source: source)
      channel = source.channel
    }
  }

  /// The API server's own limit.
  private static let maximumBody = 3 << 20

  let state: ClusterState
  let token: String?
  let bookmarkInterval: Duration

  func respond(to request: Request, context: Context) async throws -> Response {
    let isSimulation = request.uri.path.hasPrefix("/_sim")
    if !isSimulation { state.note(method: request.method.rawValue, path: request.uri.path) }
    let fault =
      isSimulation ? nil : state.withFaults { $0.take(method: request.method.rawValue, path: request.uri.path) }
    if let fault, let response = try await suffer(fault, channel: context.channel) { return response }
    if let token, !isSimulation, request.headers[.authorization] != "Bearer \(token)" {
      return respond(.failure(.unauthorized))
    }
    // A watch must leave the body unread: its connection is listened to for the client's hanging up.
    let reads = request.method != .get
    let body: [UInt8]
    do {
      body = reads ? Array(try await request.body.collect(upTo: Self.maximumBody).readableBytesView) : []
    } catch is NIOTooManyBytesError {
      return respond(
        .failure(
          StatusError(
            code: 413, reason: "RequestEntityTooLarge",
            message: "Request entity too large: limit is \(Self.maximumBody)")))
    }
    let asked = APIRequest(
      method: request.method.rawValue, target: request.uri.string, headers: Self.headers(request), body: body)
    if isSimulation { return respond(simulate(asked)) }
    let reply = state.withStore { APIHandler(now: Date()).handle(asked, store: &$0) }
    if case .delayAnswer(let duration) = fault { try await Task.sleep(for: duration) }
    if case .watch(let plan) = reply { return watch(plan, request) }
    return respond(reply)
  }

  private static func headers(_ request: Request) -> [String: String] {
    let wanted: [HTTPField.Name] = [.accept, .contentType, .userAgent]
    return wanted.reduce(into: [:]) { headers, name in headers[name.canonicalName] = request.headers[name] }
  }

  private func respond(_ reply: APIReply) -> Response {
    switch reply {
    case .json(let code, let value):
      return Self.response(code, "application/json", JSONWriter.bytes(value))
    case .bytes(let code, let type, let bytes): return Self.response(code, type, bytes)
    case .watch: return Self.response(500, "text/plain", [])
    }
  }

  private static func response(_ code: Int, _ type: String, _ bytes: [UInt8]) -> Response {
    Response(
      status: .init(code: code), headers: [.contentType: type], body: .init(byteBuffer: ByteBuffer(bytes: bytes)))
  }

  // MARK: Watching

  private func watch(_ plan: WatchPlan, _ request: Request) -> Response {
    let session = WatchSession(plan: plan, state: state, bookmarkInterval: bookmarkInterval)
    // Before the head goes out: a client that has seen it counts as watching, and its watch can be dropped.
    let listener = WatchListener(state)
    return Response(
      status: .ok, headers: [.contentType: "application/json", .connection: "close"],
      body: ResponseBody { writer in
        try await request.body.consumeWithInboundCloseHandler { _ in
          try await session.run(listener) { bytes in
            try await writer.write(ByteBuffer(bytes: bytes))
          }
          // Inside: to stop listening for the client's hanging up closes the connection.
          try await writer.finish(nil)
        } onInboundClosed: {
          listener.wake.finish()
        }
      })
  }

  // MARK: Faults

  /// Nil when the request goes on after it.
  private func suffer(_ fault: Fault, channel: any Channel) async throws -> Response? {
    switch fault {
    case .delay(let duration):
      try await Task.sleep(for: duration)
      return nil
    case .delayAnswer:
      return nil
    case .hold(let request):
      await request.pass()
      return nil
    case .silence(let duration):
      try await Task.sleep(for: duration)
      return try await suffer(.dropConnection, channel: channel)
    case .dropConnection:
      try? await channel.close()
      throw ChannelError.ioOnClosedChannel
    case .page(let code):
      return Self.response(code, "text/html", Array("<html><body>\(code)</body></html>".utf8))
    case .status(let code, let retryAfter):
      return refuse(code, "injected fault", retryAfter)
    case .denial(let code, let retryAfter):
      return refuse(code, "admission webhook \"fault.regie.test\" denied the request: injected fault", retryAfter)
    }
  }

  private func refuse(_ code: Int, _ message: String, _ retryAfter: Int?) -> Response {
    var error = StatusError(code: code, reason: "", message: message)
    if code == 429 { error.reason = "TooManyRequests" }
    if code == 503 { error.reason = "ServiceUnavailable" }
    if code == 500 { error.reason = "InternalError" }
    if let retryAfter { error.details["retryAfterSeconds"] = .integer(Int64(retryAfter)) }
    var response = respond(.failure(error))
    if let retryAfter { response.headers[.retryAfter] = String(retryAfter) }
    return response
  }

  /// The simulator's own endpoints.
  private func simulate(_ request: APIRequest) -> APIReply {
    do throws(StatusError) {
      switch (request.method, request.path.dropFirst().joined(separator: "/")) {
      case ("POST", "faults"):
        let entry = try FaultQueue.Entry(json: try APIHandler.json(request))
        state.withFaults { $0.add(entry) }
        return .json(201, entry.json)
      case ("GET", "faults"):
        return .json(200, .array(state.withFaults { $0.entries.map(\.json) }))
      case ("DELETE", "faults"):
        state.withFaults { $0.clear() }
        return .json(200, [])
      case ("POST", "watches/drop"):
        let count = state.watcherCount
        state.dropWatches()
        return .json(200, ["dropped": .integer(Int64(count))])
      case ("POST", "compact"):
        let revision = state.withStore { store in
          store.compact()
          return store.forgotten
        }
        return .json(200, ["compactedRevision": .string(String(revision))])
      default: throw .notSimulated("\(request.method) /\(request.path.joined(separator: "/"))")
      }
    } catch {
      return .failure(error)
    }
  }
}
