import Contract
import Events
import Foundation
import Migration
import Model
import Testing

/// What of a migration is told to whoever has one move in it.
struct MigrationViewTests {
  private static let monday = Timestamp(microseconds: 1_795_435_200_000_000)

  private static func view(_ scope: MoveScope) throws -> MigrationView {
    let day = try #require(CalendarDay("2026-12-24"))
    let reaches: [Blackout.Reach] = [
      .everything, .region("nord"), .operator("dtnum"), .operator("anfsi"), .cluster("dr-1"), .project("secret"),
    ]
    var pace = CampaignPace()
    pace.blackouts = reaches.map { Blackout(from: day, until: day, reach: $0) }
    return MigrationView(
      number: 1, revision: 1,
      campaign: try MigrationCampaign(
        UUID(), motive: .departure, pace: pace, by: MigrationActor("x", as: [.serviceBody]), at: monday),
      reason: "x", scope: scope, checkIndex: "c", blocked: 0, taskDays: 7, patienceMinutes: 60, retentionDays: 30,
      plannedBy: "x", plannedAt: monday, progress: nil)
  }

  @Test func `others' clusters, placements, operators and projects are left out, and counted`() throws {
    var view = try Self.view(.clusters(["nord-1", "dr-1"]))
    view.keepOnly(clusters: ["nord-1"], operators: ["dtnum"], projects: [])
    #expect(view.scope?.clusters == ["nord-1"])
    #expect(view.pace.blackouts.map(\.reach) == [.everything, .region("nord"), .operator("dtnum")])
    #expect(view.withheld == 4)
    view = try Self.view(.selection([UUID(), UUID()]))
    view.keepOnly(clusters: [], operators: [], projects: ["secret"])
    #expect(view.scope == nil && view.withheld == 5)
    #expect(view.pace.blackouts.map(\.reach) == [.everything, .region("nord"), .project("secret")])
  }

  @Test func `who may know all of it is told nothing of what is withheld`() throws {
    var view = try Self.view(.project("secret"))
    view.keepOnly(clusters: ["dr-1"], operators: ["dtnum", "anfsi"], projects: ["secret"])
    #expect(view.scope?.project == "secret" && view.withheld == nil && view.pace.blackouts.count == 6)
  }
}
