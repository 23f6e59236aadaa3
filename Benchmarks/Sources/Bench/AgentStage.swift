import Crypto
import Events
import Foundation
import Kafka
import Kubernetes
import NIOConcurrencyHelpers
import Subjects
import TestSupport

/// What an agent under measurement stands on: a broker and a real API server. What governance would say, this process signs
/// and publishes, so that no other program takes part of the machine.
final class AgentStage: Sendable {
  let zone: String
  let broker: BenchBroker
  let kubernetes: KubernetesServer
  let client: KubernetesClient
  let reports: AgentReports
  private let folder: String
  private let signer: EventSigner
  private let producer: KafkaProducer
  private let book = NIOLockedValueBox(CentreBook())
  /// As the relay paces them.
  private static let recordInterval: Duration = .seconds(2)
  /// Bytes of one record: brokers take less than a megabyte.
  private static let largestFilling = 500_000

  /// Runs `body` on a stage of its own, which is gone afterwards.
  static func with(_ body: (AgentStage) async throws -> Void) async throws {
    guard KubernetesServer.hasControllerManager else {
      throw BenchError("needs a real API server and its controller manager: make kube, or set KUBEBUILDER_ASSETS")
    }
    let broker = try await BenchBroker.start()
    Console.note("broker: \(broker.description)")
    let kubernetes = try await KubernetesServer.start()
    let client = try KubernetesClient(
      .kubeconfig(paths: [kubernetes.adminKubeconfigPath]), logger: Surroundings.quiet)
    Console.note("API server: Kubernetes \(try await client.version().gitVersion), with its controller manager")
    // A real broker keeps the topics of earlier runs.
    let zone = "b" + String(String(UInt64.random(in: .min ... .max), radix: 36).prefix(8))
    let bus = try broker.configuration(as: "regie-bench")
    let admin = try KafkaAdmin(configuration: bus, logger: Surroundings.quiet)
    try await admin.ensureTopics(
      [Topics.desired(zone: zone), Topics.observed(zone: zone)].map {
        KafkaTopic($0, partitions: Int(Topics.partitions), compacted: true)
      })
    await admin.close(within: .seconds(5))
    try await KafkaProducer.withProducer(configuration: bus, logger: Surroundings.quiet) { producer in
      let reports = AgentReports(zone: zone)
      let stage = try AgentStage(
        zone: zone, broker: broker, kubernetes: kubernetes, client: client, reports: reports, producer: producer)
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await reports.follow(bus) }
        group.addTask { try await stage.publishRecords() }
        defer { group.cancelAll() }
        try await body(stage)
      }
      try? FileManager.default.removeItem(atPath: stage.folder)
    }
    await client.shutdown()
    try await broker.stop()
  }

  private init(
    zone: String, broker: BenchBroker, kubernetes: KubernetesServer, client: KubernetesClient, reports: AgentReports,
    producer: KafkaProducer
  ) throws {
    self.zone = zone
    self.broker = broker
    self.kubernetes = kubernetes
    self.client = client
    self.reports = reports
    self.producer = producer
    folder = FileManager.default.temporaryDirectory.appendingPathComponent("regie-bench-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    signer = EventSigner(Curve25519.Signing.PrivateKey())
    try JSONEncoder().encode(JSONWebKeySet([signer.publicKey]))
      .write(to: URL(fileURLWithPath: "\(folder)/verification.json"))
  }

  /// The keys that states are verified with.
  var verifier: EventVerifier { get throws { try EventVerifier(JSONWebKeySet([signer.publicKey])) } }

  /// Puts states on the bus.
  func publish(_ states: [DesiredState]) async throws {
    let events = try states.map { state in
      try BusCodec.event(
        desired: state, signer: signer, source: "/regie/governance", id: UUID().uuidString.lowercased(),
        time: Timestamp(Date()))
    }
    let messages = zip(states, events).map { message($1, key: Topics.key(placement: $0.placement)) }
    for (index, result) in await producer.send(messages).enumerated() {
      let delivery = try result.get()
      book.withLockedValue { $0.note(states[index], events[index].data, delivery) }
    }
  }

  /// Forgets placements, as the relay does: tombstones, and records that do not count them.
  func forget(_ placements: [UUID]) async throws {
    let topic = Topics.desired(zone: zone)
    let tombstones = placements.map {
      KafkaMessage(topic: topic, key: Topics.key(placement: $0), value: nil, headers: [])
    }
    for result in await producer.send(tombstones) { _ = try result.get() }
    book.withLockedValue { book in for placement in placements { book.forget(placement) } }
  }

  /// Fills each partition by so many bytes that say nothing to an agent: as what others have published, and was superseded.
  func fill(_ bytes: Int) async throws {
    let topic = Topics.desired(zone: zone)
    let messages = (0..<Topics.partitions).flatMap { partition in
      stride(from: 0, to: bytes, by: Self.largestFilling).map { start in
        KafkaMessage(
          topic: topic, key: Array("cluster/filling".utf8),
          value: [UInt8](repeating: UInt8(ascii: " "), count: min(Self.largestFilling, bytes - start)),
          partition: partition)
      }
    }
    for result in await producer.send(messages) { _ = try result.get() }
  }

  /// From where on each partition is kept.
  func lowWatermarks() async throws -> [Int64] {
    let consumer = try KafkaConsumer(
      configuration: broker.configuration(as: "regie-bench-marks"), topic: Topics.desired(zone: zone),
      logger: Surroundings.quiet)
    let marks = try await consumer.watermarks()
    await consumer.close(within: .seconds(5))
    return marks.sorted { $0.key < $1.key }.map(\.value.low)
  }

  /// Says what the topic holds, as the relay does: without a record, an agent removes nothing.
  private func publishRecords() async throws {
    while true {
      let record = book.withLockedValue { $0.isChanged ? $0.next(zone: zone) : nil }
      if let record {
        let event = try BusCodec.event(
          zone: record, signer: signer, source: "/regie/governance", id: UUID().uuidString.lowercased(),
          time: record.at)
        for result in await producer.send([message(event, key: Topics.key(zone: zone))]) { _ = try result.get() }
      }
      try await Task.sleep(for: Self.recordInterval)
    }
  }

  private func message(_ event: CloudEvent, key: [UInt8]) -> KafkaMessage {
    KafkaMessage(
      topic: Topics.desired(zone: zone), key: key, value: event.data,
      headers: event.headers.map { KafkaHeader($0.name, $0.value) })
  }

  /// Starts the agent; it is not waited for.
  ///
  /// - Parameter isPatient: Whether fetches wait as long as they do by default, also at the mock.
  func startAgent(isPatient: Bool = false) throws -> Service {
    let port = try FreePort.find()
    var environment = broker.environment
    if isPatient, broker.isMock { for name in BenchBroker.fetchWait.keys { environment[name] = nil } }
    let program = try SystemUnderTestProgram.start(
      "region-agent",
      environment: environment.merging([
        "REGIE_ZONE": zone, "REGIE_VERIFICATION_KEYS_FILE": "\(folder)/verification.json",
        "REGIE_CLUSTERS": "c1=\(kubernetes.adminKubeconfigPath)", "REGIE_TELEMETRY_ADDRESS": "127.0.0.1:\(port)",
        "LOG_LEVEL": "warning",
      ]) { $1 })
    return Service(program: program, address: "http://127.0.0.1:\(port)")
  }
}
