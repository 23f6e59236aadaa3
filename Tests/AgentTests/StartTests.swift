import Crypto
import Events
import Foundation
import TestSupport
import Testing

/// The program's start, when something is missing: what it says, and how it ends.
@Suite(.timeLimit(.minutes(5)))
struct StartTests {
  private static let minimum = ["REGIE_ZONE": "z1", "REGIE_CLUSTERS": "a=http://127.0.0.1:1"]

  private func start(_ environment: [String: String], _ arguments: [String] = []) async throws -> (Int32, String) {
    let agent = try SystemUnderTestProgram.start("region-agent", arguments, environment: environment)
    let code = try await agent.waitForEnd(within: .seconds(120))
    return (code, agent.output)
  }

  private func withFolder(_ body: (String) async throws -> Void) async throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("regie-agent-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try await body(folder)
  }

  @Test func `without any variable it names all that are needed`() async throws {
    let (code, output) = try await start([:])
    #expect(code == 64)
    for name in ["REGIE_ZONE", "REGIE_CLUSTERS", "REGIE_VERIFICATION_KEYS_FILE"] { #expect(output.contains(name)) }
  }

  @Test func `its help lists every variable`() async throws {
    let (code, output) = try await start([:], ["--help"])
    #expect(code == 0)
    for name in ["REGIE_ZONE", "REGIE_AGENT_NAMESPACE", "REGIE_HEARTBEAT", "REGIE_TELEMETRY_ADDRESS", "LOG_LEVEL"] {
      #expect(output.contains(name))
    }
  }

  @Test func `keys that can not be read are told with their path`() async throws {
    let (code, output) = try await start(
      Self.minimum.merging(["REGIE_VERIFICATION_KEYS_FILE": "/nowhere/keys.json"]) { $1 })
    #expect(code != 0)
    #expect(output.contains("REGIE_VERIFICATION_KEYS_FILE: /nowhere/keys.json can not be read"))
    #expect(output.contains("JSON Web Key Set"))
  }

  @Test func `keys that are none are told with what is wrong`() async throws {
    try await withFolder { folder in
      try Data("{}".utf8).write(to: URL(fileURLWithPath: "\(folder)/keys.json"))
      let (code, output) = try await start(
        Self.minimum.merging(["REGIE_VERIFICATION_KEYS_FILE": "\(folder)/keys.json"]) { $1 })
      #expect(code != 0 && output.contains("REGIE_VERIFICATION_KEYS_FILE: \(folder)/keys.json"))
    }
  }

  @Test func `a check tells all that can not be read at once, and looks at the rest`() async throws {
    try await withFolder { folder in
      try Data("quota: [".utf8).write(to: URL(fileURLWithPath: "\(folder)/guard.yaml"))
      let (code, output) = try await start(
        [
          "REGIE_ZONE": "z1", "REGIE_CLUSTERS": "a=/nowhere/kubeconfig,b=/nowhere/else,c=http://127.0.0.1:1",
          "REGIE_CLUSTER_MODES": "d=adopt", "REGIE_VERIFICATION_KEYS_FILE": "\(folder)/keys.json",
          "REGIE_GUARD_FILE": "\(folder)/guard.yaml", "REGIE_HEARTBEATS": "5s",
        ], ["--check"])
      #expect(code == 1)
      for cause in [
        "REGIE_VERIFICATION_KEYS_FILE: \(folder)/keys.json can not be read", "REGIE_GUARD_FILE: \(folder)/guard.yaml",
        "KAFKA_BOOTSTRAP_SERVERS", "cluster a: /nowhere/kubeconfig", "cluster b: /nowhere/else",
        "REGIE_CLUSTER_MODES: d is no cluster", "cluster c", "nothing reads REGIE_HEARTBEATS",
      ] { #expect(output.contains(cause), "\(cause) is not in: \(output)") }
    }
  }

  @Test(arguments: [
    ("b=adopt", "REGIE_CLUSTER_MODES: b is no cluster of REGIE_CLUSTERS"),
    ("a=observe", "REGIE_HOME_CLUSTER: no cluster"),
    ("a=gitops", "REGIE_GITOPS_URL: a cluster is in mode gitops"),
  ])
  func `modes that can not be kept are told`(modes: String, expected: String) async throws {
    try await withFolder { folder in
      let keys = JSONWebKeySet([JSONWebKey(publicKey: Curve25519.Signing.PrivateKey().publicKey)])
      try JSONEncoder().encode(keys).write(to: URL(fileURLWithPath: "\(folder)/keys.json"))
      let (code, output) = try await start([
        "REGIE_ZONE": "z1", "REGIE_CLUSTERS": "a=http://127.0.0.1:1", "REGIE_CLUSTER_MODES": modes,
        "REGIE_VERIFICATION_KEYS_FILE": "\(folder)/keys.json", "KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1",
      ])
      #expect(code != 0 && output.contains(expected), "\(output)")
    }
  }

  @Test(arguments: [
    (
      ["REGIE_ARGOCD_APPLICATIONS": "a=argocd/regie-{placement}"],
      "REGIE_ARGOCD_APPLICATIONS: a is no cluster in mode gitops"
    ),
    (["REGIE_ARGOCD_CLUSTER": "http://127.0.0.1:2"], "REGIE_ARGOCD_CLUSTER: a cluster is named"),
  ])
  func `Applications that can not be of a cluster are told`(more: [String: String], expected: String) async throws {
    try await withFolder { folder in
      let keys = JSONWebKeySet([JSONWebKey(publicKey: Curve25519.Signing.PrivateKey().publicKey)])
      try JSONEncoder().encode(keys).write(to: URL(fileURLWithPath: "\(folder)/keys.json"))
      let environment = [
        "REGIE_ZONE": "z1", "REGIE_CLUSTERS": "a=http://127.0.0.1:1",
        "REGIE_VERIFICATION_KEYS_FILE": "\(folder)/keys.json", "KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1",
      ]
      let (code, output) = try await start(environment.merging(more) { $1 })
      #expect(code != 0 && output.contains(expected), "\(output)")
    }
  }

  @Test(arguments: ["http://127.0.0.1:1", "http://127.0.0.1:1/"])
  func `two clusters with one API server are told`(address: String) async throws {
    try await withFolder { folder in
      let keys = JSONWebKeySet([JSONWebKey(publicKey: Curve25519.Signing.PrivateKey().publicKey)])
      try JSONEncoder().encode(keys).write(to: URL(fileURLWithPath: "\(folder)/keys.json"))
      let (code, output) = try await start([
        "REGIE_ZONE": "z1", "REGIE_CLUSTERS": "a=http://127.0.0.1:1,c=http://127.0.0.1:2,b=\(address)",
        "REGIE_VERIFICATION_KEYS_FILE": "\(folder)/keys.json", "KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1",
      ])
      #expect(code != 0)
      #expect(output.contains("REGIE_CLUSTERS: a, b have one API server, http://127.0.0.1:1"), "\(output)")
    }
  }

  @Test(arguments: [
    ("a=/nowhere/kubeconfig", "cluster a: /nowhere/kubeconfig"), ("a=http://10.0.0.1:80", "cluster a:"),
    ("a=in-cluster", "cluster a: KUBERNETES_SERVICE_HOST"),
  ])
  func `a cluster that is not described is told by its name`(clusters: String, expected: String) async throws {
    try await withFolder { folder in
      let key = JSONWebKey(publicKey: Curve25519.Signing.PrivateKey().publicKey)
      try JSONEncoder().encode(JSONWebKeySet([key])).write(to: URL(fileURLWithPath: "\(folder)/keys.json"))
      let (code, output) = try await start([
        "REGIE_ZONE": "z1", "REGIE_CLUSTERS": clusters, "REGIE_VERIFICATION_KEYS_FILE": "\(folder)/keys.json",
        "KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1",
      ])
      #expect(code != 0)
      #expect(output.contains("REGIE_CLUSTERS: \(expected)"))
    }
  }
}
