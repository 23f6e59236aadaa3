import Events
import Kafka
import Logging
import Metrics
import Postgres
import Reactor
import ServiceLifecycle
import Store
import Telemetry

/// What people see of the sealer.
struct AuditHealth: Sendable {
  /// Whether entries are linked.
  let sealing: HealthCheck
  /// Whether the chain's head reaches the bus.
  let anchoring: HealthCheck
}

/// Links committed audit entries into the chain and anchors its head on the bus (protocol rule 4), on the instance that
/// holds the advisory lock. The lock only spares work: what keeps the chain single is ``GovernanceStore/sealAudit(limit:)``.
struct AuditSealerService: Service {
  let store: GovernanceStore
  let database: PostgresConfiguration
  let bus: KafkaConfiguration
  let topics: ZoneTopics
  let signer: EventSigner
  /// Compares what was told with the database, before anything more is.
  let examiner: EventsExaminer
  let health: AuditHealth
  /// How long whoever has the lock may say nothing before he is taken for stopped.
  var holderPatience: Duration = Campaign.longestSilence
  let logger: Logger

  func run() async throws {
    // That it has grown is only seen of a series that was there before.
    Counter(label: "regie.audit.anchor_failures").increment(by: 0)
    await cancelWhenGracefulShutdown {
      await Campaign(
        store: store, database: database, lock: StoreLocks.auditSealer, name: "audit sealer",
        standingBy: { health.sealing.pass() },
        probe: BusProbe(topics: topics, health: health.anchoring, logger: logger), patience: holderPatience,
        logger: logger
      ).run { try await sealAndAnchor() }
    }
  }

  /// A bus that is away keeps nothing from being sealed.
  private func sealAndAnchor() async throws {
    let heads = AuditHeadBoard()
    let bell = Bell()
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { await ring(bell) }
      group.addTask { await AuditAnchorer(service: self, heads: heads).run() }
      group.addTask { try await seal(wokenBy: bell, posting: heads) }
      defer { group.cancelAll() }
      try await group.next()
    }
  }

  /// Wakes the sealer for each commit that left an entry, and after every reconnect.
  private func ring(_ bell: Bell) async {
    let listener = PostgresListener(
      configuration: database, channels: [GovernanceStore.auditChannel], logger: logger)
    for await _ in listener { bell.ring() }
  }

  private func seal(wokenBy bell: Bell, posting heads: AuditHeadBoard) async throws {
    var machine = SealerMachine()
    var actions = machine.handle(.started)
    while true {
      try Task.checkCancellation()
      if actions.isEmpty {
        await bell.wait()
        actions = machine.handle(.bell)
        continue
      }
      switch actions.removeFirst() {
      case .seal(let limit): actions += machine.handle(try await seal(limit: limit))
      case .announce(let head): heads.post(head)
      case .pause(let failures):
        try await Task.sleep(for: Pause.delay(failures: failures))
        actions += machine.handle(.resumed)
      }
    }
  }

  private func seal(limit: Int) async throws -> SealerMachine.Event {
    do {
      guard let progress = try await store.sealAudit(limit: limit) else { return .overtaken }
      Counter(label: "regie.audit.sealed").increment(by: progress.sealed)
      health.sealing.pass()
      return .sealed(progress)
    } catch let error as CancellationError {
      throw error
    } catch {
      health.sealing.degraded("le journal d'audit n'est pas scellé")
      logger.warning("Audit entries were not sealed; it is tried again", metadata: ["error": "\(error)"])
      return .failed
    }
  }
}
