import Postgres
import ServiceLifecycle
import Store

/// Keeps what decisions and queries look at in this instance's memory, true by notifications.
struct WorldService: Service {
  let store: GovernanceStore
  let database: PostgresConfiguration

  func run() async throws {
    await cancelWhenGracefulShutdown { await store.keepWorld(database) }
  }
}
