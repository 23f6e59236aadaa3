import Contract
import Foundation
import NIOHTTP1
import Postgres
import TestSupport
import Testing

extension SystemSuite {
  /// The database goes away: at the start, and in flight.
  @Suite(.timeLimit(.minutes(6))) struct PostgresOutageTests {}
}

extension SystemSuite.PostgresOutageTests {
  @Test func `a service that starts before its database waits for it, lives, and is not ready`() async throws {
    try await SystemUnderTest.run(.init(ownsPostgres: true)) { system in
      try await system.postgres.stop()
      let governance = try await system.startGovernance(waits: false)
      try await eventually("the service lives") { try await governance.api.status("/livez") == 200 }
      try #require(try await governance.api.status("/readyz") == 503)
      let asked = try await governance.api.send(.GET, "/api/v1/placements")
      try #require(asked.status == 503)
      try #require(asked.headers.first(name: "retry-after") != nil)
      try #require(asked.headers.first(name: "content-type") == "application/problem+json")
      // What the service has asked by itself has waited as long, and was no better answered.
      try await governance.program.waitForOutput("The database does not answer")
      try #require(try await governance.api.status("/readyz") == 503)
      // What to do is in the log, for whoever looks why it is not ready.
      try await governance.program.waitForOutput("Start the server, or correct its address in DATABASE_URL")

      try await system.postgres.startAgain()
      try await eventually("the service is ready") { try await governance.api.status("/readyz") == 200 }
      _ = try await system.startAgent()
      try await system.declareOffer(to: governance.api)
      _ = try await governance.api.place(Offered.project("annuaire"))
      try await system.settle(governance.api, 1)
      try #require(try await governance.program.stop() == 0)
    }
  }

  /// What a console asks is answered from memory: whoever passes requests on must not go by readiness alone.
  @Test func `a service that is not ready for want of a database answers questions, and tells the offer`() async throws
  {
    try await SystemUnderTest.run(.init(ownsPostgres: true)) { system in
      let governance = try await system.startGovernance()
      try await system.declareOffer(to: governance.api)
      let question = try TestAPI.body(Offered.project("annuaire"))
      func ask() async throws -> QueryView {
        try await governance.api.send(.POST, "/api/v1/placements:query", body: question).decode()
      }
      try await eventually("the offer is in memory") {
        let answer = try await ask()
        let answered = try await governance.api.metric(#"regie_query_answers_total{from="memory"}"#)
        return answered > 0 && !answer.proposal.isEmpty
      }
      try await system.postgres.stop()
      try await eventually("it is not ready") { try await governance.api.status("/readyz") == 503 }
      try await eventually("it answers as things were known last") { try await ask().basis.stale == true }
      let during = try await ask()
      try #require(!during.proposal.isEmpty)
      let offer = try await governance.api.send(.GET, "/api/v1/offer/current")
      try #require(offer.status == 200 && offer.headers.first(name: "regie-stale") == "true", "\(offer.text)")
      try #require(try await governance.api.status("/readyz") == 503)
      try await system.postgres.startAgain()
      try await eventually("it is ready again") { try await governance.api.status("/readyz") == 200 }
    }
  }

  /// Each outage ends the server in another way: its own crash, and an order to stop.
  @Test func `decisions are neither lost nor doubled while the database comes and goes`() async throws {
    try await SystemUnderTest.run(.init(ownsPostgres: true)) { system in
      let instances = Instances([
        try await system.startGovernance(as: "governance-1"), try await system.startGovernance(as: "governance-2"),
      ])
      let agent = try await system.startAgent()
      let first = instances.all[0]
      try await system.declareOffer(to: first.api)
      let load = Load(instances: instances, clients: 6)
      async let asking: Void = load.run()
      for crash in [true, false] {
        let decided = load.decisions
        try await eventually("decisions are taken") { load.decisions > decided + 5 }
        if crash { try await system.postgres.crash() } else { try await system.postgres.stop() }
        try await expectOutage(first.api)
        try #require(try await agent.api.status("/readyz") == 200)
        try await system.postgres.startAgain()
      }
      let decided = load.decisions
      try await eventually("decisions are taken again") { load.decisions > decided + 5 }
      load.finish()
      try await asking
      for instance in instances.all {
        try await eventually("\(instance.program.name) is ready again") {
          try await instance.api.status("/readyz") == 200
        }
      }
      try await system.settle(first.api, load.placements)
      try #require(try await system.count("SELECT count(*) FROM decisions") == load.decisions)
    }
  }

  private func expectOutage(_ api: TestAPI) async throws {
    // The processes of a postmaster that was killed notice it themselves, and may answer once more until then.
    try await eventually("what needs the database is refused, with a time to come again") {
      let asked = try await api.send(.GET, "/api/v1/placements")
      return asked.status == 503 && asked.headers.first(name: "retry-after") != nil
    }
    try #require(try await api.status("/livez") == 200)
    try await eventually("it is not ready") { try await api.status("/readyz") == 503 }
  }
}
