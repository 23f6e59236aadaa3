import Foundation
import GitOps
import Logging
import NIOConcurrencyHelpers
import Testing

/// A writer at work, and what it tells.
final class Rig: Sendable {
  /// What the writer has told by now.
  struct News: Sendable {
    var standings: [UUID: PlacementStanding] = [:]
    var health: RepositoryHealth?
    /// Faults in the order in which they were told.
    var faults: [GitFailure.Kind] = []
  }

  private struct Board: Sendable {
    var news = News()
    var waiters: [(holds: @Sendable (News) -> Bool, continuation: CheckedContinuation<News, Never>)] = []
  }

  let writer: GitOpsWriter
  private let board: NIOLockedValueBox<Board>
  private let clock: NIOLockedValueBox<Date>

  private init(_ configuration: GitOpsConfiguration, at start: Date) {
    let board = NIOLockedValueBox(Board())
    let clock = NIOLockedValueBox(start)
    self.board = board
    self.clock = clock
    writer = GitOpsWriter(
      configuration, now: { clock.withLockedValue { $0 } },
      logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
      submit: { news in Self.post(on: board) { $0.standings.merge(news.mapValues(\.standing)) { $1 } } },
      healthChanged: { health in
        Self.post(on: board) { news in
          news.health = health
          if let fault = health.fault { news.faults.append(fault.kind) }
        }
      })
  }

  private static func post(on board: NIOLockedValueBox<Board>, _ change: (inout News) -> Void) {
    let ready = board.withLockedValue { board in
      change(&board.news)
      let news = board.news
      let ready = board.waiters.filter { $0.holds(news) }
      board.waiters.removeAll { $0.holds(news) }
      return ready.map { ($0.continuation, news) }
    }
    for (continuation, news) in ready { continuation.resume(returning: news) }
  }

  /// Waits until what was told is so; the test's time limit is the only bound.
  @discardableResult
  func wait(until holds: @escaping @Sendable (News) -> Bool) async -> News {
    await withCheckedContinuation { continuation in
      let news = board.withLockedValue { board -> News? in
        if holds(board.news) { return board.news }
        board.waiters.append((holds, continuation))
        return nil
      }
      if let news { continuation.resume(returning: news) }
    }
  }

  /// Waits until what was told is so, and has the writer look at the branch now and then meanwhile.
  ///
  /// Where others write, it may begin to pause after it was last asked to look, as where they put the branch back
  /// between its push and its look: a clock that stands still would never end that.
  @discardableResult
  func waitLooking(until holds: @escaping @Sendable (News) -> Bool) async -> News {
    let looking = Task { [writer] in
      while true {
        do { try await Task.sleep(for: .seconds(1)) } catch { return }
        await writer.refresh()
      }
    }
    defer { looking.cancel() }
    return await wait(until: holds)
  }

  /// Waits until all of these placements stand so.
  @discardableResult
  func wait(_ standing: PlacementStanding, for desired: DesiredPlacement...) async -> News {
    await wait { news in desired.allSatisfy { news.standings[$0.placement] == standing } }
  }

  /// Forgets what was told, so that only news count.
  func forget() { board.withLockedValue { $0.news = News() } }

  /// Takes the states in and waits until they are written.
  func write(_ desired: DesiredPlacement...) async {
    for placement in desired { await writer.take(placement) }
    await wait { news in desired.allSatisfy { news.standings[$0.placement] == .written } }
  }

  /// Puts the clock forward and has the writer look at the branch.
  func advance(by seconds: TimeInterval) async {
    clock.withLockedValue { $0 += seconds }
    await writer.refresh()
  }

  /// Runs `body` with a writer at work; the writer has ended when this returns.
  static func with(
    _ remote: Remote, clone: String = "clone", program: String? = nil, url: String? = nil,
    credential: GitCredential = .none, at start: Date = Fixtures.start,
    adjust: (inout GitOpsConfiguration) -> Void = { _ in }, _ body: @escaping @Sendable (Rig) async throws -> Void
  ) async throws {
    var configuration = try GitOpsConfiguration(
      url: url ?? remote.url, clone: "\(remote.folder)/\(clone)", credential: credential,
      author: CommitAuthor(name: "Régie z1", email: "regie@example.org"))
    if let program { configuration.program = program }
    adjust(&configuration)
    let rig = Rig(configuration, at: start)
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { await rig.writer.run() }
      try await body(rig)
      group.cancelAll()
    }
  }
}
