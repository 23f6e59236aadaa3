import Model
import Testing

@testable import Migration

/// Which act is allowed at which step, and why not: every one with every other.
struct MoveTableTests {
  private static let acts: [(String, MigrationEvent)] = [
    ("approve", .approved(.serviceBody)), ("start", .started(changes: [])), ("cutOver", .cutOverBegins),
    ("remove", .removalConfirmed(typed: "prod")), ("gone", .goneDeclared(typed: "prod")),
    ("lost", .sourceLost(acceptedLoss: "x")), ("pause", .paused),
    ("resume", .resumed), ("rollback", .rolledBack(acceptedLoss: nil)),
    ("removeTarget", .targetRemovalConfirmed(typed: "prodb")), ("giveUp", .givenUp(reason: "x")),
    ("verify", .done(.verify, evidence: "x")), ("firstCopy", .done(.firstCopy, evidence: "x")),
  ]

  private static let table: [MigrationStep: String] = [
    .planned: "approve pause rollback giveUp",
    .approved: "start pause rollback giveUp",
    .preparingTarget: "lost pause rollback giveUp",
    .targetReady: "lost pause rollback giveUp firstCopy",
    .firstCopy: "lost pause rollback giveUp",
    .writesStopped: "lost pause rollback giveUp",
    .finalCopy: "lost pause rollback giveUp",
    .cutOver: "lost pause rollback giveUp verify",
    .verified: "lost pause rollback giveUp",
    .drainingSource: "lost pause giveUp",
    .removed: "pause giveUp",
    .done: "",
    .rollingBack: "pause giveUp",
    .rolledBack: "",
    .failed: "",
  ]

  private func rig(at step: MigrationStep) -> MoveRig {
    let rig = MoveRig(Moves.terms(isInConsole: true))
    switch step {
    case .rollingBack:
      rig.bring(to: .firstCopy)
      rig.feed(.rolledBack(acceptedLoss: nil))
    case .rolledBack: rig.feed(.rolledBack(acceptedLoss: nil))
    case .failed: rig.feed(.givenUp(reason: "x"))
    default: rig.bring(to: step)
    }
    return rig
  }

  @Test(arguments: MigrationStep.allCases) func `each act at each step`(_ step: MigrationStep) {
    let rig = rig(at: step)
    #expect(rig.move.step == step)
    let allowed = Self.acts.filter { act in
      let next = rig.copy()
      return next.feed(act.1)
    }
    #expect(allowed.map(\.0).joined(separator: " ") == Self.table[step])
  }

  @Test(arguments: MigrationStep.allCases) func `nobody acts for whom he does not speak`(_ step: MigrationStep) {
    for (_, event) in Self.acts where !step.isEnd {
      let next = rig(at: step)
      #expect(!next.feed(event, by: Moves.nobody) && next.refusal?.code == .notYours)
      let source = rig(at: step)
      #expect(!source.feed(event, by: Moves.source) && source.refusal?.code == .notYours)
    }
  }

  @Test(arguments: MigrationStep.allCases) func `what is seen late or twice, and time, are never refused`(
    _ step: MigrationStep
  ) {
    for event in [
      MigrationEvent.observed(.source, .init(.removed)), .observed(.target, .init(.removed)), .judged(["x"]),
      .placed(Moves.other), .unplaceable(["x"]), .clock,
    ] {
      let next = rig(at: step)
      #expect(next.feed(event, by: Moves.nobody))
      let once = next.move
      #expect(next.feed(event, by: Moves.nobody) && next.move == once, "the same once more is nothing")
    }
  }
}
