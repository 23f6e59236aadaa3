import Events
import Foundation
import Model
import Testing

@testable import Migration

struct MoveTests {
  @Test func `the whole way, step by step, and what is wanted of both copies on it`() throws {
    let rig = MoveRig(Moves.terms(isInConsole: true))
    let way: [(MigrationStep, PlacementPhase?, PlacementPhase?)] = [
      (.planned, nil, nil), (.approved, nil, nil), (.preparingTarget, nil, nil), (.targetReady, nil, .active),
      (.firstCopy, nil, .active), (.writesStopped, .frozen, .active), (.finalCopy, .frozen, .active),
      (.cutOver, .frozen, .active), (.verified, .frozen, .active), (.drainingSource, .draining, .active),
      (.removed, .removed, .active), (.done, .removed, .active),
    ]
    for (step, source, target) in way {
      rig.bring(to: step)
      #expect(rig.move.step == step && rig.refusal == nil)
      #expect(rig.move.wanted == EnvironmentMigration.Wanted(source: source, target: target), "\(step)")
      #expect(rig.move.standing == (step == .done ? .ended : .running))
      #expect(rig.move.awaited.isEmpty == (step == .done), "\(step) waits for \(rig.move.awaited)")
      if step == .cutOver { rig.finish(.dashboards) }
      let data = try JSONEncoder().encode(rig.move)
      #expect(
        try JSONDecoder().decode(EnvironmentMigration.self, from: data) == rig.move, "all that has to be kept is kept")
    }
  }

  @Test func `with the source gone nothing is copied, and somebody answers for what is lost`() {
    let rig = MoveRig(Moves.terms(isEmergency: true))
    rig.bring(to: .targetReady)
    rig.finish(.secrets, .values, .flows, .restoreBackup)
    #expect(!rig.feed(.cutOverBegins) && rig.refusal?.path == "acceptedLoss")
    #expect(rig.feed(.sourceLost(acceptedLoss: "since the backup of last night")))
    #expect(rig.feed(.cutOverBegins) && rig.move.wanted.source == .frozen, "should it come back")
    rig.finish(.switchNames, .verify)
    rig.feed(.clock, after: 31)
    rig.finish(.dashboards)
    #expect(!rig.feed(.removalConfirmed(typed: "prod")) && rig.refusal?.path == "source", "nobody has seen it")
    let lost = rig.copy()
    lost.see(.source, .removed)
    #expect(lost.move.step == .done, "its loss was declared")
    rig.see(.source, .draining)
    #expect(!rig.feed(.removalConfirmed(typed: "prod")) && rig.refusal?.path == "salvage", "it came back")
    rig.finish(.salvage)
    #expect(rig.feed(.removalConfirmed(typed: "prod")) && rig.move.wanted.source == .removed)
  }

  @Test func `before the cut-over one command leads back, and nothing is lost`() {
    for step in [MigrationStep.planned, .approved, .preparingTarget] {
      let rig = MoveRig()
      rig.bring(to: step)
      #expect(rig.feed(.rolledBack(acceptedLoss: nil), by: Moves.team) && rig.move.step == .rolledBack)
      #expect(rig.move.wanted == EnvironmentMigration.Wanted(source: nil, target: nil))
    }
    for step in [MigrationStep.targetReady, .firstCopy, .writesStopped, .finalCopy] {
      let rig = MoveRig()
      rig.bring(to: step)
      #expect(rig.feed(.rolledBack(acceptedLoss: nil), by: Moves.team) && rig.move.step == .rollingBack)
      #expect(rig.move.wanted.target == .active, "until the source is seen to be what it was")
      let wasFrozen = step.isAtLeast(.writesStopped)
      #expect(rig.move.wanted.source == (wasFrozen ? .active : nil), "what was not touched is left alone")
      rig.see(.source, .frozen)
      #expect(rig.move.wanted.target == (wasFrozen ? .active : .removed))
      rig.see(.source, .active)
      #expect(rig.move.wanted.target == .removed && rig.move.step == .rollingBack)
      rig.see(.target)
      #expect(rig.move.step == .rolledBack && rig.move.standing == .ended)
    }
  }

  @Test func `after the cut-over the way back needs the reverse copy or an accepted loss, and the target's name`() {
    let rig = MoveRig()
    rig.bring(to: .verified)
    #expect(rig.feed(.rolledBack(acceptedLoss: nil)))
    #expect(rig.move.obstacles == [.wayBackLosesWrites] && rig.move.standing == .blocked)
    #expect(rig.move.wanted == EnvironmentMigration.Wanted(source: .active, target: .active))
    #expect(
      !rig.feed(.done(.reverseCopy, evidence: "x")) && rig.refusal?.code == .notOpen, "not before the source is back")
    rig.see(.source)
    let lossy = rig.copy()
    #expect(!lossy.feed(.rolledBack(acceptedLoss: "an hour"), by: Moves.team) && lossy.refusal?.code == .notYours)
    #expect(lossy.feed(.rolledBack(acceptedLoss: "an hour")) && lossy.move.obstacles.isEmpty)
    #expect(lossy.move.acceptedLoss?.principal == "oidc:body")
    #expect(!lossy.feed(.targetRemovalConfirmed(typed: "prodb")), "users are not led back")
    lossy.finish(.stopWrites, .switchNames)
    #expect(lossy.feed(.targetRemovalConfirmed(typed: "prodb")) && lossy.move.wanted.target == .removed)
    #expect(!rig.feed(.targetRemovalConfirmed(typed: "prodb")) && rig.refusal?.code == .notDone)
    #expect(!rig.feed(.done(.reverseCopy, evidence: "x")), "what is written after it would be lost")
    rig.finish(.stopWrites)
    #expect(!rig.feed(.done(.switchNames, evidence: "x")), "users would find what they wrote gone")
    rig.finish(.reverseCopy, .switchNames)
    #expect(rig.move.obstacles.isEmpty && rig.move.wanted.target == .active)
    #expect(!rig.feed(.targetRemovalConfirmed(typed: "prod")) && rig.refusal?.accepted == "prodb")
    #expect(rig.feed(.targetRemovalConfirmed(typed: "prodb")) && rig.move.wanted.target == .removed)
    rig.see(.source, .active, faults: ["QuotaPending"])
    #expect(rig.move.wanted.target == .active, "recalled: the source is not what it was")
    rig.see(.source)
    #expect(rig.move.wanted.target == .active, "and has to be confirmed anew")
    rig.feed(.targetRemovalConfirmed(typed: "prodb"))
    rig.see(.target)
    #expect(rig.move.step == .rolledBack)
  }

  @Test func `a plan whose ground has moved does not begin, and says what has changed`() {
    let rig = MoveRig()
    rig.bring(to: .approved)
    #expect(!rig.feed(.started(changes: ["policy 7 instead of 6"])))
    #expect(rig.refusal?.code == .planMoved && rig.refusal?.path == "policy 7 instead of 6")
  }

  @Test func `without a place it is blocked, with the reasons, and goes on when there is one`() {
    let rig = MoveRig()
    rig.bring(to: .preparingTarget)
    rig.feed(.unplaceable(["CapacityShort"]))
    #expect(rig.move.standing == .blocked && rig.move.obstacles == [.noTarget(["CapacityShort"])])
    rig.feed(.unplaceable(["RegionClosed"]))
    #expect(rig.move.obstacles == [.noTarget(["RegionClosed"])])
    rig.feed(.placed(Moves.other))
    #expect(rig.move.standing == .running && rig.move.wanted.target == .active)
    rig.feed(.placed(Moves.placement))
    #expect(rig.move.target == Moves.other, "there is one target")
  }

  @Test func `a frozen namespace is no evidence that writes were stopped, nor a copy before it is frozen`() {
    let rig = MoveRig()
    rig.bring(to: .firstCopy)
    rig.see(.source, .frozen)
    #expect(rig.move.step == .firstCopy, "only somebody's evidence")
    rig.finish(.stopWrites)
    #expect(rig.move.step == .writesStopped && rig.move.wanted.source == .frozen)
    #expect(!rig.feed(.done(.finalCopy, evidence: "x")) && rig.refusal?.path == "source")
    rig.see(.source)
    #expect(rig.feed(.done(.finalCopy, evidence: "x")) && rig.move.step == .finalCopy)
  }

  @Test func `what the policy does not allow any more goes no step further, and may go back`() {
    let rig = MoveRig()
    rig.bring(to: .finalCopy)
    rig.feed(.judged(["regle-1"]))
    #expect(!rig.feed(.cutOverBegins) && rig.refusal?.code == .blocked)
    let back = rig.copy()
    #expect(back.feed(.rolledBack(acceptedLoss: nil)) && back.move.obstacles.isEmpty)
    rig.feed(.judged([]))
    rig.finish(.secrets, .values, .flows)
    #expect(rig.feed(.cutOverBegins), "a derogation, or another policy")
  }

  @Test func `the source goes only while the target is well: the order is recalled, and has to be given anew`() {
    let rig = MoveRig()
    rig.bring(to: .drainingSource)
    rig.finish(.emptySource)
    #expect(!rig.feed(.removalConfirmed(typed: "prod")) && rig.refusal?.path == "dashboards")
    rig.finish(.dashboards)
    #expect(!rig.feed(.removalConfirmed(typed: "Prod")) && rig.refusal?.code == .wrongName)
    rig.see(.target, .active, faults: ["QuotaPending"])
    #expect(!rig.feed(.removalConfirmed(typed: "prod")) && rig.refusal?.code == .blocked)
    rig.see(.target)
    #expect(rig.feed(.removalConfirmed(typed: "prod")) && rig.notices.contains(.removalOrdered))
    #expect(rig.move.wanted.source == .removed)
    for trouble in [MigrationEvent.observed(.target, .init(.active, faults: ["AgentSilent"])), .paused] {
      let troubled = rig.copy()
      troubled.feed(trouble)
      #expect(troubled.move.wanted.source != .removed && troubled.move.removalConfirmedAt == nil)
      #expect(troubled.move.wanted.source == (troubled.move.pausedBy == nil ? .frozen : .draining))
    }
    #expect(!rig.feed(.rolledBack(acceptedLoss: nil)) && rig.refusal?.code == .noWayBack)
  }

  @Test func `copies that are gone without an order are told, and nothing goes on`() {
    let rig = MoveRig()
    rig.bring(to: .firstCopy)
    rig.see(.source, .removed)
    #expect(rig.move.obstacles == [.sourceGone])
    rig.see(.target, .removed)
    #expect(rig.move.obstacles == [.sourceGone, .targetGone])
    rig.finish(.stopWrites)
    #expect(rig.move.step == .firstCopy)
    rig.see(.target)
    rig.see(.source, .active)
    #expect(rig.move.step == .writesStopped && rig.move.obstacles.isEmpty)
  }

  @Test func `what takes too long is told, reminded of before, and moves nothing`() {
    let rig = MoveRig()
    rig.bring(to: .preparingTarget)
    rig.feed(.placed(Moves.other))
    #expect(rig.move.next == Moves.start.adding(rig.move.terms.patience))
    rig.feed(.clock, after: 0.1)
    #expect(rig.move.obstacles == [.targetLate] && rig.notices == [.blocked(.targetLate)])
    rig.see(.target)
    #expect(rig.move.obstacles.isEmpty && rig.move.step == .targetReady)
    let opened = rig.now
    #expect(rig.move.next == opened.adding(rig.move.terms.taskTime / 2))
    rig.feed(.clock, after: 3.6)
    #expect(rig.notices.contains(.reminder(.firstCopy)) && rig.move.obstacles.isEmpty)
    rig.feed(.clock, after: 3.5)
    #expect(rig.move.obstacles.contains(.overdue(.firstCopy)) && rig.move.standing == .blocked)
    #expect(rig.move.next == nil, "nothing more to tell")
    rig.finish(.firstCopy)
    #expect(!rig.move.obstacles.contains(.overdue(.firstCopy)) && rig.move.step == .firstCopy)
  }

  @Test func `halted it rests where it is, and goes on from there`() {
    let rig = MoveRig()
    rig.bring(to: .targetReady)
    #expect(rig.feed(.paused, by: Moves.team) && rig.move.standing == .paused)
    #expect(!rig.feed(.paused) && rig.refusal?.code == .paused)
    rig.finish(.firstCopy)
    #expect(rig.move.step == .targetReady && rig.move.wanted.target == .active)
    #expect(rig.feed(.resumed) && rig.move.step == .firstCopy)
    #expect(!rig.feed(.resumed))
  }

  @Test func `given up, both copies stay, and what was ordered to go is recalled`() {
    let rig = MoveRig()
    rig.bring(to: .drainingSource)
    rig.finish(.emptySource, .dashboards)
    rig.feed(.removalConfirmed(typed: "prod"))
    #expect(!rig.feed(.givenUp(reason: " ")) && rig.refusal?.code == .badText)
    for text in ["a\u{1B}[2Kb", "a\u{9B}2Kb", "a\u{202E}b"] {
      for act in [MigrationEvent.givenUp(reason: text), .sourceLost(acceptedLoss: text)] {
        #expect(!rig.feed(act) && rig.refusal?.code == .badText && rig.refusal?.accepted == PlainText.accepted)
      }
    }
    #expect(rig.feed(.givenUp(reason: "the team is gone")))
    #expect(
      rig.move.wanted == EnvironmentMigration.Wanted(source: .draining, target: .active) && rig.move.step == .failed)
    rig.see(.source, .removed)
    #expect(rig.move.step == .failed && !rig.feed(.resumed))
    let back = MoveRig()
    back.bring(to: .targetReady)
    back.feed(.rolledBack(acceptedLoss: nil))
    back.see(.source, .active)
    #expect(back.move.wanted.target == .removed && back.feed(.givenUp(reason: "x")))
    #expect(back.move.wanted.target == .frozen)
  }

  @Test func `a source that is lost on the way ends the copying, and is salvaged if it comes back`() {
    let rig = MoveRig()
    rig.bring(to: .writesStopped)
    rig.see(.source, .removed)
    #expect(rig.move.obstacles == [.sourceGone])
    #expect(rig.feed(.sourceLost(acceptedLoss: "a day")) && rig.move.step == .targetReady)
    #expect(rig.move.obstacles.isEmpty && rig.move[.finalCopy] == nil && rig.move[.salvage] != nil)
    rig.finish(.secrets, .values, .flows)
    #expect(rig.feed(.cutOverBegins) && rig.move.step == .targetReady, "a first copy is there")
    rig.finish(.switchNames)
    #expect(rig.move.step == .cutOver && rig.move.wanted.source == .frozen)
  }

  @Test func `what was seen of a source before it was lost leads nowhere back`() {
    let rig = MoveRig()
    rig.bring(to: .firstCopy)
    rig.see(.source, .active)
    rig.feed(.sourceLost(acceptedLoss: "a day"))
    #expect(rig.feed(.rolledBack(acceptedLoss: nil), by: Moves.team))
    #expect(rig.move.wanted.target == .active && rig.move.awaited.contains(.agent(.source)))
    rig.feed(.clock, after: 1)
    #expect(rig.move.obstacles == [.sourceLate])
    rig.see(.source, .active)
    #expect(rig.move.wanted.target == .active && rig.move.awaited == [.targetRemovalConfirmation], "it came back")
    #expect(rig.feed(.targetRemovalConfirmed(typed: "prodb")) && rig.move.wanted.target == .removed)
  }

  @Test func `a source that is lost before anything was copied leaves a backup to be restored`() {
    let rig = MoveRig()
    rig.bring(to: .targetReady)
    rig.feed(.sourceLost(acceptedLoss: "since last night"))
    rig.finish(.secrets, .values, .flows)
    #expect(!rig.feed(.cutOverBegins) && rig.refusal?.path == "restoreBackup")
    rig.finish(.restoreBackup)
    #expect(rig.feed(.cutOverBegins))
  }

  @Test func `a source that is lost after the final copy stops nothing, and nothing is ordered of it unseen`() {
    for step in [MigrationStep.finalCopy, .cutOver, .verified, .drainingSource] {
      let rig = MoveRig()
      rig.bring(to: step)
      rig.see(.source, .removed)
      #expect(rig.move.obstacles.contains(.sourceGone))
      #expect(rig.feed(.sourceLost(acceptedLoss: "nothing: all was copied")) && !rig.move.isHalted)
      rig.bring(to: .drainingSource)
      rig.finish(.dashboards)
      rig.see(.source, .removed)
      #expect(rig.move.step == .done && rig.move.wanted.source == nil, "its loss was declared, nothing is ordered")
    }
  }

  @Test func `a source that was frozen before the move is frozen after it, and one that the move froze is not`() {
    var terms = Moves.terms()
    terms.sourcePhase = .frozen
    let rig = MoveRig(terms)
    rig.see(.source, .frozen)
    rig.bring(to: .finalCopy)
    #expect(rig.move.step == .finalCopy)
    rig.feed(.rolledBack(acceptedLoss: nil))
    #expect(rig.move.wanted.source == nil && rig.move.wanted.target == .removed)
    let lost = MoveRig()
    lost.bring(to: .writesStopped)
    lost.feed(.sourceLost(acceptedLoss: "x"))
    lost.feed(.rolledBack(acceptedLoss: nil))
    #expect(lost.move.wanted == EnvironmentMigration.Wanted(source: .active, target: .active))
    lost.see(.source, .frozen)
    #expect(lost.move.wanted.target == .active)
  }

  @Test func `a source that was being emptied before the move is kept before its target goes`() {
    var terms = Moves.terms()
    terms.sourcePhase = .draining
    for step in [MigrationStep.targetReady, .finalCopy] {
      let rig = MoveRig(terms)
      rig.bring(to: step)
      #expect(rig.feed(.rolledBack(acceptedLoss: nil)) && rig.move.wanted.source == .frozen, "\(step)")
      let seen = rig.copy()
      seen.see(.source, .draining)
      #expect(seen.move.wanted.target == .active, "\(step): no other copy would be left")
      rig.see(.source)
      #expect(rig.move.wanted.target == .removed, "\(step)")
      rig.see(.target)
      #expect(rig.move.step == .rolledBack && rig.move.wanted.source == .frozen, "\(step)")
    }
    let unbegun = MoveRig(terms)
    unbegun.bring(to: .approved)
    #expect(unbegun.feed(.rolledBack(acceptedLoss: nil)) && unbegun.move.step == .rolledBack)
    #expect(unbegun.move.wanted.source == nil, "nothing of it was touched")
  }

  @Test func `what the source was is what it was as the move began, and not as it was planned`() {
    let cases: [(PlacementPhase, PlacementPhase, PlacementPhase?)] = [
      (.active, .frozen, nil), (.active, .draining, .frozen), (.draining, .active, .active),
    ]
    for (planned, found, back) in cases {
      var terms = Moves.terms()
      terms.sourcePhase = planned
      let rig = MoveRig(terms)
      rig.bring(to: .approved)
      rig.feed(.started(changes: [], source: found))
      rig.bring(to: .writesStopped)
      rig.feed(.rolledBack(acceptedLoss: nil))
      #expect(rig.move.wanted.source == back, "planned \(planned), found \(found)")
    }
    let restored = MoveRig()
    restored.bring(to: .approved)
    restored.feed(.recovered(source: .frozen))
    restored.feed(.started(changes: [], source: .frozen))
    restored.bring(to: .writesStopped)
    restored.feed(.rolledBack(acceptedLoss: nil))
    #expect(restored.move.wanted.source == .active, "a lost life has frozen it")
  }

  @Test func `a place that was only reserved is given back, and may be lost`() {
    let rig = MoveRig(Moves.terms(isInConsole: true))
    rig.bring(to: .preparingTarget)
    rig.feed(.placed(Moves.other))
    #expect(rig.move.wanted.target == nil, "the environment was not made yet")
    let back = rig.copy()
    back.feed(.rolledBack(acceptedLoss: nil))
    #expect(back.move.step == .rolledBack && back.move.target == nil)
    rig.feed(.placeLost)
    #expect(rig.move.target == nil && rig.move.awaited.contains(.place))
    #expect(rig.move[.createEnvironment]?.isOpen == false, "nobody can make it where there is no place")
    rig.feed(.placed(Moves.placement))
    rig.finish(.createEnvironment)
    #expect(rig.move.wanted.target == .active)
    rig.feed(.placeLost)
    #expect(rig.move.target == Moves.placement, "what was made is no reservation")
  }

  @Test func `halted on the way back nothing goes, and what is gone when it is given up stays gone`() {
    let rig = MoveRig()
    rig.bring(to: .firstCopy)
    rig.feed(.rolledBack(acceptedLoss: nil))
    rig.feed(.paused)
    rig.see(.source, .active)
    #expect(rig.move.wanted.target == .active)
    rig.feed(.resumed)
    #expect(rig.move.wanted.target == .removed)
    let gone = MoveRig()
    gone.bring(to: .removed)
    gone.feed(.givenUp(reason: "x"))
    #expect(gone.move.step == .done || gone.move.wanted.source == .removed)
  }

  @Test func `the same state has the same bytes`() throws {
    let rig = MoveRig(Moves.terms(isInConsole: true))
    rig.bring(to: .cutOver)
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    let bytes = try encoder.encode(rig.move)
    for _ in 0..<20 {
      let again = try JSONDecoder().decode(EnvironmentMigration.self, from: bytes)
      #expect(try encoder.encode(again) == bytes)
    }
  }
}
