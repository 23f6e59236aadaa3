import Events
import Foundation
import Kubernetes
import Model
import NIOConcurrencyHelpers
import Reconciler
import Testing

/// What a cluster has seen of namespaces and of the agent's memory, in the order of its own numbers.
final class ChaosHistory: Sendable {
  private struct Content {
    /// When the deletion of a namespace was asked for: by its `uid`, with the labels that it bore.
    var deletions: [String: (at: UInt64, labels: [String: String])] = [:]
    /// The kinds that were listed.
    var listed: Set<String> = []
    /// The names that were seen.
    var names: Set<String> = []
    var memories: [(at: UInt64, placement: String, entry: PlacementMemory)] = []
  }

  private let box = NIOLockedValueBox(Content())

  /// Watches until the task is cancelled.
  func follow(_ client: KubernetesClient) async {
    await withDiscardingTaskGroup { group in
      group.addTask {
        let informer = client.informer(.namespaces, ListQuery(labelSelector: Labels.placement), as: Namespace.self)
        do { for try await event in informer { self.take(event) } } catch {}
      }
      group.addTask {
        let informer = client.informer(.configMaps, ListQuery(namespace: "regie-system"), as: ConfigMap.self)
        do { for try await event in informer { self.take(event) } } catch {}
      }
    }
  }

  /// Waits until both kinds were listed: of what happens before, only the latest would be seen.
  func begin() async throws {
    try await eventually("the history is read from its beginning") {
      box.withLockedValue { $0.listed.isSuperset(of: ["namespaces", "configmaps"]) }
    }
  }

  private func take(_ event: InformerEvent<Namespace>) {
    switch event {
    case .synced(let items, _):
      for item in items { take(item) }
      box.withLockedValue { _ = $0.listed.insert("namespaces") }
    case .applied(let item): take(item)
    case .deleted, .interrupted, .resumed: return
    }
  }

  private func take(_ item: Observed<Namespace>) {
    box.withLockedValue { _ = $0.names.insert("namespaces/\(item.identity.name)") }
    guard item.value.metadata.deletionTimestamp != nil, let at = UInt64(item.identity.resourceVersion) else { return }
    box.withLockedValue { content in
      if content.deletions[item.identity.uid] == nil {
        content.deletions[item.identity.uid] = (at, item.value.metadata.labels ?? [:])
      }
    }
  }

  private func take(_ event: InformerEvent<ConfigMap>) {
    switch event {
    case .synced(let items, _):
      for item in items { take(item) }
      box.withLockedValue { _ = $0.listed.insert("configmaps") }
    case .applied(let item): take(item)
    case .deleted, .interrupted, .resumed: return
    }
  }

  private func take(_ item: Observed<ConfigMap>) {
    box.withLockedValue { _ = $0.names.insert("configmaps/\(item.identity.name)") }
    guard item.identity.name.hasPrefix("regie-memory-"), let at = UInt64(item.identity.resourceVersion) else { return }
    box.withLockedValue { content in
      for (placement, text) in item.value.data ?? [:] {
        if let entry = PlacementMemory(text) { content.memories.append((at, placement, entry)) }
      }
    }
  }

  /// Makes an object of each kind and waits until it was seen: all that came before was, too.
  func catchUp(_ client: KubernetesClient) async throws {
    let name = "the-end"
    try await ChaosTests.patiently(butNot: .alreadyExists) {
      try await client.create(Namespace(metadata: ObjectMeta(name: name, labels: [Labels.placement: name])))
    }
    try await ChaosTests.patiently(butNot: .alreadyExists) {
      try await client.create(ConfigMap(metadata: ObjectMeta(name: name, namespace: "regie-system")))
    }
    try await eventually("the history is read to its end") {
      box.withLockedValue { $0.names.isSuperset(of: ["namespaces/\(name)", "configmaps/\(name)"]) }
    }
  }

  /// How many namespaces were deleted.
  var deletions: Int { box.withLockedValue { $0.deletions.count } }

  /// What was deleted without a published removal that was the latest the agent had written down, and marked as such.
  func complaints(_ published: [DesiredState]) -> [String] {
    box.withLockedValue { content in
      content.deletions.values.compactMap { deletion in
        let labels = deletion.labels
        let name = "\(labels[Labels.placement] ?? "?") at \(deletion.at)"
        guard labels[Labels.phase] == PlacementPhase.removed.rawValue else { return "\(name): without its mark" }
        let state = published.first {
          $0.placement.uuidString.lowercased() == labels[Labels.placement]
            && String($0.revision) == labels[Labels.revision] && String($0.epoch) == labels[Labels.epoch]
        }
        guard let state, state.phase == .removed else { return "\(name): nobody has published its removal" }
        let known = content.memories.filter { $0.placement == labels[Labels.placement] && $0.at < deletion.at }
          .map(\.entry.version).max()
        return known == state.version ? nil : "\(name): by \(state.version), and \(String(describing: known)) is known"
      }
    }
  }
}
