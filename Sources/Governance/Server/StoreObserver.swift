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
  /// Whether agents find on the bus what the zones' records say.
  let busHealth: HealthCheck
  /// Whether the database is the one that has spoken on the bus.
  let restoreHealth: HealthCheck
  let logger: Logger

  func run() async throws {
    await cancelWhenGracefulShutdown {
      while !Task.isCancelled {
        await observe()
        try? await Task.sleep(for: .seconds(5))
      }
    }
  }

  func observe() async {
    var isCounted = true
    do {
      let counts = try await store.counts()
      Gauge(label: "regie.database.restored").record(counts.suspension == nil ? 0 : 1)
      judge(counts.suspension)
      tell(counts.placements)
      Gauge(label: "regie.outbox.unpublished").record(counts.unpublished)
      Gauge(label: "regie.outbox.oldest_unpublished_age_seconds").record(seconds(counts.oldestUnpublishedAge))
      Gauge(label: "regie.facts.unpublished").record(counts.unpublishedFacts)
      Gauge(label: "regie.facts.oldest_unpublished_age_seconds").record(seconds(counts.oldestFactAge))
      Gauge(label: "regie.zones.bus_suspect").record(counts.suspectZones.count)
      judge(counts.suspectZones)
      Gauge(label: "regie.zones.orphans").record(counts.orphans)
      Gauge(label: "regie.zones.silent").record(counts.silentZones)
      Gauge(label: "regie.clusters.unreachable").record(counts.unreachableClusters)
      // Told by every instance: that nobody judges shows nowhere else.
      if let age = counts.judgedAgo { Gauge(label: "regie.findings.judged.age.seconds").record(seconds(age)) }
      Gauge(label: "regie.recovery.left").record(counts.left)
      Gauge(label: "regie.audit.unsealed").record(counts.unsealed)
      Gauge(label: "regie.audit.oldest_unsealed_seconds").record(seconds(counts.oldestUnsealedAge))
    } catch {
      guard isAnswered(told: error) else { return }
      isCounted = false
    }
    do {
      // A database that is suspended finds none. Somebody may hold one of these rows: that is not waited for long.
      let due = try await store.republishDueRemovals(deadline: .now + .seconds(5))
      if due > 0 { logger.info("The moment of removals has come", metadata: ["placements": "\(due)"]) }
      if isCounted { health.pass() }
    } catch is CancellationError {
      return
    } catch {
      logger.error("Removals whose moment has come could not be said again", metadata: ["error": "\(error)"])
      // It has just answered: whatever is in the way here, requests need not fail for it.
      guard isCounted else { return }
      health.degraded(
        "la base répond, mais les retraits dont le moment est venu n’ont pas pu être redits (\(Self.word(for: error))) ; "
          + "le journal dit pourquoi")
    }
  }

  /// Says what has become of a question.
  ///
  /// - Returns: Whether the database answers others all the same.
  private func isAnswered(told error: any Error) -> Bool {
    switch error {
    case is CancellationError: return false
    case let error as PostgresError where error.kind == .poolExhausted:
      // Busy is not away: taking this instance out of service would make the others busier.
      health.degraded("toutes les connexions à la base sont occupées")
      logger.warning("All connections to the database are taken", metadata: ["error": "\(error)"])
      return false
    // Where somebody holds a table the database says so itself: requests that need none of it are answered.
    case let error as PostgresError where error.isOutage && error.sqlState != .lockNotAvailable:
      health.fail("la base de données ne répond pas")
      logger.warning("The database does not answer", metadata: ["error": "\(error)"])
      return false
    case let error as PostgresError where Self.missing.contains(error.sqlState?.category):
      // Requests fail for it as well.
      health.fail(
        "la base répond, mais ce que le service y cherche n’y est pas, ou lui est refusé (\(Self.word(for: error))) ; "
          + "le journal dit quoi")
      logger.error("The database lacks or refuses what the service needs", metadata: ["error": "\(error)"])
      return true
    default:
      // It would be so on every instance, and no request to any of them need fail for it.
      health.degraded(
        "la base répond, mais une demande du service y échoue (\(Self.word(for: error))) ; le journal dit laquelle")
      logger.error("The database answers, and a question of the service fails", metadata: ["error": "\(error)"])
      return true
    }
  }

  /// Classes of what a database says in which tables, columns or rights are others than the program's, or the schema or
  /// database is gone.
  private static let missing: Set<String?> = ["42", "3D", "3F"]

  private static func word(for error: any Error) -> String {
    let found = error as? PostgresError
    return found?.sqlState.map { "SQLSTATE \($0)" } ?? found?.kind.name ?? "\(type(of: error))"
  }

  /// A group that nothing is in any more is told as well: what was said of it last would stand for good.
  private func tell(_ placements: [StoreCounts.Placements]) {
    for phase in PlacementPhase.allCases {
      for ready in [false, true] {
        let count = placements.first { $0.phase == phase && $0.ready == ready }?.count ?? 0
        let dimensions = [("phase", phase.rawValue), ("ready", String(ready))]
        Gauge(label: "regie.placements", dimensions: dimensions).record(count)
      }
    }
  }

  private func judge(_ suspects: [String]) {
    guard !suspects.isEmpty else { return busHealth.pass() }
    busHealth.degraded(
      "le bus ne contient pas ce que dit l’état de la zone : \(suspects.joined(separator: ", ")) ; rien n’y est retiré")
  }

  /// By what it was noticed is for administrators: anybody may ask for health.
  private func judge(_ suspension: Suspension?) {
    guard suspension != nil else { return restoreHealth.pass() }
    restoreHealth.degraded("la base a été restaurée : rien n'est décidé ni publié avant « regie recover »")
  }

  private func seconds(_ duration: Duration?) -> Double {
    guard let duration else { return 0 }
    return Double(duration.components.seconds) + Double(duration.components.attoseconds) / 1e18
  }
}
