public import Logging
import NIOConcurrencyHelpers
public import ServiceLifecycle
public import Store

/// Notes which API keys were used, and writes it down now and then: no request writes because of its key.
public final class KeyUses: Service {
  /// How long a use is not written down.
  private static let interval: Duration = .seconds(60)

  private let store: GovernanceStore
  private let logger: Logger
  private let used = NIOLockedValueBox<Set<String>>([])

  /// Notes for a store.
  public init(store: GovernanceStore, logger: Logger) {
    self.store = store
    self.logger = logger
  }

  /// Writes down what was noted, until shut down, and once more then.
  public func run() async throws {
    await cancelWhenGracefulShutdown {
      while (try? await Task.sleep(for: Self.interval)) != nil { await self.write() }
    }
    await write()
  }

  /// Only keys that there are get here, so that there are never more than those.
  func note(_ id: String) {
    used.withLockedValue { _ = $0.insert(id) }
  }

  func write() async {
    let ids = used.withLockedValue { used in
      defer { used = [] }
      return used.sorted()
    }
    do {
      try await store.noteUse(ofKeys: ids)
    } catch {
      used.withLockedValue { $0.formUnion(ids) }
      logger.debug("The use of API keys could not be noted", metadata: ["error": "\(error)"])
    }
  }
}
