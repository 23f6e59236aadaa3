import Model
import Placement
import Testing

/// Small batches against all there is to try. A failure names its seed.
@Suite struct BatchBruteForceTests {
  /// Every way of giving each project a set of clusters, or none.
  struct Everything {
    let cores: [Int64]
    var projects: [(cpu: Int64, replicas: Int, likes: [Int: Int64])] = []

    var best: BatchObjective {
      var best = BatchObjective(placed: 0, preference: 0, fullest: 0)
      descend(0, Array(repeating: 0, count: cores.count), BatchObjective(placed: 0, preference: 0, fullest: 0), &best)
      return best
    }

    private func descend(_ index: Int, _ used: [Int64], _ value: BatchObjective, _ best: inout BatchObjective) {
      guard index < projects.count else {
        var value = value
        value.fullest = used.indices.map { (used[$0] * 1000 + cores[$0] - 1) / cores[$0] }.max() ?? 0
        if value.isBetter(than: best) { best = value }
        return
      }
      descend(index + 1, used, value, &best)
      let project = projects[index]
      for set in 0..<(1 << cores.count) where set.nonzeroBitCount == project.replicas {
        let members = cores.indices.filter { set >> $0 & 1 == 1 }
        guard members.allSatisfy({ used[$0] + project.cpu <= cores[$0] }) else { continue }
        var (used, value) = (used, value)
        value.placed += 1
        for member in members {
          used[member] += project.cpu
          // A wish is worth 100 a point, weighed twice.
          value.preference += 200 * (project.likes[member] ?? 0)
        }
        descend(index + 1, used, value, &best)
      }
    }
  }

  static func make(_ seed: UInt64) -> (BatchWorld, Everything) {
    var numbers = SeededGenerator(seed)
    let cores = (0..<numbers.pick([1, 2, 3, 4])).map { _ in Int64.random(in: 5...14, using: &numbers) }
    var batch = BatchWorld.clusters(cores)
    var everything = Everything(cores: cores)
    for index in 0..<numbers.pick([1, 2, 3, 4, 5]) {
      let cpu = Int64.random(in: 2...9, using: &numbers)
      let replicas = numbers.chance(25) ? min(2, cores.count) : 1
      var likes: [Int: Int64] = [:]
      if numbers.chance(50) { likes[Int.random(in: cores.indices, using: &numbers)] = numbers.pick([-3, 2, 7]) }
      everything.projects.append((cpu, replicas, likes))
      var spec = batch.world.project.spec
      spec.environments = [World.environment("main", "prod", cpu: cpu, replicas: replicas)]
      spec.preferences.weighted = likes.map { .init(weight: Int($0.value), target: .in("cluster.name", "c\($0.key)")) }
      batch.add(Resource("p\(index)", spec))
    }
    return (batch, everything)
  }

  @Test("with enough nodes the answer is the best there is, and is said to be")
  func againstEverything() {
    var gained = 0
    for seed: UInt64 in 1...100 {
      let (batch, everything) = Self.make(seed)
      let answer = batch.place()
      #expect(answer.value == everything.best, "seed \(seed)")
      #expect(answer.outcome == .optimal && answer.provenLevels == 3, "seed \(seed)")
      if answer.value.isBetter(than: answer.oneByOne) { gained += 1 }
    }
    #expect(gained > 15)
  }

  @Test("with few nodes the best there is lies between the answer and its bound")
  func withFewNodes() {
    for seed: UInt64 in 1...100 {
      var (batch, everything) = Self.make(seed)
      batch.nodeBudget = 12
      let answer = batch.place()
      let best = everything.best
      #expect(!answer.value.isBetter(than: best), "seed \(seed)")
      #expect(best.placed <= answer.bound.placed, "seed \(seed)")
      if answer.outcome == .optimal { #expect(answer.value == best, "seed \(seed)") }
      if answer.provenLevels >= 1 { #expect(answer.value.placed == best.placed, "seed \(seed)") }
      if answer.provenLevels >= 2 { #expect(answer.value.preference == best.preference, "seed \(seed)") }
    }
  }

  @Test("all or nothing ends as trying everything does")
  func allOrNothing() {
    for seed: UInt64 in 101...160 {
      var (batch, everything) = Self.make(seed)
      batch.allOrNothing = true
      let answer = batch.place()
      let isPossible = everything.best.placed == batch.projects.count
      #expect(answer.outcome == (isPossible ? .optimal : .unplaceable), "seed \(seed)")
      #expect(answer.placed.count == (isPossible ? batch.projects.count : 0), "seed \(seed)")
      if isPossible { #expect(answer.value == everything.best, "seed \(seed)") }
    }
  }
}
