internal import CLibPQ
@preconcurrency internal import Glibc
internal import Reactor

extension Session {
  /// Waits, between statements, until the server says something by itself; asks for a sign of life after each
  /// `interval` of silence, since a connection can die without a word.
  ///
  /// - Throws: ``PostgresError/Kind/connectionLost``; `CancellationError`.
  func waitForInput(checkingEvery interval: Duration) async throws {
    let check = ContinuousClock.now + interval
    while !isReady(for: Int16(POLLIN)) {
      try Task.checkCancellation()
      guard ContinuousClock.now < check else {
        let exchange = Exchange(deadline: .now + answerTimeout, stopsStatement: false)
        do {
          _ = try await run(["SELECT 1"], within: exchange)
        } catch let error as PostgresError {
          throw PostgresError(.connectionLost, "no sign of life from the server: \(error.message)")
        }
        return
      }
      await bell.wait(until: check)
    }
    guard PQconsumeInput(pointer) == 1, PQstatus(pointer) == CONNECTION_OK else { throw broken(.lost(pointer)) }
  }
}
