import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import Subjects
import TestSupport

/// The server under measurement.
struct QueriedServer: Sendable {
  let program: SystemUnderTestProgram
  let address: String

  /// - Parameter environment: what it is told beside.
  static func start(_ url: String, bytes: Int, environment: [String: String] = [:]) async throws -> QueriedServer {
    let program = try SystemUnderTestProgram.start(
      "QueryServer", environment: environment.merging(["BENCH_POSTGRES": url, "BENCH_BYTES": String(bytes)]) { $1 })
    let end = ContinuousClock.now + .seconds(120)
    while ContinuousClock.now < end, program.exitStatus == nil {
      if let line = program.output.split(separator: "\n").first(where: { $0.hasPrefix("listening ") }) {
        return QueriedServer(program: program, address: "http://127.0.0.1:\(line.dropFirst(10))")
      }
      try await Task.sleep(for: .milliseconds(50))
    }
    throw BenchError("the server did not start:\n\(program.tail())")
  }

  func stop() async throws { try await program.killNow() }

  /// What came of a turn.
  struct Turn {
    var count: Int
    /// The first number that no client has come to.
    var next: Int
    var rate: Double
    var processor: Duration
  }

  /// Sends bodies in turn, from a number on, by as many clients as are told.
  func rate(
    _ path: String, from first: Int, _ clients: Int, _ duration: Duration, _ body: @escaping @Sendable (Int) -> Data
  ) async throws -> Turn {
    let (started, before) = (ContinuousClock.now, try processor())
    let counts = try await withThrowingTaskGroup(of: Int.self) { group in
      for client in 0..<clients {
        group.addTask {
          var (count, number) = (0, first + client)
          while ContinuousClock.now - started < duration {
            _ = try await send(path, body(number))
            number += clients
            count += 1
          }
          return count
        }
      }
      return try await group.reduce(into: []) { $0.append($1) }
    }
    let count = counts.reduce(0, +)
    return Turn(
      count: count, next: first + clients * (counts.max() ?? 0),
      rate: Double(count) / ((ContinuousClock.now - started) / .seconds(1)),
      processor: try processor() - before)
  }

  /// What the process has used of the processor so far.
  private func processor() throws -> Duration {
    let stat = try String(contentsOfFile: "/proc/\(program.pid)/stat", encoding: .utf8)
    // The name, in parentheses, may hold anything; the times are the 14th and 15th fields, in hundredths of a second.
    let fields = stat.split(separator: ")").last?.split(separator: " ") ?? []
    guard fields.count > 12, let user = Int64(fields[11]), let system = Int64(fields[12]) else {
      throw BenchError("can not read what process \(program.pid) has used")
    }
    return .milliseconds(10 * (user + system))
  }

  func averageSize(_ bodies: [Data]) async throws -> Int {
    var total = 0
    for body in bodies { total += try await send("/api/v1/placements:query", body) }
    return total / bodies.count
  }

  /// The size of the answer.
  @discardableResult
  func send(_ path: String, _ body: Data) async throws -> Int {
    var request = HTTPClientRequest(url: address + path)
    request.method = .POST
    request.headers.add(name: "content-type", value: "application/json")
    request.body = .bytes(ByteBuffer(bytes: body))
    let response = try await HTTPClient.shared.execute(request, timeout: .seconds(30))
    let bytes = try await response.body.collect(upTo: 64 << 20)
    guard response.status == .ok else {
      throw BenchError("\(path) answered \(response.status): \(String(buffer: bytes).prefix(500))")
    }
    return bytes.readableBytes
  }
}
