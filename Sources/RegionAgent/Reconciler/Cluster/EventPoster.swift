internal import Events
internal import Foundation
internal import Kubernetes
internal import Logging
internal import Metrics

/// Posts what people who look at a namespace should know. The best is done, and nothing waits for it: events are lost
/// where the cluster does not take them.
struct EventPoster: Sendable {
  let client: KubernetesClient
  let now: @Sendable () -> Timestamp
  let logger: Logger

  /// What waits at the most; the newest stay.
  static let capacity = 2048

  func post(_ note: Announcement) async {
    let time = String(now().description.prefix(19)) + "Z"
    let name = "\(note.namespace).\(UUID().uuidString.prefix(8).lowercased())"
    let event = Event(
      metadata: ObjectMeta(name: name, namespace: note.namespace),
      involvedObject: Event.ObjectReference(
        apiVersion: "v1", kind: Namespace.resource.kind, namespace: note.namespace, name: note.namespace,
        uid: note.uid),
      reason: note.reason, message: note.message, type: note.isWarning ? "Warning" : "Normal",
      source: Event.Source(component: Labels.fieldManager), firstTimestamp: time, lastTimestamp: time,
      count: 1)
    do {
      try await client.create(event, timeout: .seconds(5))
      Counter(label: "regie.agent.events", dimensions: [("outcome", "posted")]).increment()
    } catch {
      Counter(label: "regie.agent.events", dimensions: [("outcome", "lost")]).increment()
      logger.debug("An event was not taken", metadata: ["namespace": "\(note.namespace)", "error": "\(error)"])
    }
  }
}
