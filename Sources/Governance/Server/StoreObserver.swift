import Logging
import Metrics
import Model
import Postgres
import ServiceLifecycle
import Store
import Telemetry

/// Keeps the database's health check and the gauges that are counted there up to date, every few seconds, and has removals
/// whose moment has come said again.
struct StoreObserver: Service {
  let store: GovernanceStore
  let health: HealthCheck
  let logger: Logger

  func run() async throws {
    await cancelWhenGracefulShutdown {
      while !Task.isCancelled {
        await observe()
        try? await Task.sleep(for: .seconds(5))
      }
    }
  }

  private func observe() async {
    do {
      let counts = try await store.counts()
      health.pass()
      let due = try await store.republishDueRemovals()
      if due > 0 { logger.info("The moment of removals has come", metadata: ["placements": "\(due)"]) }
      for row in counts.placements {
        let dimensions = [("phase", row.phase.rawValue), ("ready", String(row.ready))]
        Gauge(label: "regie.placements", dimensions: dimensions).record(row.count)
      }
      Gauge(label: "regie.outbox.unpublished").record(counts.unpublished)
      Gauge(label: "regie.outbox.oldest_unpublished_age_seconds").record(seconds(counts.oldestUnpublishedAge))
      Gauge(label: "regie.audit.unsealed").record(counts.unsealed)
      Gauge(label: "regie.audit.oldest_unsealed_seconds").record(seconds(counts.oldestUnsealedAge))
    } catch is CancellationError {
      return
    } catch let error as PostgresError where error.kind == .poolExhausted {
      // Busy is not away: taking this instance out of service would make the others busier.
      health.degraded("toutes les connexions à la base sont occupées")
      logger.warning("All connections to the database are taken", metadata: ["error": "\(error)"])
    } catch {
      health.fail("la base de données ne répond pas")
      logger.warning("The database does not answer", metadata: ["error": "\(error)"])
    }
  }

  private func seconds(_ duration: Duration?) -> Double {
    guard let duration else { return 0 }
    return Double(duration.components.seconds) + Double(duration.components.attoseconds) / 1e18
  }
}
