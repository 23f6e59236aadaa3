import Testing

@testable import Migration

/// Everything that may happen to one move, tried: what was promised holds in every world that can be reached.
struct EveryMoveTests {
  private static var bare: MigrationTerms {
    var terms = Moves.terms()
    terms.approvers = [.serviceBody]
    terms.tasks = [.firstCopy, .stopWrites, .finalCopy, .switchNames, .verify, .emptySource]
    terms.retention = 0
    return terms
  }

  private func explore(_ name: String, _ terms: MigrationTerms, _ budget: MigrationWorld.Budget) -> Set<MigrationStep> {
    var known: Set<MigrationWorld> = []
    var frontier = [MigrationWorld(terms, budget)]
    known.insert(frontier[0])
    var ends: Set<MigrationStep> = []
    var faults: [String: [String]] = [:]
    var from: [MigrationWorld: MigrationWorld] = [:]
    while let world = frontier.popLast() {
      if world.move.step.isEnd { ends.insert(world.move.step) }
      for next in world.successors where known.insert(next).inserted {
        from[next] = world
        if let fault = next.fault ?? (next.isStuck ? "it waits for nothing" : nil), faults[fault] == nil {
          var trail: [String] = []
          var at: MigrationWorld? = next
          while let world = at {
            trail.append(
              "\(world.move.step.rawValue) wanted \(world.move.wanted) there \(world.there) reports \(world.reports.count)"
            )
            at = from[world]
          }
          faults[fault] = trail.reversed()
          continue
        }
        frontier.append(next)
      }
    }
    print("\(name): \(known.count) states")
    for (fault, trail) in faults {
      Issue.record("\(name): \(fault):\n\(trail.joined(separator: "\n"))")
    }
    return ends
  }

  @Test func `whatever is lost, told twice or late, a living copy remains and it ends, or says what it waits for`() {
    let ends = explore("lost, doubled", Self.bare, .init(lost: 1, doubled: 1))
    #expect(ends == [.done, .rolledBack])
  }

  @Test func `agents that lie change nothing of it`() {
    #expect(explore("lies", Self.bare, .init(lies: 1)) == [.done, .rolledBack])
  }

  @Test func `a target that falls ill, or becomes illegal, and somebody who halts it`() {
    #expect(explore("ill", Self.bare, .init(illnesses: 1)) == [.done, .rolledBack])
    #expect(explore("illegal", Self.bare, .init(verdicts: 1)) == [.done, .rolledBack])
    #expect(explore("paused", Self.bare, .init(pauses: 1)) == [.done, .rolledBack])
  }

  @Test func `time that passes at any moment`() {
    #expect(explore("time", Self.bare, .init(jumps: 1)) == [.done, .rolledBack])
  }

  @Test func `a source that is gone, from the beginning or in between`() {
    var terms = Moves.terms(isEmergency: true)
    terms.approvers = [.serviceBody]
    terms.tasks = [.restoreBackup, .salvage, .switchNames, .verify]
    terms.retention = 0
    #expect(explore("emergency", terms, .init(lost: 1)).contains(.done))
    #expect(
      explore("source lost, given up", Self.bare, .init(mayLoseSource: true, mayGiveUp: true))
        == [.done, .rolledBack, .failed])
  }
}
