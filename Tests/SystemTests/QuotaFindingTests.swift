import Contract
import Model
import NIOHTTP1
import Policy
import Postgres
import TestSupport
import Testing

extension SystemSuite {
  @Suite(.timeLimit(.minutes(6))) struct QuotaFindingTests {}
}

extension SystemSuite.QuotaFindingTests {
  @Test
  func `a quota that somebody raises where changes are only told is a finding about the books, until it is undone`()
    async throws
  {
    try await SystemUnderTest.run(.init(clusters: ["c1": Offered.large])) { system in
      let governance = try await system.startGovernance()
      _ = try await system.startAgent(as: "agent", ["REGIE_DRIFT": "report"])
      try await system.declareOffer(to: governance.api)
      let placement = try #require(try await governance.api.place(Offered.project("projet")).placements.first)
      try await system.settle(governance.api, 1)
      let cluster = try #require(system.clusters.first)
      let decided = try #require(try await system.hard("requests.cpu", of: placement, on: cluster))
      try await eventually("the quota is compared with the ledger") {
        let report: CapacityReportView = try await governance.api.send(.GET, "/api/v1/capacity").decode()
        return report.items.first?.compared == 1
      }

      func findings(_ state: String) async throws -> [LedgerFindingView] {
        let list: ListView<LedgerFindingView> = try await governance.api.send(
          .GET, "/api/v1/findings/ledger?state=\(state)"
        ).decode()
        return list.items
      }
      try await system.editQuota(of: placement, on: cluster)
      try await eventually("the centre doubts it") {
        try await system.count("SELECT count(*) FROM quota_doubts") == 1
      }
      #expect(try await findings("open").isEmpty, "it may only be on its way")
      // As if it had lasted: nothing but this change wakes the service.
      try await system.withDatabase {
        _ = try await $0.query("UPDATE quota_doubts SET since = since - interval '301 seconds'")
      }
      try await eventually("it is a finding") { try await findings("open").count == 1 }
      let open = try #require(try await findings("open").first)
      #expect(open.kind == .quotas && open.cluster == "c1" && open.resource == .cpu)
      #expect(open.ledger == decided.milliValue && open.held == 63_000)
      #expect(open.placements?.map(\.placement) == [placement.spec.id])
      #expect(try await system.hard("requests.cpu", of: placement, on: cluster) == Quantity(63), "nothing is put back")

      try await system.editQuota(of: placement, on: cluster, cpu: decided.description)
      try await eventually("it has ended") { try await findings("open").isEmpty }
      #expect(try await findings("resolved").map(\.number) == [open.number])
    }
  }
}
