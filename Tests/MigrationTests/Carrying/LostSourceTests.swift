import Events
import Foundation
import Model
import Testing

@testable import Migration

/// A source that was given up for lost, and that nobody has seen since: what it takes to declare it gone, and what becomes of
/// that.
struct LostSourceTests {
  /// At `drainingSource`, lost since the cut-over, and all done that can be.
  private static func lost() -> MoveRig {
    let rig = MoveRig()
    rig.bring(to: .cutOver)
    rig.feed(.sourceLost(acceptedLoss: "a day"))
    rig.bring(to: .drainingSource)
    rig.finish(.dashboards)
    return rig
  }

  private static let troubles: [MigrationEvent] = [
    .judged(["regle-1"]), .observed(.target, .init(.removed)), .observed(.target, .init(.active, faults: ["silent"])),
    .unseen(.target), .paused,
  ]

  @Test func `the service body declares it gone, by its name, and gives up nothing that it holds`() {
    let rig = Self.lost()
    #expect(rig.move.awaited == [.goneDeclaration] && rig.move.wanted.source == .draining)
    #expect(!rig.feed(.goneDeclared(typed: "prod"), by: Moves.team) && rig.refusal?.code == .notYours)
    #expect(!rig.feed(.goneDeclared(typed: "prodb")) && rig.refusal?.code == .wrongName)
    #expect(rig.feed(.goneDeclared(typed: "prod")) && rig.notices.contains(.removalOrdered))
    #expect(rig.move.wanted.source == .removed && !rig.move.givesUpVolumes)
    #expect(!rig.feed(.goneDeclared(typed: "prod")) && rig.refusal?.code == .wrongStep)
    rig.see(.source, .removed)
    #expect(rig.move.step == .done && rig.move.wanted.source == .removed)
  }

  @Test func `while the target is not well nobody does, and what was ordered is recalled`() {
    for trouble in Self.troubles {
      let early = Self.lost()
      early.feed(trouble)
      #expect(!early.feed(.goneDeclared(typed: "prod")) && early.move.goneDeclaredAt == nil, "\(trouble)")
      let late = Self.lost()
      late.feed(.goneDeclared(typed: "prod"))
      late.feed(trouble)
      #expect(late.move.goneDeclaredAt == nil && late.move.wanted.source != .removed, "\(trouble)")
    }
  }

  @Test func `only what was given up for lost is declared gone, once it was kept for its time`() {
    let seen = MoveRig()
    seen.bring(to: .drainingSource)
    seen.finish(.emptySource, .dashboards)
    #expect(!seen.feed(.goneDeclared(typed: "prod")) && seen.refusal?.code == .notDone)
    let early = MoveRig()
    early.bring(to: .verified)
    early.finish(.dashboards)
    early.feed(.sourceLost(acceptedLoss: "a day"))
    #expect(!early.feed(.goneDeclared(typed: "prod")) && early.refusal?.code == .wrongStep)
    let blind = MoveRig()
    blind.bring(to: .cutOver)
    blind.feed(.sourceLost(acceptedLoss: "a day"))
    blind.bring(to: .drainingSource)
    #expect(!blind.feed(.goneDeclared(typed: "prod")) && blind.refusal?.path == "dashboards")
  }

  @Test func `one that is there all the same is emptied, and what it holds is salvaged, before anything of it goes`() {
    let rig = Self.lost()
    #expect(!rig.feed(.removalConfirmed(typed: "prod")) && rig.refusal?.path == "source", "nobody has seen it")
    rig.see(.source)
    #expect(!rig.feed(.goneDeclared(typed: "prod")) && rig.refusal?.accepted == "confirm-removal")
    #expect(rig.move.awaited == [.task(.salvage), .removalConfirmation])
    #expect(!rig.feed(.removalConfirmed(typed: "prod")) && rig.refusal?.path == "salvage")
    rig.finish(.salvage)
    #expect(rig.feed(.removalConfirmed(typed: "prod")) && rig.move.wanted.source == .removed)
    #expect(rig.move.givesUpVolumes && rig.move.awaited == [.agent(.source)])
  }

  @Test func `given up, and after a restore, what was declared gone is not wanted back, or is asked for anew`() {
    let given = Self.lost()
    given.feed(.goneDeclared(typed: "prod"))
    given.feed(.givenUp(reason: "x"))
    #expect(given.move.step == .failed && given.move.wanted.source == .removed)
    let restored = Self.lost()
    restored.feed(.goneDeclared(typed: "prod"))
    restored.feed(.recovered(source: .removed), by: Moves.nobody)
    #expect(restored.move.goneDeclaredAt == nil && restored.move.wanted.source == .draining)
  }
}
