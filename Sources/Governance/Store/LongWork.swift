import NIOCore
import NIOPosix

/// Computations that may take longer than others may be made to wait: an engine of a thousand clusters and hundreds of
/// rules, a thousand projects at once. They have threads of their own, so that they never hold one of those that all
/// tasks share; more of them than there are threads wait in line.
public enum LongWork {
  /// Half of the machine, so that requests are answered meanwhile. They live as long as the program.
  private static let threads = started(max(1, System.coreCount / 2))

  /// For the decisions that are being committed: nobody's question about a thousand projects makes them wait. One for
  /// each batch that is under way at a time.
  private static let decisions = started(2)

  private static func started(_ count: Int) -> NIOThreadPool {
    let pool = NIOThreadPool(numberOfThreads: count)
    pool.start()
    return pool
  }

  /// Runs `body` on one of the threads and waits for it.
  ///
  /// - Throws: what `body` throws; `CancellationError` where the task is cancelled before its turn has come.
  public static func run<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
    try await threads.runIfActive(body)
  }

  /// Runs what makes decisions.
  static func decide<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
    try await decisions.runIfActive(body)
  }
}
