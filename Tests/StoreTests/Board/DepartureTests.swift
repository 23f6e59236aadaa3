import Board
import Events
import Foundation
import Model
import Postgres
import Store
import TestSupport
import Testing

/// Operators whom the board needs: no administrator alone makes it one that decides nothing.
@Suite(.timeLimit(.minutes(3)))
struct DepartureTests {
  @Test func `no administrator alone removes the operator without which the board can decide nothing`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.board(StoreFixture.boardPolicy(quorum: 3))
      func remove(_ name: String, _ principal: String) async throws -> StoreError? {
        try await refusal {
          try await fixture.store.delete(.operator, name, context: RequestContext(principal: principal))
        }
      }
      let asked: PostgresQuery =
        "SELECT count(*) FROM audit_entries WHERE action = 'departure-asked' AND name = 'anfsi'"
      for nobody in ["key:console", "local"] {
        #expect(try await remove("anfsi", nobody)?.message.contains("two administrators") == true)
        #expect(try await fixture.count(asked) == 0, "\(nobody) counts for nobody")
      }
      for _ in 0..<2 {
        let refused = try await remove("anfsi", "oidc:ada")
        #expect(refused?.kind == .conflict && refused?.path == "metadata.name")
        #expect(
          refused?.message.contains("2 of the 3 votes") == true && refused?.messageFR.contains("2 des 3 voix") == true)
        #expect(try await fixture.count(asked) == 1, "it is in the trail, once")
      }
      #expect(try await remove("anfsi", "key:console") != nil, "nor does a key come second")
      #expect(try await remove("alize", "oidc:eve") != nil, "each operator by itself")
      // A week later it does not count any more, and a person counts once.
      try await fixture.tamper("UPDATE board_departures SET asked_at = asked_at - interval '7 days'")
      #expect(try await remove("anfsi", "oidc:eve") != nil)
      #expect(try await fixture.count(asked) == 2)
      // A name that the rule has taken out tells nobody apart.
      try await fixture.tamper(
        "UPDATE audit_entries SET person = NULL, salt = NULL, erased_at = at WHERE action = 'departure-asked'")
      #expect(try await remove("anfsi", "oidc:ada") != nil)
      try await fixture.tamper("UPDATE board_departures SET asked_at = asked_at - interval '7 days'")
      #expect(try await remove("anfsi", "oidc:eve") != nil)
      #expect(try await remove("anfsi", "oidc:ada") == nil)
      // There is no board any more that could decide anything.
      #expect(try await remove("alize", "key:console") == nil)
    }
  }

  /// Of three operators two may decide by what is in force; what comes asks for three, or names two.
  @Test(arguments: [StoreFixture.boardPolicy(quorum: 3), StoreFixture.boardPolicy(voters: ["alize", "anfsi"])])
  func `the board of what has its date, or is voted on, needs its operators as well`(coming: PolicySpec) async throws {
    try await StoreFixture.run { fixture in
      try await fixture.board()
      func remove() async throws -> StoreError? {
        try await refusal {
          try await fixture.store.delete(.operator, "alize", context: RequestContext(principal: "oidc:ada"))
        }
      }
      let soon = Timestamp(Date().addingTimeInterval(30 * 86_400))
      let id = try await fixture.propose(coming, effectiveAt: soon).proposal.id
      #expect(try await remove()?.kind == .conflict, "it is voted on")
      try await fixture.vote(.for, on: id, "anfsi", "dtnum")
      #expect(try await fixture.store.proposal(id).proposal.state == .ratified)
      #expect(try await remove()?.kind == .conflict, "it has its date")
      let other = AnyResource.policy(Resource("regie", StoreFixture.boardPolicy(rules: ["un"])))
      #expect(try await refusal { _ = try await fixture.store.put(other, context: someone) }?.kind == .boardDecides)
    }
  }

  @Test func `two who ask at once for the removal of an operator whom the board needs remove it once`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.board(StoreFixture.boardPolicy(quorum: 3))
      let results = try await withThrowingTaskGroup(of: StoreError?.self) { group in
        for principal in ["oidc:ada", "oidc:eve"] {
          group.addTask {
            try await refusal {
              try await fixture.store.delete(.operator, "anfsi", context: RequestContext(principal: principal))
            }
          }
        }
        return try await group.reduce(into: [StoreError.Kind?]()) { $0.append($1?.kind) }
      }
      #expect(Set(results) == [nil, .conflict])
      #expect(
        try await fixture.count(
          "SELECT count(*) FROM audit_entries WHERE action IN ('departure-asked', 'deleted') AND name = 'anfsi'") == 2)
    }
  }
}
