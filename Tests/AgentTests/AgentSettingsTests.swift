import Model
import Reconciler
import Telemetry
import Testing

@testable import Agent

/// What the environment may say, and what is answered to the rest.
struct AgentSettingsTests {
  private static let valid = [
    "REGIE_ZONE": "r1-dr", "REGIE_CLUSTERS": "a=in-cluster", "REGIE_VERIFICATION_KEYS_FILE": "/keys.json",
  ]

  private func read(_ changes: [String: String?] = [:]) throws(EnvironmentErrors) -> AgentSettings {
    var environment = Self.valid
    for (name, value) in changes { environment[name] = value }
    return try EnvironmentReader.read(environment: environment) { AgentSettings(&$0) }
  }

  @Test func `three variables suffice`() throws {
    let settings = try read()
    #expect(settings.zone == "r1-dr" && settings.homeNamespace == "regie-system" && settings.concurrency == 32)
    #expect(settings.clusters == [ClusterSource(name: "a", access: .inCluster)])
    #expect(settings.telemetry == ListenAddress(host: "127.0.0.1", port: 9090) && settings.heartbeat == .seconds(10))
  }

  @Test(
    arguments: [
      ("REGIE_ZONE", nil), ("REGIE_ZONE", "Usuel"), ("REGIE_ZONE", "onze-lettres"), ("REGIE_ZONE", "é"),
      ("REGIE_CLUSTERS", nil), ("REGIE_CLUSTERS", "a"), ("REGIE_CLUSTERS", "a="), ("REGIE_CLUSTERS", "a=x,a=y"),
      ("REGIE_VERIFICATION_KEYS_FILE", nil), ("REGIE_TELEMETRY_ADDRESS", "here"),
      ("REGIE_TELEMETRY_ADDRESS", "127.0.0.1:80"), ("REGIE_HEARTBEAT", "0s"), ("REGIE_HEARTBEAT", "1h"),
      ("REGIE_APPLY_CONCURRENCY", "0"), ("REGIE_APPLY_CONCURRENCY", "65"), ("REGIE_AGENT_NAMESPACE", "Regie"),
      ("REGIE_AGENT_NAMESPACE", "-x"), ("REGIE_AGENT_NAMESPACE", "x-"), ("LOG_LEVEL", "loud"),
    ] as [(String, String?)])
  func `a value that can not be used is named, with what would be accepted`(name: String, value: String?) throws {
    let errors = #expect(throws: EnvironmentErrors.self) { _ = try read([name: value]) }
    #expect(errors?.errors.map(\.variable) == [name])
    #expect(errors?.errors.first?.accepted.isEmpty == false)
  }

  @Test func `a variable of Régie's that nothing reads is told`() throws {
    #expect(try read(["REGIE_HEARTBEATS": "5s"]).unread == ["REGIE_HEARTBEATS"])
    let ofKafka = try read(["KAFKA_FETCH_MIN_BYTES": "1", "KAFKA_SSL_CA_LOCATION": "/ca"]).unread
    #expect(ofKafka == ["KAFKA_FETCH_MIN_BYTES"])
    #expect(try read().unread == [])
  }

  @Test func `everything wrong is told at once`() throws {
    let errors = #expect(throws: EnvironmentErrors.self) {
      _ = try EnvironmentReader.read(environment: [:]) { AgentSettings(&$0) }
    }
    #expect(
      errors?.errors.map(\.variable) == ["REGIE_ZONE", "REGIE_CLUSTERS", "REGIE_VERIFICATION_KEYS_FILE"])
  }

  @Test(arguments: [
    ("a=in-cluster", [ClusterSource(name: "a", access: .inCluster)]),
    ("a=/k", [ClusterSource(name: "a", access: .kubeconfig(path: "/k", context: nil))]),
    ("a=/k#ctx", [ClusterSource(name: "a", access: .kubeconfig(path: "/k", context: "ctx"))]),
    ("a=/k#c#d", [ClusterSource(name: "a", access: .kubeconfig(path: "/k", context: "c#d"))]),
    ("a=/k=v", [ClusterSource(name: "a", access: .kubeconfig(path: "/k=v", context: nil))]),
    ("a=http://127.0.0.1:1", [ClusterSource(name: "a", access: .plain(url: "http://127.0.0.1:1"))]),
    (
      "a=in-cluster,b=k",
      [
        ClusterSource(name: "a", access: .inCluster),
        ClusterSource(name: "b", access: .kubeconfig(path: "k", context: nil)),
      ]
    ),
  ])
  func `clusters are name and access`(text: String, expected: [ClusterSource]) {
    #expect(ClusterSource.list(text) == expected)
  }

  @Test(arguments: ["a=/k,b=in-cluster", "a=/k, b=in-cluster", " a=/k ,\tb=in-cluster ", "a=/k,\n  b=in-cluster\n"])
  func `blanks beside a comma are no part of a cluster's name or address`(text: String) throws {
    let settings = try read(["REGIE_CLUSTERS": text])
    #expect(
      settings.clusters == [
        ClusterSource(name: "a", access: .kubeconfig(path: "/k", context: nil)),
        ClusterSource(name: "b", access: .inCluster),
      ])
  }

  @Test func `nor of a mode's or of an Application's`() throws {
    let settings = try read([
      "REGIE_CLUSTER_MODES": "a=own, b=observe ", "REGIE_ARGOCD_APPLICATIONS": " a=argocd/x , b=argocd/y",
    ])
    #expect(settings.modes == ["a": ClusterRules(.own), "b": ClusterRules(.observe)])
    #expect(settings.argoCD.applications.keys.sorted() == ["a", "b"])
  }

  @Test(arguments: [
    "", ",", "a", "=k", "a=", "a=#c", "a=k#", "a=k,", ",a=k", "a=k,a=l", "a=k,b", " ", "a =k", "a= k", "a=k, =l",
    "a=k, ", "a=k, a=l",
  ])
  func `anything else is no list of clusters`(text: String) {
    #expect(ClusterSource.list(text) == nil)
  }

  @Test(arguments: [
    ("a=own", ["a": ClusterRules(.own)]),
    ("a=gitops,b=observe", ["a": ClusterRules(.gitops), "b": ClusterRules(.observe)]),
    ("a=gitops+probes", ["a": ClusterRules(.gitops, addsProbes: true)]),
    ("a=adopt", ["a": ClusterRules(.adopt)]),
    ("a=adopt+limitranges", ["a": ClusterRules(.adopt, addsLimitRange: true)]),
    (
      "a=adopt+networkpolicies+limitranges",
      ["a": ClusterRules(.adopt, addsLimitRange: true, addsNetworkPolicies: true)]
    ),
  ])
  func `modes are name and mode`(text: String, expected: [String: ClusterRules]) {
    #expect(ClusterModes.list(text) == expected)
  }

  @Test(arguments: [
    "", "a", "a=", "=own", "a=Own", "a=own,a=adopt", "a=own,", "a=own=b", "a=own+limitranges", "a=adopt+",
    "a=adopt+pods", "a=adopt+probes", "a=observe+probes", "a=gitops+limitranges", "a=gitops+probes+probes",
    "a=adopt+limitranges+limitranges",
  ])
  func `anything else is no list of modes`(text: String) {
    #expect(ClusterModes.list(text) == nil)
    // An empty variable is none.
    guard !text.isEmpty else { return }
    let errors = #expect(throws: EnvironmentErrors.self) { _ = try read(["REGIE_CLUSTER_MODES": text]) }
    #expect(errors?.errors.map(\.variable) == ["REGIE_CLUSTER_MODES"])
  }

  @Test func `Applications are a cluster's name, a namespace and a pattern`() throws {
    let settings = try read(["REGIE_ARGOCD_APPLICATIONS": "a=argocd/regie-{placement},b=argo-2/zone"])
    let pattern = try #require(ApplicationPattern("regie-{placement}"))
    #expect(settings.argoCD.applications["a"] == .init(namespace: "argocd", pattern: pattern))
    #expect(settings.argoCD.applications["b"]?.namespace == "argo-2" && settings.argoCD.applications.count == 2)
    #expect(try read().argoCD.applications.isEmpty)
  }

  @Test(arguments: [
    "a", "a=", "a=argocd", "a=/x", "a=argocd/", "=argocd/x", "a=argocd/x,a=argocd/y", "a=argocd/x,", "a=Argo/x",
    "a=argo.cd/x", "a={cluster}/x", "a=argocd/{project}", "a=argocd/x/y",
  ])
  func `anything else is no list of Applications`(text: String) {
    let errors = #expect(throws: EnvironmentErrors.self) { _ = try read(["REGIE_ARGOCD_APPLICATIONS": text]) }
    #expect(errors?.errors.map(\.variable) == ["REGIE_ARGOCD_APPLICATIONS"])
  }
}
