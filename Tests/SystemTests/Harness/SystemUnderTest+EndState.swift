import Contract
import Foundation
import Kubernetes
import Model
import Postgres
import TestSupport

extension SystemUnderTest {
  /// Checks that the clusters hold exactly what the database says: each placement's objects as decided and nothing
  /// else of ours; that what is promised is the sum of the placements; that the books balance; and that every record on
  /// the bus, from the first to the last, is in its place.
  ///
  /// - Parameter checksOrder: false where the test itself has put records on the bus.
  func expectEndState(
    _ api: TestAPI, checksOrder: Bool = true
  ) async throws {
    let placements = try await api.placements()
    for cluster in clusters {
      let wanted = placements.filter { $0.spec.cluster == cluster.name }
      let namespaces = try await ownedNamespaces(cluster)
      try demand(
        Set(namespaces.map { $0.metadata.name ?? "" }) == Set(wanted.map(\.spec.namespace)),
        "the namespaces of \(cluster.name) are not those decided")
      for placement in wanted { try await expectObjects(of: placement, on: cluster) }
    }
    try await expectLedger(placements)
    try await expectBooksBalance()
    if checksOrder { try await expectOrderOnBus(placements) }
  }

  /// Namespaces of this test's placements: the real API server is shared with other tests.
  func ownedNamespaces(_ cluster: Cluster) async throws -> [Namespace] {
    let query = ListQuery(labelSelector: "regie.cloud-pi-native.fr/placement")
    let all = try await cluster.client.list(Namespace.self, query).items.map(\.value)
    guard cluster.simulated == nil else { return all }
    let mine = Set(try await known().map(\.uuidString).map { $0.lowercased() })
    return all.filter { mine.contains($0.metadata.labels?["regie.cloud-pi-native.fr/placement"] ?? "") }
  }

  private func expectObjects(
    of placement: PlacementView, on cluster: Cluster
  ) async throws {
    let spec = placement.spec
    let labels = [
      "regie.cloud-pi-native.fr/placement": spec.id.uuidString.lowercased(),
      "regie.cloud-pi-native.fr/revision": String(spec.revision),
      "regie.cloud-pi-native.fr/epoch": String(spec.epoch),
    ]
    func check(_ metadata: ObjectMeta) throws {
      let found = (metadata.labels ?? [:]).filter { labels.keys.contains($0.key) }
      try demand(found == labels, "\(metadata.name ?? "") of \(spec.project)")
    }
    try check(try await cluster.client.get(Namespace.self, spec.namespace).metadata)
    let quota = try await cluster.client.get(ResourceQuota.self, "regie-quota", in: spec.namespace)
    try check(quota.metadata)
    let hard = quota.spec?.hard ?? [:]
    for (name, amount) in [
      ("requests.cpu", spec.quota.cpu), ("limits.cpu", spec.quota.cpu), ("limits.memory", spec.quota.memory),
      ("pods", spec.quota.pods),
    ] {
      try demand(
        hard[name].flatMap { Quantity($0) } == amount, "\(name) of \(spec.project)")
    }
    try check(try await cluster.client.get(LimitRange.self, "regie-limits", in: spec.namespace).metadata)
    for name in ["regie-default-deny", "regie-allow-dns"] {
      try check(try await cluster.client.get(NetworkPolicy.self, name, in: spec.namespace).metadata)
    }
  }

  private func expectLedger(_ placements: [PlacementView]) async throws {
    let configuration = try PostgresServer.configuration(databaseURL)
    try await PostgresConnection.withConnection(configuration) { connection in
      for row in try await connection.query("SELECT cluster, committed_cpu::text AS cpu FROM capacity_ledger") {
        let cluster = try row.decode(String.self, "cluster")
        let promised = placements.filter { $0.spec.cluster == cluster }
          .reduce(Int64(0)) { $0 + ($1.spec.quota.cpu?.milliValue ?? 0) }
        try demand(try row.decode(String.self, "cpu") == String(promised), "\(cluster)")
      }
    }
  }

  /// The identifiers of all placements, from the database itself.
  private func known() async throws -> [UUID] {
    try await PostgresConnection.withConnection(try PostgresServer.configuration(databaseURL)) { connection in
      try await connection.query("SELECT id FROM placements").map { try $0.decode(UUID.self, "id") }
    }
  }

  /// The versions of all objects of ours on a cluster: equal ones mean that nothing was written in between.
  func versions(on cluster: Cluster) async throws -> [String: String] {
    struct Anything: Decodable, Sendable {}
    var versions: [String: String] = [:]
    for resource in [APIResource.namespaces, .resourceQuotas, .limitRanges, .networkPolicies] {
      let query = ListQuery(labelSelector: "regie.cloud-pi-native.fr/placement")
      for item in try await cluster.client.list(resource, query, as: Anything.self).items {
        let identity = item.identity
        versions["\(resource.plural)/\(identity.namespace ?? "")/\(identity.name)"] =
          "\(identity.uid)@\(identity.resourceVersion)"
      }
    }
    return versions
  }
}
