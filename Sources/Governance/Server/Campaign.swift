import Logging
import Postgres
import Store

/// Has one instance of all that run do something: the holder of an advisory lock. The others wait for it.
struct Campaign: Sendable {
  let store: GovernanceStore
  let database: PostgresConfiguration
  /// One of ``StoreLocks``.
  let lock: Int64
  /// What is done, for the log.
  let name: String
  /// Called whenever another instance holds the lock: what this one found while it did, that one finds by itself.
  var standingBy: @Sendable () -> Void = {}
  /// Says, while another instance holds the lock, whether the bus answers this one; nil where what is done is not on
  /// the bus.
  var probe: BusProbe?
  /// How long a holder of the lock may be silent before it is taken for stopped.
  var patience: Duration = Campaign.longestSilence
  let logger: Logger

  /// As a rule a holder of the lock that was silent for so long is taken for stopped: one that lives speaks every two
  /// seconds.
  static let longestSilence: Duration = .seconds(6)

  /// Runs `work` whenever this instance holds the lock, until cancelled.
  func run(_ work: @escaping @Sendable () async throws -> Void) async {
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await deposeStoppedHolders() }
      if let probe { group.addTask { await probe.run() } }
      group.addTask { await hold(work) }
      await group.waitForAll()
    }
  }

  private func hold(_ work: @escaping @Sendable () async throws -> Void) async {
    let lock = PostgresAdvisoryLock(configuration: database, key: lock, logger: logger)
    var pause = Pause()
    while !Task.isCancelled {
      do {
        try await lock.withLock(standingBy: { standBy() }) { _ in
          probe?.stop()
          try await work()
        }
        pause.reset()
      } catch {
        // A cancellation that is not this task's own ends the turn only.
        if Task.isCancelled { return }
        logger.warning("The \(name) starts over", metadata: ["error": "\(error)"])
        await pause.wait()
      }
    }
  }

  private func standBy() {
    standingBy()
    probe?.start()
  }

  /// A holder that was stopped (SIGSTOP) keeps its connection, and so its lock, alive: whoever waits ends it.
  private func deposeStoppedHolders() async {
    while !Task.isCancelled {
      try? await Task.sleep(for: patience / 3)
      do {
        if try await store.endSilentHolder(of: lock, silentFor: patience) {
          logger.warning("A \(name) that no longer spoke was deposed")
        }
      } catch is CancellationError {
        return
      } catch {
        logger.debug("The lock of the \(name) could not be looked at", metadata: ["error": "\(error)"])
      }
    }
  }
}
