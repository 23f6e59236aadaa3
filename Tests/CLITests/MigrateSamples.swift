import Contract
import Events
import Foundation
import Model
import Placement
import Testing

@testable import Migration

/// A migration of one move, and its plan.
enum MigrateSamples {
  static let id = UUID(uuidString: "0A000000-0000-4000-8000-00000000000A") ?? UUID()
  static let moveID = UUID(uuidString: "0B000000-0000-4000-8000-00000000000B") ?? UUID()
  static let source = UUID(uuidString: "0C000000-0000-4000-8000-00000000000C") ?? UUID()
  static let (name, moveName) = (id.uuidString.lowercased(), moveID.uuidString.lowercased())
  /// Monday, 23 November 2026, 11:00 in Paris.
  static let monday = Timestamp(microseconds: 1_795_428_000_000_000)
  static let body = MigrationActor("oidc:body", as: Set(MigrationParty.allCases))

  static func migration(
    _ state: CampaignState = .planned, moved: Int = 0, lost: Int = 0, waiting: [String: Int] = [:]
  ) throws -> MigrationView {
    let (from, until) = (try #require(CalendarDay("2026-12-20")), try #require(CalendarDay("2027-01-05")))
    let pace = CampaignPace(inFlight: 3, blackouts: [Blackout(from: from, until: until, reach: .operator("anfsi"))])
    let campaign = try MigrationCampaign(
      id, motive: .departure, pace: pace, by: MigrationActor("oidc:body", as: [.serviceBody]),
      at: monday)
    var view = MigrationView(
      number: 1, revision: 1, campaign: campaign, reason: "Elle ferme", scope: .regions(["sud"]), checkIndex: "c",
      blocked: 1, taskDays: 7, patienceMinutes: 60, retentionDays: 30, plannedBy: "oidc:body", plannedAt: monday,
      progress: CampaignProgress(
        total: 2, steps: [.planned: 2], standings: [.running: 2], moved: moved, lost: lost, troubled: lost,
        quota: ResourceAmounts(), movedQuota: ResourceAmounts(), waves: .init(total: 2, done: moved, open: 1),
        isStalled: false, waiting: []))
    view.state = state
    view.progress?.waiting = waiting
    return view
  }

  static func move(_ change: (inout EnvironmentMigration) throws -> Void = { _ in }) throws -> MoveView {
    var move = EnvironmentMigration(
      moveID,
      MigrationTerms(
        project: "vigie", environment: "prod", targetEnvironment: "prod2", source: source, isInConsole: false),
      at: monday)
    try change(&move)
    return MoveView(
      move, migration: id, wave: 2, stage: "prod", replica: 0,
      source: MoveView.End(
        placement: source, environment: "prod", cluster: "sud-1", region: "sud", operator: "dtnum", wanted: nil),
      target: MoveView.End(
        placement: nil, environment: "prod2", cluster: "nord-1", region: "nord", operator: "anfsi", wanted: nil),
      startedAt: nil, endedAt: nil, revision: 1)
  }

  /// Approved, started, and seen to be ready at the target.
  static func prepare(_ move: inout EnvironmentMigration) throws {
    for party in move.terms.approvers { _ = try move.handle(.approved(party), by: body, at: monday) }
    _ = try move.handle(.started(changes: []), by: body, at: monday)
    _ = try move.handle(.placed(UUID()), by: body, at: monday)
    _ = try move.handle(.observed(.target, .init(.active)), by: body, at: monday)
  }

  /// At `drainingSource`, its source lost and not seen since, and all done that can be.
  static func drainLost(_ move: inout EnvironmentMigration) throws {
    try prepare(&move)
    _ = try move.handle(.sourceLost(acceptedLoss: "la nuit"), by: body, at: monday)
    for kind in [.secrets, .values, .flows, .restoreBackup] as [MigrationTask.Kind] {
      _ = try move.handle(.done(kind, evidence: "E"), by: body, at: monday)
    }
    _ = try move.handle(.cutOverBegins, by: body, at: monday)
    for kind in [.switchNames, .verify, .dashboards] as [MigrationTask.Kind] {
      _ = try move.handle(.done(kind, evidence: "E"), by: body, at: monday)
    }
    _ = try move.handle(.clock, by: body, at: monday.adding(move.terms.retention))
  }

  static func plan() throws -> MigrationPlan {
    let quota = ResourceAmounts(cpu: 2500, memory: 4 << 30)
    return MigrationPlan(
      engineVersion: "1", policyVersion: 3, day: try #require(CalendarDay("2026-11-23")), motive: .departure,
      scope: .regions(["sud"]),
      moves: [
        PlannedMove(
          source: source, project: "vigie", environment: "prod", replica: 1, stage: "prod", from: "sud-1", to: "nord-1",
          quota: quota, newName: "prod2", wave: 1)
      ],
      waves: [PlannedWave(number: 1, day: 0, date: CalendarDay("2026-11-24"), moves: [source])],
      blocked: [
        BlockedMove(
          source: UUID(), project: "ccaf", environment: "prod", replica: 0, cluster: "sud-1", mayStay: false,
          cause: .refused, reasons: [Reason(.clusterDraining, ["cluster": "sud-1"])], lost: [])
      ],
      loads: [
        ClusterLoad(
          cluster: "nord-1", before: ResourceAmounts(), peak: quota, after: quota,
          limit: ResourceAmounts(cpu: 100_000, memory: 216_466_351_718), share: 25)
      ],
      checkIndex: CheckIndex(parts: []), steps: 1, isExhausted: true)
  }
}
