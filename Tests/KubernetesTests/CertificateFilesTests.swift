import Foundation
import Logging
import Synchronization
import TestSupport
import Testing

@testable import Kubernetes

/// What is made of files that others renew, without any server.
struct CertificateFilesTests {
  private static let quiet = Logger(label: "quiet") { _ in SwiftLogNoOpLogHandler() }

  private static func configuration(
    _ trust: Trust, _ credential: Credential = .none, server: String = "https://a.test"
  ) -> KubernetesConfiguration {
    KubernetesConfiguration(server: server, namespace: "default", trust: trust, credential: credential)
  }

  @Test func `calls that fail together wait for one reading, and all go by what it has found`() async {
    let reads = Mutex(0)
    let renewed = Self.configuration(.anyone)
    let files = CertificateFiles(of: Self.configuration(.system), logger: Self.quiet) {
      reads.withLock { $0 += 1 }
      Thread.sleep(forTimeInterval: 0.3)
      return renewed
    }
    let answers = await withTaskGroup(of: Bool.self) { group in
      for _ in 0..<20 { group.addTask { await files.renew(after: 0) } }
      return await group.reduce(into: [Bool]()) { $0.append($1) }
    }
    #expect(answers == Array(repeating: true, count: 20))
    let count = reads.withLock { $0 }
    #expect(count == 1)
    // Whoever had begun before hears the same later, and who goes by it already that there is nothing new.
    #expect(await files.renew(after: 0))
    #expect(await files.renew(after: 1) == false)
  }

  private static let changes: [(from: KubernetesConfiguration, to: KubernetesConfiguration, isRenewal: Bool)] = [
    (configuration(.system, .token("a")), configuration(.anyone, .token("a")), true),
    (configuration(.system, .tokenFile("a")), configuration(.system, .tokenFile("a")), false),
    (configuration(.system, .token("a")), configuration(.system, .token("b")), false),
    (configuration(.system, .token("a")), configuration(.anyone, .none), false),
    (configuration(.system), configuration(.anyone, server: "https://b.test"), false),
  ]

  @Test(arguments: changes.indices)
  func `files that mean another server or another way to say who calls renew nothing`(index: Int) async {
    let change = Self.changes[index]
    let found = change.to
    let files = CertificateFiles(of: change.from, logger: Self.quiet) { found }
    let isRenewed = await files.renew(after: 0)
    #expect(isRenewed == change.isRenewal)
    let hasChanged = await files.renewed != nil
    #expect(hasChanged == change.isRenewal)
  }

  @Test func `that they can not be read is said once, and again once it is otherwise or was over meanwhile`()
    async throws
  {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("kube-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    func write(_ text: String, to name: String) throws {
      try text.write(to: folder.appendingPathComponent(name), atomically: true, encoding: .utf8)
    }
    func believe(_ authority: String) throws {
      let clusters = "[{name: a, cluster: {server: 'https://a.test'\(authority)}}]"
      try write(
        "{current-context: a, clusters: \(clusters), contexts: [{name: a, context: {cluster: a}}]}", to: "config")
    }
    try believe("")
    let path = folder.appendingPathComponent("config").path
    var configuration = try KubernetesConfiguration.kubeconfig(paths: [path])
    configuration.tokenRefresh = .zero
    let lines = LogLines()
    try await KubernetesClient.withClient(configuration, logger: lines.logger(from: .warning)) { client in
      let files = try #require(client.certificates)
      func said() async -> Int {
        let isRenewed = await files.renew(after: 0)
        #expect(!isRenewed)
        return lines.all.count
      }
      try believe(", certificate-authority: ca.crt")
      #expect(await said() == 1)
      #expect(await said() == 1)
      try write("none", to: "ca.crt")
      #expect(await said() == 2)
      try believe("")
      #expect(await said() == 2)
      try believe(", certificate-authority: ca.crt")
      #expect(await said() == 3)
    }
    #expect(lines.contain("ca.crt cannot be read"))
    let others = lines.all.dropFirst().map(\.description)
    let areNamed = others.allSatisfy { $0.contains(path) && $0.contains("holds no certificate in PEM") }
    #expect(areNamed, "\(others)")
  }
}
