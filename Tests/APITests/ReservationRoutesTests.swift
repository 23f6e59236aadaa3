import Contract
import Events
import Foundation
import HTTPTypes
import Model
import Placement
import Postgres
import Store
import Testing

/// What the console asks: reserve, confirm, cancel.
struct ReservationRoutesTests {
  @Test func `a console reserves, creates its environments, and confirms with their identifiers`() async throws {
    try await APIFixture.run { fixture in
      try await fixture.offer(projects: ["vigie"])
      let answer = try await fixture.reserve("vigie", "?ttlSeconds=60")
      #expect(answer.status == 201)
      let given = try answer.decode(ReservationAnswer.self)
      let reservation = try #require(given.reservation)
      #expect(answer.header("location") == "/api/v1/reservations/\(reservation.path)")
      #expect(answer.header("content-language") == "fr")
      #expect(reservation.state == .pending)
      #expect(reservation.expiresAt.microseconds(since: reservation.createdAt) == 60_000_000)
      #expect(reservation.places.map(\.environment) == ["dev", "prod"])
      #expect(reservation.places.allSatisfy { $0.cluster == "nord-1" && $0.zone == "nord" })
      #expect(reservation.decision == given.decision.id)
      #expect(given.explanation.outcome == .placed)
      let read = try await fixture.send(.get, "/api/v1/reservations/\(reservation.path)")
      #expect(try read.decode(ReservationView.self) == reservation)
      // Nothing of it is a placement yet.
      #expect(try await fixture.placements().isEmpty)
      let early = try await fixture.send(.get, "/api/v1/placements/\(reservation.places[0].placement)")
      _ = try early.problem(404, .notFound)

      let console = ReservationConfirmation.fresh(["prod", "dev"])
      let confirmed = try await fixture.confirm(reservation, console)
      #expect(confirmed.status == 200)
      #expect(try confirmed.decode(ReservationView.self).state == .confirmed)
      let placements = try await fixture.placements()
      #expect(placements.map(\.spec.id) == reservation.places.map(\.placement))
      for spec in placements.map(\.spec) {
        let environmentID = try #require(console.environmentIDs[spec.environment])
        #expect(spec.projectID == console.projectID)
        #expect(spec.namespace == NamespaceName.make(environment: environmentID, project: console.projectID))
      }
      #expect(try await fixture.confirm(reservation, console).body == confirmed.body)
    }
  }

  @Test func `what was chosen is reserved where it was chosen, or not at all`() async throws {
    try await APIFixture.run { fixture in
      try await fixture.offer(projects: ["vigie"])
      for (name, cpu) in [("nord-a", "10"), ("nord-b", "3")] {
        let cluster = Offered.cluster(name, cpu: cpu)
        try #require(try await fixture.send(.put, "/api/v1/clusters/\(name)", cluster).status == 201)
      }
      func ask(
        _ prod: String, _ project: String = #""vigie""#, at path: String = "reservations",
        headers: [String: String] = [:]
      ) async throws -> Answer {
        try await fixture.send(
          .post, "/api/v1/\(path)", #"{"project": \#(project), "choices": {"prod": ["\#(prod)"], "dev": ["nord-a"]}}"#,
          type: "application/json", headers: headers)
      }
      let best: ReservationAnswer = try await fixture.reserve("vigie").decode()
      #expect(best.reservation?.places.map(\.cluster) == ["nord-1", "nord-1"], "left alone it goes elsewhere")
      let free = try #require(best.reservation)
      #expect(try await fixture.send(.post, "/api/v1/reservations/\(free.path)/cancel").status == 200)

      let key = ["Idempotency-Key": "chosen"]
      let answer = try await ask("Label nord-a", headers: key)
      #expect(answer.status == 201)
      let reservation = try #require(try answer.decode(ReservationAnswer.self).reservation)
      #expect(reservation.places.map(\.cluster) == ["nord-a", "nord-a"])
      _ = try await ask("nord-b", headers: key).problem(422, .idempotencyMismatch)
      // The same again is answered as before, whatever the cluster is called by then.
      let renamed = Offered.cluster("nord-a", cpu: "10").replacing("label: Label nord-a", with: "label: Autre")
      try #require(try await fixture.send(.put, "/api/v1/clusters/nord-a", renamed).status == 200)
      let again = try await ask("Label nord-a", headers: key)
      #expect(again.status == 201 && again.header("idempotency-replayed") == "true")
      #expect(try again.decode(ReservationAnswer.self).reservation?.id == reservation.id)
      _ = try await ask("Label nord-a", headers: ["Idempotency-Key": "new"]).problem(422, .invalid)
      _ = try await ask("Label nord-a").problem(422, .invalid)
      #expect(try await fixture.send(.post, "/api/v1/reservations/\(reservation.path)/cancel").status == 200)

      // Where it was chosen there is no room, and it is put nowhere else.
      let large = try ProjectText.json(Offered.project("grand", cpu: "5"))
      for path in ["reservations", "placements"] {
        let refused = try await ask("nord-b", large, at: path)
        #expect(refused.status == 200)
        let said: DecisionExplained = try refused.decode()
        #expect(said.explanation.outcome == .unplaceable)
        #expect(said.explanation.reasons.contains { $0.code == .pinRefused })
      }
      #expect(try await fixture.placements().isEmpty)
      let unknown = try await ask("nowhere").problem(422, .invalid)
      #expect(unknown.errors?.map(\.path) == [#"choices["prod"][0]"#])
      let supposing = #"{"project": "vigie", "choices": {"prod": ["nord-a"], "dev": ["nord-a"]}, "at": "2027-01-01"}"#
      let supposed = try await fixture.refuse(
        .post, "/api/v1/placements", supposing, type: "application/json", with: 422, .invalid)
      #expect(supposed.errors?.map(\.path) == ["at"])
    }
  }

  @Test func `what stands elsewhere is not moved by a choice, and nothing beside it is placed`() async throws {
    try await APIFixture.run { fixture in
      try await fixture.offer(projects: ["vigie"])
      try #require(try await fixture.place("vigie").status == 201)
      let other = Offered.cluster("nord-a", cpu: "10")
      try #require(try await fixture.send(.put, "/api/v1/clusters/nord-a", other).status == 201)
      let wider = Offered.project("vigie").replacing(
        "{name: dev,", with: "{name: plus, stage: dev, quota: {cpu: 1, memory: 1Gi, pods: 10}}\n    - {name: dev,")
      let json = try ProjectText.json(wider)
      for path in ["reservations", "placements"] {
        let wish =
          #"{"project": \#(json), "choices": {"prod": ["nord-a"], "dev": ["nord-1"], "plus": ["nord-a"]}}"#
        let problem = try await fixture.refuse(
          .post, "/api/v1/\(path)", wish, type: "application/json", with: 409, .conflict)
        #expect(problem.detail.contains("nord-1"))
        let there = wish.replacing(#""prod": ["nord-a"]"#, with: #""prod": ["nord-1"]"#)
        #expect(try await fixture.send(.post, "/api/v1/\(path)", there, type: "application/json").status == 201)
        if path == "reservations" {
          let id = try #require(
            try await fixture.pool.withConnection {
              try await $0.query("SELECT hold FROM reservations WHERE state = 'pending' LIMIT 1")
            }.first?.decode(UUID.self, "hold"))
          #expect(
            try await fixture.send(.post, "/api/v1/reservations/\(id.uuidString.lowercased())/cancel").status == 200)
        }
      }
    }
  }

  @Test func `what the console has no words for stays as it was stored`() async throws {
    try await APIFixture.run { fixture in
      try await fixture.offer()
      let before = Offered.project("vigie").replacing("{name: vigie}", with: "{name: vigie, labels: {critique: oui}}")
      try #require(try await fixture.send(.put, "/api/v1/projects/vigie", before).status == 201)
      let wish = """
        {"project": {"name": "vigie", "organisation": "mi", "audience": "ministerial", "dataClasses": ["public"],
          "environments": [{"name": "prod", "stage": "prod", "cpu": 3, "memory": 4}]}}
        """
      for path in ["reservations", "placements:query"] {
        let answer = try await fixture.send(.post, "/api/v1/\(path)", wish, type: "application/json")
        #expect((200...201).contains(answer.status), "\(path)")
      }
      guard case .project(let stored) = try await fixture.store.get(.project, "vigie") else { return }
      #expect(stored.metadata.labels == ["critique": "oui"] && stored.spec.preferences.weighted.count == 1)
      #expect(stored.spec.environments.map(\.name) == ["prod"])
      #expect(stored.spec.environments[0].quota.cpu == Quantity(3))
    }
  }

  @Test func `below placements the same is reserved, confirmed and given back, by any of its identifiers`() async throws
  {
    try await APIFixture.run { fixture in
      try await fixture.offer(projects: ["vigie", "phare", "balise"])
      func reserve(_ project: String) async throws -> ReservationView {
        let answer = try await fixture.send(
          .post, "/api/v1/placements?reserve=true&ttlSeconds=60", #"{"project": "\#(project)"}"#,
          type: "application/json")
        #expect(answer.status == 201)
        return try #require(try answer.decode(ReservationAnswer.self).reservation)
      }
      let confirmation = try ModelJSON.encoder.encode(ReservationConfirmation.fresh(["prod", "dev"]))
      let vigie = try await reserve("vigie")
      #expect(try await fixture.placements().isEmpty)
      let placement = vigie.places[1].placement
      let confirmed = try await fixture.send(
        .post, "/api/v1/placements/\(placement)/confirm", bytes: Array(confirmation), type: "application/json")
      #expect(try confirmed.decode(ReservationView.self).state == .confirmed)
      #expect(try await fixture.placements().count == 2)
      let late = try await fixture.send(.post, "/api/v1/placements/\(placement)/cancel")
      _ = try late.problem(409, .reservationConfirmed)

      let phare = try await reserve("phare")
      let cancelled = try await fixture.send(.post, "/api/v1/placements/\(phare.id)/cancel")
      #expect(try cancelled.decode(ReservationView.self).state == .cancelled)

      // One that was placed at once has nothing to confirm.
      let placed = try await fixture.place("balise").decode(DecisionView.self)
      let id = try #require(placed.placements.first).spec.id
      _ = try await fixture.send(.post, "/api/v1/placements/\(id)/cancel").problem(409, .conflict)
      _ = try await fixture.send(.post, "/api/v1/placements/\(UUID())/cancel").problem(404, .notFound)
      for query in ["?reserve=yes", "?ttlSeconds=60", "?reserve=false&ttlSeconds=60"] {
        let refused = try await fixture.send(
          .post, "/api/v1/placements\(query)", #"{"project": "vigie"}"#, type: "application/json")
        _ = try refused.problem(400, .badParameter)
      }
    }
  }

  @Test func `a whole project may come along, and the time to live has a default and bounds`() async throws {
    try await APIFixture.run { fixture in
      try await fixture.offer()
      let answer = try await fixture.send(.post, "/api/v1/reservations", Offered.project("vigie"))
      #expect(answer.status == 201)
      let reservation = try #require(try answer.decode(ReservationAnswer.self).reservation)
      #expect(reservation.expiresAt.microseconds(since: reservation.createdAt) == 900_000_000)
      for ttl in ["0", "86401", "1.5", "soon", ""] {
        let refused = try await fixture.reserve("vigie", "?ttlSeconds=\(ttl)")
        #expect(try refused.problem(400, .badParameter).detail.contains("ttlSeconds"))
      }
      _ = try await fixture.reserve("vigie", "?ttl=60").problem(400, .badParameter)
    }
  }

  @Test func `what fits nowhere, and what has its place, reserves nothing and says why`() async throws {
    try await APIFixture.run { fixture in
      try await fixture.offer(projects: ["vigie"])
      let huge = try await fixture.send(.post, "/api/v1/reservations", Offered.project("colosse", cpu: "1000"))
      #expect(huge.status == 200)
      let refusal = try huge.decode(ReservationAnswer.self)
      #expect(refusal.reservation == nil)
      #expect(!refusal.decision.placed)
      #expect(refusal.explanation.environments.contains { $0.candidates.contains { !$0.reasons.isEmpty } })
      #expect(huge.header("location") == "/api/v1/decisions/\(refusal.decision.id.uuidString.lowercased())")

      #expect(try await fixture.place("vigie").status == 201)
      let placed = try await fixture.reserve("vigie")
      #expect(placed.status == 200)
      #expect(try placed.decode(ReservationAnswer.self).reservation == nil)
    }
  }

  @Test func `a cancelled or expired reservation is not confirmed, a confirmed one not cancelled`() async throws {
    try await APIFixture.run { fixture in
      try await fixture.offer(projects: ["vigie", "phare", "balise"])
      let console = ReservationConfirmation.fresh(["prod", "dev"])
      let given = try await fixture.reservation("vigie")
      let cancelled = try await fixture.send(.post, "/api/v1/reservations/\(given.path)/cancel")
      #expect(cancelled.status == 200)
      #expect(try cancelled.decode(ReservationView.self).state == .cancelled)
      let late = try await fixture.confirm(given, console)
      let problem = try late.problem(409, .reservationEnded)
      #expect(problem.title == "Réservation terminée")
      #expect(problem.detail.contains("annulée"))

      let second = try await fixture.reservation("phare")
      try await fixture.pool.withConnection {
        _ = try await $0.execute(
          "UPDATE holds SET expires_at = created_at + interval '1 microsecond' WHERE id = \(second.id)")
      }
      let read = try await fixture.send(.get, "/api/v1/reservations/\(second.path)")
      #expect(try read.decode(ReservationView.self).state == .expired)
      let expired = try await fixture.confirm(second, console, headers: ["Accept-Language": "en"])
      #expect(try expired.problem(409, .reservationEnded).detail.contains("expired"))

      let third = try await fixture.reservation("balise")
      #expect(try await fixture.confirm(third, console).status == 200)
      let other = try await fixture.confirm(third, .fresh(["prod", "dev"]))
      _ = try other.problem(409, .reservationConfirmed)
      let undone = try await fixture.send(.post, "/api/v1/reservations/\(third.path)/cancel")
      #expect(try undone.problem(409, .reservationConfirmed).detail.contains("/api/v1/projects/balise/removal"))
    }
  }

  @Test func `an environment that is reserved is not placed meanwhile`() async throws {
    try await APIFixture.run { fixture in
      try await fixture.offer(projects: ["vigie"])
      let given = try await fixture.reservation("vigie")
      let problem = try await fixture.place("vigie").problem(409, .reservationPending)
      #expect(problem.detail.contains(given.path))
    }
  }

  @Test func `an identifier that another has is refused with its place`() async throws {
    try await APIFixture.run { fixture in
      try await fixture.offer(projects: ["vigie", "phare"])
      let console = ReservationConfirmation.fresh(["prod", "dev"])
      #expect(try await fixture.confirm(try await fixture.reservation("vigie"), console).status == 200)
      let problem = try await fixture.confirm(try await fixture.reservation("phare"), console).problem(409, .conflict)
      #expect(problem.detail.contains("projectID"))
    }
  }

  @Test(arguments: [("projectId", "environmentIds"), ("projectID", "environmentIds"), ("projectId", "environmentIDs")])
  func `the identifiers may be spelt as the console does`(project: String, environments: String) async throws {
    try await APIFixture.run { fixture in
      try await fixture.offer(projects: ["vigie"])
      let given = try await fixture.reservation("vigie")
      let console = ReservationConfirmation.fresh(["prod", "dev"])
      let body = String(decoding: try ModelJSON.encoder.encode(console), as: UTF8.self)
        .replacing("projectID", with: project).replacing("environmentIDs", with: environments)
      let answer = try await fixture.send(
        .post, "/api/v1/reservations/\(given.path)/confirm", body, type: "application/json")
      #expect(answer.status == 200, "\(answer.text)")
      // However they were spelt, they are the same ones.
      #expect(try await fixture.confirm(given, console).status == 200)
    }
  }

  /// Bodies that are no confirmation, the path of what is wrong, and the status.
  @Test(arguments: [
    ("", "", 400), ("[]", "", 400), ("{}", "environmentIDs", 400),
    (#"{"projectID": "x", "environmentIDs": {}}"#, "projectID", 400),
    (#"{"projectID": 7, "environmentIDs": {}}"#, "projectID", 400),
    (#"{"projectID": "\#(UUID())", "environmentIDs": []}"#, "environmentIDs", 400),
    (#"{"projectID": "\#(UUID())", "environmentIDs": {"prod": "x"}}"#, "environmentIDs.prod", 400),
    (#"{"projectID": "\#(UUID())", "environmentIDs": {"prod": {}}}"#, "environmentIDs.prod", 400),
    (#"{"projectID": "\#(UUID())", "environmentIDs": {}, "force": true}"#, "force", 400),
    (#"{"projectId": "x", "environmentIds": {}}"#, "projectId", 400),
    (#"{"projectID": "\#(UUID())", "projectId": "\#(UUID())", "environmentIDs": {}}"#, "projectId", 400),
    (#"{"projectId": "\#(UUID())", "environmentIds": {"prod": "x"}}"#, "environmentIds.prod", 400),
    (#"{"projectID": "\#(UUID())", "environmentIDs": {}, "environmentIds": {}}"#, "environmentIds", 400),
    (#"{"projectID": "\#(UUID())", "environmentIDs": {"prod": "\#(UUID())"}}"#, "environmentIDs.dev", 422),
  ])
  func `a body that is no confirmation is refused with the path`(body: String, path: String, status: Int) async throws {
    try await APIFixture.run { fixture in
      try await fixture.offer(projects: ["vigie"])
      let given = try await fixture.reservation("vigie")
      let answer = try await fixture.send(
        .post, "/api/v1/reservations/\(given.path)/confirm", body, type: "application/json")
      let problem = try answer.problem(status, status == 400 ? .malformed : .invalid)
      if status == 400 { #expect(problem.errors?.map(\.path) == [path]) }
      #expect(path.isEmpty || problem.detail.contains(path))
      let read = try await fixture.send(.get, "/api/v1/reservations/\(given.path)")
      #expect(try read.decode(ReservationView.self) == given)
    }
  }

  @Test func `the same key gets the same answer, and says so`() async throws {
    try await APIFixture.run { fixture in
      try await fixture.offer(projects: ["vigie"])
      let key = ["Idempotency-Key": "k-1"]
      let first = try await fixture.reserve("vigie", headers: key)
      let again = try await fixture.reserve("vigie", headers: key)
      #expect(first.header("idempotency-replayed") == nil)
      #expect(again.header("idempotency-replayed") == "true")
      #expect(again.body == first.body)
      _ = try await fixture.reserve("vigie", "?ttlSeconds=61", headers: key).problem(422, .idempotencyMismatch)

      let given = try #require(try first.decode(ReservationAnswer.self).reservation)
      let console = ReservationConfirmation.fresh(["prod", "dev"])
      let confirmed = try await fixture.confirm(given, console, headers: key)
      let repeated = try await fixture.confirm(given, console, headers: key)
      #expect(repeated.header("idempotency-replayed") == "true")
      #expect(repeated.body == confirmed.body)
    }
  }

  @Test func `an unknown reservation is not found, whatever is asked of it`() async throws {
    try await APIFixture.run { fixture in
      let id = UUID()
      let body = try ModelJSON.encoder.encode(ReservationConfirmation.fresh([]))
      _ = try await fixture.send(.get, "/api/v1/reservations/\(id)").problem(404, .notFound)
      _ = try await fixture.send(.post, "/api/v1/reservations/\(id)/cancel").problem(404, .notFound)
      let confirmed = try await fixture.send(
        .post, "/api/v1/reservations/\(id)/confirm", String(decoding: body, as: UTF8.self), type: "application/json")
      _ = try confirmed.problem(404, .notFound)
      _ = try await fixture.send(.get, "/api/v1/reservations/none").problem(400, .badParameter)
      _ = try await fixture.send(.delete, "/api/v1/reservations/\(id)").problem(405, .methodNotAllowed)
    }
  }
}

extension APIFixture {
  fileprivate func reserve(
    _ project: String, _ query: String = "", headers: [String: String] = [:]
  ) async throws -> Answer {
    try await send(
      .post, "/api/v1/reservations\(query)", #"{"project": "\#(project)"}"#, type: "application/json",
      headers: headers)
  }

  fileprivate func reservation(_ project: String) async throws -> ReservationView {
    try #require(try await reserve(project).decode(ReservationAnswer.self).reservation)
  }

  fileprivate func confirm(
    _ reservation: ReservationView, _ body: ReservationConfirmation, headers: [String: String] = [:]
  ) async throws -> Answer {
    let text = String(decoding: try ModelJSON.encoder.encode(body), as: UTF8.self)
    return try await send(
      .post, "/api/v1/reservations/\(reservation.path)/confirm", text, type: "application/json", headers: headers)
  }

  fileprivate func placements() async throws -> [PlacementView] {
    try await send(.get, "/api/v1/placements").decode(ListView<PlacementView>.self).items
  }
}

extension ReservationView {
  fileprivate var path: String { id.uuidString.lowercased() }
}

extension ReservationConfirmation {
  fileprivate static func fresh(_ environments: [String]) -> ReservationConfirmation {
    ReservationConfirmation(
      projectID: UUID(),
      environmentIDs: Dictionary(environments.map { ($0, UUID()) }, uniquingKeysWith: { first, _ in first }))
  }
}

/// What both answers say of a decision.
private struct DecisionExplained: Decodable {
  var explanation: ExplanationView
}
