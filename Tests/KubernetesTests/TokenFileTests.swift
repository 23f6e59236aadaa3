import Foundation
import Logging
import TestSupport
import Testing

@testable import Kubernetes

/// What is made of a token that somebody else renews, without any server.
struct TokenFileTests {
  @Test func `that a renewed token can not be used is said once, and again once it is otherwise or was over meanwhile`()
    async throws
  {
    let file = FileManager.default.temporaryDirectory.appendingPathComponent("token-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: file) }
    func write(_ text: String) throws { try text.write(to: file, atomically: true, encoding: .utf8) }
    try write("first\n")
    var configuration = KubernetesConfiguration(
      server: "https://a.test", namespace: "a", trust: .system, credential: .tokenFile(file.path))
    configuration.tokenRefresh = .zero
    let lines = LogLines()
    try await KubernetesClient.withClient(configuration, logger: lines.logger(from: .warning)) { client in
      let tokens = try #require(client.tokenFile)
      func said(beside token: String) async throws -> Int {
        let current = try await tokens.current()
        #expect(current == token)
        return lines.all.count
      }
      #expect(try await said(beside: "first") == 0)
      try write("s3cret\nmore")
      #expect(try await said(beside: "first") == 1)
      #expect(try await said(beside: "first") == 1)
      try FileManager.default.removeItem(at: file)
      #expect(try await said(beside: "first") == 2)
      try write("next\n")
      #expect(try await said(beside: "next") == 2)
      try write("s3cret\nmore")
      #expect(try await said(beside: "next") == 3)
    }
    let told = lines.all.map(\.description)
    let areNamed = told.allSatisfy { $0.contains(file.path) && !$0.contains("s3cret") }
    #expect(areNamed, "\(told)")
    #expect(told.first?.contains("in one line") == true && told.dropFirst().first?.contains("missing") == true)
  }
}
