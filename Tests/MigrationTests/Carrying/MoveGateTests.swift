import Events
import Foundation
import Model
import Testing

@testable import Migration

/// What no step is taken without: that what is wanted is seen, and that somebody decides in time.
struct MoveGateTests {
  @Test func `what of the target was changed, and not seen since, opens no gate`() {
    let rig = MoveRig()
    rig.bring(to: .finalCopy)
    rig.finish(.secrets, .values, .flows)
    rig.feed(.unseen(.target), by: Moves.nobody)
    #expect(rig.move.standing == .running && rig.move.awaited.contains(.agent(.target)), "it may come in a moment")
    #expect(!rig.feed(.cutOverBegins) && rig.refusal?.path == MigrationSide.target.rawValue)
    rig.feed(.clock, after: 0.02)
    #expect(rig.move.obstacles.isEmpty, "it has the time that everything has to be seen")
    rig.feed(.unseen(.target), by: Moves.nobody)
    rig.feed(.clock, after: 0.03)
    #expect(rig.move.obstacles == [.targetLate], "told twice it is late no later")
    rig.see(.target)
    #expect(rig.move.obstacles.isEmpty && rig.feed(.cutOverBegins))
    rig.finish(.switchNames)
    rig.feed(.unseen(.target), by: Moves.nobody)
    rig.finish(.verify)
    #expect(rig.move.step == .cutOver)
    rig.see(.target)
    #expect(rig.move.step == .verified)
    rig.bring(to: .drainingSource)
    rig.finish(.emptySource, .dashboards)
    rig.feed(.unseen(.target), by: Moves.nobody)
    #expect(!rig.feed(.removalConfirmed(typed: "prod")) && rig.refusal?.path == MigrationSide.target.rawValue)
    rig.see(.target)
    #expect(rig.feed(.removalConfirmed(typed: "prod")) && rig.move.wanted.source == .removed)
    rig.feed(.unseen(.target), by: Moves.nobody)
    #expect(rig.move.wanted.source == .draining, "whose agent is away removes nothing on the word of before")
    rig.see(.target)
    #expect(rig.move.wanted.source == .draining && rig.move.awaited.contains(.removalConfirmation))
    #expect(rig.feed(.removalConfirmed(typed: "prod")))
  }

  @Test func `what of the source was changed, and not seen since, is no frozen source`() {
    let rig = MoveRig()
    rig.bring(to: .writesStopped)
    rig.see(.source)
    rig.feed(.unseen(.source), by: Moves.nobody)
    #expect(!rig.feed(.done(.finalCopy, evidence: "x")) && rig.refusal?.code == .notDone)
    rig.see(.source)
    #expect(rig.feed(.done(.finalCopy, evidence: "x")) && rig.move.step == .finalCopy)
  }

  @Test(arguments: [MigrationEvent.unseen(.source), .observed(.source, .init(.active))])
  func `nobody is led away from a source that is written to again, or not seen to be frozen`(_ event: MigrationEvent) {
    let rig = MoveRig()
    rig.bring(to: .finalCopy)
    rig.finish(.secrets, .values, .flows)
    rig.feed(event, by: Moves.nobody)
    #expect(rig.move.awaited.contains(.agent(.source)) && rig.move.standing == .running)
    #expect(!rig.feed(.cutOverBegins) && rig.refusal?.code == .notDone && rig.refusal?.path == "source")
    let lost = rig.copy()
    lost.feed(.sourceLost(acceptedLoss: "what was written since"))
    #expect(lost.feed(.cutOverBegins), "who gives it up for lost answers for what is lost with it")
    rig.see(.source)
    #expect(rig.feed(.cutOverBegins))
  }

  @Test func `what is decided by hand has the time of a task, is reminded of, and told when that is over`() throws {
    let way: [(MigrationStep, MigrationAct, (MoveRig) -> Void, MigrationEvent)] = [
      (.finalCopy, .cutOver, { $0.finish(.secrets, .values, .flows) }, .cutOverBegins),
      (
        .drainingSource, .confirmRemoval,
        { rig in
          rig.see(.source)
          rig.finish(.dashboards, .emptySource)
        }, .removalConfirmed(typed: "prod")
      ),
    ]
    for (step, act, prepare, event) in way {
      let rig = MoveRig()
      rig.bring(to: step)
      let opened = rig.notices
      prepare(rig)
      #expect((opened + rig.notices).contains(.awaited(act)), "\(act)")
      let due = try #require(rig.move.actDueAt)
      #expect(due.microseconds - rig.now.microseconds == rig.move.terms.taskTime)
      rig.feed(.clock, after: 3.5)
      #expect(rig.notices == [.actReminder(act)] && rig.move.standing == .running, "\(act)")
      #expect(rig.move.next == due)
      rig.feed(.clock, after: 3.5)
      #expect(rig.move.obstacles == [.waiting(act)] && rig.notices == [.blocked(.waiting(act))], "\(act)")
      #expect(rig.move.step == step && rig.move.next == nil, "being late does nothing")
      #expect(rig.feed(event) && rig.move.obstacles.isEmpty && rig.move.actDueAt == nil, "\(act)")
    }
  }

  @Test func `in an emergency somebody answers for the loss, and has the time of a task for it`() throws {
    let rig = MoveRig(Moves.terms(isEmergency: true))
    rig.bring(to: .targetReady)
    let before = rig.notices
    while let kind = rig.move.tasks.first(where: { $0.isOpen })?.kind { rig.finish(kind) }
    #expect((before + rig.notices).contains(.awaited(.acceptLoss)))
    #expect(rig.move.awaited.contains(.lossAcceptance) && !rig.move.awaited.contains(.cutOver))
    #expect(rig.move.awaitedOfParties[.serviceBody] == 1)
    rig.feed(.clock, after: 3.5)
    #expect(rig.notices == [.actReminder(.acceptLoss)])
    rig.feed(.clock, after: 3.5)
    #expect(rig.move.obstacles == [.waiting(.acceptLoss)])
    #expect(rig.feed(.sourceLost(acceptedLoss: "all of it")) && rig.move.obstacles.isEmpty)
    #expect(rig.notices.contains(.awaited(.cutOver)) && rig.move.awaited.contains(.cutOver))
  }

  @Test func `a source that was frozen in a life that was lost is active again after the way back`() {
    for (step, phase) in [
      (MigrationStep.preparingTarget, PlacementPhase.frozen), (.firstCopy, .frozen), (.firstCopy, .draining),
    ] {
      let rig = MoveRig()
      rig.bring(to: step)
      rig.feed(.placed(Moves.other), by: Moves.nobody)
      rig.feed(.recovered(source: phase), by: Moves.nobody)
      rig.feed(.resumed)
      rig.feed(.rolledBack(acceptedLoss: nil))
      #expect(rig.move.wanted.source == .active, "\(step)")
      rig.see(.source, .frozen)
      #expect(rig.move.step == .rollingBack, "\(step): it is not what it was")
    }
    // Where no target is known there may be one all the same, with users on it: two living copies would be worse.
    for step in [MigrationStep.approved, .preparingTarget] {
      let rig = MoveRig()
      rig.bring(to: step)
      rig.feed(.recovered(source: .frozen), by: Moves.nobody)
      if step != .approved { rig.feed(.resumed) }
      rig.feed(.rolledBack(acceptedLoss: nil))
      #expect(rig.move.wanted.source == nil && rig.move.step == .rolledBack, "\(step)")
    }
    var terms = Moves.terms()
    terms.sourcePhase = .frozen
    let frozen = MoveRig(terms)
    frozen.bring(to: .firstCopy)
    frozen.feed(.recovered(source: .frozen), by: Moves.nobody)
    frozen.feed(.resumed)
    frozen.feed(.rolledBack(acceptedLoss: nil))
    #expect(frozen.move.wanted.source == nil, "so it was before the move")
  }

  @Test func `an agreement that does not come is reminded of, and makes no trouble`() {
    let rig = MoveRig()
    rig.feed(.approved(.projectTeam), by: Moves.team)
    rig.feed(.clock, after: 4)
    #expect(rig.notices == [.actReminder(.approve)])
    rig.feed(.clock, after: 4)
    #expect(rig.notices.isEmpty && rig.move.standing == .running && rig.move.next == nil)
  }

  @Test func `what is halted waits for nobody, and has all its time once it goes on`() throws {
    let rig = MoveRig()
    rig.bring(to: .finalCopy)
    rig.finish(.secrets, .values, .flows)
    rig.feed(.clock, after: 3)
    rig.feed(.paused)
    rig.feed(.clock, after: 30)
    #expect(rig.move.obstacles.isEmpty && rig.move.actDueAt == nil)
    rig.feed(.resumed)
    #expect(try #require(rig.move.actDueAt) == rig.now.adding(rig.move.terms.taskTime))
  }

  @Test func `the target's name after a rollback is asked for once the way back is done`() {
    let rig = MoveRig()
    rig.bring(to: .cutOver)
    rig.feed(.rolledBack(acceptedLoss: nil))
    rig.see(.source)
    #expect(rig.move.actDueAt == nil)
    rig.finish(.stopWrites, .reverseCopy, .switchNames)
    rig.feed(.clock, after: 8)
    #expect(rig.move.obstacles == [.waiting(.confirmTargetRemoval)])
    #expect(rig.feed(.targetRemovalConfirmed(typed: "prodb")) && rig.move.obstacles.isEmpty)
  }

  @Test func `given up before the cut-over the source is its users' again, and after it stays as it is`() {
    for (step, phase) in [
      (MigrationStep.writesStopped, PlacementPhase.active), (.finalCopy, .active), (.cutOver, .frozen),
    ] {
      let rig = MoveRig()
      rig.bring(to: step)
      rig.feed(.givenUp(reason: "abandon"))
      #expect(rig.move.step == .failed && rig.move.wanted.source == phase, "\(step)")
      #expect(rig.move.wanted.target == .active, "\(step)")
    }
    var frozen = Moves.terms()
    frozen.sourcePhase = .frozen
    let rig = MoveRig(frozen)
    rig.bring(to: .finalCopy)
    rig.feed(.givenUp(reason: "abandon"))
    #expect(rig.move.wanted.source == .frozen, "as it was before")
  }

  @Test func `after a recovery the way back asks what was written on the target, wherever it seems to be`() {
    let rig = MoveRig()
    rig.bring(to: .finalCopy)
    rig.feed(.recovered(source: .active), by: MigrationActor("oidc:admin", as: []))
    rig.feed(.resumed)
    rig.feed(.rolledBack(acceptedLoss: nil))
    rig.see(.source)
    rig.see(.target)
    #expect(rig.move.obstacles == [.wayBackLosesWrites] && rig.move.step == .rollingBack)
    #expect(!rig.feed(.targetRemovalConfirmed(typed: "prodb")), "nothing was copied back, and nobody has accepted it")
    #expect(rig.feed(.rolledBack(acceptedLoss: "nothing was written: looked at")))
    rig.finish(.stopWrites, .switchNames)
    #expect(rig.feed(.targetRemovalConfirmed(typed: "prodb")) && rig.move.wanted.target == .removed)
    // Nobody knows how far the life that was lost had come: as long as there is a target it is asked.
    let early = MoveRig()
    early.bring(to: .preparingTarget)
    early.feed(.placed(Moves.other), by: Moves.nobody)
    early.feed(.recovered(source: .active), by: MigrationActor("oidc:admin", as: []))
    early.feed(.resumed)
    early.feed(.rolledBack(acceptedLoss: nil))
    #expect(early.move.tasks.map(\.kind) == [.stopWrites, .switchNames, .reverseCopy])
    let unbegun = MoveRig()
    unbegun.bring(to: .approved)
    unbegun.feed(.recovered(source: .active), by: MigrationActor("oidc:admin", as: []))
    #expect(unbegun.move.wasRecovered && unbegun.move.standing == .running && unbegun.move.step == .approved)
    let given = MoveRig()
    given.bring(to: .finalCopy)
    given.feed(.recovered(source: .active), by: MigrationActor("oidc:admin", as: []))
    #expect(given.feed(.givenUp(reason: "x")) && given.move.wanted.source == .frozen, "users may be on the target")
  }

  @Test func `a target whose agent is silent is late, however often that is seen`() {
    let rig = MoveRig()
    rig.bring(to: .preparingTarget)
    rig.feed(.placed(Moves.other), by: Moves.nobody)
    rig.see(.target, .active, faults: ["silent"])
    let before = rig.move
    rig.see(.target, .active, faults: ["silent"])
    #expect(rig.move == before, "the same again changes nothing")
    for _ in 0..<3 {
      rig.feed(.clock, by: Moves.nobody, after: 1)
      rig.see(.target, .active, faults: ["silent"])
    }
    #expect(rig.move.obstacles == [.targetLate, .targetNotReady(["silent"])] && rig.move.standing == .blocked)
  }

  @Test func `that nobody has agreed is reminded of, also where nobody ever has`() {
    let rig = MoveRig()
    #expect(rig.move.next == rig.move.halfway(to: Moves.start.adding(rig.move.terms.taskTime)))
    rig.feed(.clock, by: Moves.nobody, after: 6)
    #expect(rig.notices == [.actReminder(.approve)] && rig.move.obstacles.isEmpty)
  }

  @Test func `a cut-over that may not begin yet is nobody's delay`() {
    let rig = MoveRig()
    rig.bring(to: .finalCopy)
    rig.feed(.clock, by: Moves.nobody, after: 30)
    #expect(rig.move.obstacles.contains(.overdue(.flows)) && !rig.move.obstacles.contains(.waiting(.cutOver)))
    rig.finish(.secrets, .values, .flows)
    rig.feed(.clock, by: Moves.nobody, after: 30)
    #expect(rig.move.obstacles.contains(.waiting(.cutOver)))
  }

  @Test func `only what takes an application from its users is not done while it is left alone`() {
    let rig = MoveRig()
    rig.bring(to: .firstCopy)
    #expect(rig.move.disturbsUsers(.done(.stopWrites, evidence: "x")) && rig.move.disturbsUsers(.cutOverBegins))
    #expect(!rig.move.disturbsUsers(.done(.firstCopy, evidence: "x")))
    #expect(!rig.move.disturbsUsers(.rolledBack(acceptedLoss: nil)))
    rig.bring(to: .cutOver)
    rig.feed(.rolledBack(acceptedLoss: nil))
    #expect(!rig.move.disturbsUsers(.done(.stopWrites, evidence: "x")), "it leads back")
    #expect(!MoveRig(Moves.terms(isEmergency: true)).move.disturbsUsers(.cutOverBegins), "nobody uses it")
  }
}
