import Contract
import Foundation
import Kubernetes
import Model

/// What somebody does on a cluster by hand.
extension SystemUnderTest {
  private struct QuotaEdit: Encodable {
    struct Spec: Encodable { var hard: [String: String] }
    var spec: Spec
  }

  private struct Anything: Decodable, Sendable {}

  /// Gives a project what nobody decided.
  func editQuota(of placement: PlacementView, on cluster: Cluster, cpu: String = "63") async throws {
    _ = try await cluster.client.patch(
      ObjectPath(.resourceQuotas, "regie-quota", in: placement.spec.namespace),
      merge: QuotaEdit(spec: .init(hard: ["requests.cpu": cpu])), as: Anything.self)
  }

  /// What the cluster grants a project now.
  func hard(_ name: String, of placement: PlacementView, on cluster: Cluster) async throws -> Quantity? {
    let quota = try await cluster.client.get(ResourceQuota.self, "regie-quota", in: placement.spec.namespace)
    return quota.spec?.hard?[name].flatMap { Quantity($0) }
  }

  /// Opens a namespace to everyone.
  func deletePolicies(of placement: PlacementView, on cluster: Cluster) async throws {
    for name in ["regie-default-deny", "regie-allow-dns"] {
      try await cluster.client.delete(ObjectPath(.networkPolicies, name, in: placement.spec.namespace))
    }
  }

  /// Deletes a project's limits and makes others under their name.
  func replaceLimits(of placement: PlacementView, on cluster: Cluster) async throws {
    try await cluster.client.delete(ObjectPath(.limitRanges, "regie-limits", in: placement.spec.namespace))
    var limits = LimitRange(metadata: ObjectMeta(name: "regie-limits", namespace: placement.spec.namespace))
    limits.spec = LimitRange.Spec(limits: [LimitRange.Item(type: "Container", default: ["cpu": "7"])])
    _ = try await cluster.client.create(limits)
  }

  /// Deletes a project's namespace and returns when it is gone.
  func deleteNamespace(of placement: PlacementView, on cluster: Cluster) async throws {
    let path = ObjectPath(.namespaces, placement.spec.namespace)
    try await cluster.client.delete(path)
    try await eventually("the namespace is gone") {
      do {
        let _: Anything = try await cluster.client.get(path)
        return false
      } catch let error as KubernetesError where error.kind == .notFound {
        return true
      }
    }
  }

  /// Puts something of somebody else's into a namespace.
  func addQuota(to placement: PlacementView, on cluster: Cluster) async throws {
    var quota = ResourceQuota(metadata: ObjectMeta(name: "equipe-quota", namespace: placement.spec.namespace))
    quota.spec = ResourceQuota.Spec(hard: ["pods": "3"])
    _ = try await cluster.client.create(quota)
  }
}
