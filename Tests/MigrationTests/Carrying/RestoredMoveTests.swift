import TestSupport
import Testing

@testable import Migration

/// A database that is restored more than once, to any moment, beside whatever else may happen to a move: too much to try all of it.
struct RestoredMoveTests {
  private static let walks = 300
  private static let longest = 160

  @Test func `what was promised holds in whatever life of the database`() {
    var dice = Dice.fresh("restored moves")
    var ends: [MigrationStep: Int] = [:]
    var restored = 0
    for walk in 0..<Self.walks {
      var terms = Moves.terms()
      terms.approvers = [.serviceBody]
      terms.retention = 0
      let isInConsole = dice.next() % 2 == 0
      if !isInConsole { terms.tasks.subtract([.createEnvironment, .removeEnvironment]) }
      var world = MigrationWorld(
        terms,
        .init(
          lost: 1, doubled: 1, illnesses: 1, verdicts: 1, pauses: 1, jumps: 1, restores: 2, mayRollBack: false))
      for _ in 0..<Self.longest {
        guard let next = world.successors.randomElement(using: &dice) else { break }
        // Somebody turns back in a later life: then it is not known any more how far it has been.
        let isNew = next.budget.restores < world.budget.restores
        // More often than chance would have it the lost life has led users to the target.
        if isNew, world.usersOn == .source, dice.next() % 8 != 0 { continue }
        world = next
        if isNew { world.budget.mayRollBack = dice.next() % 2 == 0 }
        if let fault = world.fault ?? (world.isStuck ? "it waits for nothing" : nil) {
          Issue.record("seed \(dice.seed), walk \(walk): \(fault): \(world)")
          return
        }
        if world.move.step.isEnd, world.budget.restores == 0 { break }
      }
      ends[world.move.step, default: 0] += 1
      if world.isRestored { restored += 1 }
    }
    print("restored \(restored) of \(Self.walks), ends \(ends)")
    #expect(restored > Self.walks * 3 / 4 && ends[.done] ?? 0 > 0 && ends[.rolledBack] ?? 0 > 0)
  }
}
