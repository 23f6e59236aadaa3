import Logging
import Metrics
import Postgres
import Reactor
import ServiceLifecycle
import Store

/// Writes down when the public document of the offer and the policy has become another one: with every commit that changes the
/// offer, and soon after a policy's date has come. Every instance runs one: whoever comes first does it.
struct OfferService: Service {
  let store: GovernanceStore
  let database: PostgresConfiguration
  let logger: Logger

  /// It comes by after this long at the latest: policies begin by themselves.
  static let longestWait: Duration = .seconds(60)

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

  private func ring(_ bell: Bell) async {
    let listener = PostgresListener(configuration: database, channels: [GovernanceStore.offerChannel], logger: logger)
    for await _ in listener { bell.ring() }
  }

  private func watch(_ bell: Bell) async {
    var pause = Pause()
    while !Task.isCancelled {
      do {
        if try await store.publishOffer() {
          Counter(label: "regie.offer.published").increment()
          logger.info("The public offer has changed")
        }
        pause.reset()
        await bell.wait(until: .now + Self.longestWait)
      } catch is CancellationError {
        return
      } catch {
        logger.warning("It could not be seen whether the public offer has changed", metadata: ["error": "\(error)"])
        await pause.wait()
      }
    }
  }
}
