import Events
import Foundation
import Model
import Testing

@testable import Migration

/// What a move says that it waits for, when it looks again, and what it tells; and what it does not listen to.
struct MoveTellingTests {
  @Test func `at each step it is known what is waited for, and nothing else`() {
    let rig = MoveRig(Moves.terms(isInConsole: true))
    let (secrets, values) = (MigrationAwaited.task(.secrets), MigrationAwaited.task(.values))
    let flows = MigrationAwaited.task(.flows)
    let way: [(MigrationStep, [MigrationAwaited])] = [
      (.planned, [.approval(.projectTeam), .approval(.targetOperator), .approval(.serviceBody)]), (.approved, [.start]),
      (.preparingTarget, [.place]), (.targetReady, [.task(.firstCopy), secrets, values, flows]),
      (.firstCopy, [secrets, values, flows, .task(.stopWrites)]),
      (.writesStopped, [secrets, values, flows, .task(.finalCopy), .agent(.source)]),
      (.finalCopy, [secrets, values, flows, .cutOver]), (.cutOver, [.task(.verify), .task(.dashboards)]),
      (.verified, [.task(.dashboards), .retention]),
      (.drainingSource, [.task(.dashboards), .task(.emptySource), .agent(.source), .removalConfirmation]),
      (.removed, [.task(.removeEnvironment)]), (.done, []),
    ]
    for (step, awaited) in way {
      rig.bring(to: step)
      #expect(rig.move.step == step && rig.move.awaited == awaited, "\(step)")
    }
    let placed = MoveRig(Moves.terms(isInConsole: true))
    placed.bring(to: .preparingTarget)
    placed.feed(.placed(Moves.other), by: Moves.nobody)
    #expect(placed.move.awaited == [.task(.createEnvironment)])
    placed.finish(.createEnvironment)
    #expect(placed.move.awaited == [.agent(.target)])
    let agreed = MoveRig()
    agreed.feed(.approved(.projectTeam), by: Moves.team)
    agreed.feed(.approved(.targetOperator), by: Moves.target)
    #expect(agreed.move.step == .planned && agreed.move.awaited == [.approval(.serviceBody)])
  }

  @Test func `each thing is told once, and what is to be done on the way back is told anew`() {
    let rig = MoveRig()
    rig.bring(to: .targetReady)
    rig.finish(.firstCopy)
    #expect(rig.notices == [.reached(.firstCopy), .opened(.stopWrites)])
    rig.feed(.paused, by: Moves.team)
    #expect(rig.notices == [.paused(true)])
    rig.feed(.resumed, by: Moves.team)
    #expect(rig.notices == [.paused(false)])
    // Its source was frozen before the move: what is done on the way back can begin at once.
    var terms = Moves.terms()
    terms.sourcePhase = .frozen
    let frozen = MoveRig(terms)
    frozen.bring(to: .cutOver)
    frozen.feed(.rolledBack(acceptedLoss: nil))
    #expect(frozen.notices == [.reached(.rollingBack), .opened(.stopWrites), .blocked(.wayBackLosesWrites)])
  }

  @Test func `the source is kept to the end of its time, and longer where the target is not seen, or it is halted`()
    throws
  {
    let rig = MoveRig()
    rig.bring(to: .verified)
    rig.finish(.dashboards)
    let end = try #require(rig.move.verifiedAt).adding(rig.move.terms.retention)
    #expect(rig.move.next == end && rig.move.verifiedAt == rig.now)
    let (unseen, halted) = (rig.copy(), rig.copy())
    rig.now = end.adding(-1)
    rig.feed(.clock, by: Moves.nobody)
    #expect(rig.move.step == .verified && rig.move.next == end)
    rig.now = end
    rig.feed(.clock, by: Moves.nobody)
    #expect(rig.move.step == .drainingSource && rig.move.wanted.source == .draining)
    unseen.feed(.unseen(.target), by: Moves.nobody)
    #expect(unseen.move.next == unseen.now.adding(unseen.move.terms.patience))
    unseen.feed(.clock, by: Moves.nobody, after: 31)
    #expect(unseen.move.step == .verified && unseen.move.obstacles == [.targetLate] && unseen.move.next == nil)
    unseen.see(.target)
    #expect(unseen.move.step == .drainingSource && unseen.move.obstacles.isEmpty)
    halted.feed(.paused)
    #expect(halted.move.next == nil)
    halted.feed(.clock, by: Moves.nobody, after: 31)
    #expect(halted.move.step == .verified && halted.move.wanted.source == .frozen)
    halted.feed(.judged(["regle-1"]), by: Moves.nobody)
    halted.feed(.resumed)
    #expect(halted.move.step == .verified && halted.move.next == nil, "the policy forbids its target")
    halted.feed(.judged([]), by: Moves.nobody)
    #expect(halted.move.step == .drainingSource)
  }

  @Test func `halted it does not begin, and a place counts only while one is looked for`() {
    let rig = MoveRig()
    rig.bring(to: .approved)
    rig.feed(.placed(Moves.other), by: Moves.nobody)
    rig.feed(.unplaceable(["CapacityShort"]), by: Moves.nobody)
    #expect(rig.move.target == nil && rig.move.obstacles.isEmpty)
    rig.feed(.paused)
    #expect(!rig.feed(.started(changes: [])) && rig.refusal?.code == .paused)
    rig.feed(.resumed)
    #expect(rig.feed(.started(changes: [])) && rig.move.step == .preparingTarget)
    rig.feed(.judged(["regle-1"]), by: Moves.nobody)
    #expect(rig.move.obstacles.isEmpty, "there is nothing to be judged")
    rig.feed(.placed(Moves.other), by: Moves.nobody)
    rig.feed(.unplaceable(["CapacityShort"]), by: Moves.nobody)
    #expect(rig.move.target == Moves.other && rig.move.obstacles.isEmpty)
  }

  @Test func `what was wrong with a target that was made stays so while nobody has seen it well`() {
    let rig = MoveRig()
    rig.bring(to: .finalCopy)
    rig.finish(.secrets, .values, .flows)
    rig.see(.target, .active, faults: ["usage/memory"])
    rig.feed(.unseen(.target), by: Moves.nobody)
    #expect(rig.move.obstacles == [.targetNotReady(["usage/memory"])])
    #expect(!rig.feed(.cutOverBegins) && rig.refusal?.code == .blocked)
    rig.see(.target)
    #expect(rig.move.obstacles.isEmpty && rig.feed(.cutOverBegins))
    let at = rig.now
    #expect(!rig.feed(.cutOverBegins, after: 0.01) && rig.refusal?.code == .wrongStep)
    #expect(rig.refusal?.path == "cutOverBegunAt" && rig.move.cutOverBegunAt == at && rig.move.step == .finalCopy)
  }

  @Test func `evidence is words, and as many as there is room for`() {
    let rig = MoveRig()
    rig.bring(to: .targetReady)
    for text in ["", " \n", String(repeating: "x", count: 4097), String(repeating: "é", count: 2049)] {
      #expect(!rig.feed(.done(.firstCopy, evidence: text)) && rig.refusal?.code == .badText)
      #expect(rig.refusal?.path == "evidence" && rig.refusal?.accepted == "1 … 4096 bytes")
    }
    let longest = String(repeating: "x", count: 4096)
    #expect(rig.feed(.done(.firstCopy, evidence: longest), by: Moves.team))
    #expect(rig.move[.firstCopy]?.evidence == .init(text: longest, principal: "oidc:team", at: rig.now))
    #expect(!rig.feed(.done(.firstCopy, evidence: "again")) && rig.refusal?.code == .notOpen)
    #expect(rig.refusal?.accepted == "secrets, values, flows, stopWrites")
  }

  @Test func `a task is its owner's, or the service body's in his place`() {
    let targets = MigrationTask.Kind.allCases.filter { $0.owner == .targetOperator }
    let teams = MigrationTask.Kind.allCases.filter { $0.owner == .projectTeam }
    #expect(targets == [.flows, .switchNames] && targets.count + teams.count == MigrationTask.Kind.allCases.count)
    let rig = MoveRig()
    rig.bring(to: .targetReady)
    for (kind, stranger, owner) in [
      (MigrationTask.Kind.flows, Moves.team, Moves.target), (.secrets, Moves.target, Moves.team),
      (.values, Moves.source, Moves.body),
    ] {
      #expect(!rig.feed(.done(kind, evidence: "x"), by: stranger) && rig.refusal?.code == .notYours, "\(kind)")
      #expect(rig.feed(.done(kind, evidence: "x"), by: owner), "\(kind)")
      #expect(rig.move[kind]?.evidence?.principal == owner.principal, "\(kind)")
    }
  }
}
