import TestSupport
import Testing

@testable import Kubernetes

/// Watches and informers against a real API server.
@Suite(.enabled(if: RealServer.isThere, RealServer.needs), .timeLimit(.minutes(3)))
struct WatchTests {
  /// The one field of a quota that these tests look at.
  struct Pods: Decodable, Sendable, Equatable {
    var pods: String?

    private enum CodingKeys: CodingKey { case spec }
    private struct Spec: Decodable { var hard: [String: String]? }

    init(pods: String?) { self.pods = pods }

    init(from decoder: any Decoder) throws {
      pods = try decoder.container(keyedBy: CodingKeys.self).decode(Spec.self, forKey: .spec).hard?["pods"]
    }
  }

  @Test func `changes arrive in order, as projections`() async throws {
    try await RealServer.inNamespace { client, space async throws in
      let query = ListQuery(namespace: space)
      let start = try await client.list(.resourceQuotas, query, as: Pods.self)
      try await client.create(ResourceQuota("q", in: space, pods: "1"))
      try await client.apply(ResourceQuota("q", in: space, pods: "2"), fieldManager: "regie", force: true)
      try await client.delete(ObjectPath(.resourceQuotas, "q", in: space))
      var seen: [String] = []
      for try await event in client.watch(.resourceQuotas, query, from: start.resourceVersion, as: Pods.self) {
        switch event {
        case .added(let object): seen.append("added \(object.value.pods ?? "")")
        case .modified(let object): seen.append("modified \(object.value.pods ?? "")")
        case .deleted(let object): seen.append("deleted \(object.value.pods ?? "")")
        case .bookmark: continue
        case .error(let status): Issue.record("\(status)")
        }
        if seen.last?.hasPrefix("deleted") == true { break }
      }
      // The controller manager may write the status in between, which shows as one more "modified".
      #expect(seen.first == "added 1" && seen.contains("modified 2") && seen.last == "deleted 2")
    }
  }

  /// The server keeps events in no cache of its own, so what etcd has compacted is forgotten.
  @Test func `a version that the server has forgotten is told as 410`() async throws {
    try await RealServer.inNamespace { client, space async throws in
      for name in ["a", "b"] {
        try await client.create(
          Event(metadata: ObjectMeta(name: name, namespace: space), involvedObject: .init(namespace: space)))
      }
      let server = try await KubernetesServer.shared()
      let query = ListQuery(namespace: space)
      let page = try await client.page(.events, query, limit: 1, as: ObjectIdentityOnly.self)
      // What is compacted is what comes before a version: from that one on, which is the next where nobody else writes,
      // a watch would still be told all.
      for name in ["later", "latest"] {
        try await client.create(ConfigMap(metadata: ObjectMeta(name: name, namespace: space)))
      }
      let now = try await client.list(ConfigMap.self, query).resourceVersion
      try await ChildProcess.run(
        "/usr/bin/env",
        [
          "curl", "-sf", "-d", #"{"revision":"\#(now)","physical":true}"#,
          "\(server.etcdURL)/v3/kv/compaction",
        ])
      var codes: [Int?] = []
      for try await event in client.watch(.events, query, from: page.resourceVersion, as: ObjectIdentityOnly.self) {
        guard case .error(let status) = event else { continue }
        codes.append(status.code)
      }
      #expect(codes == [410])
      let next = try await RealServer.failure {
        try await client.page(
          .events, query, limit: 1, continueToken: page.continueToken, as: ObjectIdentityOnly.self)
      }
      #expect(next?.kind == .gone)
    }
  }

  @Test func `a cancelled watch ends though nothing happens`() async throws {
    try await RealServer.inNamespace { client, space async throws in
      let start = try await client.list(ResourceQuota.self, ListQuery(namespace: space))
      let watch = client.watch(
        .resourceQuotas, ListQuery(namespace: space), from: start.resourceVersion, as: ObjectIdentityOnly.self)
      let task = Task { for try await _ in watch {} }
      task.cancel()
      await #expect(throws: CancellationError.self) { try await task.value }
    }
  }

  @Test func `an informer sees what matches, its changes and its end`() async throws {
    try await RealServer.inNamespace { client, space async throws in
      let ours = ["app.kubernetes.io/managed-by": "regie"]
      try await client.create(ResourceQuota("ours", in: space, pods: "1", labels: ours))
      try await client.create(ResourceQuota("theirs", in: space, pods: "1"))
      let informer = client.informer(
        .resourceQuotas, ListQuery(namespace: space, labelSelector: "app.kubernetes.io/managed-by=regie"), as: Pods.self
      )
      let path = ObjectPath(.resourceQuotas, "ours", in: space)
      var isDeleted = false
      for try await event in informer {
        switch event {
        case .synced(let objects, _):
          #expect(objects.map(\.identity.name) == ["ours"])
          let edit = ["spec": ["hard": ["pods": "7"]]]
          _ = try await client.patch(path, merge: edit, as: ResourceQuota.self)
        case .applied(let object) where object.value.pods == "7" && !isDeleted:
          // More than once where the controller manager writes the status in between.
          isDeleted = true
          #expect(informer[object.identity.key]?.value == Pods(pods: "7"))
          try await client.delete(path)
        case .deleted(let object):
          #expect(object.identity.name == "ours")
          #expect(informer.snapshot().isEmpty)
          return
        case .applied, .interrupted, .resumed: continue
        }
      }
    }
  }
}
