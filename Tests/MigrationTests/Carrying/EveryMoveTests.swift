import Model
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

  /// - Returns: the steps that it ends in.
  private func explore(_ name: String, _ terms: MigrationTerms, _ budget: MigrationWorld.Budget) -> Set<MigrationStep> {
    var worlds = [MigrationWorld(terms, budget)]
    var numbers = [worlds[0]: 0]
    /// From which worlds each one is reached, the first one first.
    var origins: [[Int]] = [[]]
    var ends: Set<MigrationStep> = []
    var good: [Int] = []
    var faults: [String: Int] = [:]
    var number = 0
    while number < worlds.count {
      let world = worlds[number]
      if world.move.step.isEnd { ends.insert(world.move.step) }
      if world.move.step == .done || world.move.step == .rolledBack { good.append(number) }
      for next in world.successors {
        if let known = numbers[next] {
          origins[known].append(number)
          continue
        }
        numbers[next] = worlds.count
        origins.append([number])
        worlds.append(next)
        if let fault = next.fault ?? (next.isStuck ? "it waits for nothing" : nil) {
          faults[fault] = faults[fault] ?? worlds.count - 1
        }
      }
      number += 1
    }
    // Whatever has happened, there is a way to an end, unless a copy was lost or somebody has given up.
    var reaching = Set(good)
    while let next = good.popLast() {
      for origin in origins[next] where reaching.insert(origin).inserted { good.append(origin) }
    }
    let stuck = worlds.indices.first { index in
      let world = worlds[index]
      return !reaching.contains(index) && !world.isSourceDead && !world.hasTargetVanished && world.move.step != .failed
    }
    if let stuck { faults["no way leads to an end"] = stuck }
    print("\(name): \(worlds.count) states")
    for (fault, number) in faults {
      var trail: [String] = []
      var at: Int? = number
      while let index = at {
        let world = worlds[index]
        trail.append(
          "\(world.move.step.rawValue) wanted \(world.move.wanted) there \(world.there) obstacles \(world.move.obstacles)"
            + " awaited \(world.move.awaited)")
        at = origins[index].first
      }
      Issue.record("\(name): \(fault):\n\(trail.reversed().joined(separator: "\n"))")
    }
    return ends
  }

  @Test func `whatever is lost, told twice or late, a living copy remains and it ends, or says what it waits for`() {
    let ends = explore("lost, doubled", Self.bare, .init(lost: 1, doubled: 1))
    #expect(ends == [.done, .rolledBack])
  }

  @Test
  func
    `where the console makes environments, it has the source to the end, and the target before anything is wanted there`()
  {
    var terms = Self.bare
    terms.tasks.formUnion([.createEnvironment, .removeEnvironment])
    #expect(explore("console, lost, doubled", terms, .init(lost: 1, doubled: 1)) == [.done, .rolledBack])
    _ = explore("console, a death", terms, .init(deaths: 1))
    _ = explore("console, a target deleted by hand", terms, .init(vanishings: 1))
  }

  @Test func `agents that lie change nothing of it`() {
    #expect(explore("lies", Self.bare, .init(lies: 1)) == [.done, .rolledBack])
  }

  @Test func `a source whose agent refuses what is ordered, once or twice, is not seen as it was ordered`() {
    #expect(explore("refusals", Self.bare, .init(lost: 1, refusals: 2)) == [.done, .rolledBack])
    var terms = Self.bare
    terms.tasks.formUnion([.createEnvironment, .removeEnvironment])
    #expect(explore("console, a refusal", terms, .init(refusals: 1)) == [.done, .rolledBack])
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
    _ = explore("a death", Self.bare, .init(deaths: 1))
    _ = explore("a target deleted by hand", Self.bare, .init(vanishings: 1))
    #expect(
      explore("source lost, given up", Self.bare, .init(mayLoseSource: true, mayGiveUp: true))
        == [.done, .rolledBack, .failed])
  }

  @Test func `a source that was given up for lost and declared gone, and is alive all the same`() {
    let ends = explore("lost but alive", Self.bare, .init(verdicts: 1, declarations: 1, mayLoseSource: true))
    #expect(ends == [.done, .rolledBack])
  }

  @Test func `a source that was being emptied before its move is kept before its target goes`() {
    var terms = Self.bare
    terms.sourcePhase = .draining
    #expect(explore("draining before", terms, .init(lost: 1)) == [.done, .rolledBack])
  }
}
