import Logging
import Postgres
import Reactor
import ServiceLifecycle

/// Does something over and over: when it is due, when somebody commits what may bring that forward, and after every
/// reconnect. Every instance runs one; what one has done is nothing to the others, and what comes too late is caught up
/// with.
struct WakingService: Service {
  /// How long it sleeps.
  struct Waits: Sendable {
    /// At the earliest, where another transaction works on what is due.
    var shortest: Duration
    /// At the latest: the database's clock may be set, and its own may run apart from it.
    var longest: Duration

    /// As long as until what comes next, within the bounds; as long as it may where nothing is known of.
    func wait(next: Duration?) -> Duration { min(max(next ?? longest, shortest), longest) }
  }

  let database: PostgresConfiguration
  /// Notifications that wake it.
  let channels: [String]
  let waits: Waits
  /// What the log says when it fails; it is tried again after a pause that grows.
  let failure: Logger.Message
  let logger: Logger
  /// What is done.
  ///
  /// - Returns: in how long there is more to do; nil where nothing is known of.
  let work: @Sendable () async throws -> Duration?

  func run() async throws {
    await cancelWhenGracefulShutdown {
      let bell = Bell()
      await withTaskGroup(of: Void.self) { group in
        if !channels.isEmpty { group.addTask { await ring(bell) } }
        group.addTask { await watch(bell) }
        await group.waitForAll()
      }
    }
  }

  private func ring(_ bell: Bell) async {
    let listener = PostgresListener(configuration: database, channels: channels, logger: logger)
    for await _ in listener { bell.ring() }
  }

  private func watch(_ bell: Bell) async {
    var pause = Pause()
    while !Task.isCancelled {
      do {
        let next = try await work()
        pause.reset()
        await bell.wait(until: .now + waits.wait(next: next))
      } catch is CancellationError {
        return
      } catch {
        logger.warning(failure, metadata: ["error": "\(error)"])
        await pause.wait()
      }
    }
  }
}
