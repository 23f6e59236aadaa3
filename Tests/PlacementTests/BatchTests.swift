import Foundation
import Model
import Placement
import Testing

/// What becomes of batches: traps that one by one falls into, and every way that a project can end.
@Suite struct BatchTests {
  @Test("what prefers the only place of another one gives way")
  func classicTrap() {
    var batch = BatchWorld.clusters(10, 10)
    batch.add("first", cpu: 8, likes: "c0")
    batch.add("second", cpu: 8, only: ["c0"])
    let answer = batch.place()
    #expect(answer.oneByOne.placed == 1)
    #expect(Set(answer.places) == ["first→c1", "second→c0"])
    #expect(answer.value.placed == 2 && answer.provenLevels == 3 && answer.outcome == .optimal)
    #expect(answer["first"]?.isFirstChoice == (answer.placed.first?.project == "second"))
  }

  @Test("many small ones that were spread over two clusters make room for a large one in turn")
  func repair() {
    var batch = BatchWorld.clusters(10, 10, 10)
    for index in 0..<6 { batch.add("small\(index)", cpu: 3) }
    batch.add("large", cpu: 10)
    let answer = batch.place()
    #expect(answer.oneByOne.placed == 6)
    #expect(answer.value.placed == 7 && answer.provenLevels >= 1)
  }

  @Test("a chain of exchanges is found among too many projects to try everything")
  func chainOfExchanges() {
    // Everything is full but the last cluster, and only the last but one project may go there; each one before may have
    // the place of the next.
    var batch = BatchWorld.clusters(Array(repeating: 10, count: 12))
    for index in 0..<11 {
      let (own, next) = ("c\(index)", "c\(index + 1)")
      batch.add("p\(index < 10 ? "0" : "")\(index)", cpu: 10, likes: own, only: [own, next])
    }
    batch.add("x", cpu: 10, likes: "c8", only: ["c8"])
    let answer = batch.place()
    #expect(answer.oneByOne.placed == 11)
    #expect(answer.value.placed == 12)
    #expect(answer.bound.placed == 12)
  }

  @Test("preferences are worth more than an even load, and placing more is worth more than preferences")
  func levels() {
    var batch = BatchWorld.clusters(10, 10)
    batch.add("a", cpu: 4, likes: "c0")
    batch.add("b", cpu: 4, likes: "c0")
    let crowded = batch.place()
    #expect(Set(crowded.places) == ["a→c0", "b→c0"])
    #expect(crowded.value == BatchObjective(placed: 2, preference: 2000, fullest: 800))
    #expect(crowded.outcome == .optimal)
    batch.add("c", cpu: 10)
    let full = batch.place()
    #expect(full.value == BatchObjective(placed: 3, preference: 2000, fullest: 1000))
    batch.add("d", cpu: 3, only: ["c0"])
    let short = batch.place()
    #expect(short.value.placed == 3 && short.value.preference == 2000)
    #expect(short["d"]?.status == .crowdedOut || short["c"]?.status == .crowdedOut)
  }

  @Test("without preferences the load is even")
  func balance() {
    var batch = BatchWorld.clusters(20, 20)
    for (index, cores) in [6, 6, 4, 4, 8, 4].enumerated() { batch.add("p\(index)", cpu: Int64(cores)) }
    let answer = batch.place()
    #expect(answer.value == BatchObjective(placed: 6, preference: 0, fullest: 800))
    #expect(answer.bound == answer.value && answer.outcome == .optimal)
  }

  @Test("a project gets what it prefers if the one that is there minds less")
  func exchange() {
    var batch = BatchWorld.clusters(Array(repeating: 10, count: 10))
    batch.add("calm", cpu: 10, likes: "c0", weight: 1)
    batch.add("keen", cpu: 10, likes: "c0", weight: 10)
    for index in 2..<10 { batch.add("p\(index)", cpu: 10, likes: "c\(index)") }
    let answer = batch.place()
    #expect(answer.places.contains("keen→c0") && answer.places.contains("calm→c1"))
    #expect(answer.value.isBetter(than: answer.oneByOne))
    #expect(answer.value.preference == 2000 + 8 * 1000)
    #expect(answer.bound.preference == 200 + 2000 + 8 * 1000)
    #expect(answer.outcome == .undecided && answer.provenLevels == 1 && !answer.isExhausted)
  }

  @Test("of what fits nowhere beside the others it is said what is short after them")
  func crowdedOut() throws {
    var batch = BatchWorld.clusters(10)
    batch.add("a", cpu: 6)
    batch.add("b", cpu: 6)
    let answer = batch.place()
    #expect(answer.entries.map(\.project) == ["a", "b"])
    let left = try #require(answer["b"])
    #expect(left.status == .crowdedOut && left.plan?.outcome == .unplaceable && !left.isFirstChoice)
    let reasons = try #require(left.plan?.reasons)
    #expect(reasons.map(\.code) == [.capacityShort, .noCandidate])
    #expect(reasons.map { $0.parameters["short"] ?? $0.parameters["mostly"] } == ["2", "CapacityShort"])
    #expect(answer.bound.placed == 1 && answer.provenLevels == 3 && answer.outcome == .optimal)
  }

  @Test("what only goes does not move, and keeps nobody from being placed")
  func going() throws {
    var batch = BatchWorld.clusters(10, 10)
    batch.add("a", cpu: 2)
    batch.projects[0].existing = [
      ExistingPlacement(
        environment: "main", replica: 0, cluster: "c0", stage: "prod", quota: ResourceAmounts(cpu: 2000), isGoing: true)
    ]
    batch.world.cluster("c0") { $0.state = .closed }
    let entry = try #require(batch.place()["a"])
    #expect(entry.status == .placed && entry.plan?.assignments.map(\.cluster) == ["c1"])
    #expect(entry.plan?.assignments.map(\.movedFrom) == [nil])
  }

  @Test("of what fits beside the others in parts, and not as a whole, it is said so")
  func crowdedOutAsAWhole() throws {
    var batch = BatchWorld.clusters(10)
    batch.add("a", cpu: 6)
    var spec = batch.world.project.spec
    spec.environments = [World.environment("one", "prod", cpu: 3), World.environment("two", "prod", cpu: 3)]
    batch.add(Resource("b", spec))
    let left = try #require(batch.place()["b"])
    #expect(left.status == .crowdedOut && left.plan?.reasons.map(\.code) == [.jointCapacityShort])
    #expect(left.plan?.conflict == .alone)
  }

  @Test("what has no place even by itself keeps no other from being placed")
  func unplaceable() {
    var batch = BatchWorld.clusters(10)
    batch.add("a-giant", cpu: 11)
    batch.add("b", cpu: 6)
    let answer = batch.place()
    #expect(answer.places == ["b→c0"])
    #expect(answer["a-giant"]?.status == .unplaceable)
    #expect(answer["a-giant"]?.plan?.reasons.isEmpty == false)
    #expect(answer.bound.placed == 1 && answer.outcome == .optimal)
  }

  @Test("all or nothing places nothing unless all can be placed")
  func allOrNothing() {
    var batch = BatchWorld.clusters(10)
    batch.allOrNothing = true
    batch.add("a", cpu: 6)
    batch.add("b", cpu: 4)
    #expect(batch.place().value.placed == 2)
    batch.add("c", cpu: 1)
    let answer = batch.place()
    #expect(answer.outcome == .unplaceable && answer.placed.isEmpty && answer.value.placed == 0)
    #expect(answer.bound.placed == 2)
    #expect(answer.entries.allSatisfy { $0.status == .withheld && $0.plan?.outcome == .placed })
    batch.add("giant", cpu: 11)
    #expect(batch.place()["giant"]?.status == .unplaceable)
  }

  @Test("that not all can be placed is only said where it is proven")
  func allOrNothingUnproven() {
    // Three projects of 6 and 4 cores for two data centres: sums and sizes alone do not show that this can not be.
    var batch = BatchWorld.clusters(10, 10, 7)
    batch.allOrNothing = true
    for (name, cores) in [("a", 6), ("b", 6), ("c", 5), ("d", 5), ("e", 5)] { batch.add(name, cpu: Int64(cores)) }
    let proven = batch.place()
    #expect(proven.outcome == .unplaceable && proven.bound.placed == 5)
    batch.nodeBudget = 10
    let open = batch.place()
    #expect(open.outcome == .undecided && open.placed.isEmpty && open.isExhausted && open.provenLevels == 0)
  }

  @Test("what is placed stays, unless the batch may move it")
  func moves() {
    var batch = BatchWorld.clusters(10, 10)
    var spec = batch.world.project.spec
    spec.environments = [World.environment("main", "prod", cpu: 8)]
    let held = ResourceAmounts(cpu: 4000, memory: 8 << 30)
    batch.add(
      Resource("grows", spec),
      ExistingPlacement(environment: "main", replica: 0, cluster: "c0", stage: "prod", quota: held))
    batch.world.ledger = Ledger(["c0": .init(committed: ResourceAmounts(cpu: 9000, memory: 8 << 30), version: 3)])
    let stays = batch.place()
    #expect(stays["grows"]?.status == .wouldMove && stays.value.placed == 0)
    #expect(stays["grows"]?.plan?.assignments.first?.movedFrom == "c0")
    batch.mayMove = true
    let moves = batch.place()
    #expect(moves.places == ["grows→c1"] && moves.outcome == .optimal)
    batch.mayMove = false
    batch.world.ledger = Ledger(["c0": .init(committed: held, version: 3)])
    let kept = batch.place()
    #expect(kept.places == ["grows→c0"] && kept["grows"]?.plan?.assignments.first?.kept == true)
    #expect(kept.value.fullest == 800)
  }

  @Test("an evacuation moves everything off a cluster that drains, and says where it does not fit")
  func evacuation() {
    var batch = BatchWorld.clusters(40, 10, 10)
    batch.mayMove = true
    batch.world.cluster("c0") { $0.state = .draining }
    var committed = ResourceAmounts()
    for (name, cores) in [("a", 6), ("b", 6), ("c", 4), ("d", 4), ("e", 2)] {
      var spec = batch.world.project.spec
      spec.environments = [World.environment("main", "prod", cpu: Int64(cores))]
      let held = ResourceAmounts(spec.environments[0].quota)
      committed.cpu += held.cpu
      committed.memory += held.memory
      batch.add(
        Resource(name, spec),
        ExistingPlacement(environment: "main", replica: 0, cluster: "c0", stage: "prod", quota: held))
      batch.projects[batch.projects.count - 1].keepExisting = false
    }
    batch.world.ledger = Ledger(["c0": .init(committed: committed, version: 9)])
    let answer = batch.place()
    #expect(answer.value.placed == 4)
    #expect(
      answer.placed.flatMap { $0.plan?.assignments ?? [] }.allSatisfy { $0.movedFrom == "c0" && $0.cluster != "c0" })
    #expect(answer.entries.last?.status == .crowdedOut)
  }

  @Test("a project whose own search runs out is undecided, and so is the batch")
  func undecidedProject() {
    var batch = BatchWorld.clusters(10, 10)
    var spec = batch.world.project.spec
    spec.environments = [World.environment("main", "prod", cpu: 2, replicas: 2)]
    batch.add(Resource("hard", spec), nodeBudget: 1)
    batch.add("easy", cpu: 2)
    let answer = batch.place()
    #expect(answer.places.count == 1 && answer["hard"]?.status == .undecided)
    #expect(answer["hard"]?.plan?.outcome == .undecided)
    #expect(answer.bound.placed == 2 && answer.provenLevels == 0 && answer.outcome == .undecided)
    batch.allOrNothing = true
    #expect(batch.place()["hard"]?.status == .undecided)
  }

  @Test("of two projects of one name the first one counts")
  func repeatedNames() {
    var batch = BatchWorld.clusters(10)
    batch.add("a", cpu: 2)
    batch.add("a", cpu: 9)
    let answer = batch.place()
    #expect(answer.entries.map(\.status) == [.placed, .repeated])
    #expect(answer.entries[1].plan == nil && answer.entries[1].position == 1)
    #expect(answer.value.fullest == 200)
  }

  @Test("no projects are placed at once")
  func empty() {
    let answer = BatchWorld.clusters(10).place()
    #expect(answer.outcome == .optimal && answer.entries.isEmpty)
    #expect(answer.value == BatchObjective(placed: 0, preference: 0, fullest: 0) && answer.bound == answer.value)
  }

  @Test("a budget that runs out is told, and what was found one by one is kept")
  func exhausted() {
    var batch = BatchWorld.clusters(10, 10)
    batch.add("first", cpu: 8, likes: "c0")
    batch.add("second", cpu: 8, only: ["c0"])
    batch.nodeBudget = 1
    let answer = batch.place()
    #expect(answer.isExhausted && answer.outcome == .undecided && answer.provenLevels == 0)
    #expect(answer.value == answer.oneByOne && answer.value.placed == 1)
    #expect(answer.bound.placed == 2 && answer.nodes > 1)
  }

  @Test("the budget bounds the whole: what is carried through all the same costs a thousand nodes a project, no more")
  func bounded() {
    // Ten replicas of which no cluster holds two, on nine clusters: to see that takes more nodes than anyone has.
    var batch = BatchWorld.clusters(Array(repeating: 10, count: 9))
    var spec = batch.world.project.spec
    spec.environments = (0..<10).map { World.environment("e\($0)", "prod", cpu: 6) }
    for number in 0..<6 { batch.add(Resource("hard\(number)", spec)) }
    batch.add("easy", cpu: 2)
    for budget in [1, 5_000] {
      batch.nodeBudget = budget
      let answer = batch.place()
      #expect(answer["easy"]?.status == .placed && answer["hard0"]?.status == .undecided)
      // Judged alone, one by one, filled up, and written down.
      #expect(answer.nodes <= budget + 4 * 7 * BatchRequest.leastNodes, "\(answer.nodes) nodes of \(budget)")
    }
  }

  @Test("what nothing disturbed is not asked again: one by one costs two questions a project")
  func remembered() {
    var batch = BatchWorld.clusters(10, 10, 10)
    for name in ["a", "b", "c"] { batch.add(name, cpu: 4) }
    let answer = batch.place()
    #expect(answer.outcome == .optimal && answer.placed.allSatisfy(\.isFirstChoice))
    #expect(answer.nodes == answer.placed.reduce(0) { $0 + 2 * ($1.plan?.nodes ?? 0) })
  }

  @Test("stages with other limits are committed in an order that holds")
  func stageLimits() {
    var batch = BatchWorld.clusters(10)
    batch.world.policy.capacity = [.init(id: "double", stages: ["dev"], overcommit: Quantity(2))]
    batch.add("dev", cpu: 12, stage: "dev")
    batch.add("prod", cpu: 8)
    let answer = batch.place()
    #expect(answer.oneByOne.placed == 1)
    #expect(answer.places == ["prod→c0", "dev→c0"])
    #expect(answer.value.fullest == 1000)
  }

  @Test("wherever the search is stopped, nothing is left out that still fits")
  func nothingLeftThatFits() {
    var values: Set<Int> = []
    for budget in 1...80 {
      var batch = BatchWorld.clusters(10)
      batch.nodeBudget = budget
      batch.add("a", cpu: 10)
      for name in ["b", "c", "d", "e"] { batch.add(name, cpu: 2) }
      let answer = batch.place()
      values.insert(answer.value.placed)
      #expect(
        answer.entries.allSatisfy { $0.status == .placed || $0.plan?.outcome == .unplaceable }, "budget \(budget)")
    }
    #expect(values == [1, 4])
  }

  @Test("a project that could stay but for another one would have to move, and is told so")
  func wouldMoveBesideOthers() {
    var batch = BatchWorld.clusters(10, 10)
    batch.add("a", cpu: 6, only: ["c0"])
    var spec = batch.world.project.spec
    spec.environments = [World.environment("main", "prod", cpu: 8)]
    let held = ResourceAmounts(cpu: 4000, memory: 8 << 30)
    batch.add(
      Resource("grows", spec),
      ExistingPlacement(environment: "main", replica: 0, cluster: "c0", stage: "prod", quota: held))
    batch.world.ledger = Ledger(["c0": .init(committed: held, version: 3)])
    batch.nodeBudget = 1
    let stopped = batch.place()
    #expect(stopped.places == ["a→c0"] && stopped["grows"]?.status == .wouldMove)
    #expect(stopped["grows"]?.plan?.assignments.first?.movedFrom == "c0")
    batch.nodeBudget = 100_000
    let searched = batch.place()
    #expect(searched.places == ["grows→c0"] && searched["a"]?.status == .crowdedOut)
    batch.mayMove = true
    #expect(batch.place().value.placed == 2)
  }

  @Test("packed tightly, large projects find room that an even load leaves to none")
  func packing() {
    var batch = BatchWorld.clusters(Array(repeating: 12, count: 6))
    for index in 0..<12 { batch.add("small\(index < 10 ? "0" : "")\(index)", cpu: 3) }
    for index in 0..<3 { batch.add("whole\(index)", cpu: 12) }
    let answer = batch.place()
    #expect(answer.oneByOne.placed == 12)
    #expect(answer.value.placed == 15 && answer.value.fullest == 1000)
    #expect(answer.outcome == .optimal)
  }

  @Test("what grows by nothing takes no room in the bound")
  func boundOfKept() {
    var batch = BatchWorld.clusters(10)
    var spec = batch.world.project.spec
    spec.environments = [World.environment("main", "prod", cpu: 8)]
    let held = ResourceAmounts(spec.environments[0].quota)
    batch.add(
      Resource("kept", spec),
      ExistingPlacement(environment: "main", replica: 0, cluster: "c0", stage: "prod", quota: held))
    batch.world.ledger = Ledger(["c0": .init(committed: held, version: 1)])
    batch.add("new", cpu: 2)
    let answer = batch.place()
    #expect(answer.value.placed == 2 && answer.bound.placed == 2 && answer.value.fullest == 1000)
    #expect(answer.outcome == .optimal)
  }

  @Test("where the order of the commits matters, trying everything in one order proves nothing")
  func unprovenForStages() {
    var batch = BatchWorld.clusters(10)
    batch.world.policy.capacity = [.init(id: "double", stages: ["dev"], overcommit: Quantity(2))]
    batch.add("a", cpu: 12, stage: "dev")
    batch.add("b", cpu: 8)
    batch.add("c", cpu: 3)
    let answer = batch.place()
    #expect(answer.value.placed == 2 && answer.bound.fullest == 550 && answer.value.fullest > 550)
    #expect(answer.outcome == .undecided && answer.provenLevels == 2 && !answer.isExhausted)
  }

  @Test("where clusters alone do not tell a plan, trying sets of them proves nothing")
  func unprovenForEnvironments() {
    var batch = BatchWorld.clusters(20, 10)
    var spec = batch.world.project.spec
    spec.environments = [World.environment("one", "prod", cpu: 8), World.environment("two", "prod", cpu: 6)]
    batch.add(Resource("a", spec))
    let answer = batch.place()
    // 600 could be had, one environment on each cluster; by itself the engine has both on the larger one.
    #expect(answer.value.fullest == 700 && answer.bound.fullest == 467)
    #expect(answer.outcome == .undecided && answer.provenLevels == 2 && !answer.isExhausted)
  }
}
