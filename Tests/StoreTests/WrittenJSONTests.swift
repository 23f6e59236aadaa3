import Foundation
import Model
import Postgres
import Testing
import Trail

@testable import Store

/// What is written without the encoder is what the encoder writes.
struct WrittenJSONTests {
  @Test(arguments: [
    ResourceList(), Offered.small, Offered.large, ResourceList(gpu: Quantity("1")),
    ResourceList(cpu: Quantity("1500m"), storage: Quantity("1Ti"), pods: Quantity("0")),
  ])
  func `a quota`(quota: ResourceList) throws {
    #expect(Array(PostgresJSON(quota: quota).text.utf8) == [UInt8](try ModelJSON.encoder.encode(quota)))
  }

  @Test func `what the audit trail keeps of a decision`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      let someone = RequestContext(
        principal: "test:\"quelqu’un\"/\\", roles: ["console", "operator(\"é\"/)"],
        traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
      let nobody = RequestContext(principal: someone.principal)
      for (name, cpu, someone) in [("alpha", 2, someone), ("beta", 1000, nobody)] as [(String, Int64, RequestContext)] {
        let project = Offered.project(name, quota: Offered.quota(cpu: cpu), environments: ["dev", "prod"])
        _ = try await fixture.store.decide(PlacementRequest(project: project), context: someone)
      }
      _ = try await fixture.store.put(.project(Offered.project("gamma")), context: someone)
      _ = try await fixture.store.reserve(
        PlacementRequest(project: "gamma"), ttl: .seconds(600), idempotencyKey: nil, context: someone)
      let bodies = try await fixture.pool.withConnection { connection in
        try await connection.query(
          "SELECT body FROM audit_entries WHERE action IN ('decided', 'reserved') ORDER BY id"
        )
        .map { try $0.decode([UInt8].self, "body") }
      }
      #expect(bodies.count == 3)
      for (body, context) in zip(bodies, [someone, nobody, someone]) {
        let entry = try JSONDecoder().decode(Entry.self, from: Data(body))
        #expect(entry.roles == context.roles && entry.traceparent == context.traceparent)
        #expect(AuditPerson.isPseudonym(entry.principal))
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        #expect([UInt8](try encoder.encode(entry)) == body)
      }
    }
  }

  /// The same as a type, so that the encoder has its say.
  private struct Entry: Codable {
    struct Change: Codable {
      var placement: UUID
      var chain: String?
      var cluster: String
      var phase: PlacementPhase
      var revision: Int64
    }

    struct Detail: Codable {
      var decision: UUID
      var digest: String
      var outcome: String
      var policyVersion: Int64
      var changes: [Change]
      var reservation: UUID?
      var expiresAt: String?
    }

    var at: String
    var principal: String
    var action: String
    var kind: String
    var name: String
    var roles: [String]
    var traceparent: String?
    var detail: Detail
  }
}
