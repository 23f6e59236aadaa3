import Contract
import Events
import Foundation
import Kubernetes
import Logging
import Model

/// A controller of somebody else's that writes a quota of Régie's again and again, as they do in the field: the agent puts it back,
/// ever more seldom, and tells that the placement is contested.
struct QuotaContender: Sendable {
  let running: RunningStack

  private struct Quota: Decodable, Sendable {}

  private static let patience: Duration = .seconds(120)

  /// Goes on until `isSeen`.
  ///
  /// - Returns: Whether it was seen in time.
  func fight(over placement: PlacementView, until isSeen: @Sendable () async throws -> Bool) async throws -> Bool {
    guard let cluster = running.clusters[placement.spec.cluster] else { return false }
    let logger = Logger(label: "regie", factory: { _ in SwiftLogNoOpLogHandler() })
    return try await KubernetesClient.withClient(try cluster.configuration(), logger: logger) { kubernetes in
      let path = ObjectPath(.resourceQuotas, "regie-quota", in: placement.spec.namespace)
      let body: [String: [String: [String: String]]] = ["spec": ["hard": ["limits.cpu": "999"]]]
      let end = ContinuousClock.now + Self.patience
      while ContinuousClock.now < end {
        let _: Observed<Quota> = try await kubernetes.patch(path, merge: body)
        if try await isSeen() { return true }
        try await Task.sleep(for: .milliseconds(50))
      }
      return false
    }
  }
}
