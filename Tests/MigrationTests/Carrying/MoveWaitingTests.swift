import Events
import Foundation
import Model
import Testing

@testable import Migration

/// What is told of a move whose target does not get ready, or whose source's agent is away.
struct MoveWaitingTests {
  /// At `preparingTarget`, with a place.
  private static func preparing() -> MoveRig {
    let rig = MoveRig()
    rig.bring(to: .preparingTarget)
    rig.feed(.placed(Moves.other), by: Moves.nobody)
    return rig
  }

  @Test(arguments: ["refused", "awaitingOwner", "usage/memory", "derogationEnds/d"])
  func `what does not pass by waiting is told at once while the target is made`(_ fault: String) {
    let rig = Self.preparing()
    rig.see(.target, .active, faults: [fault, "silent"])
    #expect(rig.move.step == .preparingTarget && rig.move.standing == .blocked)
    #expect(rig.move.obstacles == [.targetNotReady([fault])], "and what may pass is not")
    #expect(rig.notices == [.blocked(.targetNotReady([fault]))])
    #expect(rig.copy().feed(.rolledBack(acceptedLoss: nil)))
    let again = rig.copy()
    again.feed(.unseen(.target), by: Moves.nobody)
    #expect(again.move.obstacles.isEmpty, "of what is wanted now nothing was seen")
    rig.see(.target)
    #expect(rig.move.step == .targetReady && rig.move.obstacles.isEmpty)
    #expect(rig.notices.contains(.cleared(.targetNotReady([fault]))))
  }

  @Test(arguments: ["notReady", "silent", "what a later version says"])
  func `what may pass by waiting is told together with the lateness`(_ fault: String) {
    let rig = Self.preparing()
    rig.see(.target, .active, faults: [fault])
    #expect(rig.move.step == .preparingTarget && rig.move.obstacles.isEmpty)
    rig.feed(.clock, by: Moves.nobody, after: 0.1)
    #expect(rig.move.obstacles == [.targetLate, .targetNotReady([fault])])
    let late = rig.move
    rig.see(.target, .active, faults: [fault])
    rig.feed(.clock, by: Moves.nobody)
    #expect(rig.move == late, "at each look the same")
    rig.see(.target)
    #expect(rig.move.step == .targetReady && rig.move.obstacles.isEmpty)
  }

  @Test func `a target that becomes unwell after months has its whole time before it is late`() {
    let rig = MoveRig()
    rig.bring(to: .cutOver)
    rig.feed(.clock, by: Moves.nobody, after: 100)
    let overdue = rig.move.obstacles
    rig.see(.target, .active, faults: ["notReady"])
    #expect(rig.move.obstacles == overdue + [.targetNotReady(["notReady"])])
    let due = rig.now.adding(rig.move.terms.patience)
    #expect(rig.move.next == due)
    rig.feed(.clock, by: Moves.nobody, after: 0.01)
    rig.see(.target, .active, faults: ["silent"])
    #expect(rig.move.next == due, "another fault gives it no more")
    #expect(rig.move.obstacles == overdue + [.targetNotReady(["silent"])])
    rig.now = due
    rig.feed(.clock, by: Moves.nobody)
    #expect(rig.move.obstacles == overdue + [.targetNotReady(["silent"]), .targetLate])
    rig.see(.target)
    #expect(rig.move.obstacles == overdue)
  }

  @Test func `a source that is active again after months of rest has its whole time to be frozen again`() {
    let rig = MoveRig()
    rig.bring(to: .finalCopy)
    rig.feed(.clock, by: Moves.nobody, after: 100)
    rig.see(.source, .active)
    #expect(rig.move.wanted.source == .frozen && !rig.move.obstacles.contains(.sourceLate))
    rig.feed(.clock, by: Moves.nobody, after: 0.1)
    #expect(rig.move.obstacles.contains(.sourceLate))
  }

  @Test func `after a restore, which forgets what was seen, both copies have their whole time before they are late`() {
    let rig = MoveRig()
    rig.bring(to: .finalCopy)
    rig.feed(.clock, by: Moves.nobody, after: 100)
    let late: Set<MigrationObstacle> = [.sourceLate, .targetLate]
    rig.feed(.recovered(source: .frozen), by: Moves.nobody)
    #expect(rig.move.awaited.contains(.agent(.source)) && rig.move.awaited.contains(.agent(.target)))
    #expect(late.isDisjoint(with: rig.move.obstacles))
    rig.feed(.clock, by: Moves.nobody, after: 0.1)
    #expect(late.isSubset(of: rig.move.obstacles))
  }

  @Test func `a target that is well in between is late at no time, and each of its faults is told at once`() {
    let rig = MoveRig()
    rig.bring(to: .targetReady)
    for _ in 0..<5 {
      rig.see(.target, .active, faults: ["notReady"])
      #expect(rig.notices == [.blocked(.targetNotReady(["notReady"]))])
      rig.feed(.clock, by: Moves.nobody, after: 0.03)
      #expect(rig.move.obstacles == [.targetNotReady(["notReady"])])
      rig.see(.target)
      #expect(rig.notices == [.cleared(.targetNotReady(["notReady"]))] && rig.move.obstacles.isEmpty)
    }
  }

  @Test func `on the way back a source that is gone again from what it was has its whole time, though it is lost`() {
    let rig = MoveRig()
    rig.bring(to: .finalCopy)
    rig.feed(.sourceLost(acceptedLoss: "a day"))
    rig.feed(.rolledBack(acceptedLoss: nil))
    rig.see(.source)
    #expect(rig.move.step == .rollingBack && rig.move.isSourceBack)
    rig.feed(.clock, by: Moves.nobody, after: 1)
    rig.see(.source, .frozen)
    #expect(rig.move.awaited.contains(.agent(.source)) && !rig.move.obstacles.contains(.sourceLate))
    rig.feed(.clock, by: Moves.nobody, after: 0.1)
    #expect(rig.move.obstacles.contains(.sourceLate))
  }

  @Test func `a task is reminded of halfway and late when its time is over, to the moment, until it is done`() throws {
    let rig = MoveRig()
    rig.bring(to: .targetReady)
    let due = try #require(rig.move[.firstCopy]?.dueAt)
    rig.now = rig.move.halfway(to: due)
    rig.feed(.clock, by: Moves.nobody)
    #expect(rig.notices.contains(.reminder(.firstCopy)) && rig.move.obstacles.isEmpty && rig.move.next == due)
    rig.now = due
    rig.feed(.clock, by: Moves.nobody)
    #expect(rig.move.obstacles.contains(.overdue(.firstCopy)) && rig.move.obstacles.contains(.overdue(.secrets)))
    #expect(rig.move.next == nil, "who was told of it is not woken for it again")
    rig.finish(.secrets)
    #expect(rig.move.obstacles.contains(.overdue(.firstCopy)) && !rig.move.obstacles.contains(.overdue(.secrets)))
  }

  @Test func `what bears the target's name before there is a target says nothing of it`() {
    let rig = MoveRig()
    rig.bring(to: .preparingTarget)
    rig.see(.target)
    #expect(rig.move.step == .preparingTarget && rig.move.awaited == [.place])
    rig.feed(.placed(Moves.other), by: Moves.nobody)
    #expect(rig.move.step == .preparingTarget && rig.move.awaited == [.agent(.target)])
    rig.see(.target)
    #expect(rig.move.step == .targetReady)
  }

  @Test func `a place that the console lets expire takes what was wrong with it along`() {
    let rig = MoveRig(Moves.terms(isInConsole: true))
    rig.bring(to: .preparingTarget)
    rig.feed(.placed(Moves.other), by: Moves.nobody)
    rig.see(.target, .active, faults: ["usage/memory"])
    rig.feed(.placeLost, by: Moves.nobody)
    #expect(rig.move.obstacles == [.noTarget([])])
  }

  @Test func `while the source's agent is away nothing is copied for the last time, and it goes on when it is back`() {
    let rig = MoveRig()
    rig.bring(to: .writesStopped)
    #expect(rig.move.wanted.source == .frozen && rig.move.obstacles.isEmpty)
    rig.feed(.clock, by: Moves.nobody, after: 0.1)
    #expect(rig.move.obstacles == [.sourceLate] && rig.move.standing == .blocked && rig.move.step == .writesStopped)
    #expect(rig.notices == [.blocked(.sourceLate)] && rig.move.wanted.target == .active)
    #expect(!rig.feed(.done(.finalCopy, evidence: "x")) && rig.refusal?.code == .notDone)
    #expect(rig.refusal?.path == "source")
    let back = rig.copy()
    #expect(back.feed(.rolledBack(acceptedLoss: nil), by: Moves.team), "back one may at any time")
    #expect(back.move.wanted == EnvironmentMigration.Wanted(source: .active, target: .active))
    rig.see(.source)
    #expect(rig.move.obstacles.isEmpty && rig.notices == [.cleared(.sourceLate)])
    #expect(rig.feed(.done(.finalCopy, evidence: "x")) && rig.move.step == .finalCopy)
  }

  @Test func `that a lost source is to be declared gone is told, reminded of, and holds the move up`() {
    let rig = MoveRig()
    rig.bring(to: .cutOver)
    rig.feed(.sourceLost(acceptedLoss: "a day"))
    rig.bring(to: .drainingSource)
    #expect(rig.move.awaited.contains(.goneDeclaration) && !rig.move.awaited.contains(.removalConfirmation))
    rig.finish(.dashboards)
    #expect(rig.notices.contains(.awaited(.confirmRemoval)) && rig.move.awaitedOfParties == [.serviceBody: 1])
    #expect(rig.move.title(of: .confirmRemoval).fr == "déclarer disparu le départ perdu")
    rig.feed(.clock, after: 3.5)
    #expect(rig.notices == [.actReminder(.confirmRemoval)])
    rig.feed(.clock, after: 3.5)
    #expect(rig.move.obstacles == [.waiting(.confirmRemoval)] && rig.move.standing == .blocked)
    let back = rig.copy()
    back.see(.source)
    #expect(back.move.obstacles.isEmpty && back.move.awaited.contains(.task(.salvage)))
    back.finish(.salvage)
    #expect(back.notices.contains(.awaited(.confirmRemoval)) && back.move.awaited == [.removalConfirmation])
    #expect(back.move.title(of: .confirmRemoval) == MigrationAct.confirmRemoval.title)
    // Its loss has to be declared, too: nobody will see it gone.
    rig.feed(.goneDeclared(typed: "prod"))
    #expect(rig.move.awaited == [.goneDeclaration] && rig.move.obstacles == [.waiting(.confirmRemoval)])
    rig.see(.source)
    #expect(rig.move.step == .done && rig.move.obstacles.isEmpty)
  }

  @Test func `while the source's agent is away the source is neither emptied nor gone, and is told to be late`() {
    let rig = MoveRig()
    rig.bring(to: .drainingSource)
    #expect(rig.move.wanted.source == .draining)
    rig.feed(.clock, by: Moves.nobody, after: 0.1)
    #expect(rig.move.obstacles.contains(.sourceLate) && rig.move.step == .drainingSource)
    rig.see(.source)
    #expect(!rig.move.obstacles.contains(.sourceLate))
    rig.finish(.emptySource, .dashboards)
    #expect(rig.feed(.removalConfirmed(typed: "prod")) && rig.move.wanted.source == .removed)
    // It goes away again, with the order.
    rig.feed(.clock, by: Moves.nobody, after: 0.1)
    #expect(rig.move.obstacles.contains(.sourceLate) && rig.move.step == .drainingSource)
    #expect(rig.move.wanted == EnvironmentMigration.Wanted(source: .removed, target: .active))
    rig.see(.source, .removed)
    #expect(rig.move.step.isAtLeast(.removed) && rig.move.obstacles.isEmpty)
  }
}
