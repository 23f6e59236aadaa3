import Events
import Foundation
import Kafka
import Kubernetes
import Reconciler
import Subjects

/// What a start can not do without: the four kinds listed and decoded, the topic read to its end and verified.
enum Baseline {
  /// - Returns: Milliseconds.
  static func measure(_ stage: AgentStage) async throws -> Double {
    let started = ContinuousClock.now
    let kept = ListQuery(labelSelector: Labels.placement)
    _ = try await stage.client.list(Namespace.self, kept)
    _ = try await stage.client.list(ResourceQuota.self, kept)
    _ = try await stage.client.list(LimitRange.self, kept)
    _ = try await stage.client.list(NetworkPolicy.self, kept)
    try await readTopic(stage)
    return (ContinuousClock.now - started) / .milliseconds(1)
  }

  private static func readTopic(_ stage: AgentStage) async throws {
    let consumer = try KafkaConsumer(
      configuration: try stage.broker.configuration(as: "regie-bench-baseline"),
      topic: Topics.desired(zone: stage.zone), logger: Surroundings.quiet)
    let verifier = try stage.verifier
    var snapshot = try await consumer.snapshot()
    while !snapshot.isComplete {
      for event in try await consumer.nextBatch(max: 500) {
        snapshot.observe(event)
        // The zone's own record is small beside the states.
        guard case .record(let record) = event, record.key ?? [] != Topics.key(zone: stage.zone) else { continue }
        _ = try BusCodec.desired(
          key: record.key ?? [], headers: record.headers.map { CloudEvent.Header($0.name, $0.value) },
          data: record.value ?? [], zone: stage.zone, verifier: verifier)
      }
    }
    await consumer.close(within: .seconds(5))
  }
}

/// Which version every object has that an agent might write to; its register alone is written at each start.
struct Written {
  private var versions: [String: String] = [:]

  static func read(_ client: KubernetesClient) async throws -> Written {
    struct Bare: Decodable, Sendable {
      init(from decoder: any Decoder) throws {}
    }
    var written = Written()
    for resource in [
      APIResource.namespaces, .resourceQuotas, .limitRanges, .networkPolicies, .configMaps, .events,
    ] {
      for item in try await client.list(resource, ListQuery(), as: Bare.self).items {
        let identity = item.identity
        guard !identity.name.hasPrefix("regie-agent-") else { continue }
        written.versions["\(resource.plural)/\(identity.namespace ?? "")/\(identity.name)"] =
          "\(identity.uid) \(identity.resourceVersion)"
      }
    }
    return written
  }

  /// What is not as it was, sorted.
  func differences(from before: Written) -> [String] {
    Set(versions.keys).union(before.versions.keys).filter { versions[$0] != before.versions[$0] }.sorted()
  }
}
