import Capacity
import Conformity
import Events
import Foundation
import Kafka
import Logging
import Metrics
import Reactor
import Reconciler
import ServiceLifecycle
import Telemetry

/// The agent's life: read the topic to its end, then enforce and follow; count the life, then report.
struct AgentService: Service {
  let zone: String
  let bus: KafkaConfiguration
  let verifier: EventVerifier
  /// The keys, where they have changed since they were last asked for.
  let newKeys: @Sendable () async -> EventVerifier?
  /// What the clusters' operator allows; nil where nothing is said.
  let guardPolicy: GuardPolicy?
  let workers: [ClusterWorker]
  /// To the zone's repository, where a cluster is in mode `gitops`.
  let bridge: GitOpsBridge?
  /// By the clusters' names.
  let probers: [String: ConformityProber]
  /// By the clusters' names; none where capacity is not measured.
  let meters: [String: CapacityMeter]
  let reporter: Reporter
  let centre: CentreTime
  /// What the clusters' workers ask before they delete.
  let trust: TrustBoard
  let incarnations: IncarnationRegister
  let heartbeat: Duration
  let snapshotHealth: HealthCheck
  let busHealth: BusHealth
  /// Rings when there is something new to tell the centre between two heartbeats.
  let news: Bell
  let logger: Logger
  /// Between two looks whether all that the topic holds comes through.
  var lookInterval: Duration = .seconds(15)

  func run() async throws {
    beginCounting()
    await cancelWhenGracefulShutdown {
      snapshotHealth.fail("la lecture des décisions n'est pas terminée")
      let reader = TopicReader(service: self)
      await withDiscardingTaskGroup { group in
        group.addTask {
          // Only reports wait for it: the cluster that keeps the number may be away while the others are not.
          guard let incarnation = await beginLife() else { return }
          news.ring()
          await reporter.run(incarnation: incarnation)
        }
        group.addTask { await reader.run() }
        for prober in probers.values { group.addTask { await prober.run() } }
        group.addTask { await beat(reader) }
        group.addTask {
          await reader.waitForSnapshot()
          guard !Task.isCancelled else { return }
          snapshotHealth.pass()
          await enforce()
        }
      }
    }
  }

  private func enforce() async {
    await withDiscardingTaskGroup { group in
      for worker in workers { group.addTask { await worker.run() } }
      for meter in meters.values { group.addTask { await meter.run() } }
      if let bridge { group.addTask { await bridge.run(workers) } }
    }
  }

  /// Without a number of its own a life could not be told from the one before: nothing is reported until it has one.
  private func beginLife() async -> Int64? {
    var failures = 0
    while !Task.isCancelled {
      do {
        let incarnation = try await incarnations.begin()
        logger.info("A new life of the agent begins", metadata: ["zone": "\(zone)", "incarnation": "\(incarnation)"])
        return incarnation
      } catch is CancellationError {
        return nil
      } catch {
        failures += 1
        busHealth.degraded(
          .reports, "la ConfigMap qui compte les vies de l'agent ne peut être écrite : les comptes rendus attendent")
        logger.warning(
          "Reports wait: the agent's own ConfigMap can not be written",
          metadata: ["configMap": "\(incarnations.namespace)/\(incarnations.name)", "error": "\(error)"])
        let ceiling = min(200 << min(failures - 1, 6), 10_000)
        try? await Task.sleep(for: .milliseconds(Int.random(in: (ceiling / 2)...ceiling)))
      }
    }
    return nil
  }

  /// Heartbeats on a timer, and when there is something new to say: at once, unless the last such was only just.
  private func beat(_ reader: TopicReader) async {
    var pace = BeatPace()
    while !Task.isCancelled {
      reporter.submit(await status(reader))
      let due = ContinuousClock.now + heartbeat
      await news.wait(until: due)
      try? await Task.sleep(until: pace.next(due: due, at: .now), clock: .continuous)
    }
  }

  private func status(_ reader: TopicReader) async -> AgentStatus {
    var clusters: [AgentStatus.ClusterStatus] = []
    for worker in workers {
      let fault = await worker.fault
      let repositoryFault = await worker.repositoryFault
      let memoryGap = await worker.memoryGap
      let applicationFault = await worker.applicationFault
      let keptGap = await worker.keptGap
      clusters.append(
        AgentStatus.ClusterStatus(
          name: worker.name, reachable: fault == nil, version: await worker.version,
          message: fault ?? repositoryFault?.message ?? memoryGap ?? keptGap ?? applicationFault,
          placements: await worker.placementCount, conformity: probers[worker.name]?.report,
          capacity: meters[worker.name]?.report))
    }
    let state = reader.state
    return AgentStatus(
      zone: zone, incarnation: 0, sequence: 0, version: AgentVersion.current, at: Timestamp(Date()),
      snapshotComplete: state.isComplete, refusedRecords: state.refusedRecords, lastRefusal: state.lastRefusal,
      clusters: clusters, republication: state.plea, guardPolicy: guardPolicy,
      zoneRecord: reader.agreement(at: Timestamp(Date())), orphans: await reader.orphans())
  }
}
