import Foundation
import TestSupport
import Testing

@testable import Kubernetes

/// Who may talk to a real API server, and what those hear who may not.
@Suite(.enabled(if: RealServer.isThere, RealServer.needs), .timeLimit(.minutes(3)))
struct AuthenticationTests {
  private func failure(_ configuration: KubernetesConfiguration) async throws -> KubernetesError? {
    try await RealServer.failure {
      try await KubernetesClient.withClient(configuration) { try await $0.list(Namespace.self) }
    }
  }

  private func with(_ credential: Credential, trust: Trust? = nil) async throws -> KubernetesConfiguration {
    let admin = try await RealServer.admin()
    return KubernetesConfiguration(
      server: admin.server, namespace: "default", trust: trust ?? admin.trust, credential: credential)
  }

  @Test func `a token opens`() async throws {
    #expect(try await failure(RealServer.admin()) == nil)
    let version = try await KubernetesClient.withClient(try await RealServer.admin()) { try await $0.version() }
    #expect(version.major == "1" && version.gitVersion.hasPrefix("v1."))
  }

  @Test func `a client certificate opens, and RBAC looks at its groups`() async throws {
    let server = try await KubernetesServer.shared()
    let master = try await server.kubeconfig(user: "root", groups: ["dept", "system:masters"])
    #expect(try await failure(.kubeconfig(paths: [master])) == nil)
    let nobody = try await server.kubeconfig(user: "dev/one", groups: ["devs"])
    let error = try await failure(.kubeconfig(paths: [nobody]))
    #expect(error?.kind == .forbidden && error?.code == 403)
    #expect(error?.message.contains(#"User "dev/one" cannot list resource "namespaces""#) == true)
  }

  @Test func `an unknown token and no token at all are told apart from a missing right`() async throws {
    for credential in [Credential.token("wrong"), .none] {
      let error = try await failure(with(credential))
      #expect(error?.kind == .unauthorized && error?.status?.reason == "Unauthorized")
    }
  }

  @Test func `a server that another authority vouches for is refused`() async throws {
    let other = try await foreignAuthority()
    let error = try await failure(with(.token("t"), trust: .authority(other)))
    #expect(error?.kind == .tls)
    #expect(try await failure(with(.token("t"), trust: .system))?.kind == .tls)
    #expect(try await failure(with(.token("wrong"), trust: .anyone))?.kind == .unauthorized)
  }

  @Test func `a pod's configuration works as it is mounted`() async throws {
    let server = try await KubernetesServer.shared()
    let mounted = try await pod(believing: Data(contentsOf: URL(fileURLWithPath: server.caPath)))
    #expect(try await failure(mounted.found) == nil)
  }

  /// The configuration of a pod, and the folder in which its service account is mounted.
  private func pod(believing authority: Data) async throws -> (found: KubernetesConfiguration, folder: String) {
    let server = try await KubernetesServer.shared()
    let folder = "\(server.directory)/pod-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    try authority.write(to: URL(fileURLWithPath: "\(folder)/ca.crt"))
    try server.adminToken.write(toFile: "\(folder)/token", atomically: true, encoding: .utf8)
    let url = try #require(URLComponents(string: server.url))
    let environment = [
      "KUBERNETES_SERVICE_HOST": url.host ?? "", "KUBERNETES_SERVICE_PORT": url.port.map { String($0) } ?? "",
    ]
    return (try KubernetesConfiguration.inCluster(environment: environment, directory: folder), folder)
  }

  @Test(arguments: [false, true])
  func `an authority that was renewed is read again once the server is not believed`(
    isWatch: Bool
  ) async throws {
    func use(_ client: KubernetesClient) async throws {
      if isWatch {
        var events = client.watch(.namespaces, from: nil, as: ObjectIdentityOnly.self).makeAsyncIterator()
        _ = try await events.next()
      } else {
        _ = try await client.version()
      }
    }
    let mounted = try await pod(believing: Data(try await foreignAuthority()))
    var configuration = mounted.found
    configuration.tokenRefresh = .zero
    let authority = URL(fileURLWithPath: "\(mounted.folder)/ca.crt")
    let renewed = try Data(contentsOf: URL(fileURLWithPath: try await KubernetesServer.shared().caPath))
    try await KubernetesClient.withClient(configuration) { client in
      let before = try await RealServer.failure { try await use(client) }
      #expect(before?.kind == .tls)
      try renewed.write(to: authority)
      let after = try await RealServer.failure { try await use(client) }
      #expect(after == nil)
    }
  }

  @Test func `a client certificate that was renewed is read again once the server refuses it`() async throws {
    let server = try await KubernetesServer.shared()
    let path = URL(fileURLWithPath: try await server.kubeconfig(user: "root", groups: ["system:masters"]))
    let folder = path.deletingLastPathComponent()
    let files = ["certificate.pem", "key.pem"].map { folder.appendingPathComponent($0) }
    let renewed = try files.map { try Data(contentsOf: $0) }
    let foreign = try await foreignFiles()
    for (file, other) in zip(files, [foreign.certificate, foreign.key]) {
      try Data(contentsOf: URL(fileURLWithPath: other)).write(to: file)
    }
    var configuration = try KubernetesConfiguration.kubeconfig(paths: [path.path])
    configuration.tokenRefresh = .zero
    try await KubernetesClient.withClient(configuration) { client in
      let before = try await RealServer.failure { try await client.list(Namespace.self) }
      #expect(before?.kind == .unauthorized)
      // A certificate beside the key of the one before it is not taken.
      try renewed[0].write(to: files[0])
      let between = try await RealServer.failure { try await client.list(Namespace.self) }
      #expect(between?.kind == .unauthorized)
      try renewed[1].write(to: files[1])
      let after = try await RealServer.failure { try await client.list(Namespace.self) }
      #expect(after == nil)
    }
  }

  private func foreignAuthority() async throws -> [UInt8] {
    [UInt8](try Data(contentsOf: URL(fileURLWithPath: try await foreignFiles().certificate)))
  }

  /// The paths of a certificate that vouches for itself, and of its key.
  private func foreignFiles() async throws -> (certificate: String, key: String) {
    let folder = try await KubernetesServer.shared().directory
    let path = "\(folder)/foreign-\(UUID().uuidString)"
    try await ChildProcess.run(
      "/usr/bin/env",
      [
        "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout",
        "\(path).key", "-out", "\(path).crt", "-days", "1", "-subj", "/CN=regie-test-ca",
      ])
    return ("\(path).crt", "\(path).key")
  }
}
