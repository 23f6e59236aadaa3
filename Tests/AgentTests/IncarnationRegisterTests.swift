import Foundation
import Kubernetes
import Logging
import NIOConcurrencyHelpers
import SimulatedCluster
import Testing

@testable import Agent

/// The count of an agent's lives, on a simulated cluster.
@Suite(.timeLimit(.minutes(5)))
struct IncarnationRegisterTests {
  private func withRegister(
    at seconds: Int64 = 100, _ body: @Sendable (IncarnationRegister, SimulatedCluster) async throws -> Void
  ) async throws {
    let cluster = SimulatedCluster(name: "c1")
    let running = Task { try? await cluster.run() }
    let result: Result<Void, any Error>
    do {
      var configuration = try KubernetesConfiguration.plain(url: "http://127.0.0.1:\(try await cluster.port)")
      configuration.retry.attempts = 1
      let quiet = Logger(label: "quiet") { _ in SwiftLogNoOpLogHandler() }
      try await KubernetesClient.withClient(configuration, logger: quiet) { client in
        try await body(
          IncarnationRegister(client: client, namespace: "regie-system", zone: "z1", now: { seconds }), cluster)
      }
      result = .success(())
    } catch {
      result = .failure(error)
    }
    running.cancel()
    await running.value
    try result.get()
  }

  private func write(_ text: String?, with register: IncarnationRegister) async throws {
    _ = try await register.begin()
    let path = ObjectPath(.configMaps, register.name, in: register.namespace)
    _ = try await register.client.patch(path, merge: ["data": ["incarnation": text]], as: ConfigMap.self)
  }

  @Test func `each life has a higher number, whatever the clock says`() async throws {
    try await withRegister(at: 100) { register, _ async throws in
      #expect(try await register.begin() == 100)
      #expect(try await register.begin() == 101)
      let earlier = IncarnationRegister(client: register.client, namespace: "regie-system", zone: "z1", now: { 7 })
      #expect(try await earlier.begin() == 102)
      let later = IncarnationRegister(client: register.client, namespace: "regie-system", zone: "z1", now: { 500 })
      #expect(try await later.begin() == 500)
      let broken = IncarnationRegister(client: register.client, namespace: "regie-system", zone: "z1", now: { -3 })
      #expect(try await broken.begin() == 501)
    }
  }

  @Test func `the agent of a zone whose slug ends with a hyphen begins a life, too`() async throws {
    try await withRegister { register, _ async throws in
      let other = IncarnationRegister(client: register.client, namespace: "regie-system", zone: "dr-", now: { 7 })
      #expect(try await other.begin() == 7)
      #expect(try await other.begin() == 8)
    }
  }

  @Test func `a lost register, or one restored from a backup, is counted on from above`() async throws {
    try await withRegister(at: 100) { register, _ async throws in
      for _ in 0..<5 { _ = try await register.begin() }
      let next = IncarnationRegister(client: register.client, namespace: "regie-system", zone: "z1", now: { 200 })
      try await register.client.delete(ObjectPath(.configMaps, register.name, in: "regie-system"))
      #expect(try await next.begin() == 200)
      try await write("3", with: next)
      #expect(try await next.begin() == 200)
    }
  }

  @Test func `zones have a register each`() async throws {
    try await withRegister { register, _ async throws in
      let other = IncarnationRegister(client: register.client, namespace: "regie-system", zone: "z2", now: { 100 })
      #expect(try await register.begin() == 100)
      #expect(try await other.begin() == 100)
    }
  }

  @Test func `lives that begin at once get different numbers`() async throws {
    try await withRegister { register, _ async throws in
      let numbers = try await withThrowingTaskGroup(of: Int64.self) { group in
        for _ in 0..<8 { group.addTask { try await register.begin() } }
        return try await group.reduce(into: [Int64]()) { $0.append($1) }
      }
      #expect(numbers.sorted() == Array(100...107))
    }
  }

  @Test(arguments: ["", "one", "-1", "1.5", "9223372036854775807", "99999999999999999999"])
  func `what is no number is told, not guessed at`(text: String) async throws {
    try await withRegister { register, _ async throws in
      try await write(text, with: register)
      let error = await #expect(throws: IncarnationError.self) { try await register.begin() }
      #expect(error?.description.contains("regie-system/regie-agent-z1, data.incarnation") == true)
      // Nothing was overwritten.
      let there = try await register.client.get(ConfigMap.self, register.name, in: "regie-system")
      #expect(there.data?["incarnation"] == text)
    }
  }

  @Test func `other data of the ConfigMap stay`() async throws {
    try await withRegister { register, _ async throws in
      _ = try await register.begin()
      let path = ObjectPath(.configMaps, register.name, in: "regie-system")
      _ = try await register.client.patch(path, merge: ["data": ["note": "kept"]], as: ConfigMap.self)
      _ = try await register.begin()
      #expect(try await register.client.get(ConfigMap.self, register.name, in: "regie-system").data?["note"] == "kept")
    }
  }

  @Test func `an agent without the right to make its namespace uses one that is there`() async throws {
    try await withRegister { register, cluster async throws in
      _ = try await register.client.create(Namespace(metadata: ObjectMeta(name: "regie-system")))
      cluster.inject(.status(403), requests: .max, method: "POST", path: "/api/v1/namespaces")
      #expect(try await register.begin() == 100)
    }
  }

  @Test func `a namespace that can not be made is the failure that is told`() async throws {
    try await withRegister { register, cluster async throws in
      cluster.inject(.status(403), requests: 1, method: "POST")
      let error = await #expect(throws: KubernetesError.self) { try await register.begin() }
      #expect(error?.kind == .notFound && error?.call.contains("regie-system") == true)
    }
  }

  @Test func `a cluster that is away is told at once`() async throws {
    try await withRegister { register, cluster async throws in
      cluster.inject(.dropConnection, requests: .max)
      let error = await #expect(throws: KubernetesError.self) { try await register.begin() }
      #expect(error?.kind == .connection)
    }
  }

  @Test func `conflicts without end are given up`() async throws {
    try await withRegister { register, cluster async throws in
      _ = try await register.begin()
      cluster.inject(.status(409), requests: .max, method: "PUT")
      let error = await #expect(throws: KubernetesError.self) { try await register.begin() }
      #expect(error?.kind == .conflict)
    }
  }
}
