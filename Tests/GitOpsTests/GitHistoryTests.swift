import Foundation
import Model
import TestSupport
import Testing

@testable import GitOps

/// Random histories with the real `git`: two agents that die and come back, other writers, history rewritten by force.
@Suite(.timeLimit(.minutes(10)), .enabled(if: ChildProcess.locate("git") != nil, "not run: needs git"))
struct GitHistoryTests {
  @Test func `after any history the repository shows the latest states, and foreign files are as they were`()
    async throws
  {
    for _ in 0..<3 {
      let seed = UInt64.random(in: .min ... .max)
      try await Remote.with { remote in
        do {
          try await run(remote, seed: seed)
        } catch {
          Issue.record(error, "seed \(seed)")
        }
      }
    }
  }

  private func run(_ remote: Remote, seed: UInt64) async throws {
    var dice = Dice(seed: seed)
    var latest: [UUID: DesiredPlacement] = [:]
    var theirs = ["README.md": "theirs", "regie/notes.md": "theirs"]
    try await remote.commit(theirs)
    var clock = Fixtures.start
    for life in 0..<4 {
      let states = try Self.states(&latest, at: clock, &dice)
      let interference = Int.random(in: 0..<4, using: &dice)
      let hand = "regie/notes-\(life).md"
      if interference == 0 { theirs[hand] = "theirs" }
      let known = latest
      let moment = clock
      try await Rig.with(remote, clone: "a", at: moment) { left in
        try await Rig.with(remote, clone: "b", at: moment) { right in
          for placement in known.values { await right.writer.take(placement) }
          for state in states { await left.writer.take(state) }
          for placement in known.values { await left.writer.take(placement) }
          try await Self.interfere(interference, remote, hand)
          for rig in [left, right] { await Self.settle(rig, Array(known.keys)) }
        }
      }
      // One more look by one agent alone: whatever came last from outside is put right.
      try await Rig.with(remote, clone: "c\(life)", at: moment + 20_000) { rig in
        for placement in known.values { await rig.writer.take(placement) }
        await Self.settle(rig, Array(known.keys))
      }
      clock += 30_000
      var memory = Memory()
      for placement in latest.values where placement.phase != .removed { memory.settle(placement, at: clock) }
      let wanted = memory.files.merging(theirs.mapValues { Array($0.utf8) }) { first, _ in first }
      let files = try await remote.files()
      #expect(Set(files.keys) == Set(wanted.keys), "seed \(seed), life \(life)")
      #expect(files == wanted, "seed \(seed), life \(life)")
    }
    try await Self.expectTwoSteps(remote, seed)
  }

  /// Next states of some placements.
  private static func states(
    _ latest: inout [UUID: DesiredPlacement], at now: Date, _ dice: inout Dice
  ) throws -> [DesiredPlacement] {
    var states: [DesiredPlacement] = []
    for number in 1...3 where latest[Fixtures.id(number)] == nil || Bool.random(using: &dice) {
      let known = latest[Fixtures.id(number)]
      let isRemoved = known != nil && Int.random(in: 0..<3, using: &dice) == 0
      let state = try Fixtures.desired(
        number, revision: (known?.version.revision ?? 0) + 1, phase: isRemoved ? .removed : .active,
        cpu: Int64.random(in: 1...9, using: &dice), cluster: "c\(number % 2)",
        notBefore: isRemoved ? now + TimeInterval(Int.random(in: 0...5_000, using: &dice)) : nil)
      latest[state.placement] = state
      states.append(state)
    }
    return states
  }

  private static func interfere(_ kind: Int, _ remote: Remote, _ hand: String) async throws {
    // The agents push too: whoever is overtaken tries again.
    for _ in 0..<50 {
      do {
        switch kind {
        case 0: try await remote.commit([hand: "theirs"])
        case 1:
          guard let path = try await remote.paths.first(where: { $0.hasSuffix("/namespace.yaml") }) else { return }
          try await remote.commit([path: nil])
        case 2:
          // Our commits are undone; those of others stay.
          guard let old = try? await remote.git("log", "--author=someone", "-1", "--format=%H", "main") else { return }
          try await remote.git("update-ref", "refs/heads/main", old)
        default: break
        }
        return
      } catch {
        continue
      }
    }
  }

  /// Puts the clock forward until nothing is left to wait for. Somebody may undo a removal's first step, which then begins
  /// anew: what was told last is only believed once it has changed with the clock.
  private static func settle(_ rig: Rig, _ placements: [UUID]) async {
    while true {
      await rig.advance(by: 10_000)
      let news = await rig.waitLooking { news in placements.allSatisfy { isPast(news.standings[$0]) } }
      if placements.allSatisfy({ isAtRest(news.standings[$0]) }) { return }
      await rig.advance(by: 10_000)
      await rig.waitLooking { $0.standings != news.standings }
    }
  }

  private static func isPast(_ standing: PlacementStanding?) -> Bool {
    if case .emptied = standing { return true }
    return isAtRest(standing)
  }

  private static func isAtRest(_ standing: PlacementStanding?) -> Bool { standing == .written || standing == .removed }

  /// No commit of ours takes a Namespace together with anything but what goes with it in the second step.
  private static func expectTwoSteps(_ remote: Remote, _ seed: UInt64) async throws {
    let log = try await remote.git(
      "log", "--author=Régie", "--diff-filter=D", "--name-only",
      "--format=%x00%(trailers:key=Regie-Step,valueonly,separator=)", "main")
    for commit in log.split(separator: "\0") {
      let lines = commit.split(separator: "\n").map(String.init)
      let names = lines.dropFirst().map { $0.split(separator: "/").last ?? "" }
      guard names.contains("namespace.yaml") else { continue }
      #expect(lines.first == "remove", "seed \(seed)")
      let second = ["kustomization.yaml", "namespace.yaml", "placement.json", "resourcequota-regie-quota.yaml"]
      #expect(names.map(String.init).sorted() == second, "seed \(seed)")
    }
  }
}
