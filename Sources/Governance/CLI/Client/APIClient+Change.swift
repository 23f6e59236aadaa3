import Foundation
import Model
import NIOCore
import NIOHTTP1

extension APIClient {
  /// How often a change is asked for, at most.
  private static let attempts = 3

  /// Posts a change under a key by which the service knows it again: however often it comes, it has effect once. Where nobody can
  /// say what has become of it, it is posted again, all within `timeout`. For addresses that take a key only: any other
  /// change would be made twice.
  ///
  /// - Throws: ``ClientError/unclear(_:key:_:)`` where it stays unclear whether it was made; otherwise as
  ///   ``send(_:_:body:contentType:headers:timeout:)``.
  func change(
    _ path: String, body: Data?, key: String = UUID().uuidString, headers: [(String, String)] = [],
    timeout: TimeAmount = .seconds(30)
  ) async throws -> Answer {
    let end = NIODeadline.now() + timeout
    let marked = headers + [("idempotency-key", key)]
    var isUnclear = false
    var attempt = 1
    while true {
      do {
        return try await send(.POST, path, body: body, headers: marked, timeout: end - NIODeadline.now())
      } catch {
        let failure = error as? ClientError
        isUnclear = isUnclear || failure?.leavesOpen == true
        guard isUnclear, failure?.settles != true else { throw error }
        let pause = Self.pause(after: attempt)
        guard attempt < Self.attempts, NIODeadline.now() + pause < end else {
          throw ClientError.unclear("\(error)", key: key, language)
        }
        try await Task.sleep(for: Duration(pause))
        attempt += 1
      }
    }
  }

  /// As ``change(_:body:key:headers:timeout:)``, of values.
  func post<Answer: Decodable>(
    _ path: String, _ body: (some Encodable)?, key: String = UUID().uuidString, headers: [(String, String)] = [],
    timeout: TimeAmount = .seconds(30)
  ) async throws -> Answer {
    try await change(
      path, body: try body.map { try ModelJSON.encoder.encode($0) }, key: key, headers: headers, timeout: timeout
    ).decode()
  }

  /// Longer each time, and for each caller another: what has fallen over is not asked by all at once.
  private static func pause(after attempt: Int) -> TimeAmount {
    .milliseconds(Int64.random(in: 250...500) << Int64(attempt - 1))
  }
}
