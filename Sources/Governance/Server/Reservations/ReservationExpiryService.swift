import Logging
import Metrics
import Postgres
import Reactor
import ServiceLifecycle
import Store

/// Gives the capacity of reservations back when their time has run out. Every instance runs one: what one has released
/// is nothing to the others, and what comes too late is caught up with.
struct ReservationExpiryService: Service {
  let store: GovernanceStore
  let database: PostgresConfiguration
  let logger: Logger

  /// It comes by after this long at the latest: the database's clock may be set, and its own may run apart from it.
  static let longestWait: Duration = .seconds(60)
  /// It comes by after this long at the earliest, where another transaction works on what is due.
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

  /// Wakes for each commit that reserved something, which may end before all else, and after every reconnect.
  private func ring(_ bell: Bell) async {
    let listener = PostgresListener(
      configuration: database, channels: [GovernanceStore.reservationChannel], logger: logger)
    for await _ in listener { bell.ring() }
  }

  private func watch(_ bell: Bell) async {
    var pause = Pause()
    while !Task.isCancelled {
      do {
        let result = try await store.expireReservations()
        Counter(label: "regie.reservations.expired").increment(by: result.expired.count)
        pause.reset()
        await bell.wait(until: .now + Self.wait(next: result.next))
      } catch is CancellationError {
        return
      } catch {
        logger.warning("Expired reservations could not be released", metadata: ["error": "\(error)"])
        await pause.wait()
      }
    }
  }

  /// How long it sleeps when the next reservation expires in `next`.
  static func wait(next: Duration?) -> Duration {
    min(max(next ?? longestWait, shortestWait), longestWait)
  }
}
