import Glibc
import NIOConcurrencyHelpers
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

    /// How much there is room for of what is asked for from outside; nil where the line holds nothing of the kind.
    var room: Room? {
      switch self {
      case .questions: Room(all: 128, each: 32)
      case .answers: Room(all: 256, each: 64)
      case .decisions, .engines, .locked, .background: nil
      }
    }
  }

  /// How much may be computed or wait at a time.
  struct Room: Sendable {
    /// For all who ask, before those who have much of it are refused more.
    var all: Int
    /// For one of them.
    var each: Int

    /// For one of them where all have what there is for them: else a few who ask much would leave nothing to all others.
    var eachWhenFull: Int { each / 4 }
    /// For all who ask, however little each of them has.
    var most: Int { 4 * all }
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
  /// - Throws: what `body` throws; ``StoreError`` of kind `contended` where somebody asks who has had his share of the line, which
  ///   is smaller where all who ask have had theirs; `CancellationError` where the task is cancelled before its turn has come.
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
    let asking = asker
    guard asking?.enter(line) ?? true else { throw StoreError.crowded }
    defer { asking?.leave(line) }
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

  // MARK: Who asks

  /// Those who ask from outside, and how much is computed for them, or waits.
  public final class Askers: Sendable {
    private struct Share: Hashable {
      var line: Line
      var principal: String
    }

    private let taken = NIOLockedValueBox<(all: [Line: Int], each: [Share: Int])>(([:], [:]))

    /// Nobody asks yet.
    public init() {}

    /// - Parameter isOwed: whether it counts, and is let in however much there is.
    fileprivate func enter(_ line: Line, for principal: String, isOwed: Bool) -> Bool {
      guard let room = line.room else { return true }
      let share = Share(line: line, principal: principal)
      return taken.withLockedValue { taken in
        let (whole, own) = (taken.all[line, default: 0], taken.each[share, default: 0])
        let hasRoom = whole < room.most && own < (whole < room.all ? room.each : room.eachWhenFull)
        guard hasRoom || isOwed else { return false }
        taken.all[line, default: 0] += 1
        taken.each[share, default: 0] += 1
        return true
      }
    }

    fileprivate func leave(_ line: Line, for principal: String) {
      guard line.room != nil else { return }
      let share = Share(line: line, principal: principal)
      taken.withLockedValue { taken in
        taken.all[line, default: 0] -= 1
        let left = taken.each[share, default: 0] - 1
        taken.each[share] = left > 0 ? left : nil
      }
    }
  }

  private struct Asker: Sendable {
    var principal: String
    var askers: Askers
    /// Whether what is computed is the answer to what is committed.
    var isOwed = false

    func enter(_ line: Line) -> Bool { askers.enter(line, for: principal, isOwed: isOwed) }
    func leave(_ line: Line) { askers.leave(line, for: principal) }
  }

  /// Nil where something is computed that nobody outside has asked for: that waits for its turn, however many are before it.
  @TaskLocal private static var asker: Asker?

  /// Runs `body` for somebody who asks. Of what it has computed no more waits in a line than is for one of those who ask: else
  /// whoever asks for two thousand things would have all others behind him, and he may have gone before the first is done.
  public static func asked<Value>(
    by principal: String, among askers: Askers, isolation: isolated (any Actor)? = #isolation,
    _ body: () async throws -> Value
  ) async rethrows -> Value {
    try await $asker.withValue(
      Asker(principal: principal, askers: askers), operation: body, isolation: isolation)
  }

  /// Runs `body`, which makes the answer to what is committed already: it waits for its turn, however many are before it. Were
  /// it refused, whoever has asked would take what is done for something that he may ask for again. It counts as his all the
  /// same, so that what he asks beside it is refused the sooner.
  public static func owed<Value>(
    isolation: isolated (any Actor)? = #isolation, _ body: () async throws -> Value
  ) async rethrows -> Value {
    var owing = asker
    owing?.isOwed = true
    return try await $asker.withValue(owing, operation: body, isolation: isolation)
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
