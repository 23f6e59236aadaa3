import Logging
import Metrics
import ServiceLifecycle
import Store

/// Looks every minute whether the ledger and what reservations hold agree, and writes down once a day what capacity there is.
/// Every instance runs one: what one has written the others find.
struct CapacityService: Service {
  let store: GovernanceStore
  /// How long past public offers and ended differences are kept.
  var retention = GovernanceStore.offerRetention
  let logger: Logger

  /// How long it waits between two looks.
  static let interval: Duration = .seconds(60)
  /// How many old rows are forgotten at a time.
  static let step = 1000

  func run() async throws {
    await cancelWhenGracefulShutdown {
      while !Task.isCancelled {
        await attempt("The ledger could not be compared with what reservations hold") { try await check() }
        await attempt("The capacity of the day could not be written down") { try await record() }
        await attempt("Past offers and differences could not be forgotten") {
          try await store.forgetOffers(olderThan: retention, limit: Self.step)
          try await store.forgetLedgerDifferences(olderThan: retention, limit: Self.step)
        }
        try? await Task.sleep(for: Self.interval)
      }
    }
  }

  private func check() async throws {
    let check = try await store.checkLedger()
    Gauge(label: "regie.capacity.ledger_differences").record(check.differences.count)
    if check.ended > 0 { logger.notice("The ledger agrees again", metadata: ["differences": "\(check.ended)"]) }
  }

  private func record() async throws {
    let count = try await store.recordCapacity()
    if count > 0 { logger.info("The capacity of the day was written down", metadata: ["clusters": "\(count)"]) }
    _ = try await store.forgetCapacity(limit: Self.step)
  }

  /// One that fails does not keep the other from being done.
  private func attempt(_ failure: Logger.Message, _ body: () async throws -> Void) async {
    do {
      try await body()
    } catch is CancellationError {
      return
    } catch {
      logger.warning(failure, metadata: ["error": "\(error)"])
    }
  }
}
