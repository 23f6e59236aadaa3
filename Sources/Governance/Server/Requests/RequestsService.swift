import Logging
import Metrics
import Postgres
import Reactor
import ServiceLifecycle
import Store

/// Tells of derogations whose end is near, and ends those whose period is over. Every instance runs one: whoever comes first
/// does it, and what comes too late is caught up with. Decisions do not depend on it: whether a derogation counts, the
/// database's clock says.
struct RequestsService: Service {
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

  /// Wakes for each commit that changes a request, and after every reconnect.
  private func ring(_ bell: Bell) async {
    let listener = PostgresListener(
      configuration: database, channels: [GovernanceStore.requestsChannel], logger: logger)
    for await _ in listener { bell.ring() }
  }

  private func watch(_ bell: Bell) async {
    var pause = Pause()
    while !Task.isCancelled {
      do {
        let result = try await store.tendDerogations()
        Counter(label: "regie.derogations.tended").increment(by: result.changed.count)
        pause.reset()
        await bell.wait(until: .now + min(max(result.next ?? Self.longestWait, Self.shortestWait), Self.longestWait))
      } catch is CancellationError {
        return
      } catch {
        logger.warning("Derogations could not be looked after", metadata: ["error": "\(error)"])
        await pause.wait()
      }
    }
  }
}
