import Foundation
import TestSupport
import Testing

@testable import Kubernetes

/// Every verb against a real API server.
@Suite(.enabled(if: RealServer.isThere, RealServer.needs), .timeLimit(.minutes(3)))
struct VerbTests {
  @Test func `an object is made, read, replaced, patched and deleted`() async throws {
    try await RealServer.inNamespace { client, space async throws in
      let made = try await client.create(ConfigMap(metadata: ObjectMeta(name: "c", namespace: space), data: ["a": "1"]))
      #expect(made.metadata.uid?.isEmpty == false && made.metadata.creationTimestamp != nil)
      #expect(try await RealServer.failure { try await client.create(made.unversioned) }?.kind == .alreadyExists)

      var next = try await client.get(ConfigMap.self, "c", in: space)
      next.data?["b"] = "2"
      let replaced = try await client.update(next)
      #expect(replaced.data == ["a": "1", "b": "2"])
      let stale = try await RealServer.failure { try await client.update(next) }
      #expect(stale?.kind == .conflict && stale?.conflicts.isEmpty == true)

      let path = ObjectPath(.configMaps, "c", in: space)
      let patched = try await client.patch(path, merge: ["data": ["a": String?.none, "c": "3"]], as: ConfigMap.self)
      #expect(patched.data == ["b": "2", "c": "3"])

      #expect(try await client.delete(path) == .deleted)
      let gone = try await RealServer.failure { try await client.get(path, as: ConfigMap.self) }
      #expect(gone?.kind == .notFound && gone?.status?.details?.name == "c")
      #expect(try await RealServer.failure { try await client.delete(path) }?.kind == .notFound)
    }
  }

  @Test func `a deletion keeps to its preconditions`() async throws {
    try await RealServer.inNamespace { client, space async throws in
      let path = ObjectPath(.configMaps, "c", in: space)
      let made = try await client.create(ConfigMap(metadata: ObjectMeta(name: "c", namespace: space)))
      let other = Preconditions(uid: UUID().uuidString.lowercased())
      #expect(try await RealServer.failure { try await client.delete(path, preconditions: other) }?.kind == .conflict)
      let old = Preconditions(uid: made.metadata.uid, resourceVersion: "1")
      #expect(try await RealServer.failure { try await client.delete(path, preconditions: old) }?.kind == .conflict)
      let exact = Preconditions(uid: made.metadata.uid, resourceVersion: made.metadata.resourceVersion)
      #expect(try await client.delete(path, preconditions: exact, dryRun: true) == .deleted)
      #expect(try await client.get(path, as: ConfigMap.self).metadata.uid == made.metadata.uid)
      #expect(try await client.delete(path, preconditions: exact) == .deleted)
    }
  }

  @Test func `a namespace with content goes in two steps`() async throws {
    try await RealServer.inNamespace { client, space async throws in
      #expect(try await client.delete(ObjectPath(.namespaces, space)) == .terminating)
    }
  }

  @Test func `server-side apply owns what it sends, and a conflict names manager and field`() async throws {
    try await RealServer.inNamespace { client, space async throws in
      let applied = try await client.apply(ResourceQuota("q", in: space, pods: "5"), fieldManager: "regie")
      #expect(applied.metadata.managers(of: ["spec", "hard", "pods"]) == ["regie"])
      let again = try await client.apply(ResourceQuota("q", in: space, pods: "5"), fieldManager: "regie")
      // Up to 1.20 a server moves the manager's time, and so the revision, when a second has passed: the object is the same.
      #expect(again.metadata.uid == applied.metadata.uid && again.spec == applied.spec)
      #expect(again.metadata.managers(of: ["spec", "hard", "pods"]) == ["regie"])

      let taken = try await RealServer.failure {
        try await client.apply(ResourceQuota("q", in: space, pods: "9"), fieldManager: "other")
      }
      #expect(taken?.kind == .conflict)
      #expect(taken?.conflicts == [.init(manager: "regie", field: ".spec.hard.pods")])

      let forced = try await client.apply(ResourceQuota("q", in: space, pods: "9"), fieldManager: "other", force: true)
      #expect(forced.spec?.hard == ["pods": "9"])
      #expect(forced.metadata.managers(of: ["spec", "hard", "pods"]) == ["other"])
    }
  }

  @Test func `a body of any shape is applied and a projection comes back`() async throws {
    struct Uid: Decodable, Sendable { var metadata: ObjectIdentity }
    try await RealServer.inNamespace { client, space async throws in
      let body = JSONValue.object(["metadata": .object(["name": .string("c")]), "data": .object(["k": .string("v")])])
      let path = ObjectPath(.configMaps, "c", in: space)
      let answer = try await client.apply(body, to: path, fieldManager: "regie", as: Uid.self)
      #expect(answer.metadata.key == ObjectKey(namespace: space, name: "c"))
      #expect(try await client.get(ConfigMap.self, "c", in: space).data == ["k": "v"])
    }
  }

  @Test func `a dry run decides and leaves no trace`() async throws {
    try await RealServer.inNamespace { client, space async throws in
      let quota = ResourceQuota("q", in: space, pods: "5")
      #expect(try await client.apply(quota, fieldManager: "regie", dryRun: true).spec?.hard == ["pods": "5"])
      #expect(try await client.create(quota, dryRun: true).metadata.name == "q")
      #expect(
        try await RealServer.failure { try await client.get(ResourceQuota.self, "q", in: space) }?.kind == .notFound)
    }
  }

  @Test func `an object that breaks a rule is refused with the field`() async throws {
    try await RealServer.inNamespace { client, space async throws in
      let error = try await RealServer.failure {
        try await client.apply(ResourceQuota("q", in: space, pods: "-1"), fieldManager: "regie")
      }
      #expect(error?.kind == .unprocessable)
      #expect(error?.causes.first?.field == "spec.hard[pods]")
    }
  }

  @Test func `limit range, network policy and event are accepted as typed`() async throws {
    try await RealServer.inNamespace { client, space async throws in
      let meta = ObjectMeta(name: "x", namespace: space)
      let range = LimitRange(metadata: meta, spec: .init(limits: [.init(type: "Container", default: ["cpu": "1"])]))
      #expect(try await client.apply(range, fieldManager: "regie").spec?.limits.first?.defaultRequest == ["cpu": "1"])
      let policy = NetworkPolicy(
        metadata: meta,
        spec: .init(
          policyTypes: ["Ingress", "Egress"],
          egress: [.init(ports: [.init(protocol: "UDP", port: 53)], to: [.init(namespaceSelector: LabelSelector())])]))
      #expect(try await client.apply(policy, fieldManager: "regie").spec == policy.spec)
      let event = Event(
        metadata: meta, involvedObject: .init(apiVersion: "v1", kind: "Namespace", namespace: space, name: space),
        reason: "Applied", message: "révision 3", type: "Normal", source: .init(component: "regie"),
        firstTimestamp: "2026-01-02T03:04:05Z", lastTimestamp: "2026-01-02T03:04:05Z", count: 1)
      #expect(try await client.create(event).message == "révision 3")
    }
  }

  @Test func `a list comes page by page, whole, and only what matches`() async throws {
    try await RealServer.inNamespace { client, space async throws in
      for number in 0..<7 {
        let labels = ["odd": String(number % 2 == 1)]
        try await client.create(
          ConfigMap(
            metadata: ObjectMeta(name: "c\(number)", namespace: space, labels: labels), data: ["n": "\(number)"]))
      }
      struct Data: Decodable, Sendable { var data: [String: String] }
      let query = ListQuery(namespace: space, fieldSelector: "metadata.name!=kube-root-ca.crt")
      let first = try await client.page(.configMaps, query, limit: 3, as: Data.self)
      #expect(first.items.count == 3 && first.continueToken != nil)
      let all = try await client.list(.configMaps, query, pageSize: 3, as: Data.self)
      #expect(all.items.compactMap { $0.value.data["n"] } == (0..<7).map(String.init))
      #expect(all.continueToken == nil)
      let odd = try await client.list(ConfigMap.self, ListQuery(namespace: space, labelSelector: "odd in (true)"))
      #expect(odd.items.map(\.identity.name) == ["c1", "c3", "c5"])
    }
  }

  @Test func `rights are asked for before they are needed`() async throws {
    let server = try await KubernetesServer.shared()
    let wish = ResourceAttributes(verb: "delete", resource: "namespaces", name: "default")
    let nobody = try KubernetesConfiguration.kubeconfig(paths: [await server.kubeconfig(user: "nobody")])
    let refused = try await KubernetesClient.withClient(nobody) { try await $0.selfSubjectAccessReview(wish) }
    #expect(!refused.allowed)
    let admin = try await RealServer.admin()
    #expect(try await KubernetesClient.withClient(admin) { try await $0.selfSubjectAccessReview(wish) }.allowed)
  }

  @Test func `many applies run at once over few connections`() async throws {
    try await RealServer.inNamespace { client, space async throws in
      try await withThrowingTaskGroup { group in
        for number in 0..<200 {
          group.addTask {
            try await client.apply(ResourceQuota("q\(number)", in: space, pods: "1"), fieldManager: "regie")
          }
        }
        try await group.waitForAll()
      }
      #expect(try await client.list(ResourceQuota.self, ListQuery(namespace: space)).items.count == 200)
    }
  }
}

extension ConfigMap {
  fileprivate var unversioned: ConfigMap {
    ConfigMap(metadata: ObjectMeta(name: metadata.name, namespace: metadata.namespace), data: data)
  }
}
