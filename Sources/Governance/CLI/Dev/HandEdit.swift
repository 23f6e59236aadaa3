import Contract
import Events
import Foundation
import Kubernetes
import Logging
import Model

/// Someone changes a quota by hand on a cluster; the agent puts it back.
struct HandEdit: Sendable {
  let client: APIClient
  let running: RunningStack

  private struct Quota: Decodable, Sendable {
    struct Spec: Decodable, Sendable {
      var hard: [String: String]
    }

    var spec: Spec
  }

  /// Plays it on the first placement that is ready.
  ///
  /// - Returns: Whether the change was put back.
  func play(_ placements: [PlacementView]) async throws -> Bool {
    Console.print("\n── 5. Un quota modifié à la main est remis en place\n")
    guard let placement = placements.first(where: \.status.ready),
      let cluster = running.clusters[placement.spec.cluster]
    else {
      Console.print("Aucun placement n'est prêt : rien à modifier.")
      return false
    }
    let logger = Logger(label: "regie", factory: { _ in SwiftLogNoOpLogHandler() })
    return try await KubernetesClient.withClient(try cluster.configuration(), logger: logger) { kubernetes in
      try await edit(placement, kubernetes)
    }
  }

  private func edit(_ placement: PlacementView, _ kubernetes: KubernetesClient) async throws -> Bool {
    let path = ObjectPath(.resourceQuotas, "regie-quota", in: placement.spec.namespace)
    let before: Observed<Quota> = try await kubernetes.get(path)
    let body: [String: [String: [String: String]]] = ["spec": ["hard": ["limits.cpu": "999"]]]
    let started = ContinuousClock.now
    let edited: Observed<Quota> = try await kubernetes.patch(path, merge: body)
    var after = edited
    while after.value.spec.hard["limits.cpu"] != before.value.spec.hard["limits.cpu"] {
      guard ContinuousClock.now - started < .seconds(120) else { break }
      try await Task.sleep(for: .milliseconds(2))
      after = try await kubernetes.get(path)
    }
    let elapsed = ContinuousClock.now - started
    let isPutBack = after.value.spec.hard == before.value.spec.hard
    var table = Table("CLUSTER", "NAMESPACE", "CHAMP", "VOULU", "MIS À LA MAIN", "À LA FIN", "REMIS EN")
    func shown(_ quota: Observed<Quota>) -> String { quota.value.spec.hard["limits.cpu"] ?? "-" }
    table.add(
      placement.spec.cluster, placement.spec.namespace, "spec.hard.limits.cpu", shown(before), shown(edited),
      shown(after),
      isPutBack ? "\(Int(elapsed / .milliseconds(1))) ms" : "jamais")
    Console.print(table.render())
    return isPutBack
  }
}
