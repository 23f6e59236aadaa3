import Contract
import Foundation
import HTTPTypes
import Placement
import Postgres
import Store
import Testing

@testable import API

/// Questions that are answered from memory.
struct QueryMemoryTests {
  /// Runs `body` where memory is kept true, on a pool of so many connections.
  static func run(
    connections: Int = 1, _ body: @escaping @Sendable (APIFixture) async throws -> Void
  ) async throws {
    var database = try await APIFixture.database()
    database.maximumConnections = connections
    let configuration = database
    try await APIFixture.run(on: configuration) { api in
      try await api.offer(projects: ["vigie"])
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { await api.store.keepWorld(configuration) }
        while !api.store.isWorldLive { try await Task.sleep(for: .milliseconds(5)) }
        try await body(api)
        group.cancelAll()
      }
    }
  }

  @Test(.timeLimit(.minutes(1)))
  func `queries and validations ask the database nothing: they answer while its only connection is taken`() async throws
  {
    try await Self.run { api in
      try await api.pool.withConnection { _ in
        for body in [
          #"{"project": "vigie"}"#, Asked.console(),
          Asked.console().replacing("}]}}", with: #"}]}, "at": "2027-01-01"}"#),
        ] {
          let view: QueryView = try await api.send(.post, Asked.query, body, type: "application/json").decode()
          #expect(view.explanation.outcome == .placed)
        }
        let body = #"{"project": "vigie", "choices": {"prod": ["nord-1"], "dev": ["nord-1"]}}"#
        let view: ValidationView = try await api.send(.post, Asked.validate, body, type: "application/json").decode()
        #expect(view.valid)
      }
    }
  }

  @Test func `what was committed is in the next answers`() async throws {
    try await Self.run { api in
      #expect(try await api.place("vigie").status == 201)
      var view: QueryView
      repeat {
        view = try await api.send(.post, Asked.query, #"{"project": "vigie"}"#, type: "application/json").decode()
      } while !view.proposal.allSatisfy(\.kept)
      #expect(view.proposal.count == 2)
    }
  }
}
