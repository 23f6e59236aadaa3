import TestSupport
import Testing

@testable import Kubernetes

/// What only happens where a controller manager runs.
@Suite(.enabled(if: RealServer.hasControllers, RealServer.needsControllers), .timeLimit(.minutes(3)))
struct ControllerTests {
  @Test func `a quota comes into force`() async throws {
    try await RealServer.inNamespace { client, space async throws in
      try await client.apply(ResourceQuota("q", in: space, pods: "5"), fieldManager: "regie")
      for try await event in client.informer(.resourceQuotas, ListQuery(namespace: space), as: ResourceQuota.self) {
        let objects: [Observed<ResourceQuota>] =
          switch event {
          case .synced(let all, _): all
          case .applied(let one): [one]
          case .deleted, .interrupted, .resumed: []
          }
        if objects.first?.value.status?.hard == ["pods": "5"] {
          #expect(objects.first?.value.status?.used == ["pods": "0"])
          return
        }
      }
    }
  }

  @Test func `a deleted namespace is seen terminating and then gone`() async throws {
    try await RealServer.inNamespace { client, space async throws in
      var phases: [String] = []
      let query = ListQuery(fieldSelector: "metadata.name=\(space)")
      for try await event in client.informer(.namespaces, query, as: Namespace.self) {
        switch event {
        case .synced: try await client.delete(ObjectPath(.namespaces, space))
        case .applied(let object): phases.append(object.value.status?.phase ?? "")
        case .deleted:
          #expect(phases.contains("Terminating"))
          return
        case .interrupted, .resumed: continue
        }
      }
    }
  }

  @Test func `a pod is tried without being made`() async throws {
    let accounts = APIResource(
      group: "", version: "v1", plural: "serviceaccounts", kind: "ServiceAccount", isNamespaced: true)
    try await RealServer.inNamespace { client, space async throws in
      // Admission wants the namespace's service account, which the controller manager makes.
      accounts: for try await event in client.watch(
        accounts, ListQuery(namespace: space), from: nil, as: ObjectIdentityOnly.self)
      {
        if case .added = event { break accounts }
      }
      let probe = Pod(
        metadata: ObjectMeta(name: "probe", namespace: space),
        spec: .init(
          containers: [
            Container(
              name: "c", image: "scratch", ports: [.init(containerPort: 8080)],
              securityContext: .init(
                runAsNonRoot: true, allowPrivilegeEscalation: false, capabilities: .init(drop: ["ALL"])))
          ],
          automountServiceAccountToken: false, securityContext: .init(seccompProfile: .init(type: "RuntimeDefault"))))
      #expect(try await client.create(probe, dryRun: true).spec?.restartPolicy == "Always")
      #expect(try await RealServer.failure { try await client.get(Pod.self, "probe", in: space) }?.kind == .notFound)
    }
  }
}
