import Logging
import ServiceLifecycle
import Store

/// Forgets the answers to old `Idempotency-Key`s, in small steps: none of them holds up anybody, and no table grows for
/// ever. Every instance runs one; what one works on the others pass by.
struct KeyRetentionService: Service {
  let store: GovernanceStore
  /// How long an answer is kept.
  let retention: Duration
  let logger: Logger

  /// How many are forgotten at a time.
  static let step = 1000
  /// How long it waits when there were no more; and between two steps, so that others come between them.
  static let idle: Duration = .seconds(600)
  static let between: Duration = .milliseconds(200)

  func run() async throws {
    await cancelWhenGracefulShutdown {
      var pause = Pause()
      while !Task.isCancelled {
        do {
          let count = try await store.forgetKeys(olderThan: retention, limit: Self.step)
          if count > 0 { logger.debug("Old idempotency keys were forgotten", metadata: ["count": "\(count)"]) }
          pause.reset()
          try await Task.sleep(for: count < Self.step ? Self.idle : Self.between)
        } catch is CancellationError {
          return
        } catch {
          logger.warning("Old idempotency keys could not be forgotten", metadata: ["error": "\(error)"])
          await pause.wait()
        }
      }
    }
  }
}
