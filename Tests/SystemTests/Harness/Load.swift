import AsyncHTTPClient
import Contract
import Foundation
import Model
import NIOConcurrencyHelpers
import NIOCore
import NIOHTTP1
import TestSupport

/// Instances of the service, which come and go.
final class Instances: Sendable {
  private let box = NIOLockedValueBox<[Governance]>([])

  init(_ instances: [Governance] = []) { box.withLockedValue { $0 = instances } }

  var all: [Governance] { box.withLockedValue { $0 } }

  func add(_ instance: Governance) { box.withLockedValue { $0.append(instance) } }

  func remove(_ instance: Governance) {
    box.withLockedValue { $0.removeAll { $0.program.pid == instance.program.pid } }
  }
}

/// Clients that change their minds, each about one project of its own, and ask until they are told, always with the same
/// key for the same wish, whichever instance they ask.
///
/// Each wish differs from the one before, so a decision that got lost, or was made twice, shows in the revisions.
final class Load: Sendable {
  private struct State {
    var decisions: Int64 = 0
    var isFinished = false
  }

  /// How many placements there are in the end.
  let placements: Int
  private let instances: Instances
  private let clients: Int
  private let environments: [String]
  private let state = NIOLockedValueBox(State())

  init(instances: Instances, clients: Int, environments: [String] = ["prod"]) {
    self.instances = instances
    self.clients = clients
    self.environments = environments
    placements = clients * environments.count
  }

  /// How many decisions the clients were told of.
  var decisions: Int64 { state.withLockedValue { $0.decisions } }

  /// Lets every client end after the wish it is at.
  func finish() { state.withLockedValue { $0.isFinished = true } }

  /// Runs all clients until they have had so many wishes each, or until ``finish()``.
  func run(wishes: Int = .max) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      for client in 0..<clients {
        group.addTask {
          var number = 0
          repeat {
            number += 1
            try await self.wish(number, of: "charge\(client)")
          } while number < wishes && !self.state.withLockedValue({ $0.isFinished })
        }
      }
      try await group.waitForAll()
    }
  }

  private func wish(_ number: Int, of name: String) async throws {
    let project = Offered.project(name, cpu: Int64(1 + number % 3), environments: environments)
    let key = "\(name)-\(number)-\(UUID())"
    let answer = try await patiently(name) { api in
      try await api.send(
        .POST, "/api/v1/placements", body: try TestAPI.body(project), headers: ["idempotency-key": key],
        timeout: .seconds(3))
    }
    let decision: DecisionView = try answer.decode()
    try demand(decision.changed, "the wish \(number) of \(name) was decided before")
    let revisions = decision.placements.map(\.spec.revision)
    try demand(
      revisions.allSatisfy { $0 == Int64(number) }, "the wish \(number) of \(name) has the revisions \(revisions)")
    state.withLockedValue { $0.decisions += 1 }
  }

  /// Asks one instance after the other until one of them knows.
  private func patiently(_ name: String, _ ask: (TestAPI) async throws -> TestAPI.Answer) async throws -> TestAPI.Answer
  {
    let end = ContinuousClock.now + .seconds(120)
    var last = "no instance was there"
    while ContinuousClock.now < end {
      if let instance = instances.all.randomElement() {
        do {
          let answer = try await ask(instance.api)
          // "Not now" may be answered by asking again; anything else may not.
          if answer.status != 503 { return answer }
          last = answer.text
        } catch let error as CancellationError {
          throw error
        } catch {
          last = "\(error)"
        }
      }
      try await Task.sleep(for: .milliseconds(Int.random(in: 20...100)))
    }
    throw NotSeen(description: "\(name) was given no answer: \(last)")
  }
}
