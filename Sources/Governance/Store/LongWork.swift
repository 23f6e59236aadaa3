import Glibc
import NIOCore
import NIOPosix

/// Computations that may take longer than others may be made to wait: an engine of a thousand clusters and hundreds of
/// rules, a thousand projects at once. They have threads of their own, so that they never hold one of those that all
/// tasks share; more of them than there are threads wait in line. What everybody waits for has a line of its own, so that
/// nobody's question about a thousand projects is in front of it.
public enum LongWork {
  /// What stands in one line.
  enum Line {
    /// Questions about many projects, or many rules. Half of the machine, so that requests are answered meanwhile.
    case questions
    /// Questions about one project, for whose answers people wait: for each other, never for a thousand projects.
    case answers
    /// The decisions that are being made before their transaction: one for each batch that is under way at a time.
    case decisions
    /// The engines of a changed offer, which all decisions and questions need next. There is one at a time but where a
    /// transaction needs its own.
    case engines
    /// The decisions that are made with the ledger's rows locked. They keep all others waiting, and there is one at a
    /// time, since it has them all.
    case locked
    /// What nobody waits for: the impact of a proposal. There is one thread, and it has what of the machine all others
    /// leave.
    case background

    var threadCount: Int {
      switch self {
      case .questions, .answers: max(1, System.coreCount / 2)
      case .decisions, .engines: 2
      case .locked, .background: 1
      }
    }
  }

  /// `SCHED_IDLE` of sched.h, which Swift's Glibc module leaves out: whoever else wakes has the processor at once, and
  /// takes one that only such a thread is on for free.
  private static let idlePolicy: Int32 = 5

  /// They live as long as the program.
  private static let questions = started(.questions)
  private static let answers = started(.answers)
  private static let decisions = started(.decisions)
  private static let engines = started(.engines)
  private static let locked = started(.locked)
  private static let background = started(.background)

  private static func started(_ line: Line) -> NIOThreadPool {
    let pool = NIOThreadPool(numberOfThreads: line.threadCount)
    pool.start()
    // On Linux a thread has a policy of its own; nobody is refused a lower one.
    if line == .background {
      pool.submit { _ in
        var none = sched_param()
        _ = sched_setscheduler(0, Self.idlePolicy, &none)
      }
    }
    return pool
  }

  /// Runs `body`, which answers a question, on one of the threads and waits for it.
  ///
  /// - Throws: what `body` throws; `CancellationError` where the task is cancelled before its turn has come.
  public static func run<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
    try await run(in: .questions, body)
  }

  /// Runs `body`, which answers a question about one project.
  ///
  /// - Throws: as ``run(_:)``.
  public static func answer<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
    try await run(in: .answers, body)
  }

  /// Runs `body` in a line. Whoever is not in the background counts among those that it lets pass.
  static func run<Value: Sendable>(
    in line: Line, _ body: @escaping @Sendable () throws -> Value
  ) async throws -> Value {
    let threads = threads(of: line)
    guard line != .background else { return try await threads.runIfActive(body) }
    others.enter()
    defer { others.leave() }
    return try await threads.runIfActive(body)
  }

  private static func threads(of line: Line) -> NIOThreadPool {
    switch line {
    case .questions: questions
    case .answers: answers
    case .decisions: decisions
    case .engines: engines
    case .locked: locked
    case .background: background
    }
  }

  // MARK: Letting others pass

  private static let others = Crowd()

  /// For how long nobody has had anything to compute that somebody waits for; zero while somebody has.
  static var quiet: Duration { others.absence }

  /// Blocks a thread of the background until nobody else has anything to compute, but not for ever. To run beside them costs
  /// them something even where they have a core of their own: cores share caches, and often more.
  ///
  /// - Parameter most: after so long it goes on in any case, so that it comes to its end on a machine that is never idle.
  /// - Returns: how long it has waited.
  static func letOthersPass(atMost most: Duration) -> Duration {
    let begun = ContinuousClock.now
    others.waitUntilGone(atMost: most)
    return ContinuousClock.now - begun
  }
}
