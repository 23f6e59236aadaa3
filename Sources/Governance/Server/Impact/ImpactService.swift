import Foundation
import Logging
import Metrics
import Postgres
import Reactor
import ServiceLifecycle
import Store

/// Works out what proposed policies would change, one at a time. Every instance runs one; what one has claimed the others
/// leave alone, until it is not heard any more.
///
/// It is nobody's hurry: after each slice it rests for a while, so that whoever asks something else meanwhile has the
/// processor.
struct ImpactService: Service {
  let store: GovernanceStore
  let database: PostgresConfiguration
  /// Who works, for whoever looks.
  let identity: String
  let logger: Logger

  /// It comes by after this long at the latest: for what somebody has left lying, and for what has grown stale.
  private static let longestWait: Duration = .seconds(5)
  /// So often it forgets what is old, when there is nothing else to do.
  private static let forgetting: Duration = .seconds(600)

  func run() async throws {
    await cancelWhenGracefulShutdown {
      let bell = Bell()
      await withTaskGroup(of: Void.self) { group in
        group.addTask { await ring(bell) }
        group.addTask { await work(bell) }
        await group.waitForAll()
      }
    }
  }

  private func ring(_ bell: Bell) async {
    let listener = PostgresListener(
      configuration: database, channels: [GovernanceStore.impactChannel], logger: logger)
    for await _ in listener { bell.ring() }
  }

  private func work(_ bell: Bell) async {
    var pause = Pause()
    var forgetsAt = ContinuousClock.now
    while !Task.isCancelled {
      do {
        guard let claim = try await store.claimImpact(by: identity) else {
          if ContinuousClock.now >= forgetsAt {
            forgetsAt = .now + Self.forgetting
            try await store.forgetImpacts()
          }
          await bell.wait(until: .now + Self.longestWait)
          continue
        }
        try await workOut(claim)
        pause.reset()
      } catch is CancellationError {
        return
      } catch {
        logger.warning("Impacts could not be worked on", metadata: ["error": "\(error)"])
        await pause.wait()
      }
    }
  }

  private func workOut(_ claim: ImpactClaim) async throws {
    let started = ContinuousClock.now
    do {
      // As long as it has worked: half of one processor's time at most.
      let isFinished = try await store.workOut(claim) { spent in try await Task.sleep(for: spent) }
      guard isFinished else { return }
      let seconds = (ContinuousClock.now - started) / .seconds(1)
      Timer(label: "regie.impact").recordSeconds(seconds)
    } catch let error as CancellationError {
      // Whoever comes next takes it over when nothing was heard for a while.
      throw error
    } catch let error as PostgresError {
      // What passes of the database's faults; another try follows when the claim has run out.
      throw error
    } catch {
      logger.error("An impact could not be worked out", metadata: ["impact": "\(claim.id)", "error": "\(error)"])
      try await store.failImpact(claim, because: "\(error)")
    }
  }
}
