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

  @Test(.timeLimit(.minutes(3)))
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

  @Test(.timeLimit(.minutes(3)))
  func `a choice has its answer again under its key, whatever the cluster is called and whether the project is there`()
    async throws
  {
    try await Self.run(connections: 4) { api in
      let body = #"{"project": "vigie", "choices": {"prod": ["Choisi"], "dev": ["Choisi"]}}"#
      func ask(_ key: String) async throws -> Answer {
        try await api.send(
          .post, "/api/v1/reservations", body, type: "application/json", headers: ["Idempotency-Key": key])
      }
      /// Puts the cluster under a label, and waits until memory knows of it.
      func name(_ label: String, status: Int, known: Int) async throws {
        let cluster = Offered.cluster("nord-a").replacing("label: Label nord-a", with: "label: \(label)")
        // Else memory would be waited for in vain.
        try #require(cluster.contains("label: \(label)}"))
        try #require(try await api.send(.put, "/api/v1/clusters/nord-a", cluster).status == status)
        while try await api.send(.post, Asked.validate, body, type: "application/json").status != known {
          try await Task.sleep(for: .milliseconds(5))
        }
      }
      try await name("Choisi", status: 201, known: 200)
      let first = try await ask("k")
      #expect(first.status == 201)
      let reservation = try #require(try first.decode(ReservationAnswer.self).reservation)
      try await name("Autre", status: 200, known: 422)
      let again = try await ask("k")
      #expect(again.status == 201 && again.header("idempotency-replayed") == "true", "\(again.text)")
      #expect(try again.decode(ReservationAnswer.self).reservation?.id == reservation.id)
      _ = try await ask("new").problem(422, .invalid)
      let cancel = "/api/v1/reservations/\(reservation.id.uuidString.lowercased())/cancel"
      #expect(try await api.send(.post, cancel).status == 200)
      #expect(try await api.send(.delete, "/api/v1/projects/vigie").status == 204)
      let last = try await ask("k")
      #expect(last.status == 201 && last.header("idempotency-replayed") == "true", "\(last.text)")
      _ = try await ask("new").problem(404, .notFound)
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
