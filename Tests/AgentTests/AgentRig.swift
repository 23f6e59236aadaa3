import Crypto
import Events
import Foundation
import GitOps
import Kafka
import KafkaMock
import Kubernetes
import Logging
import Model
import NIOConcurrencyHelpers
import Reactor
import Reconciler
import SimulatedCluster
import Telemetry
import TestSupport

@testable import Agent

/// An agent with a broker and simulated clusters of its own, to break at will.
struct AgentRig: Sendable {
  static let zone = "z1"

  let mock: MockBroker
  let clusters: [SimulatedCluster]
  let clients: [(name: String, client: KubernetesClient)]
  /// How clusters are kept that are not in mode `own`.
  let rules: [String: ClusterRules]
  /// How clusters in mode `gitops` are asked for Argo CD's word; nil where they are not.
  var asked: (pattern: ApplicationPattern, patience: Duration)?
  /// What the test publishes with, as governance would.
  let centre: KafkaProducer
  /// What governance would know the bus to hold.
  let centreBook = NIOLockedValueBox(CentreBook())
  let telemetry = Telemetry(component: "region-agent", build: BuildInfo(version: "test"))

  static let key = Curve25519.Signing.PrivateKey()
  static let quiet = Logger(label: "quiet") { _ in SwiftLogNoOpLogHandler() }

  var kafka: KafkaConfiguration { Self.configuration(mock) }

  private static func configuration(_ mock: MockBroker) -> KafkaConfiguration {
    var configuration = KafkaConfiguration(bootstrapServers: mock.bootstrapServers, clientID: "regie-tests")
    configuration.fetchWait = .milliseconds(10)
    configuration.properties["retry.backoff.ms"] = "20"
    configuration.properties["reconnect.backoff.ms"] = "20"
    configuration.properties["reconnect.backoff.max.ms"] = "100"
    configuration.closeTimeout = .seconds(2)
    return configuration
  }

  /// Runs `body` with the parts of an agent; none runs yet.
  ///
  /// - Parameters:
  ///   - rules: how clusters are kept that are not in mode `own`.
  ///   - knowingApplications: where Argo CD's definition of Applications is installed.
  ///   - callTimeout: how long a call to a simulated cluster may take, where that is not as usual.
  ///   - real: a cluster that is none of the rig's, before the simulated ones.
  static func with(
    clusters names: [String] = ["c1"], rules: [String: ClusterRules] = [:], real: KubernetesConfiguration? = nil,
    partitions: Int = 1, brokers: Int = 1, knowingApplications: Set<String> = [], callTimeout: Duration? = nil,
    _ body: @Sendable (AgentRig) async throws -> Void
  ) async throws {
    let mock = try MockBroker(brokers: brokers)
    try await mock.createTopic(Topics.desired(zone: zone), partitions: partitions)
    try await mock.createTopic(Topics.observed(zone: zone), partitions: 1)
    try await KafkaProducer.withProducer(configuration: configuration(mock), logger: quiet) { centre in
      try await withThrowingTaskGroup(of: Void.self) { group in
        let clusters = names.map { name in
          var configuration = SimulatedCluster.Configuration()
          configuration.knowsApplications = knowingApplications.contains(name)
          return SimulatedCluster(name: name, configuration: configuration)
        }
        for cluster in clusters { group.addTask { try? await cluster.run() } }
        var clients: [(String, KubernetesClient)] = []
        if let real { clients.append(("real", try KubernetesClient(real, logger: quiet))) }
        for cluster in clusters {
          var configuration = try KubernetesConfiguration.plain(url: "http://127.0.0.1:\(try await cluster.port)")
          configuration.retry.attempts = 1
          if let callTimeout { configuration.callTimeout = callTimeout }
          clients.append((cluster.name, try KubernetesClient(configuration, logger: quiet)))
        }
        let rig = AgentRig(mock: mock, clusters: clusters, clients: clients, rules: rules, centre: centre)
        let result: Result<Void, any Error>
        do { result = .success(try await body(rig)) } catch { result = .failure(error) }
        for (_, client) in clients { await client.shutdown() }
        group.cancelAll()
        try result.get()
      }
    }
    await mock.stop()
  }

  /// The same clusters with another bus, where nothing was published yet: as one that has let go of what was said before.
  func withAnotherBus(_ body: @Sendable (AgentRig) async throws -> Void) async throws {
    let mock = try MockBroker(brokers: 1)
    for topic in [Topics.desired(zone: Self.zone), Topics.observed(zone: Self.zone)] {
      try await mock.createTopic(topic, partitions: 1)
    }
    try await KafkaProducer.withProducer(configuration: Self.configuration(mock), logger: Self.quiet) { centre in
      try await body(
        AgentRig(
          mock: mock, clusters: clusters, clients: clients.map { ($0.name, $0.client) }, rules: rules, centre: centre))
    }
    await mock.stop()
  }

  private init(
    mock: MockBroker, clusters: [SimulatedCluster], clients: [(String, KubernetesClient)],
    rules: [String: ClusterRules], centre: KafkaProducer
  ) {
    self.mock = mock
    self.clusters = clusters
    self.clients = clients.map { (name: $0.0, client: $0.1) }
    self.rules = rules
    self.centre = centre
  }

  /// The clusters as an agent knows them.
  var agentClusters: [AgentCluster] {
    clients.map { name, client in
      let rules = rules[name] ?? ClusterRules()
      let applications = asked.map {
        ApplicationSource(
          client: client, namespace: FakeArgoCD.namespace, pattern: $0.pattern, patience: $0.patience)
      }
      return AgentCluster(
        name: name, rules: rules, client: client, applications: rules.mode == .gitops ? applications : nil)
    }
  }

  /// The cluster with the agent's own namespace: the first that may be written to.
  var home: KubernetesClient { agentClusters.first { $0.mayBeHome }?.client ?? clients[0].client }

  /// These clusters kept otherwise.
  func keeping(_ rules: [String: ClusterRules]) -> AgentRig {
    AgentRig(
      mock: mock, clusters: clusters, clients: clients.map { ($0.name, $0.client) }, rules: rules, centre: centre)
  }

  /// With Argo CD asked for its word.
  func asking(
    _ pattern: String = "regie-{placement}", patience: Duration = .seconds(60)
  ) throws -> AgentRig {
    var rig = self
    guard let pattern = ApplicationPattern(pattern) else { throw CocoaError(.formatting) }
    rig.asked = (pattern, patience)
    return rig
  }

  /// Runs an agent while `body` does.
  ///
  /// - Parameters:
  ///   - messageTimeout: how long what it reports waits for the bus before it is taken back, where that is not as usual.
  ///   - lookInterval: how often it is looked whether what is decided comes through.
  ///   - endsAbruptly: whether the agent's life is cut the moment that `body` ends, as by `kill -9`: what it was doing
  ///   is let go of, and what it had to say is not said any more.
  func withAgent(
    heartbeat: Duration = .milliseconds(200), gitops: GitOpsConfiguration? = nil, guardPolicy: GuardPolicy? = nil,
    newKeys: @escaping @Sendable () async -> EventVerifier? = { nil },
    now: @escaping @Sendable () -> Timestamp = { Timestamp(Date()) },
    driftMode: DriftMode = .correct, memoryInterval: Duration = .seconds(3600), messageTimeout: Duration? = nil,
    lookInterval: Duration = .seconds(15), endsAbruptly: Bool = false,
    _ body: @Sendable (Observations) async throws -> Void
  ) async throws {
    let telemetry = telemetry
    let snapshot = try telemetry.health.register("snapshot", component: "bus", role: .readiness)
    let bus = try telemetry.health.register("kafka", component: "bus", role: .informative)
    defer {
      snapshot.remove()
      bus.remove()
    }
    var reporting = kafka
    if let messageTimeout { reporting.messageTimeout = messageTimeout }
    let assembly = AgentAssembly(
      zone: Self.zone, clusters: agentClusters, home: home, homeNamespace: "regie-system", guardPolicy: guardPolicy,
      gitops: gitops, bus: kafka, reports: reporting, verifier: try Self.verifier(), newKeys: newKeys,
      snapshotHealth: snapshot, busHealth: bus, heartbeat: heartbeat, logger: Self.quiet, driftMode: driftMode,
      memoryInterval: memoryInterval, lookInterval: lookInterval, now: now, seconds: { 1_000 })
    let agent = assembly.service()
    telemetry.metrics.add(ClusterCollector(workers: agent.workers))
    try await withThrowingTaskGroup(of: Void.self) { group in
      let end = Bell()
      group.addTask { try await Self.live(agent, until: end) }
      try await withObservations { seen in
        try await body(seen)
        guard endsAbruptly else { return }
        end.ring()
        await agent.reporter.producer?.close(within: .zero)
      }
      group.cancelAll()
    }
  }

  /// Runs an agent until it ends, or until the bell rings.
  private static func live(_ agent: AgentService, until end: Bell) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await agent.run() }
      group.addTask { await end.wait() }
      try await group.next()
      group.cancelAll()
    }
  }

  /// Reads what agents of the zone report while `body` runs.
  func withObservations(_ body: @Sendable (Observations) async throws -> Void) async throws {
    let observations = Observations()
    let consumer = try KafkaConsumer(
      configuration: kafka, topic: Topics.observed(zone: Self.zone), logger: Self.quiet)
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask {
        while !Task.isCancelled {
          do {
            guard let event = try await consumer.next() else { return }
            observations.take(event, zone: Self.zone)
          } catch {
            // A bus that is away for longer than the client waits for its topic ends no reading.
            try? await Task.sleep(for: .milliseconds(50))
          }
        }
      }
      let result: Result<Void, any Error>
      do { result = .success(try await body(observations)) } catch { result = .failure(error) }
      await consumer.close(within: .seconds(5))
      group.cancelAll()
      try result.get()
    }
  }

  /// What the check of the bus says.
  var busCheck: HealthReport.Check? { telemetry.health.report().checks.first { $0.name == "kafka" } }

  static func keys() throws -> JSONWebKeySet { JSONWebKeySet([JSONWebKey(publicKey: key.publicKey)]) }

  static func verifier() throws -> EventVerifier { try EventVerifier(keys()) }

  /// Publishes a state, signed by the trusted key unless another is given, and then the zone's record, as the relay does.
  ///
  /// - Parameters:
  ///   - isRecorded: whether the zone's record comes to cover the state.
  ///   - moment: when that record was made, where it is not now.
  func publish(
    _ state: DesiredState, key: Curve25519.Signing.PrivateKey = Self.key, isRecorded: Bool = true,
    recordedAt moment: Timestamp? = nil
  ) async throws {
    let event = try BusCodec.event(
      desired: state, signer: EventSigner(key), source: "/regie/governance", id: UUID().uuidString,
      time: Timestamp(Date()))
    let delivery = try await centre.send(
      KafkaMessage(
        topic: Topics.desired(zone: Self.zone), key: Topics.key(placement: state.placement), value: event.data,
        headers: event.headers.map { KafkaHeader($0.name, $0.value) }))
    guard isRecorded, key.rawRepresentation == Self.key.rawRepresentation else { return }
    centreBook.withLockedValue { $0.note(state, event.data, delivery) }
    try await publishRecord(at: moment)
  }

  /// Publishes the zone's record as it stands.
  func publishRecord(at moment: Timestamp? = nil) async throws {
    let record = centreBook.withLockedValue { $0.next(zone: Self.zone, at: moment ?? Timestamp(Date())) }
    let event = try BusCodec.event(
      zone: record, signer: EventSigner(Self.key), source: "/regie/governance", id: UUID().uuidString,
      time: Timestamp(Date()))
    _ = try await centre.send(
      KafkaMessage(
        topic: Topics.desired(zone: Self.zone), key: Topics.key(zone: Self.zone), value: event.data,
        headers: event.headers.map { KafkaHeader($0.name, $0.value) }))
  }

  /// Has the zone's record count a state that the topic does not hold, which makes the bus suspect.
  func recordMissing(_ state: DesiredState) async throws {
    let delivery = KafkaDelivery(topic: Topics.desired(zone: Self.zone), partition: 0, offset: 0)
    centreBook.withLockedValue { $0.note(state, [1], delivery) }
    try await publishRecord()
  }

  /// Has the zone's record count it no more.
  func recordWithout(_ placement: UUID) async throws {
    centreBook.withLockedValue { $0.forget(placement) }
    try await publishRecord()
  }

  /// Publishes a tombstone, as anybody who may write to the topic can.
  func bury(_ placement: UUID) async throws {
    _ = try await centre.send(
      KafkaMessage(
        topic: Topics.desired(zone: Self.zone), key: Topics.key(placement: placement), value: nil, headers: []))
  }

  /// Forgets a placement, as the relay does: a tombstone, then the zone's record without it.
  func forget(_ placement: UUID) async throws {
    try await bury(placement)
    try await recordWithout(placement)
  }

  /// A state of placement number `number`.
  static func state(
    _ number: UInt8, revision: Int64 = 1, epoch: Int64 = 1, cluster: String = "c1", cpu: Int64 = 4,
    placement: UUID? = nil
  ) -> DesiredState {
    func id(_ kind: UInt8) -> UUID { UUID(uuid: (kind, number, 0, 0, 0, 0, 64, 0, 128, 0, 0, 0, 0, 0, 0, 1)) }
    return DesiredState(
      placement: placement ?? id(1), zone: zone, cluster: cluster, phase: .active, revision: revision, epoch: epoch,
      decision: id(2),
      decidedAt: Timestamp(microseconds: 1_795_000_000_000_000), sensitivity: .usuel, mode: .own,
      namespace: NamespaceName.make(environment: id(3), project: id(4)),
      project: DesiredState.Project(id: id(4), name: "basegun", organisation: "mi"),
      environment: DesiredState.Environment(id: id(3), name: "prod", stage: "prod"),
      quota: ResourceList(cpu: Quantity(cpu), memory: Quantity("8Gi")))
  }
}
