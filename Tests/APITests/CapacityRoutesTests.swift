import Contract
import Events
import Foundation
import HTTPTypes
import Identity
import Model
import Policy
import Postgres
import Store
import TestSupport
import Testing

@testable import API

/// Who sees what of capacity, and how.
struct CapacityRoutesTests {
  private func run(_ body: @escaping @Sendable (APIFixture) async throws -> Void) async throws {
    try await APIFixture.run(authentication: .required(SpokenRoles())) { api in
      for (path, text) in Offered.all + [("projects/vigie", Offered.project("vigie"))] {
        let answer = try await api.send(.put, "/api/v1/\(path)", text, headers: APIFixture.all)
        try #require(answer.status == 201, "\(path): \(answer.text)")
      }
      #expect(try await api.place("vigie", headers: APIFixture.all).status == 201)
      try await body(api)
    }
  }

  private func report(_ api: APIFixture, _ role: Role, _ query: String = "") async throws -> CapacityReportView {
    try await api.send(.get, "/api/v1/capacity\(query)", headers: APIFixture.being(role)).decode()
  }

  @Test func `what is published is for everybody in a role, what is an operator's own for it and for the board`()
    async throws
  {
    try await run { api in
      for role in [Role.operator("autre"), .projectTeam("vigie"), .console] {
        let view = try await report(api, role)
        #expect(view.items.map(\.cluster) == ["nord-1"] && view.withheld == 0)
        #expect(view.items[0].figures.committed.cpu == 2500 && view.items[0].figures.limit.cpu == 57_600)
        #expect(view.items[0].placements == nil && view.total.figures.used == nil, "\(role)")
      }
      for role in [Role.operator("dtnum"), .boardMember(operator: "autre"), .governanceAdmin, .auditor] {
        #expect(try await report(api, role).items[0].placements == 2, "\(role)")
      }
    }
  }

  @Test(arguments: ["sensitivity: DR", "privacy: dedicated"])
  func `what is promised in a DR zone, or on a cluster of some projects' own, is for its operator and the board`(
    change: String
  ) async throws {
    try await run { api in
      _ = try await api.pool.withConnection { connection in
        try await connection.query(
          change.hasPrefix("s")
            ? #"UPDATE resources SET spec = spec || '{"sensitivity": "DR"}', resource_version = resource_version + 1 WHERE kind = 'Zone'"#
            : #"UPDATE resources SET spec = spec || '{"privacy": "dedicated"}', resource_version = resource_version + 1 WHERE kind = 'Cluster'"#
        )
      }
      for role in [Role.operator("autre"), .projectTeam("vigie"), .console] {
        let view = try await report(api, role)
        #expect(view.items.isEmpty && view.zones.isEmpty && view.withheld == 1, "\(role)")
        #expect(view.total.figures.committed == ResourceAmounts(), "\(role)")
      }
      #expect(try await report(api, .operator("dtnum")).items.map(\.figures.committed.cpu) == [2500])
      #expect(try await report(api, .auditor).withheld == 0)
    }
  }

  @Test func `filters are read, and what they do not know is refused`() async throws {
    try await run { api in
      #expect(try await report(api, .auditor, "?zone=nord&stage=dev").items.first?.stages.map(\.stage) == ["dev"])
      #expect(try await report(api, .auditor, "?region=sud").items.isEmpty)
      for query in ["capacity?stage=nowhere", "capacity?place=nord", "capacity/history?days=0", "capacity:fits"] {
        let answer = try await api.send(.get, "/api/v1/\(query)", headers: APIFixture.being(.auditor))
        _ = try answer.problem(400, .badParameter)
      }
    }
  }

  @Test func `a ledger that was tampered with is told to whom it concerns`() async throws {
    try await run { api in
      _ = try await api.pool.withConnection {
        try await $0.query("UPDATE capacity_ledger SET committed_cpu = committed_cpu + 1")
      }
      let found = try await report(api, .auditor).differences
      #expect(found.map(\.ledger) == [2501] && found.map(\.held) == [2500] && found.map(\.foundAt) == [nil])
      _ = try await api.store.checkLedger()
      #expect(try await report(api, .auditor).differences.first?.foundAt != nil)
      #expect(try await report(api, .operator("dtnum")).differences.count == 1)
      #expect(try await report(api, .operator("autre")).differences.isEmpty)
      func books(_ role: Role, _ query: String = "") async throws -> [LedgerFindingView] {
        let list: ListView<LedgerFindingView> = try await api.send(
          .get, "/api/v1/findings/ledger\(query)", headers: APIFixture.being(role)
        ).decode()
        return list.items
      }
      for role in [Role.auditor, .boardMember(operator: "autre"), .operator("dtnum")] {
        #expect(try await books(role).map(\.held) == [2500], "\(role)")
      }
      #expect(try await books(.operator("autre")).isEmpty)
      #expect(try await books(.projectTeam("vigie")).isEmpty)
      #expect(try await books(.auditor, "?state=resolved").isEmpty)
    }
  }

  @Test func `quotas that do not add up are told beside it, with the placements, to the same people`() async throws {
    try await run { api in
      _ = try await api.pool.withConnection {
        try await $0.query(
          """
          INSERT INTO quota_differences (cluster, resource, ledger, held, placements, omitted)
          SELECT p.cluster, 'cpu', 2500, 9000, jsonb_build_array(jsonb_build_object('placement', p.id, 'project', p.project,
            'environment', p.environment, 'replica', p.replica, 'ledger', 1000, 'held', 7500)), 3
          FROM placements p ORDER BY p.environment LIMIT 1
          """)
      }
      for role in [Role.auditor, .boardMember(operator: "autre"), .operator("dtnum")] {
        let shown = try await report(api, role).differences
        #expect(shown.map(\.kind) == [.quotas] && shown.map(\.held) == [9000] && shown[0].foundAt != nil, "\(role)")
        #expect(shown[0].placements?.map(\.project) == ["vigie"] && shown[0].omitted == 3, "\(role)")
        let answer = try await api.send(.get, "/api/v1/findings/ledger", headers: APIFixture.being(role))
        let books: ListView<LedgerFindingView> = try answer.decode()
        #expect(books.items.map(\.kind) == [.quotas] && books.items[0].placements?.map(\.held) == [7500], "\(role)")
      }
      for role in [Role.operator("autre"), .projectTeam("vigie")] {
        #expect(try await report(api, role).differences.isEmpty, "\(role)")
        let answer = try await api.send(.get, "/api/v1/findings/ledger", headers: APIFixture.being(role))
        let books: ListView<LedgerFindingView> = try answer.decode()
        #expect(books.items.isEmpty, "\(role)")
      }
      // Both kinds of one cluster and resource stand side by side.
      _ = try await api.pool.withConnection {
        try await $0.query("UPDATE capacity_ledger SET committed_cpu = committed_cpu + 1")
      }
      _ = try await api.store.checkLedger()
      #expect(try await report(api, .auditor).differences.map(\.kind) == [.reservations, .quotas])
      let both: ListView<LedgerFindingView> = try await api.send(
        .get, "/api/v1/findings/ledger?limit=1", headers: APIFixture.being(.auditor)
      ).decode()
      #expect(both.items.map(\.kind) == [.reservations] && both.next != nil, "the latest first, page by page")
    }
  }

  @Test func `what fits is counted by the engine, and what is promised in DR zones does not follow from it`()
    async throws
  {
    try await run { api in
      func ask(_ query: String, _ role: Role) async throws -> CapacityFitsView {
        try await api.send(.get, "/api/v1/capacity:fits?\(query)", headers: APIFixture.being(role)).decode()
      }
      let view = try await ask("dataClass=public&stage=prod&organisation=mi", .projectTeam("vigie"))
      #expect(view.sizes.map(\.name) == ["S", "M", "L", "XL"])
      let free = try await report(api, .auditor).items[0].stages.first { $0.stage == "prod" }?.headroom
      let room = try #require(free)
      let wanted = (1...4).map { (times: Int64) -> Int64 in min(room.cpu / (times * 2000), room.memory / (times << 32))
      }
      #expect(view.sizes.map(\.count) == wanted)
      #expect(view.sizes[0].places.map(\.cluster) == ["nord-1"])
      let apart = try await ask("dataClass=public&stage=prod&organisation=mi&replicas=2&distinct=region", .auditor)
      #expect(apart.sizes.map(\.count) == [0, 0, 0, 0], "there is one region")
      for query in ["dataClass=nothing&stage=prod", "dataClass=public&stage=prod&replicas=9", "dataClass=public"] {
        let answer = try await api.send(.get, "/api/v1/capacity:fits?\(query)", headers: APIFixture.being(.auditor))
        _ = try answer.problem(400, .badParameter)
      }
    }
  }

  @Test func `history shows the days that were written down, and says that so few are no trend`() async throws {
    try await run { api in
      func look(_ role: Role) async throws -> CapacityHistoryView {
        try await api.send(.get, "/api/v1/capacity/history?cluster=nord-1", headers: APIFixture.being(role)).decode()
      }
      #expect(try await look(.auditor).days.isEmpty)
      _ = try await api.store.recordCapacity()
      let view = try await look(.projectTeam("vigie"))
      #expect(view.days.map(\.committed.cpu) == [2500])
      #expect(view.trends.map(\.resource).contains(.cpu) && view.trends.allSatisfy { $0.trend.verdict == .noTrend })
      _ = try await api.pool.withConnection {
        try await $0.query(
          """
          INSERT INTO capacity_days SELECT day - n, cluster, resource, zone, region, operator, published, declared,
            promisable, greatest(committed - n * 100, 0), reserved, used FROM capacity_days, generate_series(1, 9) AS n
          """)
      }
      let trend = try #require(try await look(.auditor).trends.first { $0.resource == .cpu }).trend
      #expect(trend.verdict == .runsOut && trend.perDay == 100_000 && trend.days == 10)
      // Another cluster of the zone joins today, with what it holds: that is not what grew in a day.
      let offered = try await api.send(.get, "/api/v1/capacity/history", headers: APIFixture.being(.auditor))
      let zone: CapacityHistoryView = try offered.decode()
      let before = try #require(zone.trends.first { $0.resource == .cpu }).trend
      _ = try await api.pool.withConnection {
        try await $0.query(
          """
          INSERT INTO capacity_days SELECT day, 'joined', resource, zone, region, operator, published, declared,
            promisable, promisable / 2, reserved, used FROM capacity_days
          WHERE cluster = 'nord-1' AND day = (SELECT max(day) FROM capacity_days)
          """)
      }
      let after: CapacityHistoryView = try await api.send(
        .get, "/api/v1/capacity/history", headers: APIFixture.being(.auditor)
      ).decode()
      let joined = try #require(after.trends.first { $0.resource == .cpu }).trend
      #expect(before.days == 10 && joined.verdict == .noTrend && joined.days == 1 && joined.runsOutOn == nil)
    }
  }
}
