import Foundation
import Logging
import Model
import Postgres
import Requests
import ServiceLifecycle
import Store
import TestSupport
import Testing
import Trail

@testable import Server

/// Derogations end by instances that sleep until then.
struct RequestsServiceTests {
  private static let quiet = Logger(label: "quiet") { _ in SwiftLogNoOpLogHandler() }
  private static let admin = RequestContext(principal: "test:someone")

  /// The instances find nothing to wait for when they start: only the notification tells them of the end.
  @Test(.timeLimit(.minutes(3)))
  func `several instances end a request whose period is over, once`() async throws {
    let server = try await PostgresServer.shared()
    let template = try await server.template("expiry") { url in
      _ = try await StoreMigrations.migrate(try PostgresServer.configuration(url), logger: Self.quiet)
    }
    let configuration = try PostgresServer.configuration(try await server.freshDatabase(template: template).url)
    try await PostgresPool.withPool(configuration, logger: Self.quiet) { pool in
      let store = GovernanceStore(pool: pool, logger: Self.quiet)
      let id = try await Self.request(in: store)
      try await withThrowingTaskGroup(of: Void.self) { group in
        for _ in 0..<3 {
          let service = RequestsService(store: store, database: configuration, logger: Self.quiet)
          group.addTask { try await service.run() }
        }
        try await pool.withConnection {
          _ = try await $0.execute(
            """
            UPDATE derogation_requests SET next_at = clock_timestamp() + interval '300 milliseconds',
              body = jsonb_set(body, '{scope,validUntil}', '"2001-01-01"')
            """)
        }
        while try await store.derogationRequest(id).request.state == .requested {
          try await Task.sleep(for: .milliseconds(20))
        }
        group.cancelAll()
        try await group.waitForAll()
      }
      #expect(try await store.derogationRequest(id).request.state == .expired)
      let deeds = try await store.auditEntries().items.filter { $0.action == "expired" }
      #expect(deeds.map(\.principal) == ["governance:clock"])
    }
  }

  private static func request(in store: GovernanceStore) async throws -> UUID {
    _ = try await store.put(.operator(Resource("dtnum", OperatorSpec(displayName: "dtnum"))), context: admin)
    let rule = PolicySpec.Rule(
      id: "near", motive: LocalizedText(fr: "Près"), effect: .forbid,
      places: LabelSelector(matchLabels: ["region.name": "sud"]))
    let policy = PolicySpec(
      title: LocalizedText(fr: "Politique"), dataClasses: [PolicySpec.DataClass(name: "public", sensitivity: .usuel)],
      rules: [rule])
    _ = try await store.put(.policy(Resource("regie", policy)), context: admin)
    let project = ProjectSpec(
      organisation: "mi", audience: .ministerial, dataClasses: ["public"],
      environments: [
        ProjectSpec.Environment(
          name: "prod", stage: "prod",
          quota: ResourceList(cpu: Quantity("2"), memory: Quantity("4Gi"), pods: Quantity("10")))
      ])
    _ = try await store.put(.project(Resource("vigie", project)), context: admin)
    return try await store.requestDerogation(
      DerogationRequest.Scope(project: "vigie", rules: ["near"], validUntil: CalendarDay("2999-01-01")), motive: "m",
      costAcceptedBy: "Mme Durand", by: RequestActor(principal: "test:someone", isApplicant: true), context: admin
    ).request.id
  }
}
