import Events
import Foundation
import Model
import Testing

@testable import Migration

/// A source that is lost on the way, and orders to remove it that do not hold any more.
struct LostOnTheWayTests {
  private typealias Kind = MigrationTask.Kind

  /// The step at which it is lost, the one that it is at then, what is wanted of the source, and what there is to do
  /// beside what each move has: the switch of names, and what prepares and follows it.
  static let ways: [(MigrationStep, MigrationStep, PlacementPhase?, [MigrationTask.Kind])] = [
    (.preparingTarget, .preparingTarget, nil, [.restoreBackup, .salvage]),
    (.targetReady, .targetReady, nil, [.restoreBackup, .salvage]),
    (.firstCopy, .targetReady, nil, [.firstCopy, .salvage]),
    (.writesStopped, .targetReady, .frozen, [.firstCopy, .stopWrites, .salvage]),
    (.finalCopy, .finalCopy, .frozen, [.firstCopy, .stopWrites, .finalCopy, .salvage]),
    (.cutOver, .cutOver, .frozen, [.firstCopy, .stopWrites, .finalCopy, .salvage]),
    (.verified, .verified, .frozen, [.firstCopy, .stopWrites, .finalCopy, .salvage]),
    (.drainingSource, .drainingSource, .draining, [.firstCopy, .stopWrites, .finalCopy, .salvage]),
  ]

  @Test(arguments: ways.indices) func `what is left to do depends on what was copied, and is the same told twice`(
    _ number: Int
  ) {
    let (step, next, source, copies) = Self.ways[number]
    let rig = MoveRig()
    rig.bring(to: step)
    #expect(rig.feed(.sourceLost(acceptedLoss: "a day")) && rig.move.step == next && rig.move.isSourceLost)
    #expect(rig.move.wanted.source == source)
    let kinds = Set(copies).union([.secrets, .values, .flows, .switchNames, .verify, .dashboards])
    #expect(rig.move.tasks.map(\.kind) == Kind.allCases.filter(kinds.contains))
    let tasks = rig.move.tasks
    #expect(rig.feed(.sourceLost(acceptedLoss: "two days")) && rig.move.tasks == tasks)
    #expect(rig.move.acceptedLoss == .init(text: "two days", principal: "oidc:body", at: rig.now))
    #expect(rig.move.step == next && rig.move.wanted.source == source)
  }

  @Test func `an order to remove is void once the source is given up for lost`() {
    let rig = MoveRig()
    rig.bring(to: .drainingSource)
    rig.finish(.emptySource, .dashboards)
    rig.feed(.removalConfirmed(typed: "prod"))
    #expect(rig.move.wanted.source == .removed)
    rig.feed(.sourceLost(acceptedLoss: "nothing: all was copied"))
    #expect(rig.move.removalConfirmedAt == nil && rig.move.wanted.source == .draining)
    #expect(rig.move.awaited == [.goneDeclaration])
    #expect(!rig.feed(.removalConfirmed(typed: "prod")) && rig.refusal?.path == "source")
  }

  @Test func `what can not be copied any more is late no more`() {
    let rig = MoveRig()
    rig.bring(to: .writesStopped)
    rig.see(.source)
    rig.finish(.secrets, .values, .flows)
    rig.feed(.clock, by: Moves.nobody, after: 8)
    #expect(rig.move.obstacles == [.overdue(.finalCopy)])
    rig.feed(.sourceLost(acceptedLoss: "a day"))
    #expect(rig.move.obstacles.isEmpty)
    #expect(rig.notices == [.reached(.targetReady), .cleared(.overdue(.finalCopy)), .awaited(.cutOver)])
  }

  @Test func `a source that is gone unordered is no trouble of the target's, and is not ordered to go`() {
    let rig = MoveRig()
    rig.bring(to: .verified)
    rig.finish(.dashboards)
    rig.bring(to: .drainingSource)
    rig.finish(.emptySource)
    rig.see(.source, .removed)
    #expect(rig.move.step == .drainingSource && rig.move.obstacles == [.sourceGone])
    #expect(rig.move.wanted.source == .draining)
    #expect(!rig.feed(.removalConfirmed(typed: "prod")) && rig.refusal?.code == .blocked)
    rig.see(.target, .active, faults: ["silent"])
    #expect(rig.move.obstacles == [.sourceGone, .targetNotReady(["silent"])])
    #expect(rig.move.wanted.source == .frozen)
  }

  @Test func `that a source is given up for lost takes nothing away that ails the target`() {
    let rig = MoveRig()
    rig.bring(to: .finalCopy)
    rig.finish(.secrets, .values, .flows)
    rig.see(.target, .active, faults: ["usage/memory"])
    rig.see(.source, .removed)
    #expect(rig.move.obstacles == [.targetNotReady(["usage/memory"]), .sourceGone])
    rig.feed(.sourceLost(acceptedLoss: "a day"))
    #expect(rig.move.obstacles == [.targetNotReady(["usage/memory"])])
    #expect(!rig.feed(.cutOverBegins) && rig.refusal?.code == .blocked)
  }

  @Test func `the source's name is typed once`() {
    let rig = MoveRig()
    rig.bring(to: .drainingSource)
    rig.finish(.emptySource, .dashboards)
    rig.feed(.removalConfirmed(typed: "prod"))
    let at = rig.now
    #expect(rig.notices.filter { $0 == .removalOrdered }.count == 1)
    #expect(!rig.feed(.removalConfirmed(typed: "prod"), after: 0.01) && rig.refusal?.code == .wrongStep)
    #expect(rig.refusal?.path == "removalConfirmedAt" && rig.move.removalConfirmedAt == at)
    rig.feed(.clock, by: Moves.nobody)
    #expect(rig.notices.isEmpty, "what was told is not told again")
  }

  @Test func `of a source that a lost life has removed nothing is ordered, should it be there after all`() {
    let rig = MoveRig(Moves.terms(isInConsole: true))
    rig.bring(to: .removed)
    #expect(rig.move.wanted == .init(source: .removed, target: .active))
    rig.feed(.recovered(source: .draining), by: Moves.nobody)
    #expect(rig.move.standing == .paused && rig.move.wanted == .init(source: nil, target: .active))
    rig.feed(.resumed)
    #expect(rig.move.step == .removed && rig.move.wanted == .init(source: nil, target: .active))
  }

  @Test(arguments: [
    MigrationStep.targetReady, .firstCopy, .writesStopped, .finalCopy, .cutOver, .verified, .drainingSource,
  ]) func `with the target gone no step forward is taken, whatever is done and however long it takes`(
    _ step: MigrationStep
  ) {
    let rig = MoveRig()
    rig.bring(to: step)
    if step == .writesStopped { rig.see(.source) }
    let source = rig.move.wanted.source
    rig.see(.target, .removed)
    for task in rig.move.tasks where task.isOpen { rig.finish(task.kind) }
    rig.feed(.clock, by: Moves.nobody, after: 40)
    #expect(rig.move.step == step && rig.move.obstacles.filter(\.isHalting) == [.targetGone])
    #expect(rig.move.wanted == .init(source: step == .drainingSource ? .frozen : source, target: .active))
    let isForward = rig.feed(.cutOverBegins) || rig.feed(.removalConfirmed(typed: "prod"))
    #expect(!isForward && rig.move.removalConfirmedAt == nil)
    #expect((rig.move.cutOverBegunAt == nil) != step.isAtLeast(.cutOver))
    #expect(rig.copy().feed(.rolledBack(acceptedLoss: nil)) == (step != .drainingSource))
    rig.see(.target)
    #expect(!rig.move.isHalted && rig.move.removalConfirmedAt == nil && rig.move.wanted.source != .removed)
    #expect(rig.move.step.isAtLeast(step))
  }
}
