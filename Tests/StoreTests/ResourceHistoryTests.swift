import Events
import Foundation
import Identity
import Model
import Placement
import Policy
import Postgres
import TestSupport
import Testing

@testable import Store

/// Every change of what is on offer is a version with an author, written with the change.
struct ResourceHistoryTests {
  private struct Failure: Error {}

  private func region(_ change: (inout RegionSpec) -> Void = { _ in }) throws -> AnyResource {
    guard case .region(var region)? = Offered.base.first(where: { $0.kind == .region }) else { throw Failure() }
    change(&region.spec)
    return .region(region)
  }

  private func author(_ name: String) -> RequestContext { RequestContext(principal: "oidc:\(name)") }

  @Test func `each change is a version with its author, its moment and the whole document`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      let second = try region { $0.services = [.init(name: "s3")] }
      _ = try await fixture.store.put(second, context: author("alice"))
      _ = try await fixture.store.put(second, context: author("bob"))
      let third = try region { $0.state = .cordoned }
      _ = try await fixture.store.put(third, context: author("carol"))
      let versions = try await fixture.store.history(of: .region, "nord").items
      #expect(versions.map(\.change) == [.changed, .changed, .created])
      #expect(
        versions.map(\.principal) == ["oidc:carol", "oidc:alice", someone.principal], "the same again is no version")
      #expect(
        versions.map(\.resource.metadata.generation) == [3, 2, 1] && versions.allSatisfy { $0.operator == "dtnum" })
      #expect(versions[0].resource.hasSameSpec(as: third) && versions[1].resource.hasSameSpec(as: second))
      #expect(versions.map(\.at) == versions.map(\.at).sorted(by: >))
      let first = try await fixture.store.history(of: .region, "nord", limit: 2)
      #expect(first.items == Array(versions.prefix(2)))
      #expect(try await fixture.store.history(of: .region, "nord", cursor: first.next).items == [versions[2]])
    }
  }

  @Test func `a deletion is a version, a second life under the name goes on, and a project is none of it`() async throws
  {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      try await fixture.store.delete(.cluster, "nord-1", context: author("alice"))
      _ = try await fixture.store.put(Offered.cluster("nord-1", Offered.small), context: author("bob"))
      let versions = try await fixture.store.history(of: .cluster, "nord-1").items
      #expect(versions.map(\.change) == [.created, .deleted, .created])
      #expect(versions.map(\.principal) == ["oidc:bob", "oidc:alice", someone.principal])
      #expect(versions.allSatisfy { $0.operator == "dtnum" })
      _ = try await fixture.place("alpha")
      #expect(try await fixture.count("SELECT count(*) FROM resource_history WHERE kind NOT IN ('Cluster')") == 4)
    }
  }

  @Test func `a write that fails leaves no version, and what was is not written anew`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      try await fixture.script("ALTER TABLE audit_entries ADD CONSTRAINT full_up CHECK (false) NOT VALID")
      await #expect(throws: PostgresError.self) {
        _ = try await fixture.store.put(try region { $0.state = .closed }, context: someone)
      }
      #expect(try await fixture.store.history(of: .region, "nord").items.map(\.change) == [.created])
      for text in [
        "UPDATE resource_history SET spec = '{}'", "DELETE FROM resource_history",
        "UPDATE resource_history SET principal = 'oidc:mallory'",
      ] {
        await #expect(throws: PostgresError.self, "\(text)") { try await fixture.script(text) }
      }
      try await fixture.script("UPDATE resource_history SET principal = NULL")
      #expect(try await fixture.store.history(of: .region, "nord").items.map(\.principal) == [nil])
    }
  }

  @Test func `a program that names nobody has its versions kept as well`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      try await fixture.script(
        """
        UPDATE resources SET labels = '{"a": "b"}', resource_version = nextval('resource_versions'),
          updated_at = clock_timestamp() WHERE kind = 'Region'
        """)
      let versions = try await fixture.store.history(of: .region, "nord").items
      #expect(versions.map(\.principal) == [nil, someone.principal])
      #expect(versions[0].resource.metadata.labels == ["a": "b"])
    }
  }

  @Test func `who may see only its own sees the versions of the time when it was`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      _ = try await fixture.store.put(
        .operator(Resource("autre", OperatorSpec(displayName: "Autre"))), context: someone)
      _ = try await fixture.store.put(try region { $0.operator = "autre" }, context: someone)
      func seen(_ name: String) async throws -> [ResourceVersion.Change] {
        try await fixture.store.history(
          of: .region, "nord", within: .own(operators: [name], projects: [])
        ).items.map(\.change)
      }
      #expect(try await seen("dtnum") == [.created])
      #expect(try await seen("autre") == [.changed])
      let error = try await refusal { _ = try await seen("personne") }
      #expect(error?.kind == .notFound)
    }
  }

  @Test func `a chain's versions are its operator's to read, from when it keeps it`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      guard case .chain(var chain)? = Offered.base.first(where: { $0.kind == .chain }) else { return }
      chain.spec.operator = "dtnum"
      _ = try await fixture.store.put(.chain(chain), context: someone)
      let seen = try await fixture.store.history(
        of: .chain, chain.name, within: .own(operators: ["dtnum"], projects: []))
      #expect(seen.items.map(\.change) == [.changed])
    }
  }

  @Test func `the offer of any moment is what was on offer then`() async throws {
    var dice = Dice.fresh("offers of moments")
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      var moments: [(Timestamp, [AnyResource])] = []
      for _ in 0..<25 {
        let name = "nord-\(Int.random(in: 1...4, using: &dice))"
        switch Int.random(in: 0..<4, using: &dice) {
        case 0: try? await fixture.store.delete(.cluster, name, context: someone)
        case 1:
          _ = try await fixture.store.put(
            try region { $0.services = [.init(name: "s\(Int.random(in: 0..<9, using: &dice))")] }, context: someone)
        default:
          let cpu = Int64.random(in: 1...64, using: &dice)
          _ = try await fixture.store.put(Offered.cluster(name, Offered.quota(cpu: cpu)), context: someone)
        }
        let rows = try await fixture.pool.withConnection { connection in
          try await connection.pipeline([GovernanceStore.selectOffer, "SELECT clock_timestamp() AS now"])
        }
        moments.append(
          (Timestamp(try rows[1].only.decode(Date.self, "now")), try rows[0].map { try AnyResource(row: $0) }))
      }
      for (moment, present) in moments {
        let state = try await fixture.store.offerMoments(from: moment, to: nil).before.state
        #expect(try state.offer.canonicalBytes() == Offer(present).canonicalBytes(), "seed \(dice.seed), \(moment)")
      }
    }
  }

  @Test func `a database that had no history begins it with what is there`() async throws {
    let configuration = try StoreFixture.patient(try await PostgresServer.shared().freshDatabase().url)
    _ = try await PostgresMigrator(StoreMigrations.all.filter { $0.version < 23 }).migrate(
      configuration, logger: quiet)
    try await PostgresPool.withPool(configuration, logger: quiet) { pool in
      let fixture = StoreFixture(
        store: GovernanceStore(pool: pool, logger: quiet), pool: pool, configuration: configuration)
      try await fixture.script(
        """
        INSERT INTO resources (uid, kind, name, generation, labels, annotations, spec, updated_at, deleted_at)
        SELECT gen_random_uuid(), 'Operator', 'o' || n, 3, '{}', '{}', '{"displayName": "O", "representatives": []}',
          '2026-01-01', CASE WHEN n = 2 THEN '2026-02-01'::timestamptz END FROM generate_series(1, 2) n;
        """)
      _ = try await StoreMigrations.migrate(configuration, logger: quiet)
      #expect(try await fixture.store.history(of: .operator, "o1").items.map(\.change) == [.known])
      #expect(try await fixture.store.history(of: .operator, "o2").items.map(\.change) == [.deleted, .known])
      let january = try #require(Timestamp("2026-01-15T00:00:00Z"))
      let moments = try await fixture.store.offerMoments(from: january, to: nil)
      #expect(moments.before.state.offer.operators.map(\.name) == ["o1", "o2"])
      #expect(moments.after.state.offer.operators.map(\.name) == ["o1"] && moments.wholeSince > january)
    }
  }
}
