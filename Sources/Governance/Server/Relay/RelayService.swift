import Events
import Foundation
import Kafka
import Logging
import Metrics
import Postgres
import Reactor
import ServiceLifecycle
import Store
import Telemetry

/// Brings committed decisions to the bus. Every instance runs one; the holder of the advisory lock leads, the others wait.
struct RelayService: Service {
  let store: GovernanceStore
  let database: PostgresConfiguration
  let bus: KafkaConfiguration
  let topics: ZoneTopics
  let signer: EventSigner
  /// The public keys of earlier signers, for reading what the bus holds.
  var earlierKeys = JSONWebKeySet([])
  let identity: String
  let leaseTimeout: Duration
  /// How long the topics of all zones are waited for at the beginning of a term.
  var surveyPatience: Duration = .seconds(5)
  let health: HealthCheck
  let logger: Logger

  func run() async throws {
    // That it has grown is only seen of a series that was there before.
    Counter(label: "regie.relay.failed").increment(by: 0)
    let probe = BusProbe(topics: topics, health: health, logger: logger)
    await cancelWhenGracefulShutdown {
      await withTaskGroup(of: Void.self) { group in
        group.addTask { await deposeStoppedLeaders() }
        group.addTask { await probe.run() }
        group.addTask { await campaign(probe) }
        await group.waitForAll()
      }
    }
  }

  /// Waits for the lock, leads while it is held, and starts over.
  private func campaign(_ probe: BusProbe) async {
    let lock = PostgresAdvisoryLock(configuration: database, key: StoreLocks.relay, logger: logger)
    var pause = Pause()
    while !Task.isCancelled {
      do {
        // What this instance found while it led is past once another does.
        try await lock.withLock(standingBy: { probe.start() }) { held in
          probe.stop()
          try await RelayTerm(service: self, held: held).run()
        }
        pause.reset()
      } catch is CancellationError {
        return
      } catch {
        logger.warning("The relay lost its leadership", metadata: ["error": "\(error)"])
        await pause.wait()
      }
    }
  }

  /// A holder that was stopped (SIGSTOP) keeps its connection, and so its lock, alive: whoever waits ends it.
  private func deposeStoppedLeaders() async {
    while !Task.isCancelled {
      try? await Task.sleep(for: leaseTimeout / 2)
      do {
        if try await store.terminateStaleRelay(olderThan: leaseTimeout) {
          logger.warning("A relay that no longer renewed its lease was deposed")
        }
        // The lease is written once the lock is held: until then it names another, and not who was stopped in between.
        let silence = max(leaseTimeout, Campaign.longestSilence)
        if try await store.endSilentHolder(of: StoreLocks.relay, silentFor: silence) {
          logger.warning("A relay that no longer spoke was deposed")
        }
      } catch is CancellationError {
        return
      } catch {
        logger.debug("The relay's lease could not be read", metadata: ["error": "\(error)"])
      }
    }
  }
}

/// One term of leadership: its own producer, which is purged and closed by the driver as it steps down.
struct RelayTerm: Sendable {
  let service: RelayService
  let held: PostgresHeldLock

  private enum Ended: Error { case deposed }

  func run() async throws {
    let producer = try KafkaProducer(configuration: service.bus.named("relay"), logger: service.logger)
    let lease = try await service.store.acquireRelayLease(
      holder: service.identity, backendPID: held.backendPID, messageTimeout: service.bus.messageTimeout)
    service.logger.info("This instance leads the relay", metadata: ["term": "\(lease.term)"])
    let bell = Bell()
    let driver = try RelayDriver(service: service, producer: producer, lease: lease, bell: bell)
    defer { service.logger.info("This instance leads the relay no longer", metadata: ["term": "\(lease.term)"]) }
    // Beside the term and not below it: cancelled together with the driver it would be closing before the driver could
    // take back what is on its way and give up the transaction under way, and readers would stand still there.
    let serving = Task.detached { try await producer.run() }
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await serving.value }
      group.addTask { await ring(bell) }
      group.addTask { try await renew(term: lease.term) }
      group.addTask { try await driver.run() }
      defer { group.cancelAll() }
      try await group.next()
    }
  }

  /// Wakes the driver for each commit that left something in the outbox, and after every reconnect.
  private func ring(_ bell: Bell) async {
    let listener = PostgresListener(
      configuration: service.database, channels: [GovernanceStore.outboxChannel], logger: service.logger)
    for await _ in listener { bell.ring() }
  }

  /// On a connection of its own: where every one of the pool is taken, a living leader must not pass for a stopped one.
  private func renew(term: Int64) async throws {
    let interval = service.leaseTimeout / 5
    while true {
      do {
        try await PostgresConnection.withConnection(service.database.named("lease")) { connection in
          while true {
            try await Task.sleep(for: interval)
            try await GovernanceStore.renewRelayLease(term: term, in: connection, within: service.leaseTimeout)
          }
        }
      } catch let error as PostgresError {
        // The lock's own connection says when leadership is gone.
        service.logger.warning("The relay's lease was not renewed", metadata: ["error": "\(error)"])
        try await Task.sleep(for: interval * Double.random(in: 0.5...1))
      }
    }
  }
}
