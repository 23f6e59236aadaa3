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

  private struct Content {
    var entries: [Entry] = []
    /// By kind, why it is not watched now.
    var faults: [String: any Error] = [:]
  }

  private let box = NIOLockedValueBox(Content())

  /// What was seen so far, in order.
  var entries: [Entry] { box.withLockedValue { $0.entries } }

  /// Watches until the task is cancelled.
  func follow(_ client: KubernetesClient) async {
    await withDiscardingTaskGroup { group in
      for resource in [APIResource.namespaces, .resourceQuotas, .limitRanges, .networkPolicies] {
        let query = ListQuery(labelSelector: "regie.cloud-pi-native.fr/placement")
        let informer = client.informer(resource, query, as: Labelled.self)
        group.addTask {
          do {
            for try await event in informer { self.take(event, of: resource) }
          } catch {
            // Before the end of the test nothing should end it.
            self.note(error, of: resource)
          }
        }
      }
    }
  }

  private func take(_ event: InformerEvent<Labelled>, of resource: APIResource) {
    switch event {
    case .synced(let items, _): for item in items { add(item, resource, isGone: false) }
    case .applied(let item): add(item, resource, isGone: false)
    case .deleted(let item): add(item, resource, isGone: true)
    case .interrupted(let error): note(error, of: resource)
    case .resumed: note(nil, of: resource)
    }
  }

  private func note(_ fault: (any Error)?, of resource: APIResource) {
    box.withLockedValue { $0.faults[resource.plural] = fault }
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
    box.withLockedValue { $0.entries.append(entry) }
  }

  /// What a check is about. One of nothing, or of what could not be watched, would hold of anything.
  private func seen(_ what: String, where isMeant: (Entry) -> Bool) throws -> [Entry] {
    let content = box.withLockedValue { $0 }
    if let fault = content.faults.values.first { throw fault }
    let seen = content.entries.filter(isMeant)
    try demand(!seen.isEmpty, "the cluster's history has no \(what)")
    return seen
  }

  private func demandVersions(of entries: [Entry]) throws {
    for entry in entries { try demand(entry.version != nil, "\(entry.object) was seen without a version") }
  }

  /// Checks that no object ever went back to an older version.
  func expectForwardOnly(sourceLocation: SourceLocation = #_sourceLocation) throws {
    let objects = try seen("entry of what is there") { !$0.isGone }
    try demandVersions(of: objects)
    for (object, entries) in Dictionary(grouping: objects, by: \.object) {
      let versions = entries.compactMap(\.version)
      for (before, after) in zip(versions, versions.dropFirst()) {
        try #require(before <= after, "\(object) went from \(before) to \(after)", sourceLocation: sourceLocation)
      }
    }
  }

  /// Checks that nothing was ever deleted or made anew, or nothing of one kind.
  func expectNothingLost(of kind: String = "", sourceLocation: SourceLocation = #_sourceLocation) throws {
    let objects = try seen("entry of “\(kind)”") { $0.object.hasPrefix(kind) }
    for (object, entries) in Dictionary(grouping: objects, by: \.object) {
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
    let objects = try seen("entry of anything but quotas") { !$0.object.hasPrefix("resourcequotas/") && !$0.isGone }
    try demandVersions(of: objects)
    for (write, entries) in Dictionary(grouping: objects, by: { Write(object: $0.object, version: $0.version) }) {
      let writes = Set(entries.map(\.resourceVersion)).count
      try #require(
        writes == 1, "\(write.object) was written \(writes) times as \(write.version?.description ?? "nothing")",
        sourceLocation: sourceLocation)
    }
  }
}
