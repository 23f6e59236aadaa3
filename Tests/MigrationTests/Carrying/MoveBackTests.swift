import Events
import Foundation
import Model
import Testing

@testable import Migration

/// The way back, and giving up: what they keep, what they forget, and what they do not take for done.
struct MoveBackTests {
  private typealias Wanted = EnvironmentMigration.Wanted

  @Test func `what a lost life has frozen is not thawed where its target is only reserved in this one`() {
    let rig = MoveRig(Moves.terms(isInConsole: true))
    rig.bring(to: .preparingTarget)
    rig.feed(.placed(Moves.other), by: Moves.nobody)
    rig.feed(.recovered(source: .frozen), by: Moves.nobody)
    let (expired, made) = (rig.copy(), rig.copy())
    // Only a target that was made can have had its source frozen: it is another one, and users may be there.
    #expect(rig.feed(.rolledBack(acceptedLoss: nil)) && rig.move.step == .rolledBack)
    #expect(rig.move.wanted == Wanted() && rig.move.target == nil)
    expired.feed(.placeLost, by: Moves.nobody)
    #expect(expired.feed(.rolledBack(acceptedLoss: nil)) && expired.move.step == .rolledBack)
    #expect(expired.move.wanted == Wanted())
    made.feed(.resumed)
    made.finish(.createEnvironment)
    made.see(.target)
    #expect(made.move.step == .targetReady)
    made.feed(.rolledBack(acceptedLoss: nil))
    #expect(made.move.wanted == Wanted(source: .active, target: .active), "that target is known")
  }

  @Test func `a way back without a target, as an earlier version may have begun it, ends once the source is back`() {
    let rig = MoveRig(Moves.terms(isInConsole: true))
    rig.bring(to: .preparingTarget)
    rig.move.step = .rollingBack
    rig.move.hasFrozenSource = true
    rig.see(.source, .frozen)
    #expect(rig.move.step == .rollingBack && rig.move.wanted == Wanted(source: .active, target: nil))
    rig.see(.source, .active)
    #expect(rig.move.step == .rolledBack && rig.move.wanted == Wanted(source: .active, target: nil))
  }

  @Test func `a loss that was accepted for the way there is none for the way back`() {
    let rig = MoveRig()
    rig.bring(to: .targetReady)
    rig.feed(.sourceLost(acceptedLoss: "since last night"))
    rig.finish(.secrets, .values, .flows, .restoreBackup)
    rig.feed(.cutOverBegins)
    #expect(rig.feed(.rolledBack(acceptedLoss: nil), by: Moves.team) && rig.move.rolledBackFrom == .targetReady)
    #expect(rig.move.acceptedLoss == nil && rig.move.obstacles == [.wayBackLosesWrites])
    #expect(rig.move.tasks.map(\.kind) == [.stopWrites, .switchNames, .reverseCopy])
    rig.see(.source)
    rig.finish(.stopWrites)
    #expect(!rig.feed(.done(.switchNames, evidence: "x")) && rig.refusal?.accepted == "reverseCopy")
    #expect(!rig.feed(.targetRemovalConfirmed(typed: "prodb")) && rig.refusal?.code == .notDone)
    #expect(rig.move.wanted == Wanted(source: .active, target: .active))
  }

  @Test func `a loss is accepted by the service body alone, and kept only where something may be lost`() {
    let early = MoveRig()
    early.bring(to: .firstCopy)
    #expect(early.feed(.rolledBack(acceptedLoss: "an hour")))
    #expect(early.move.acceptedLoss == nil && early.move.tasks.isEmpty && early.move.obstacles.isEmpty)
    let late = MoveRig()
    late.bring(to: .cutOver)
    #expect(!late.feed(.rolledBack(acceptedLoss: "an hour"), by: Moves.team) && late.refusal?.code == .notYours)
    #expect(late.move.step == .cutOver)
    #expect(late.feed(.rolledBack(acceptedLoss: "an hour")) && late.move.obstacles.isEmpty)
    #expect(late.move.acceptedLoss == .init(text: "an hour", principal: "oidc:body", at: late.now))
    #expect(!late.feed(.rolledBack(acceptedLoss: "a day")) && late.refusal?.code == .wrongStep)
    #expect(late.move.acceptedLoss?.text == "an hour")
  }

  @Test func `agents have their time from the beginning of the way back`() {
    let rig = MoveRig()
    rig.bring(to: .firstCopy)
    rig.see(.source, .active)
    rig.feed(.unseen(.source), by: Moves.nobody)
    rig.feed(.rolledBack(acceptedLoss: nil), after: 1)
    #expect(rig.move.obstacles.isEmpty && rig.notices == [.reached(.rollingBack)])
    #expect(rig.move.next == rig.now.adding(rig.move.terms.patience))
    rig.feed(.clock, by: Moves.nobody, after: 0.1)
    #expect(rig.move.obstacles == [.sourceLate] && rig.move.wanted == Wanted(source: nil, target: .active))
  }

  @Test func `what the policy says of the target, and what is wrong with it, hold up no way back`() {
    let rig = MoveRig()
    rig.bring(to: .cutOver)
    rig.feed(.rolledBack(acceptedLoss: nil))
    rig.feed(.judged(["regle-1"]), by: Moves.nobody)
    rig.see(.target, .active, faults: ["silent"])
    #expect(rig.move.obstacles == [.wayBackLosesWrites])
    rig.see(.target, .removed)
    #expect(rig.move.obstacles == [.wayBackLosesWrites] && rig.move.step == .rollingBack)
  }

  @Test func `the target's name is typed once, by the service body, and not while the way back is halted`() {
    let rig = MoveRig()
    rig.bring(to: .cutOver)
    rig.feed(.rolledBack(acceptedLoss: nil))
    rig.see(.source)
    rig.finish(.stopWrites, .reverseCopy, .switchNames)
    rig.feed(.paused)
    #expect(!rig.feed(.targetRemovalConfirmed(typed: "prodb")) && rig.refusal?.code == .paused)
    rig.feed(.resumed)
    #expect(!rig.feed(.targetRemovalConfirmed(typed: "prodb"), by: Moves.team) && rig.refusal?.code == .notYours)
    #expect(rig.feed(.targetRemovalConfirmed(typed: "prodb")))
    let at = rig.now
    #expect(!rig.feed(.targetRemovalConfirmed(typed: "prodb"), after: 1) && rig.refusal?.code == .wrongStep)
    #expect(rig.move.targetRemovalConfirmedAt == at && rig.move.wanted.target == .removed)
  }

  @Test func `given up, a source that users may have left, or that was lost, stays frozen`() {
    let begun = MoveRig()
    begun.bring(to: .finalCopy)
    begun.finish(.secrets, .values, .flows)
    begun.feed(.cutOverBegins)
    #expect(begun.move.step == .finalCopy && begun.feed(.givenUp(reason: "x")))
    #expect(begun.move.wanted == Wanted(source: .frozen, target: .active))
    let lost = MoveRig()
    lost.bring(to: .writesStopped)
    lost.feed(.sourceLost(acceptedLoss: "a day"))
    #expect(lost.move.step == .targetReady && lost.feed(.givenUp(reason: "x")))
    #expect(lost.move.wanted == Wanted(source: .frozen, target: .active))
    let reserved = MoveRig(Moves.terms(isInConsole: true))
    reserved.bring(to: .preparingTarget)
    reserved.feed(.placed(Moves.other), by: Moves.nobody)
    #expect(reserved.feed(.givenUp(reason: "x")) && reserved.move.wanted == Wanted())
  }
}
