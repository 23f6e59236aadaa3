import Foundation
import Logging
import TestSupport
import Testing

@testable import Kubernetes

/// Where a configuration comes from.
struct ConfigurationSourcesTests {
  private let folder = FileManager.default.temporaryDirectory.appendingPathComponent("kube-\(UUID().uuidString)")

  private func write(_ files: [String: String]) throws {
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    for (name, text) in files {
      try text.write(to: folder.appendingPathComponent(name), atomically: true, encoding: .utf8)
    }
  }

  private let pod = ["KUBERNETES_SERVICE_HOST": "fd00::1", "KUBERNETES_SERVICE_PORT": "6443"]

  @Test func `a pod's service account makes a configuration`() throws {
    try write(["ca.crt": "CA", "token": "t", "namespace": "agents\n"])
    let found = try KubernetesConfiguration.inCluster(environment: pod, directory: folder.path)
    #expect(found.server == "https://[fd00::1]:6443")
    #expect(found.namespace == "agents")
    #expect(found.trust == .authority([UInt8]("CA".utf8)))
    #expect(found.credential == .tokenFile("\(folder.path)/token"))
  }

  @Test func `what comes from files is read anew from them, and nothing else is`() throws {
    let config =
      "{current-context: a, clusters: [{name: a, cluster: {server: 'https://a.test', certificate-authority: ca.crt}}], "
      + "contexts: [{name: a, context: {cluster: a}}]}"
    try write(["ca.crt": "CA", "token": "t", "config": config])
    let found = try [
      KubernetesConfiguration.inCluster(environment: pod, directory: folder.path),
      KubernetesConfiguration.kubeconfig(paths: ["\(folder.path)/config"]),
    ]
    try write(["ca.crt": "renewed"])
    for one in found {
      #expect(one.trust == .authority([UInt8]("CA".utf8)))
      let anew = try one.source?()
      #expect(anew?.trust == .authority([UInt8]("renewed".utf8)))
    }
    let plain = try KubernetesConfiguration.plain(url: "http://localhost:1")
    let isFixed = plain.source == nil
    #expect(isFixed)
  }

  @Test func `a pod without service account is told what it lacks`() throws {
    try write(["ca.crt": "CA"])
    let error = #expect(throws: ConfigurationError.self) {
      try KubernetesConfiguration.inCluster(environment: pod, directory: folder.path)
    }
    #expect(error?.source == "\(folder.path)/token")
    #expect(throws: ConfigurationError.self) { try KubernetesConfiguration.inCluster(environment: [:]) }
    let bad = pod.merging(["KUBERNETES_SERVICE_PORT": "https"]) { $1 }
    #expect(throws: ConfigurationError.self) { try KubernetesConfiguration.inCluster(environment: bad) }
  }

  @Test func `the environment decides, KUBECONFIG first`() throws {
    try write([
      "config":
        "{current-context: a, clusters: [{name: a, cluster: {server: 'https://a.test/'}}], "
        + "contexts: [{name: a, context: {cluster: a}}]}"
    ])
    let list = "/nowhere/config:\(folder.path)/config"
    let found = try KubernetesConfiguration.environment(pod.merging(["KUBECONFIG": list]) { $1 })
    #expect(found.server == "https://a.test")
    #expect(throws: ConfigurationError.self) { try KubernetesConfiguration.environment(["HOME": folder.path]) }
    #expect(throws: ConfigurationError.self) { try KubernetesConfiguration.environment([:]) }
    #expect(throws: ConfigurationError.self) { try KubernetesConfiguration.kubeconfig(paths: []) }
  }

  @Test func `plain http stays on loopback`() throws {
    #expect(try KubernetesConfiguration.plain(url: "http://127.0.0.1:8001").server == "http://127.0.0.1:8001")
    #expect(try KubernetesConfiguration.plain(url: "http://[::1]:8001/").server == "http://[::1]:8001")
    #expect(throws: ConfigurationError.self) { try KubernetesConfiguration.plain(url: "http://192.0.2.1") }
  }

  @Test func `a description holds no secret`() throws {
    let found = try KubernetesConfiguration.plain(url: "http://localhost:1", token: "hush")
    #expect("\(found)" == "http://localhost:1 (token)")
  }

  @Test func `a token file that holds what can be in no header is refused, and not repeated`() async throws {
    try write(["token": "s3cret\nmore\n"])
    let file = TokenFile(
      path: "\(folder.path)/token", refresh: .zero, logger: LogLines().logger(from: .warning))
    let error = await #expect(throws: ConfigurationError.self) { try await file.current() }
    #expect(error?.problem.contains("in one line") == true)
    let told = error.map { "\($0)" } ?? ""
    #expect(!told.contains("s3cret"))
    try write(["token": "next\n"])
    let token = try await file.current()
    #expect(token == "next")
  }

  @Test func `a certificate or key that is none is refused before anything is sent`() {
    for (trust, credential) in [
      (Trust.authority([1]), Credential.none), (.system, .certificate(chain: [1], key: [1])),
    ] {
      let bad = KubernetesConfiguration(
        server: "https://localhost", namespace: "default", trust: trust, credential: credential)
      #expect(throws: ConfigurationError.self) { try KubernetesClient(bad) }
    }
  }
}
