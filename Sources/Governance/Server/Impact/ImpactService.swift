import Logging
import Metrics
import Postgres
import ServiceLifecycle
import Store

/// Works out what proposed policies would change, one at a time. Every instance runs one; what one has claimed the others
/// leave alone, until it is not heard any more.
///
/// It is nobody's hurry: after each slice it rests for a while where anybody asks something else meanwhile, so that they have
/// the processor.
struct ImpactService: Service {
  let store: GovernanceStore
  let database: PostgresConfiguration
  /// Who works, for whoever looks.
  let identity: String
  let logger: Logger

  /// What waits is worked on without a pause; and it comes by for what somebody has left lying, and for what has grown stale.
  private static let waits = WakingService.Waits(shortest: .zero, longest: .seconds(5))

  func run() async throws {
    try await WakingService(
      database: database, channels: [GovernanceStore.impactChannel], waits: Self.waits,
      failure: "Impacts could not be worked on", logger: logger
    ) {
      guard let claim = try await store.claimImpact(by: identity) else { return nil }
      try await workOut(claim)
      return .zero
    }.run()
  }

  private func workOut(_ claim: ImpactClaim) async throws {
    let started = ContinuousClock.now
    do {
      let isFinished = try await store.workOut(claim) { spent in
        try await Task.sleep(for: GovernanceStore.impactRest(after: spent))
      }
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
