import Logging
import Metrics
import Postgres
import Reactor
import ServiceLifecycle
import Store

/// Closes votes at their deadline, and tells of versions whose date has come. Every instance runs one: whoever comes first
/// does it, and what comes too late is caught up with. Nothing depends on it but what people are told: which version is in
/// force, and whether a vote is over, the database's clock says.
struct BoardService: Service {
  let store: GovernanceStore
  let database: PostgresConfiguration
  let logger: Logger

  /// It comes by after this long at the latest: the database's clock may be set, and its own may run apart from it.
  static let longestWait: Duration = .seconds(60)
  /// It comes by after this long at the earliest.
  static let shortestWait: Duration = .milliseconds(100)

  func run() async throws {
    await cancelWhenGracefulShutdown {
      let bell = Bell()
      await withTaskGroup(of: Void.self) { group in
        group.addTask { await ring(bell) }
        group.addTask { await watch(bell) }
        await group.waitForAll()
      }
    }
  }

  /// Wakes for each commit that sets a deadline or a date, and after every reconnect.
  private func ring(_ bell: Bell) async {
    let listener = PostgresListener(configuration: database, channels: [GovernanceStore.boardChannel], logger: logger)
    for await _ in listener { bell.ring() }
  }

  private func watch(_ bell: Bell) async {
    var pause = Pause()
    while !Task.isCancelled {
      do {
        let result = try await store.tendBoard()
        Counter(label: "regie.board.closed").increment(by: result.closed.count)
        pause.reset()
        await bell.wait(until: .now + min(max(result.next ?? Self.longestWait, Self.shortestWait), Self.longestWait))
      } catch is CancellationError {
        return
      } catch {
        logger.warning("The board's votes and dates could not be looked after", metadata: ["error": "\(error)"])
        await pause.wait()
      }
    }
  }
}
