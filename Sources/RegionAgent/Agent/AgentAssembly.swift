import Capacity
import Conformity
import Events
import Foundation
import GitOps
import Kafka
import Kubernetes
import Logging
import Reactor
import Reconciler
import Telemetry

/// What an agent is put together from: the program by what its environment says, tests by clusters and a bus of their own.
///
/// What keeps it from writing and from deleting is tied here and nowhere else, so that what tests attack is what is shipped.
struct AgentAssembly: Sendable {
  let zone: String
  let clusters: [AgentCluster]
  /// The cluster with the agent's own namespace.
  let home: KubernetesClient
  let homeNamespace: String
  /// What the clusters' operator allows; nil where nothing is said.
  let guardPolicy: GuardPolicy?
  /// The zone's repository; nil where no cluster is in mode `gitops`.
  let gitops: GitOpsConfiguration?
  /// By which decisions are read.
  let bus: KafkaConfiguration
  /// By which reports are sent.
  let reports: KafkaConfiguration
  let verifier: EventVerifier
  /// The keys, where they have changed since they were last asked for.
  let newKeys: @Sendable () async -> EventVerifier?
  let snapshotHealth: HealthCheck
  let busHealth: HealthCheck
  let heartbeat: Duration
  let logger: Logger
  var concurrency = 32
  var driftMode = DriftMode.correct
  var memoryInterval: Duration = .seconds(3600)
  var measuresCapacity = false
  var lookInterval: Duration = .seconds(15)
  /// The clock of this machine.
  var now: @Sendable () -> Timestamp = { Timestamp(Date()) }
  /// Seconds since 1970, above which lives are numbered.
  var seconds: @Sendable () -> Int64 = { Int64(Date().timeIntervalSince1970) }

  /// The agent; nothing of it runs yet.
  func service() -> AgentService {
    let health = BusHealth(busHealth)
    let reporter = Reporter(bus: reports, zone: zone, health: health, logger: logger)
    let news = Bell()
    let centre = CentreTime()
    let trust = TrustBoard()
    let bridge = gitops.map { configuration in
      GitOpsBridge(
        configuration, logger: logger,
        mayRemove: { placement, moment in
          trust.refusal(of: placement) == nil && centre.earliest.map { $0 >= moment } ?? false
        })
    }
    let workers = clusters.map { worker(of: $0, reporter, bridge, news, centre, trust) }
    return AgentService(
      zone: zone, bus: bus, verifier: verifier, newKeys: newKeys, guardPolicy: guardPolicy, workers: workers,
      bridge: bridge, probers: probers(news), meters: meters(workers, news), reporter: reporter, centre: centre,
      trust: trust,
      incarnations: IncarnationRegister(client: home, namespace: homeNamespace, zone: zone, now: seconds),
      heartbeat: heartbeat, snapshotHealth: snapshotHealth, busHealth: health, news: news, logger: logger,
      lookInterval: lookInterval)
  }

  private func worker(
    of cluster: AgentCluster, _ reporter: Reporter, _ bridge: GitOpsBridge?, _ news: Bell, _ centre: CentreTime,
    _ trust: TrustBoard
  ) -> ClusterWorker {
    ClusterWorker(
      name: cluster.name, rules: cluster.rules.guarded(by: guardPolicy), zone: zone, client: cluster.client,
      home: home, homeNamespace: homeNamespace, applications: cluster.applications, concurrency: concurrency,
      memoryInterval: memoryInterval, driftMode: driftMode, now: now, centre: { centre.earliest }, logger: logger,
      submit: { reporter.submit($0) },
      forgotten: { placement in
        reporter.forget(placement)
        bridge?.forget(placement)
      },
      commit: { bridge?.take($0) }, healthChanged: { news.ring() }, mayDelete: { trust.refusal(of: $0) },
      isVouchedFor: { trust.vouches(for: $0) }, recognise: { trust.recognise($0, $1) },
      obsolete: { trust.obsolete($0, $1) })
  }

  private func probers(_ news: Bell) -> [String: ConformityProber] {
    let probers = clusters.filter(\.isProbed).map { cluster in
      let prober = ConformityProber(
        cluster: cluster.name, client: cluster.client, labels: Labels.chosenByPolicies,
        fieldManager: Labels.fieldManager, makesNamespace: cluster.mayBeHome, now: now, logger: logger,
        changed: { news.ring() })
      return (cluster.name, prober)
    }
    return Dictionary(uniqueKeysWithValues: probers)
  }

  private func meters(_ workers: [ClusterWorker], _ news: Bell) -> [String: CapacityMeter] {
    guard measuresCapacity else { return [:] }
    let meters = zip(clusters, workers).map { cluster, worker in
      let meter = CapacityMeter(
        cluster: worker.name, client: cluster.client, kept: { await worker.keptNamespaces }, now: now, logger: logger,
        changed: { news.ring() })
      return (worker.name, meter)
    }
    return Dictionary(uniqueKeysWithValues: meters)
  }
}
