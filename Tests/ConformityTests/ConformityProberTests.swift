import Events
import Foundation
import Kubernetes
import Logging
import SimulatedCluster
import TestSupport
import Testing

@testable import Conformity

/// Probes of clusters that refuse, that do not, and that can not say.
@Suite(.timeLimit(.minutes(3))) struct ConformityProberTests {
  typealias Result = ClusterConformity.Result

  static let isThere = KubernetesServer.hasControllerManager
  static let needs = Comment(rawValue: KubernetesServer.needsControllerManager)

  /// What the namespaces of placements carry where it matters; `test` is by what a test's webhook chooses.
  private static func labels(_ test: String) -> [String: String] {
    ["app.kubernetes.io/managed-by": "dso-console", "pod-security.kubernetes.io/enforce": "restricted", "test": test]
  }

  /// A name that no other test uses.
  private static func fresh() -> String { "probe-\(UUID().uuidString.prefix(8).lowercased())" }

  /// Probes a cluster until a report suits.
  private static func report(
    _ configuration: KubernetesConfiguration, in namespace: String, until suits: @Sendable (ClusterConformity) -> Bool
  ) async throws -> ClusterConformity {
    try await KubernetesClient.withClient(configuration) { client in
      let (news, ring) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
      let prober = ConformityProber(
        cluster: "c", client: client, labels: labels(namespace), fieldManager: "regie-region-agent",
        namespace: namespace, now: { Timestamp(Date()) }, logger: Logger(label: "test"), changed: { ring.yield() })
      let running = Task { await prober.run() }
      defer { running.cancel() }
      for await _ in news {
        if let report = prober.report, suits(report) {
          running.cancel()
          await running.value
          return report
        }
      }
      throw CancellationError()
    }
  }

  private static func results(_ report: ClusterConformity) -> [String: Result] {
    Dictionary(uniqueKeysWithValues: report.answers.map { ($0.rule, $0.result) })
  }

  private static func all(_ result: Result) -> [String: Result] {
    Dictionary(uniqueKeysWithValues: ConformityRule.allCases.map { ($0.rawValue, result) })
  }

  /// Waits until the API server refuses a pod for want of quota.
  private static func waitForQuota(in namespace: String) async throws {
    try await KubernetesClient.withClient(try await admin()) { client in
      while true {
        do {
          try await client.create(Probe.control.pod(in: namespace), dryRun: true)
          try await Task.sleep(for: .milliseconds(20))
        } catch let error as KubernetesError where error.message.contains("exceeded quota") {
          return
        } catch let error as KubernetesError where error.message.contains("error looking up service account") {
          // The controller manager gives a new namespace its service account a little later, too.
          try await Task.sleep(for: .milliseconds(20))
        }
      }
    }
  }

  private static func admin() async throws -> KubernetesConfiguration {
    try .kubeconfig(paths: [await KubernetesServer.shared().adminKubeconfigPath])
  }

  /// Has a webhook look at pods of namespaces with the label `test: NAMESPACE`.
  private static func install(_ url: String, kind: String, for namespace: String) async throws {
    let server = try await KubernetesServer.shared()
    let authority = try Data(contentsOf: URL(fileURLWithPath: server.caPath)).base64EncodedString()
    let text = """
      {"metadata": {"name": "\(namespace)"},
       "webhooks": [{
         "name": "pods.test.invalid", "sideEffects": "None", "admissionReviewVersions": ["v1"],
         "failurePolicy": "Fail", "timeoutSeconds": 25, "clientConfig": {"url": "\(url)", "caBundle": "\(authority)"},
         "namespaceSelector": {"matchLabels": {"test": "\(namespace)"}},
         "rules": [{"operations": ["CREATE"], "apiGroups": [""], "apiVersions": ["v1"], "resources": ["pods"]}]}]}
      """
    let body = try JSONDecoder().decode(JSONValue.self, from: Data(text.utf8))
    let resource = APIResource(
      group: "admissionregistration.k8s.io", version: "v1", plural: "\(kind.lowercased())webhookconfigurations",
      kind: "\(kind)WebhookConfiguration", isNamespaced: false)
    try await KubernetesClient.withClient(try await admin()) { client in
      let _: JSONValue = try await client.apply(body, to: ObjectPath(resource, namespace), fieldManager: "test")
      try await waitForWebhook(of: namespace, client)
    }
  }

  /// Waits until the API server goes by a webhook: it hears of one a little later, and a round before that would find
  /// that nothing is enforced, and be the last one for a day.
  private static func waitForWebhook(of namespace: String, _ client: KubernetesClient) async throws {
    let trial = "\(namespace)-trial"
    try await client.create(Namespace(metadata: ObjectMeta(name: trial, labels: ["test": namespace])))
    while true {
      do {
        let pod = try await client.create(Probe.breaking(.root).pod(in: trial), dryRun: true)
        // It was given another user.
        if pod.spec?.containers.first?.securityContext?.runAsUser != 0 { return }
      } catch let error as KubernetesError where error.message.contains("pods.test.invalid") {
        return
      } catch let error as KubernetesError where error.message.contains("error looking up service account") {
        // The controller manager gives a new namespace its service account a little later.
      }
      try await Task.sleep(for: .milliseconds(20))
    }
  }

  @Test("a server without any policy is said to enforce nothing", .enabled(if: isThere, needs))
  func open() async throws {
    let namespace = Self.fresh()
    let report = try await Self.report(try await Self.admin(), in: namespace) { $0.problem == nil }
    #expect(Self.results(report) == Self.all(.notEnforced))
    try await KubernetesClient.withClient(try await Self.admin()) { client in
      #expect(try await client.list(Pod.self, ListQuery(namespace: namespace)).items.isEmpty)
      let space = try await client.get(Namespace.self, namespace)
      #expect(space.metadata.labels?["pod-security.kubernetes.io/enforce"] == "restricted")
    }
  }

  @Test("the simulated cluster has no policy either")
  func simulated() async throws {
    let cluster = SimulatedCluster(name: "probe")
    let serving = Task { try await cluster.run() }
    defer { serving.cancel() }
    let configuration = try KubernetesConfiguration.plain(url: "http://127.0.0.1:\(try await cluster.port)")
    let report = try await Self.report(configuration, in: "regie-probe") { $0.problem == nil }
    #expect(Self.results(report) == Self.all(.notEnforced))
  }

  @Test(
    "a page instead of an answer, or one refusal of a server that has no policy, is no policy",
    arguments: [Fault.page(400), .page(403), .page(413), .page(422), .status(408), .status(413), .status(403)])
  func stray(_ fault: Fault) async throws {
    let cluster = SimulatedCluster(name: "probe")
    let serving = Task { try await cluster.run() }
    defer { serving.cancel() }
    let configuration = try KubernetesConfiguration.plain(url: "http://127.0.0.1:\(try await cluster.port)")
    let odd = ConformityRule.capabilities
    // Those before it, the control pod first, pass unharmed.
    let before = ConformityRule.allCases.prefix { $0 != odd }.count + 1
    cluster.inject(.delay(.zero), requests: before, method: "POST", pathPrefix: "/api/v1/namespaces/regie-probe/pods")
    cluster.inject(fault, method: "POST", pathPrefix: "/api/v1/namespaces/regie-probe/pods")
    let report = try await Self.report(configuration, in: "regie-probe") { $0.problem == nil }
    var wanted = Self.all(.notEnforced)
    wanted[odd.rawValue] = .inconclusive
    #expect(Self.results(report) == wanted)
  }

  @Test("a webhook that refuses all that the offer forbids enforces all of it", .enabled(if: isThere, needs))
  func refusing() async throws {
    let namespace = Self.fresh()
    let webhook = try await AdmissionWebhook(try await KubernetesServer.shared(), policy: PodPolicy.restricted)
    try await Self.install(webhook.url, kind: "Validating", for: namespace)
    let report = try await Self.report(try await Self.admin(), in: namespace) {
      $0.problem == nil && Self.results($0) != Self.all(.notEnforced)
    }
    #expect(Self.results(report) == Self.all(.enforced))
    #expect(report.answers.allSatisfy { $0.message.contains("forbidden by the operator: ") })
    await webhook.close()
  }

  @Test("Pod Security's “restricted” says nothing of low ports, and that shows", .enabled(if: isThere, needs))
  func lowPorts() async throws {
    let namespace = Self.fresh()
    let webhook = try await AdmissionWebhook(try await KubernetesServer.shared(), policy: PodPolicy.withoutPorts)
    try await Self.install(webhook.url, kind: "Validating", for: namespace)
    let report = try await Self.report(try await Self.admin(), in: namespace) {
      $0.problem == nil && Self.results($0) != Self.all(.notEnforced)
    }
    var wanted = Self.all(.enforced)
    wanted[ConformityRule.lowPort.rawValue] = .notEnforced
    #expect(Self.results(report) == wanted)
    await webhook.close()
  }

  @Test("a cluster that gives pods a user enforces that as well as one that refuses", .enabled(if: isThere, needs))
  func changing() async throws {
    let namespace = Self.fresh()
    let patch = #"[{"op":"add","path":"/spec/containers/0/securityContext/runAsUser","value":10001}]"#
    let webhook = try await AdmissionWebhook(try await KubernetesServer.shared(), patch: patch) { _ in nil }
    try await Self.install(webhook.url, kind: "Mutating", for: namespace)
    let report = try await Self.report(try await Self.admin(), in: namespace) {
      $0.problem == nil && Self.results($0) != Self.all(.notEnforced)
    }
    var wanted = Self.all(.notEnforced)
    wanted[ConformityRule.root.rawValue] = .enforced
    wanted[ConformityRule.unspecifiedUser.rawValue] = .enforced
    #expect(Self.results(report) == wanted)
    await webhook.close()
  }

  @Test("a policy that is out of order says nothing", .enabled(if: isThere, needs))
  func broken() async throws {
    let namespace = Self.fresh()
    try await Self.install("https://127.0.0.1:\(try FreePort.find())/", kind: "Validating", for: namespace)
    let report = try await Self.report(try await Self.admin(), in: namespace) {
      $0.problem?.contains("pods.test.invalid") == true
    }
    #expect(Self.results(report) == Self.all(.inconclusive))
  }

  @Test("a quota that is used up is no policy", .enabled(if: isThere, needs))
  func quota() async throws {
    let namespace = Self.fresh()
    try await KubernetesClient.withClient(try await Self.admin()) { client in
      try await client.create(Namespace(metadata: ObjectMeta(name: namespace)))
      try await client.create(
        ResourceQuota(metadata: ObjectMeta(name: "none", namespace: namespace), spec: .init(hard: ["pods": "0"])))
    }
    // Admission hears of a quota a little later; what is probed before is asked again on the next day only.
    try await Self.waitForQuota(in: namespace)
    let report = try await Self.report(try await Self.admin(), in: namespace) {
      $0.problem?.contains("exceeded quota") == true
    }
    #expect(Self.results(report) == Self.all(.inconclusive))
  }

  @Test("an agent without the right to offer pods says so, and not that they are refused", .enabled(if: isThere, needs))
  func rights() async throws {
    let namespace = Self.fresh()
    let path = try await KubernetesServer.shared().kubeconfig(user: namespace)
    let without = try await Self.report(try .kubeconfig(paths: [path]), in: namespace) { $0.problem != nil }
    #expect(Self.results(without) == Self.all(.inconclusive))
    #expect(without.problem?.contains("the namespace \(namespace) can not be had") == true)
  }
}
