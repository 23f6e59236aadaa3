import Model
import Postgres
import Testing

@testable import Store

/// What a decision is made on, as of one moment.
struct DecisionHeadTests {
  @Test func `the clock is read once: version, day and moment of a decision are of one reading`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      guard case .policy(var policy) = Offered.policy() else { return }
      policy.spec.title = LocalizedText(fr: "Une autre")
      _ = try await fixture.store.put(.policy(policy), context: someone)
      let readings = try await fixture.pool.withConnection { connection in
        // A clock that goes on by a day with each reading.
        try await connection.script(
          """
          CREATE SCHEMA fast;
          CREATE SEQUENCE fast.readings;
          CREATE FUNCTION fast.clock_timestamp() RETURNS timestamptz VOLATILE LANGUAGE sql AS
            $$SELECT pg_catalog.clock_timestamp() + nextval('fast.readings') * interval '1 day'$$;
          SET search_path = fast, public, pg_catalog;
          """)
        let head = try DecisionBasis.Head(row: try await connection.query(DecisionBasis.Head.select).only)
        try await connection.script("RESET search_path")
        #expect(head.policyVersion == 2)
        return try await connection.query("SELECT last_value FROM fast.readings").only.decode(
          Int64.self, "last_value")
      }
      #expect(readings == 1)
    }
  }
}
