import Events
import Foundation
import Kubernetes
import NIOConcurrencyHelpers
import Testing

/// Every state that the objects of ours went through on a cluster, as a watcher saw them.
final class ClusterHistory: Sendable {
  /// One state of one object.
  struct Entry: Sendable {
    let object: String
    let placement: String?
    let uid: String
    let resourceVersion: String
    let version: StateVersion?
    let isGone: Bool
  }

  private struct Labelled: Decodable, Sendable {
    struct Metadata: Decodable, Sendable { var labels: [String: String]? }
    var metadata: Metadata
  }

  private let box = NIOLockedValueBox<[Entry]>([])

  /// What was seen so far, in order.
  var entries: [Entry] { box.withLockedValue { $0 } }

  /// Watches until the task is cancelled.
  func follow(_ client: KubernetesClient) async {
    await withDiscardingTaskGroup { group in
      for resource in [APIResource.namespaces, .resourceQuotas, .limitRanges, .networkPolicies] {
        let query = ListQuery(labelSelector: "regie.cloud-pi-native.fr/placement")
        let informer = client.informer(resource, query, as: Labelled.self)
        group.addTask {
          // Nothing but the end of the test ends it.
          do { for try await event in informer { self.take(event, of: resource) } } catch {}
        }
      }
    }
  }

  private func take(_ event: InformerEvent<Labelled>, of resource: APIResource) {
    switch event {
    case .synced(let items, _): for item in items { add(item, resource, isGone: false) }
    case .applied(let item): add(item, resource, isGone: false)
    case .deleted(let item): add(item, resource, isGone: true)
    case .interrupted, .resumed: return
    }
  }

  private func add(_ item: Observed<Labelled>, _ resource: APIResource, isGone: Bool) {
    let labels = item.value.metadata.labels ?? [:]
    let epoch = labels["regie.cloud-pi-native.fr/epoch"].flatMap { Int64($0) }
    let revision = labels["regie.cloud-pi-native.fr/revision"].flatMap { Int64($0) }
    let identity = item.identity
    let entry = Entry(
      object: "\(resource.plural)/\(identity.namespace ?? "")/\(identity.name)",
      placement: labels["regie.cloud-pi-native.fr/placement"], uid: identity.uid,
      resourceVersion: identity.resourceVersion,
      version: epoch.flatMap { epoch in revision.map { StateVersion(epoch: epoch, revision: $0) } }, isGone: isGone)
    box.withLockedValue { $0.append(entry) }
  }

  /// Checks that no object ever went back to an older version.
  func expectForwardOnly(sourceLocation: SourceLocation = #_sourceLocation) throws {
    for (object, entries) in Dictionary(grouping: entries.filter { !$0.isGone }, by: \.object) {
      let versions = entries.compactMap(\.version)
      for (before, after) in zip(versions, versions.dropFirst()) {
        try #require(before <= after, "\(object) went from \(before) to \(after)", sourceLocation: sourceLocation)
      }
    }
  }

  /// Checks that nothing was ever deleted or made anew, or nothing of one kind.
  func expectNothingLost(of kind: String = "", sourceLocation: SourceLocation = #_sourceLocation) throws {
    for (object, entries) in Dictionary(grouping: entries, by: \.object) where object.hasPrefix(kind) {
      try #require(entries.allSatisfy { !$0.isGone }, "\(object) was gone for a time", sourceLocation: sourceLocation)
      try #require(Set(entries.map(\.uid)).count == 1, "\(object) was made anew", sourceLocation: sourceLocation)
    }
  }

  /// Checks that each version of each object was written once. Quotas are left out: their status is written besides.
  func expectWrittenOnce(sourceLocation: SourceLocation = #_sourceLocation) throws {
    struct Write: Hashable {
      let object: String
      let version: StateVersion?
    }
    let objects = entries.filter { !$0.object.hasPrefix("resourcequotas/") && !$0.isGone }
    for (write, entries) in Dictionary(grouping: objects, by: { Write(object: $0.object, version: $0.version) }) {
      let writes = Set(entries.map(\.resourceVersion)).count
      try #require(
        writes == 1, "\(write.object) was written \(writes) times as \(write.version?.description ?? "nothing")",
        sourceLocation: sourceLocation)
    }
  }
}
