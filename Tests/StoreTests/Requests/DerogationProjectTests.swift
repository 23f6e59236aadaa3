import Foundation
import Model
import Postgres
import Requests
import TestSupport
import Testing

@testable import Store

/// A derogation is asked for by a project, and not by a name.
struct DerogationProjectTests {
  private static let deletion: PostgresQuery = """
    UPDATE resources SET deleted_at = clock_timestamp(), resource_version = nextval('resource_versions')
    WHERE kind = 'Project' AND name = 'vigie' AND deleted_at IS NULL
    """

  @Test func `a request that is made while its project is being deleted waits, and finds none`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.derogable()
      _ = try await fixture.store.put(.project(Offered.project("vigie")), context: someone)
      try await withThrowingTaskGroup(of: StoreError.Kind?.self) { group in
        try await fixture.pool.withTransaction { connection in
          try await connection.pipeline([
            StoreLocks.takeOffer(), GovernanceStore.author(someone), Self.deletion,
          ])
          group.addTask { try await refusal { _ = try await fixture.ask(project: "vigie") }?.kind }
          let waits = try await eventually {
            try await fixture.count(
              """
              SELECT count(*) FROM pg_locks l JOIN pg_database d ON d.oid = l.database
              WHERE d.datname = current_database() AND l.locktype = 'advisory' AND NOT l.granted
              """) == 1
          }
          #expect(waits)
        }
        #expect(try await group.next() == .some(.conflict))
      }
      #expect(try await fixture.count("SELECT count(*) FROM derogation_requests") == 0)
    }
  }

  @Test func `a project that was made anew is granted nothing that another of its name has asked for`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.derogable()
      let store = fixture.store
      _ = try await store.put(.project(Offered.project("vigie")), context: someone)
      let decided = try await fixture.ask(project: "vigie").request.id
      try await fixture.decide(decided)
      let examined = try await fixture.ask(project: "vigie", stages: ["dev"]).request.id
      // As a program without the lock has left it.
      try await fixture.pool.withTransaction { connection in
        _ = try await connection.pipeline([GovernanceStore.author(someone), Self.deletion])
      }
      let gone = try await refusal { try await fixture.act(.notified, on: decided) }
      #expect(gone?.kind == .conflict && gone?.path == "project")
      _ = try await store.put(.project(Offered.project("vigie")), context: someone)
      let other = try await refusal { try await fixture.act(.notified, on: decided) }
      #expect(other?.kind == .conflict && other?.path == "project")
      #expect(try await store.derogationRequest(decided).request.state == .decided)
      #expect(try await store.list(.derogation).items.isEmpty)
      // Nor is it granted what was not decided yet; that it is refused harms nobody.
      let late = try await refusal { try await fixture.decide(examined) }
      #expect(late?.kind == .conflict && late?.path == "project")
      #expect(try await store.derogationRequest(examined).request.state == .examined)
      try await fixture.act(.decided(.refused, reason: "sans objet"), on: examined)
      #expect(try await fixture.act(.notified, on: examined).request.state == .declined)
    }
  }

  @Test
  func `what an earlier program has stored is granted to a project that was there before it, and to no later one`()
    async throws
  {
    try await StoreFixture.run { fixture in
      try await fixture.derogable()
      _ = try await fixture.store.put(.project(Offered.project("vigie")), context: someone)
      let ids = [
        try await fixture.ask(project: "vigie").request.id,
        try await fixture.ask(project: "vigie", stages: ["dev"]).request.id,
      ]
      for id in ids { try await fixture.decide(id) }
      try await fixture.pool.withConnection {
        _ = try await $0.execute(
          "UPDATE derogation_requests SET project_uid = NULL, organisation = NULL, sensitivity = NULL")
      }
      #expect(try await fixture.act(.notified, on: ids[0]).request.state == .notified)
      try await fixture.pool.withTransaction { connection in
        _ = try await connection.pipeline([GovernanceStore.author(someone), Self.deletion])
      }
      _ = try await fixture.store.put(.project(Offered.project("vigie")), context: someone)
      #expect(try await refusal { try await fixture.act(.notified, on: ids[1]) }?.path == "project")
    }
  }
}
