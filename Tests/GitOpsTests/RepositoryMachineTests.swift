import Foundation
import Model
import Testing

@testable import GitOps

struct RepositoryMachineTests {
  private let now = Fixtures.start
  private var memory = Memory()

  private func machine() -> RepositoryMachine {
    RepositoryMachine(path: "regie", pollInterval: 60, namespaceDelay: 3600)
  }

  /// A machine that found the branch as wanted.
  private func settled(_ desired: DesiredPlacement...) throws -> RepositoryMachine {
    var machine = machine()
    var memory = Memory()
    for placement in desired {
      _ = machine.handle(.desired(placement), at: now)
      memory.settle(placement, at: now)
    }
    #expect(machine.handle(.begin, at: now) == [.synchronize])
    #expect(machine.handle(.synchronized(memory.tree), at: now).wakes == [now + 60])
    return machine
  }

  private func failure(_ kind: GitFailure.Kind) -> GitFailure {
    GitFailure(kind: kind, operation: "push", message: "…")
  }

  @Test func `nothing is done before it begins`() throws {
    var machine = machine()
    #expect(
      machine.handle(.desired(try Fixtures.desired()), at: now) == [
        .report([Fixtures.id(1): PlacementNews(standing: .pending)])
      ])
    #expect(machine.handle(.refresh, at: now) == [])
    #expect(machine.handle(.alarm, at: now) == [])
    #expect(machine.handle(.begin, at: now) == [.synchronize])
  }

  @Test func `it looks, commits, pushes upon what it saw, and looks again before it says written`() throws {
    let desired = try Fixtures.desired()
    var machine = machine()
    var memory = Memory()
    _ = machine.handle(.desired(desired), at: now)
    _ = machine.handle(.begin, at: now)
    let changes = memory.plan([desired], at: now).changes
    #expect(machine.handle(.synchronized(memory.tree), at: now) == [.commit(changes, onto: "0")])
    #expect(machine.handle(.committed("1"), at: now) == [.push("1", onto: "0")])
    #expect(machine.handle(.pushed, at: now) == [.synchronize])
    memory.apply(changes)
    memory.head = "1"
    let actions = machine.handle(.synchronized(memory.tree), at: now)
    var health = RepositoryHealth()
    health.head = "1"
    #expect(
      actions == [
        .report([desired.placement: PlacementNews(standing: .written, head: health.head)]), .health(health),
        .wake(at: now + 60),
      ])
  }

  @Test func `an older state, and the same one again, change nothing`() throws {
    var machine = try settled(try Fixtures.desired(revision: 5))
    #expect(machine.handle(.desired(try Fixtures.desired(revision: 4)), at: now) == [])
    #expect(machine.handle(.desired(try Fixtures.desired(revision: 5)), at: now) == [])
    #expect(machine.handle(.desired(try Fixtures.desired(revision: 6)), at: now).contains(.synchronize))
  }

  @Test func `leave to remove a Namespace counts without a new revision`() throws {
    var machine = try settled(
      try Fixtures.desired(revision: 2, phase: .removed, notBefore: now, mayRemoveNamespace: false))
    let free = try Fixtures.desired(revision: 2, phase: .removed, notBefore: now)
    #expect(machine.handle(.desired(free), at: now).contains(.synchronize))
  }

  @Test func `an earlier attempt at the same state comes too late, whatever it may do`() throws {
    let hold = try Fixtures.desired(revision: 2, phase: .removed, attempt: 5)
    var machine = machine()
    var memory = Memory()
    memory.settle(try Fixtures.desired(), at: now)
    _ = machine.handle(.desired(hold), at: now)
    _ = machine.handle(.begin, at: now)
    #expect(machine.handle(.synchronized(memory.tree), at: now).wakes == [now + 60])
    let late = try Fixtures.desired(revision: 2, phase: .removed, notBefore: now, attempt: 4)
    #expect(machine.handle(.desired(late), at: now) == [])
    #expect(machine.handle(.refresh, at: now) == [.synchronize])
    #expect(machine.handle(.synchronized(memory.tree), at: now).commits.isEmpty)
    // The same attempt may be let through later, and the next one counts.
    for attempt in [5, 6] {
      let word = try Fixtures.desired(
        revision: 2, phase: .removed, notBefore: now + TimeInterval(attempt), attempt: attempt)
      #expect(machine.handle(.desired(word), at: now).contains(.synchronize), "attempt \(attempt)")
      _ = machine.handle(.synchronized(memory.tree), at: now)
    }
    let newer = try Fixtures.desired(revision: 3, attempt: 1)
    #expect(
      machine.handle(.desired(newer), at: now).contains(.synchronize), "attempts order the words of one version only")
  }

  @Test func `the attempts at a placement that was forgotten are counted anew, and its folder is unknown`() throws {
    var memory = Memory()
    memory.settle(try Fixtures.desired(), at: now)
    let removed = try Fixtures.desired(revision: 2, phase: .removed, notBefore: now, attempt: 7)
    var machine = machine()
    _ = machine.handle(.desired(removed), at: now)
    _ = machine.handle(.begin, at: now)
    _ = machine.handle(.synchronized(Memory().tree), at: now)
    #expect(machine.handle(.forgotten(removed.placement), at: now) == [])
    _ = machine.handle(.refresh, at: now)
    let actions = machine.handle(.synchronized(memory.tree), at: now)
    #expect(actions.commits.isEmpty)
    #expect(actions.healths.last?.unknownFolders == ["regie/idf-usuel-1/\(removed.id)"])
    let again = try Fixtures.desired(revision: 2, phase: .removed, notBefore: now, attempt: 1)
    let news = [again.placement: PlacementNews(standing: .pending, attempt: 1)]
    #expect(machine.handle(.desired(again), at: now) == [.report(news), .synchronize])
  }

  @Test func `a removal that is forgotten while it is being committed is not pushed`() throws {
    var memory = Memory()
    memory.settle(try Fixtures.desired(), at: now)
    let removed = try Fixtures.desired(revision: 2, phase: .removed, notBefore: now)
    var machine = machine()
    _ = machine.handle(.desired(removed), at: now)
    _ = machine.handle(.begin, at: now)
    #expect(machine.handle(.synchronized(memory.tree), at: now).commits.count == 1)
    _ = machine.handle(.forgotten(removed.placement), at: now)
    #expect(machine.handle(.committed("1"), at: now) == [.synchronize])
  }

  @Test func `a lost race is run again at once, and with pauses after some`() throws {
    var machine = machine()
    _ = machine.handle(.desired(try Fixtures.desired()), at: now)
    _ = machine.handle(.begin, at: now)
    for round in 1...RepositoryMachine.raceLimit + 3 {
      _ = machine.handle(.synchronized(Memory().tree), at: now)
      _ = machine.handle(.committed("1"), at: now)
      let actions = machine.handle(.failed(failure(.raced)), at: now)
      if round <= RepositoryMachine.raceLimit {
        #expect(actions == [.synchronize], "round \(round)")
      } else {
        let pause = TimeInterval(1 << (round - RepositoryMachine.raceLimit - 1))
        #expect(actions.wakes == [now + pause], "round \(round)")
        #expect(machine.handle(.alarm, at: now + pause) == [.synchronize])
      }
    }
  }

  @Test func `a damaged clone is thrown away once, then there is a pause before the next try`() throws {
    var machine = machine()
    _ = machine.handle(.begin, at: now)
    for _ in 0..<3 {
      #expect(machine.handle(.failed(failure(.corrupted)), at: now) == [.discard])
      #expect(machine.handle(.discarded, at: now) == [.synchronize])
      let wake = try #require(machine.handle(.failed(failure(.corrupted)), at: now).wakes.first)
      #expect(wake > now)
      #expect(machine.handle(.alarm, at: wake) == [.synchronize])
    }
  }

  @Test(arguments: GitFailure.Kind.allCases.filter { ![.raced, .corrupted].contains($0) })
  func `a failure is told, waited out longer each time up to a bound, and forgotten when it is over`(
    kind: GitFailure.Kind
  ) throws {
    var machine = machine()
    _ = machine.handle(.begin, at: now)
    var waits: [TimeInterval] = []
    for round in 0..<12 {
      let actions = machine.handle(.failed(failure(kind)), at: now)
      #expect(actions.healths.map(\.fault?.kind) == (round == 0 ? [kind] : []), "told once")
      let wake = try #require(actions.wakes.first)
      waits.append(wake.timeIntervalSince(now))
      #expect(machine.handle(.alarm, at: wake - 0.5) == [.wake(at: wake)], "too early")
      #expect(machine.handle(.alarm, at: wake) == [.synchronize])
    }
    #expect(waits == waits.sorted() && waits.last == (kind.isPermanent ? 600 : 300))
    #expect(waits.first == (kind.isPermanent ? 15 : 1))
    let over = machine.handle(.synchronized(Memory().tree), at: now)
    #expect(over.healths.map(\.fault) == [nil])
  }

  @Test func `a refresh and a clock that was put back end a pause`() throws {
    for event in [(RepositoryMachine.Event.refresh, now), (.alarm, now - 1)] {
      var machine = machine()
      _ = machine.handle(.begin, at: now)
      _ = machine.handle(.failed(failure(.notFound)), at: now)
      #expect(machine.handle(event.0, at: event.1) == [.synchronize])
    }
  }

  @Test func `a clock that was put back ends the wait for the next look`() throws {
    let desired = try Fixtures.desired()
    var memory = Memory()
    memory.settle(desired, at: now)
    var machine = try settled(desired)
    #expect(machine.handle(.alarm, at: now) == [.wake(at: now + 60)])
    let before = now - 86_400
    #expect(machine.handle(.alarm, at: before) == [.synchronize])
    #expect(machine.handle(.synchronized(memory.tree), at: before).wakes == [before + 60], "by the clock as it is now")
  }

  @Test func `a branch that changes while it is looked at is looked at again`() throws {
    var machine = machine()
    _ = machine.handle(.begin, at: now)
    #expect(machine.handle(.refresh, at: now) == [])
    #expect(machine.handle(.synchronized(Memory().tree), at: now).contains(.synchronize))
    #expect(machine.handle(.synchronized(Memory().tree), at: now).wakes == [now + 60])
  }

  @Test func `the branch is looked at when the time comes that a removal waits for`() throws {
    var machine = machine()
    let removed = try Fixtures.desired(revision: 2, phase: .removed, notBefore: now + 20)
    var memory = Memory()
    memory.settle(try Fixtures.desired(), at: now)
    _ = machine.handle(.desired(removed), at: now)
    _ = machine.handle(.begin, at: now)
    let actions = machine.handle(.synchronized(memory.tree), at: now)
    #expect(actions.wakes == [now + 20])
    #expect(machine.handle(.alarm, at: now + 19) == [.wake(at: now + 20)])
    #expect(machine.handle(.alarm, at: now + 20) == [.synchronize])
  }

  @Test func `many placements go in batches, one push after the other`() throws {
    var machine = machine()
    let count = RepositoryMachine.batchLimit * 2 + 10
    let desired = try (1...count).map { try Fixtures.desired($0) }
    for placement in desired { _ = machine.handle(.desired(placement), at: now) }
    _ = machine.handle(.begin, at: now)
    var memory = Memory()
    var sizes: [Int] = []
    while true {
      let actions = machine.handle(.synchronized(memory.tree), at: now)
      guard let changes = actions.commits.first else { break }
      sizes.append(changes.count)
      memory.apply(changes)
      _ = machine.handle(.committed("1"), at: now)
      #expect(machine.handle(.pushed, at: now) == [.synchronize])
    }
    #expect(sizes == [RepositoryMachine.batchLimit, RepositoryMachine.batchLimit, 10])
  }

  @Test func `a server that takes commits and does not show them is not sent them on and on`() throws {
    var machine = machine()
    _ = machine.handle(.desired(try Fixtures.desired()), at: now)
    _ = machine.handle(.begin, at: now)
    _ = machine.handle(.synchronized(Memory().tree), at: now)
    _ = machine.handle(.committed("1"), at: now)
    _ = machine.handle(.pushed, at: now)
    let actions = machine.handle(.synchronized(Memory().tree), at: now)
    #expect(actions.commits.isEmpty)
    #expect(actions.healths.map(\.fault?.kind) == [.other])
    #expect(actions.wakes.count == 1)
  }

  @Test func `a removal that is called back while it is being committed is not pushed`() throws {
    var memory = Memory()
    memory.settle(try Fixtures.desired(), at: now)
    for (back, actions) in [(true, [RepositoryMachine.Action.synchronize]), (false, [.push("1", onto: "0")])] {
      var machine = machine()
      _ = machine.handle(.desired(try Fixtures.desired(revision: 2, phase: .removed, notBefore: now)), at: now)
      _ = machine.handle(.begin, at: now)
      #expect(machine.handle(.synchronized(memory.tree), at: now).commits.first?.map(\.step) == [.empty])
      _ = machine.handle(.desired(try Fixtures.desired(back ? 1 : 2, revision: 3)), at: now)
      #expect(machine.handle(.committed("1"), at: now) == actions)
    }
  }

  @Test func `answers that nobody waits for change nothing`() throws {
    var machine = try settled(try Fixtures.desired())
    for event: RepositoryMachine.Event in [
      .begin, .synchronized(Memory().tree), .discarded, .committed("1"), .pushed, .failed(failure(.other)),
    ] {
      #expect(machine.handle(event, at: now) == [])
    }
  }

  @Test func `lists of foreign paths and unknown folders are cut, and say so`() throws {
    var memory = Memory()
    for number in 1...RepositoryHealth.longestList + 5 {
      memory.files["regie/x\(number)"] = []
      memory.settle(try Fixtures.desired(number), at: now)
    }
    var machine = machine()
    _ = machine.handle(.begin, at: now)
    let health = try #require(machine.handle(.synchronized(memory.tree), at: now).healths.first)
    #expect(health.foreign.count == RepositoryHealth.longestList && health.foreignOmitted == 5)
    #expect(health.unknownFolders.count == RepositoryHealth.longestList && health.unknownOmitted == 5)
  }
}

extension [RepositoryMachine.Action] {
  var wakes: [Date] { compactMap { if case .wake(let moment) = $0 { moment } else { nil } } }
  var healths: [RepositoryHealth] { compactMap { if case .health(let health) = $0 { health } else { nil } } }
  var commits: [[FolderChange]] { compactMap { if case .commit(let changes, _) = $0 { changes } else { nil } } }
}
