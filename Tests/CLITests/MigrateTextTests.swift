import Contract
import Foundation
import Migration
import Model
import Testing

@testable import CLI

/// What people read of migrations.
struct MigrateTextTests {
  private typealias Samples = MigrateSamples

  @Test func `a plan tells moves, loads, and what can not be moved and why`() throws {
    let told = PlanText.render(try Samples.plan(), language: .en)
    #expect(
      told.hasPrefix("plan of 2026-11-23, policy version 3: 1 move(s) in 1 wave(s), 1 impossible, peak 3 %"), "\(told)")
    #expect(told.contains("1     2026-11-24  vigie/prod/1  prod   sud-1  nord-1  prod2     2.5  4Gi"), "\(told)")
    #expect(told.contains("nord-1   0.0  2.5   2.5    100.0  0Gi     4Gi   4Gi    201Gi  3 %"), "\(told)")
    #expect(told.contains("  ccaf/prod (sud-1): No cluster takes it, however much room there were. Nor may it stay."))
    #expect(told.contains("another plan may move more"))
    let french = PlanText.render(try Samples.plan(), language: .fr)
    #expect(french.contains("ccaf/prod (sud-1) : Aucun cluster ne l’accepte"))
    #expect(french.contains("rien ne prouve que ce soit le plus possible"))
  }

  @Test func `a migration tells its pace, how far it is, and who is waited for`() throws {
    let view = try Samples.migration(.running, moved: 1, lost: 1, waiting: ["projectTeam": 4])
    let told = MigrationText.render(view, language: .fr)
    for text in [
      "\(Samples.name): en cours", "regions sud — départ d’un opérateur ou d’une région ; « Elle ferme »",
      "tâches en 7 jours, sources gardées 30 jours, 1 impossible(s)", "en cours : 3, par opérateur : sans limite",
      "gels : 2026-12-20/2027-01-05@operator:anfsi",
      "1/2 déplacés (50 %) ; vagues 1/2 ; 1 non déplacé ; 1 en difficulté ; planned 2",
      "attend : l’équipe du projet (4)", "planned par oidc:body",
    ] {
      #expect(told.contains(text), "\(text) in \(told)")
    }
  }

  @Test func `tasks tell the command that says them done, each to its party`() throws {
    let ready = try Samples.move(Samples.prepare)
    let team = TaskText.table([ready], for: .projectTeam, language: .en)
    #expect(
      team.contains("regie migrate done firstCopy \(Samples.moveName) --evidence") && !team.contains("done flows"))
    #expect(TaskText.table([ready], for: .targetOperator, language: .en).contains("done flows"))
    let turning = try Samples.move { move in
      try Samples.prepare(&move)
      for kind in [.firstCopy, .stopWrites] as [MigrationTask.Kind] {
        _ = try move.handle(.done(kind, evidence: "E"), by: Samples.body, at: Samples.monday)
      }
      _ = try move.handle(.observed(.source, .init(.frozen)), by: Samples.body, at: Samples.monday)
      for kind in [.secrets, .values, .flows, .finalCopy] as [MigrationTask.Kind] {
        _ = try move.handle(.done(kind, evidence: "E"), by: Samples.body, at: Samples.monday)
      }
    }
    #expect(
      TaskText.table([turning], for: .serviceBody, language: .en).contains("regie migrate cut-over \(Samples.moveName)")
    )
  }

  @Test func `what the service body has to do is told at every step where it has to`() throws {
    var lost = try Samples.move { move in
      try Samples.prepare(&move)
      _ = try move.handle(.sourceLost(acceptedLoss: "la nuit"), by: Samples.body, at: Samples.monday)
      for kind in [.secrets, .values, .flows, .restoreBackup] as [MigrationTask.Kind] {
        _ = try move.handle(.done(kind, evidence: "E"), by: Samples.body, at: Samples.monday)
      }
    }
    lost.tasks.removeAll(where: \.open)
    #expect(TaskText.table([lost], for: .serviceBody, language: .en).contains("regie migrate cut-over"))
    let gone = TaskText.table([try Samples.move(Samples.drainLost)], for: .serviceBody, language: .en)
    #expect(gone.contains("declare-gone \(Samples.moveName) --typed prod --reason"))
    #expect(!gone.contains("confirm-removal"), "it would be refused")
    var back = try Samples.move { move in
      try Samples.prepare(&move)
      _ = try move.handle(.rolledBack(acceptedLoss: nil), by: Samples.body, at: Samples.monday)
    }
    back.target.placement = UUID()
    back.target.wanted = .active
    #expect(
      TaskText.table([back], for: .serviceBody, language: .en)
        .contains("confirm-target-removal \(Samples.moveName) --typed prod2"))
    back.standing = .paused
    #expect(!TaskText.table([back], for: .serviceBody, language: .en).contains("confirm-target-removal"))
  }

  @Test func `a move tells what it waits for, what stands in the way, and what was lost`() throws {
    let move = try Samples.move { move in
      try Samples.prepare(&move)
      _ = try move.handle(.sourceLost(acceptedLoss: "la nuit"), by: Samples.body, at: Samples.monday)
      _ = try move.handle(.paused, by: Samples.body, at: Samples.monday)
      _ = try move.handle(.judged([]), by: Samples.body, at: Samples.monday)
      _ = try move.handle(.observed(.target, .init(.removed)), by: Samples.body, at: Samples.monday)
    }
    let told = MoveText.render(move, language: .en)
    for text in [
      "\(Samples.moveName): vigie/prod, wave 2, sud-1 (dtnum) → nord-1 (anfsi), prod2", "paused by oidc:body",
      "loss accepted by oidc:body: la nuit", "waits for:", "\n! ",
    ] {
      #expect(told.contains(text), "\(text) in \(told)")
    }
  }
}
