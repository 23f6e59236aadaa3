import Contract
import Foundation
import HTTPServing
import HTTPTypes
import Hummingbird
import Logging
import Model
import NIOConcurrencyHelpers
import NIOCore
import TestSupport

/// A governance service that answers as a test says, and remembers what it was asked.
final class StubService: Sendable {
  struct Request: Sendable {
    var method: String
    var path: String
    var query: String
    var headers: [String: String]
    var body: String
  }

  struct Answer: Sendable {
    /// How the answer ends: whole; with its head alone, and nothing after it; or cut off behind the head.
    enum End: Sendable { case complete, silent, cut }

    var status = 200
    var type = "application/json"
    var body: String
    /// Values of `Warning` headers.
    var warnings: [String] = []
    /// The value of a `Location` header.
    var location: String?
    /// Whether it says that it is as things were known last.
    var isStale = false
    /// Whether it says that it was stored under the request's key before.
    var isReplay = false
    var end = End.complete

    init(_ body: String, status: Int = 200, type: String = "application/json") {
      self.body = body
      self.status = status
      self.type = type
    }

    init(_ value: some Encodable, status: Int = 200) throws {
      self.init(String(decoding: try ModelJSON.encoder.encode(value), as: UTF8.self), status: status)
    }

    init(_ problem: Problem) throws {
      self.init(
        String(decoding: try ModelJSON.encoder.encode(problem), as: UTF8.self), status: problem.status,
        type: "application/problem+json")
    }

    fileprivate var written: ResponseBody {
      switch end {
      case .complete: ResponseBody(byteBuffer: ByteBuffer(string: body))
      case .silent: ResponseBody(contentLength: 10) { _ in try await Task.sleep(for: .seconds(3600)) }
      case .cut: ResponseBody(contentLength: 10) { _ in throw CancellationError() }
      }
    }
  }

  private let log = NIOLockedValueBox<[Request]>([])

  var requests: [Request] { log.withLockedValue { $0 } }

  /// Runs `body` with the address of a service that answers so.
  static func with(
    _ answer: @escaping @Sendable (Request) throws -> Answer,
    _ body: @Sendable (StubService, String) async throws -> Void
  ) async throws {
    let stub = StubService()
    let (ports, announce) = AsyncStream.makeStream(of: Int.self)
    let application = Application(
      responder: CallbackResponder { (request: Hummingbird.Request, _: BasicRequestContext) in
        try await stub.respond(to: request, answer)
      },
      server: .stoppable(), configuration: ApplicationConfiguration(address: .hostname("127.0.0.1", port: 0)),
      onServerRunning: { announce.yield($0.localAddress?.port ?? 0) },
      logger: Logger(label: "quiet") { _ in SwiftLogNoOpLogHandler() })
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try? await application.run() }
      let result: Result<Void, any Error>
      do {
        guard let port = await ports.first(where: { _ in true }) else { throw CancellationError() }
        result = .success(try await body(stub, "http://127.0.0.1:\(port)"))
      } catch {
        result = .failure(error)
      }
      group.cancelAll()
      try result.get()
    }
  }

  private func respond(
    to request: Hummingbird.Request, _ answer: @Sendable (Request) throws -> Answer
  ) async throws -> Response {
    let body = try await request.body.collect(upTo: 1 << 20)
    let asked = Request(
      method: request.method.rawValue, path: request.uri.path, query: request.uri.query ?? "",
      headers: Dictionary(
        request.headers.map { ($0.name.canonicalName, $0.value) }, uniquingKeysWith: { first, _ in first }),
      body: String(buffer: body))
    log.withLockedValue { $0.append(asked) }
    let said = try answer(asked)
    var headers: HTTPFields = [.contentType: said.type]
    if let name = HTTPField.Name("Warning") {
      for warning in said.warnings { headers.append(HTTPField(name: name, value: warning)) }
    }
    headers[.location] = said.location
    if let name = HTTPField.Name("Regie-Stale") { headers[name] = said.isStale ? "true" : "false" }
    if said.isReplay, let name = HTTPField.Name("Idempotency-Replayed") { headers[name] = "true" }
    return Response(status: HTTPResponse.Status(code: said.status), headers: headers, body: said.written)
  }
}

/// One run of the real `regie`.
struct Run: Sendable {
  let code: Int32
  let output: String

  var lines: [String] { output.split(separator: "\n", omittingEmptySubsequences: false).map(String.init) }

  static func regie(_ arguments: String..., environment: [String: String] = [:]) async throws -> Run {
    try await regie(arguments, environment: environment)
  }

  static func regie(_ arguments: [String], environment: [String: String] = [:]) async throws -> Run {
    try await ended(try SystemUnderTestProgram.start("regie", arguments, environment: environment))
  }

  /// What a shell runs of it, in a script that finds it as `$0`.
  static func shell(_ script: String) async throws -> Run {
    let own = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    let regie = URL(fileURLWithPath: own).deletingLastPathComponent().appendingPathComponent("regie").path
    return try await ended(
      try SystemUnderTestProgram.start(executable: "/bin/sh", ["-c", script, regie], as: "regie"))
  }

  private static func ended(_ program: SystemUnderTestProgram) async throws -> Run {
    let code = try await program.waitForEnd(within: .seconds(120))
    return Run(code: code, output: program.output)
  }
}

/// Runs `body` with a folder of its own.
func withFolder(_ body: (String) async throws -> Void) async throws {
  let folder = FileManager.default.temporaryDirectory.appendingPathComponent("regie-cli-\(UUID().uuidString)").path
  try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
  let result: Result<Void, any Error>
  do { result = .success(try await body(folder)) } catch { result = .failure(error) }
  try? FileManager.default.removeItem(atPath: folder)
  try result.get()
}

func write(_ text: String, to path: String) throws {
  try Data(text.utf8).write(to: URL(fileURLWithPath: path))
}
