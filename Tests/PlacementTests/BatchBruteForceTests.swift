import Model
import Placement
import Testing

/// Small batches against all there is to try. A failure names its seed.
@Suite struct BatchBruteForceTests {
  /// Every way of giving each project a set of clusters and a chain that delivers to all of them, or none.
  struct Everything {
    let cores: [Int64]
    /// By cluster, the chains that deliver to it.
    var delivering: [Set<Int>]
    /// By chain, the points of the rules that prefer it.
    var points: [Int64] = [0, 0]
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
        let chains = members.reduce(Set(points.indices)) { $0.intersection(delivering[$1]) }
        guard let liked = chains.map({ points[$0] }).max() else { continue }
        var (used, value) = (used, value)
        value.placed += 1
        value.preference += 200 * liked
        for member in members {
          used[member] += project.cpu
          // A wish is worth 100 a point, weighed twice.
          value.preference += 200 * (project.likes[member] ?? 0)
        }
        descend(index + 1, used, value, &best)
      }
    }
  }

  static func make(_ seed: UInt64, chained: Bool = false) -> (BatchWorld, Everything) {
    var numbers = SeededGenerator(seed)
    let cores = (0..<numbers.pick([1, 2, 3, 4])).map { _ in Int64.random(in: 5...14, using: &numbers) }
    var batch = BatchWorld.clusters(cores)
    var everything = Everything(cores: cores, delivering: cores.map { _ in [0, 1] })
    if chained { chain(&batch, &everything, seed) }
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

  /// Has clusters in zones of one chain, of the other one, or of any, and rules that prefer and avoid chains.
  private static func chain(_ batch: inout BatchWorld, _ everything: inout Everything, _ seed: UInt64) {
    var numbers = SeededGenerator(seed &+ 977)
    batch.world.zone("ara-usuel") { $0.chain = "common" }
    batch.world.zones += [
      Resource("ara-any", ZoneSpec(region: "ara", sensitivity: .usuel, slug: "araa")),
      Resource("ara-sealed", ZoneSpec(region: "ara", sensitivity: .usuel, slug: "aras", chain: "sealed")),
    ]
    for index in everything.cores.indices {
      let (zone, chains) = numbers.pick([("ara-usuel", [0]), ("ara-sealed", [1]), ("ara-any", [0, 1])])
      batch.world.clusters[index].spec.zone = zone
      everything.delivering[index] = Set(chains)
    }
    for (index, name) in ["common", "sealed"].enumerated() where numbers.chance(70) {
      let points = numbers.pick([-4, 2, 3, 10])
      everything.points[index] = Int64(points)
      batch.world.policy.rules.append(
        World.rule("likes-\(name)", .prefer, chains: .in("chain.name", name), weight: points))
    }
  }

  @Test("where rules prefer chains, the answer is the best there is as well, and no bound is below it")
  func chains() {
    var mattered = 0
    for seed: UInt64 in 1...80 {
      var (batch, everything) = Self.make(seed, chained: true)
      let (answer, best) = (batch.place(), everything.best)
      #expect(answer.value == best, "seed \(seed)")
      #expect(answer.outcome == .optimal && answer.provenLevels == 3, "seed \(seed)")
      batch.nodeBudget = 12
      let few = batch.place()
      #expect(best.placed <= few.bound.placed, "seed \(seed)")
      if few.value.placed == best.placed { #expect(best.preference <= few.bound.preference, "seed \(seed)") }
      if few.provenLevels >= 2 { #expect(few.value.preference == best.preference, "seed \(seed)") }
      everything.points = [0, 0]
      mattered += everything.best.preference == best.preference ? 0 : 1
    }
    #expect(mattered > 20, "\(mattered)")
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
