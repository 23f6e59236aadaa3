import Capacity
import Events
import Foundation
import Kubernetes
import Logging
import Model
import TestSupport
import Testing
import Yams

/// The meter on a real API server, with the rights of `deploy/kubernetes/region-agent/capacity.yaml` and without them.
@Suite(.timeLimit(.minutes(3)))
struct CapacityMeterTests {
  private static let quiet = Logger(label: "quiet") { _ in SwiftLogNoOpLogHandler() }
  private static let account = "system:serviceaccount:regie-system:regie-region-agent"

  /// Which namespaces are Régie's, and what is promised there, as somebody knows who has not looked yet.
  private actor Known {
    private var namespaces: [String: ResourceAmounts]?
    private(set) var asked = 0

    func ask() -> [String: ResourceAmounts]? {
      asked += 1
      return namespaces
    }

    func learn(_ namespaces: [String: ResourceAmounts]) { self.namespaces = namespaces }
  }

  private static func deploy(_ client: KubernetesClient) async throws {
    var root = URL(fileURLWithPath: #filePath)
    for _ in 0..<3 { root.deleteLastPathComponent() }
    let file = root.appendingPathComponent("deploy/kubernetes/region-agent/capacity.yaml")
    for document in try Yams.load_all(yaml: String(contentsOf: file, encoding: .utf8)) {
      let object = try #require(document as? [String: Any])
      let kind = try #require(object["kind"] as? String)
      let name = try #require((object["metadata"] as? [String: Any])?["name"] as? String)
      let resource = APIResource(
        group: "rbac.authorization.k8s.io", version: "v1", plural: kind.lowercased() + "s", kind: kind,
        isNamespaced: false)
      let body = try JSONDecoder().decode(JSONValue.self, from: JSONSerialization.data(withJSONObject: object))
      let _: JSONValue = try await client.apply(
        body, to: ObjectPath(resource, name), fieldManager: "operator", force: true)
    }
  }

  private static func put(
    _ resource: APIResource, _ name: String, in namespace: String? = nil, _ body: JSONValue,
    _ client: KubernetesClient
  ) async throws {
    let path = ObjectPath(resource, name, in: namespace)
    let _: JSONValue = try await client.apply(body, to: path, fieldManager: "test", force: true)
  }

  private static func object(_ text: String) throws -> JSONValue {
    try JSONDecoder().decode(JSONValue.self, from: Data(text.utf8))
  }

  /// A node as a kubelet that is not there would tell of it.
  private static func node(_ name: String, isReady: Bool = true, isCordoned: Bool = false, _ client: KubernetesClient)
    async throws
  {
    let status = """
      {"allocatable": {"cpu": "4", "memory": "8Gi", "pods": "110"}, "capacity": {"cpu": "4", "memory": "8Gi", "pods": "110"},
       "conditions": [{"type": "Ready", "status": "\(isReady ? "True" : "False")", "reason": "Test",
        "lastHeartbeatTime": "2026-01-01T00:00:00Z", "lastTransitionTime": "2026-01-01T00:00:00Z"}]}
      """
    let body = try object(
      """
      {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "\(name)"}, "spec": {"unschedulable": \(isCordoned)},
       "status": \(status)}
      """)
    try await put(.nodes, name, body, client)
  }

  private static func pod(
    _ name: String, in namespace: String, on node: String, cpu: String, _ client: KubernetesClient
  )
    async throws
  {
    try await put(
      .pods, name, in: namespace,
      try object(
        """
        {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "\(name)", "namespace": "\(namespace)"},
         "spec": {"nodeName": "\(node)", "automountServiceAccountToken": false, "containers": [{"name": "c", "image": "none",
          "resources": {"requests": {"cpu": "\(cpu)", "memory": "1Gi"}}}]}}
        """), client)
  }

  @Test(
    "open nodes without what others' pods ask for, and nothing where the rights are missing",
    .enabled(
      if: KubernetesServer.hasControllerManager, Comment(rawValue: KubernetesServer.needsControllerManager)))
  func measuring() async throws {
    // Nodes are the whole cluster's: a server for this test alone.
    let server = try await KubernetesServer.start()
    try await KubernetesClient.withClient(
      try .kubeconfig(paths: [server.adminKubeconfigPath]), logger: Self.quiet
    ) { admin in
      for name in ["ours", "others"] { try await admin.create(Namespace(metadata: ObjectMeta(name: name))) }
      for namespace in ["ours", "others"] {
        try await eventually("the namespace has its account") {
          let accounts = APIResource(
            group: "", version: "v1", plural: "serviceaccounts", kind: "ServiceAccount", isNamespaced: true)
          return (try? await admin.get(ObjectPath(accounts, "default", in: namespace), as: JSONValue.self)) != nil
        }
      }
      try await Self.node("n1", admin)
      try await Self.node("n2", admin)
      try await Self.node("n3", isCordoned: true, admin)
      try await Self.pod("a", in: "others", on: "n1", cpu: "1500m", admin)
      try await Self.pod("b", in: "ours", on: "n2", cpu: "2", admin)
      let agent = try await server.kubeconfig(user: Self.account, groups: ["system:authenticated"])
      try await KubernetesClient.withClient(try .kubeconfig(paths: [agent]), logger: Self.quiet) { client in
        let known = Known()
        let meter = CapacityMeter(
          cluster: "c1", client: client, kept: { await known.ask() }, now: { Timestamp(Date()) }, logger: Self.quiet,
          changed: {})
        try await withThrowingTaskGroup(of: Void.self) { group in
          group.addTask { await meter.run() }
          defer { group.cancelAll() }
          await #expect(throws: KubernetesError.self) { try await client.list(.nodes, as: JSONValue.self) }
          #expect(meter.report == nil)
          try await Self.deploy(admin)
          // It asks once both kinds are listed.
          try await eventually("it asks what is Régie's") { await known.asked > 2 }
          #expect(meter.report == nil, "all there is would count as others'")
          await known.learn(["ours": ResourceAmounts(cpu: 2_000, memory: 1 << 30, pods: 1)])
          try await eventually("it measures once it may and knows what to leave out") { meter.report != nil }
          let found = try #require(meter.report)
          #expect(found.nodes >= 1 && found.nodes <= 2)
          try await eventually("both open nodes count, and only what is not Régie's") {
            meter.report?.amounts.cpu == 6_500 && meter.report?.nodes == 2
          }
          try await Self.pod("c", in: "others", on: "n2", cpu: "4", admin)
          try await eventually("another's pod takes from it") { meter.report?.amounts.cpu == 2_500 }
          try await Self.pod("d", in: "ours", on: "n1", cpu: "2", admin)
          try await eventually("so does one beyond what is promised") { meter.report?.amounts.cpu == 500 }
        }
      }
    }
  }

  private func eventually(_ what: String, _ condition: () async throws -> Bool) async throws {
    let end = ContinuousClock.now + .seconds(60)
    while try await !condition() {
      try #require(ContinuousClock.now < end, "not seen: \(what)")
      try await Task.sleep(for: .milliseconds(20))
    }
  }
}
