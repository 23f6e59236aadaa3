import Foundation
import Synchronization
import Testing

@testable import Kubernetes

/// What is made of files that others renew, without any server.
struct CertificateFilesTests {
  private static func configuration(
    _ trust: Trust, _ credential: Credential = .none, server: String = "https://a.test"
  ) -> KubernetesConfiguration {
    KubernetesConfiguration(server: server, namespace: "default", trust: trust, credential: credential)
  }

  @Test func `calls that fail together wait for one reading, and all go by what it has found`() async {
    let reads = Mutex(0)
    let renewed = Self.configuration(.anyone)
    let files = CertificateFiles(of: Self.configuration(.system)) {
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
    let files = CertificateFiles(of: change.from) { found }
    let isRenewed = await files.renew(after: 0)
    #expect(isRenewed == change.isRenewal)
    let hasChanged = await files.renewed != nil
    #expect(hasChanged == change.isRenewal)
  }
}
