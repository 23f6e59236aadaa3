import Foundation
import Model
import Postgres
import Store
import Testing

/// Whose identifiers a confirmation may bring.
struct ReservationIdentityTests {
  @Test func `identifiers of another project or environment are refused`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      let console = ConfirmationRequest.fresh()
      try await fixture.confirm(try await fixture.reserve("alpha"), console)
      let reservation = try await fixture.reserve("beta")
      let project = ConfirmationRequest(projectID: console.projectID, environmentIDs: ["prod": UUID()])
      let environment = ConfirmationRequest(projectID: UUID(), environmentIDs: console.environmentIDs)
      for (wrong, path) in [(project, "projectID"), (environment, "environmentIDs")] {
        let error = try await refusal { try await fixture.confirm(reservation, wrong) }
        #expect(error?.kind == .conflict)
        #expect(error?.path == path)
      }
      #expect(try await fixture.store.reservation(reservation.id) == reservation)
      try await fixture.confirm(reservation, .fresh())
    }
  }

  @Test func `each environment reserved has its identifier, and no other`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      let reservation = try await fixture.reserve("alpha", environments: ["prod", "dev"])
      let one = UUID()
      let cases: [([String: UUID], String)] = [
        (["prod": one], "environmentIDs.dev"), ([:], "environmentIDs.dev"),
        (["prod": one, "dev": UUID(), "test": UUID()], "environmentIDs.test"),
        (["prod": one, "dev": one], "environmentIDs"),
      ]
      for (ids, path) in cases {
        let error = try await refusal {
          try await fixture.confirm(reservation, ConfirmationRequest(projectID: UUID(), environmentIDs: ids))
        }
        #expect(error?.kind == .invalid)
        #expect(error?.path == path)
      }
      #expect(try await fixture.count("SELECT count(*) FROM outbox") == 0)
    }
  }

  @Test func `what namespaces are named after is kept, what nothing is named after is not`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      let placed = try #require(try await fixture.place("alpha").placements.first)
      let reservation = try await fixture.reserve("alpha", environments: ["prod", "dev"])
      let other = try await refusal { try await fixture.confirm(reservation, .fresh(["dev"])) }
      #expect(other?.path == "projectID")
      #expect(other?.accepted == placed.spec.projectID.uuidString.lowercased())
      let console = ConfirmationRequest(projectID: placed.spec.projectID, environmentIDs: ["dev": UUID()])
      let confirmed = try await fixture.confirm(reservation, console)
      #expect(confirmed.placements.map(\.spec.environmentID) == [console.environmentIDs["dev"]])

      // Minted for a reservation that was never confirmed, they are nobody's.
      let first = try await fixture.reserve("beta")
      _ = try await fixture.store.cancel(reservation: first.id, context: someone)
      let mine = ConfirmationRequest.fresh()
      try await fixture.confirm(try await fixture.reserve("beta"), mine)
      // Nor are they for a decision that brings the console's later on, while something waits.
      let waiting = try await fixture.reserve("gamma")
      var project = Offered.project("gamma", environments: ["dev"])
      project.spec.consoleID = UUID()
      project.spec.environments[0].consoleID = UUID()
      let declared = project
      let outcome = try await fixture.store.decide(PlacementRequest(project: declared), context: someone)
      #expect(outcome.placements.map(\.spec.projectID) == [declared.spec.consoleID])
      let late = try await refusal { try await fixture.confirm(waiting, .fresh()) }
      #expect(late?.kind == .conflict)
      let projectID = try #require(declared.spec.consoleID)
      try await fixture.confirm(
        waiting, ConfirmationRequest(projectID: projectID, environmentIDs: ["prod": UUID()]))
      #expect(try await fixture.ledgerAddsUp())
    }
  }

  @Test func `a project that declares the console's identifiers is confirmed with these`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      let console = ConfirmationRequest.fresh()
      var project = Offered.project("alpha")
      project.spec.consoleID = console.projectID
      project.spec.environments[0].consoleID = console.environmentIDs["prod"]
      let outcome = try await fixture.store.reserve(
        PlacementRequest(project: project), ttl: .seconds(60), context: someone)
      let reservation = try #require(outcome.reservation)
      var other = console
      other.environmentIDs["prod"] = UUID()
      let environment = try await refusal { try await fixture.confirm(reservation, other) }
      #expect(environment?.path == "environmentIDs.prod")
      other = ConfirmationRequest(projectID: UUID(), environmentIDs: console.environmentIDs)
      #expect(try await refusal { try await fixture.confirm(reservation, other) }?.path == "projectID")
      try await fixture.confirm(reservation, console)
      // Decided on again, nothing of it changes.
      let again = try await fixture.store.decide(PlacementRequest(project: "alpha"), context: someone)
      #expect(!again.changed)
    }
  }
}
