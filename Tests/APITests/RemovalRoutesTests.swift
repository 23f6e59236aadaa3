import Contract
import Foundation
import HTTPTypes
import Model
import Postgres
import Testing

/// Placements that are to go, and those that nobody will see go.
struct RemovalRoutesTests {
  @Test func `a removal is accepted, published, and holds its capacity until it is observed`() async throws {
    try await APIFixture.run { api in
      try await api.offer(projects: ["vigie"])
      #expect(try await api.place("vigie").status == 201)
      let before = try await api.committed()
      let answer = try await api.remove(
        "vigie", #"{"environments": ["dev"], "delaySeconds": 60, "removePersistentVolumes": true}"#)
      #expect(answer.status == 202)
      let removed = try answer.decode(RemovalView.self).placements
      #expect(removed.map(\.spec.environment) == ["dev"])
      #expect(removed.allSatisfy { $0.spec.phase == .removed && $0.spec.revision == 2 && !$0.status.ready })
      #expect(try await api.phases() == ["dev": .removed, "prod": .active])
      #expect(try await api.committed() == before)
      let published = try await api.pool.withConnection { connection in
        try await connection.query(
          """
          SELECT p.remove_persistent_volumes AS volumes, p.not_before - p.decided_at = interval '60 s' AS later
          FROM outbox o JOIN placements p ON p.id = o.placement AND p.revision = o.revision WHERE o.reason = 'removed'
          """)
      }
      let row = try #require(published.first)
      #expect(published.count == 1)
      #expect(try row.decode(Bool.self, "volumes") && row.decode(Bool.self, "later"))
    }
  }

  @Test func `a removal that says nothing else is of all that is placed, and asking again changes nothing`()
    async throws
  {
    try await APIFixture.run { api in
      try await api.offer(projects: ["vigie"])
      #expect(try await api.place("vigie").status == 201)
      let key = ["Idempotency-Key": "k-1"]
      let first = try await api.remove("vigie", "{}", headers: key)
      #expect(first.status == 202 && first.header("idempotency-replayed") == nil)
      #expect(try await api.phases() == ["dev": .removed, "prod": .removed])
      let anew = try await api.remove("vigie", #"{"delaySeconds": 5}"#)
      #expect(anew.status == 202 && anew.body == first.body)
      // A new decision calls it back; the stored answer stays what it was.
      #expect(try await api.place("vigie").status == 201)
      let again = try await api.remove("vigie", "{}", headers: key)
      #expect(again.status == 202 && again.header("idempotency-replayed") == "true")
      #expect(again.body == first.body)
      #expect(try await api.phases() == ["dev": .active, "prod": .active])
      let other = try await api.remove("vigie", #"{"delaySeconds": 5}"#, headers: key)
      _ = try other.problem(422, .idempotencyMismatch)
    }
  }

  /// Bodies that are no removal, what is wrong, and the status.
  @Test(arguments: [
    ("", "", 400), ("[]", "", 400), (#"{"force": true}"#, "force", 400),
    (#"{"environments": "dev"}"#, "environments", 400), (#"{"environments": []}"#, "environments", 400),
    (#"{"environments": null}"#, "environments", 400), (#"{"environments": ["dev", 7]}"#, "environments[1]", 400),
    (#"{"delaySeconds": "60"}"#, "delaySeconds", 400), (#"{"delaySeconds": 1.5}"#, "delaySeconds", 400),
    (#"{"delaySeconds": true}"#, "delaySeconds", 400), (#"{"delaySeconds": -1}"#, "delaySeconds", 422),
    (#"{"delaySeconds": 7776001}"#, "delaySeconds", 422),
    (#"{"removePersistentVolumes": 1}"#, "removePersistentVolumes", 400),
    (#"{"environments": ["dev", "none"]}"#, "environments[1]", 404),
  ])
  func `a body that is no removal removes nothing, and is told why`(body: String, path: String, status: Int)
    async throws
  {
    try await APIFixture.run { api in
      try await api.offer(projects: ["vigie"])
      #expect(try await api.place("vigie").status == 201)
      let code: ProblemCode = status == 400 ? .malformed : status == 404 ? .notFound : .invalid
      let problem = try await api.refuse(
        .post, "/api/v1/projects/vigie/removal", body, type: "application/json", with: status, code)
      #expect(status == 400 ? problem.errors?.map(\.path) == [path] : problem.detail.contains(path))
      #expect(try await api.phases() == ["dev": .active, "prod": .active])
    }
  }

  @Test func `what has no placement has none to remove`() async throws {
    try await APIFixture.run { api in
      try await api.offer(projects: ["vigie"])
      for project in ["vigie", "none"] {
        let problem = try await api.refuse(
          .post, "/api/v1/projects/\(project)/removal", "{}", type: "application/json", with: 404, .notFound)
        #expect(problem.detail.contains(project))
      }
      _ = try await api.send(.get, "/api/v1/projects/vigie/removal").problem(405, .methodNotAllowed)
      let query = try await api.send(
        .post, "/api/v1/projects/vigie/removal?environment=dev", "{}", type: "application/json")
      _ = try query.problem(400, .badParameter)
    }
  }

  @Test func `a person declares a loss, with a reason, once the removal was due`() async throws {
    try await APIFixture.run { api in
      try await api.offer(projects: ["vigie"])
      #expect(try await api.place("vigie").status == 201)
      let list = try await api.send(.get, "/api/v1/placements").decode(ListView<PlacementView>.self)
      let placement = try #require(list.items.first).spec
      func declare(_ body: String, headers: [String: String] = [:]) async throws -> Answer {
        try await api.send(
          .post, "/api/v1/placements/\(placement.id)/declare-loss", body, type: "application/json", headers: headers)
      }
      let reason = #"{"reason": "le centre de données a brûlé"}"#
      let early = try await declare(reason).problem(409, .conflict)
      #expect(early.detail.contains("/api/v1/projects/vigie/removal"))
      #expect(try await api.remove("vigie", "{}").status == 202)
      #expect(try await declare("{}").problem(400, .malformed).errors?.map(\.path) == ["reason"])
      #expect(try await declare(#"{"reason": " "}"#).problem(422, .invalid).detail.contains("reason"))
      let answer = try await declare(reason, headers: ["Idempotency-Key": "k-1"])
      #expect(answer.status == 200)
      let loss = try answer.decode(LossView.self)
      #expect(loss.placement == placement.id)
      #expect(loss.released == ResourceAmounts(placement.quota))
      let again = try await declare(reason, headers: ["Idempotency-Key": "k-1"])
      #expect(again.header("idempotency-replayed") == "true")
      #expect(again.body == answer.body)
      _ = try await declare(reason).problem(409, .conflict)
      #expect(try await api.committed()?.pods == 10)
      // Nobody has seen it go, and nobody is told so.
      let path = "/api/v1/placements/\(placement.id)"
      let lost = try await api.send(.get, path).decode(PlacementView.self)
      #expect(lost.status.removedAt == loss.declaredAt && lost.status.lossDeclared == true)
      #expect(lost.summary == "LossDeclared")
      try await api.report(Reported.gone(lost))
      let gone = try await api.send(.get, path).decode(PlacementView.self)
      #expect(gone.status.removedAt == loss.declaredAt && gone.status.lossDeclared == nil)
      #expect(gone.summary == "Removed")
    }
  }
}

extension APIFixture {
  fileprivate func remove(
    _ project: String, _ body: String, headers: [String: String] = [:]
  ) async throws -> Answer {
    try await send(
      .post, "/api/v1/projects/\(project)/removal", body, type: "application/json", headers: headers)
  }

  /// The phase of each environment that is placed.
  fileprivate func phases() async throws -> [String: PlacementPhase] {
    let list = try await send(.get, "/api/v1/placements").decode(ListView<PlacementView>.self)
    return Dictionary(list.items.map { ($0.spec.environment, $0.spec.phase) }, uniquingKeysWith: { first, _ in first })
  }

  /// What is promised on the first cluster.
  fileprivate func committed() async throws -> ResourceAmounts? {
    try await send(.get, "/api/v1/capacity").decode(ListView<CapacityView>.self).items.first?.committed
  }
}
