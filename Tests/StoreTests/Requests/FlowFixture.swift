import Events
import Foundation
import Identity
import Model
import Postgres
import Requests
import Store
import Testing
import Trail

extension StoreFixture {
  /// Two regions of two operators; the north is connected to `chorus`, the south is not. `basegun` is in the north.
  func flowing(_ modes: [String: OperatorSpec.FlowOpening] = [:]) async throws {
    try await offer()
    for name in ["dtnum", "anfsi"] {
      _ = try await store.put(
        .operator(Resource(name, OperatorSpec(displayName: name, flowOpening: modes[name]))), context: someone)
    }
    try await region("nord", "dtnum", ["chorus"])
    try await region("sud", "anfsi", ["sirene"])
    let zone = ZoneSpec(region: "sud", sensitivity: .usuel, slug: "sud", chain: "forge")
    _ = try await store.put(.zone(Resource("sud-usuel", zone)), context: someone)
    _ = try await place("basegun", environments: ["prod", "dev"])
  }

  func region(_ name: String, _ operatorName: String, _ systems: [String]) async throws {
    let spec = RegionSpec(
      operator: operatorName, location: RegionSpec.Location(country: "FR"),
      dataCenters: [RegionSpec.DataCenter(name: "dc1"), RegionSpec.DataCenter(name: "dc2")],
      interconnections: systems,
      audience: Audience(organisations: ["*"], scopes: AudienceScope.allCases))
    _ = try await store.put(.region(Resource(name, spec)), context: someone)
  }

  func flow(
    to system: String = "chorus", of project: String = "basegun", ports: [Int] = [443], key: String? = nil,
    within reach: Scope = .everything
  ) async throws -> FlowRecord {
    try await store.requestFlow(
      FlowWish(
        project: project, environment: "prod", system: system, direction: .outbound, protocol: .tcp, ports: ports,
        motive: "Échanges comptables"),
      by: Self.team, within: reach, idempotencyKey: key, context: RequestContext(principal: Self.team.principal))
  }

  @discardableResult
  func open(_ id: UUID, by name: String, within reach: Scope = .everything) async throws -> FlowRecord {
    let speaker = RequestActor(principal: "oidc:\(name)", operator: name)
    return try await store.act(
      .opened(operator: name), onFlow: id, by: speaker, within: reach,
      context: RequestContext(principal: speaker.principal))
  }

  /// Makes the delays of a flow so many days older: as if the clock had gone on.
  func age(_ id: UUID, days: Int) async throws {
    let by = Int64(days) * 86_400_000_000
    let flow = try await store.networkFlow(id).flow
    try await pool.withConnection { connection in
      for (place, task) in flow.tasks.enumerated() {
        for (field, at) in [("askedAt", task.askedAt), ("dueAt", task.dueAt)] {
          let moved = "\(Timestamp(microseconds: at.microseconds - by))"
          try await connection.execute(
            """
            UPDATE network_flows SET body = jsonb_set(body, ARRAY['tasks', \(String(place)), \(field)::text],
              to_jsonb(\(moved)::text)) WHERE id = \(id)
            """)
        }
      }
      try await connection.execute(
        "UPDATE network_flows SET next_at = next_at - \(days) * interval '1 day' WHERE id = \(id)")
      try await connection.execute(
        "UPDATE flow_tasks SET due_at = due_at - \(days) * interval '1 day' WHERE flow = \(id)")
    }
  }

  /// Puts a placement elsewhere, behind the store's back.
  func move(_ environment: String, to zone: String) async throws {
    try await pool.withConnection {
      _ = try await $0.execute("UPDATE placements SET zone = \(zone) WHERE environment = \(environment)")
    }
  }

  func flowDeeds(on id: UUID) async throws -> [String] {
    try await store.auditEntries().items.filter {
      $0.kind == "NetworkFlow" && $0.name == id.uuidString.lowercased()
    }.map(\.action).reversed()
  }

  /// What the bus is told of a flow, by number of revision.
  func flowFacts(of id: UUID) async throws -> [FlowFact] {
    let rows = try await pool.withConnection {
      try await $0.query(
        "SELECT data FROM public_facts WHERE key = \("flow/\(id.uuidString.lowercased())") ORDER BY revision")
    }
    return try rows.map { row in
      try JSONDecoder().decode(FlowFact.self, from: Data(try row.decode([UInt8].self, "data")))
    }
  }
}
