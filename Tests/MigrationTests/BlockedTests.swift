import Foundation
import Migration
import Model
import Placement
import Testing

@Suite("What can not be moved")
struct BlockedTests {
  @Test("says what refuses it, and what would have to change")
  func refused() throws {
    var world = MoveWorld(["a": 100, "b": 100])
    world.region("r-a") { $0.qualifications = [.init(name: "SecNumCloud")] }
    world.project("shop", ["dev": "dev 4 a"]) { $0.dataClasses = ["sensitive"] }
    let blocked = try #require(try world.plan().blocked.first)
    #expect(blocked.cause == .refused && blocked.cluster == "a" && blocked.mayStay)
    #expect(blocked.lost.map(\.code) == [.qualificationMissing, .clusterDraining])
    #expect(blocked.reasons.contains { $0.code == .noCandidate })
    #expect(blocked.reasons.contains { !$0.remedy.fr.isEmpty })
  }

  @Test("says that a qualification is declared, where somebody only has to acknowledge it")
  func unacknowledged() throws {
    var world = MoveWorld(["a": 100, "b": 100])
    world.region("r-a") { $0.qualifications = [.init(name: "SecNumCloud")] }
    world.project("shop", ["dev": "dev 4 a"]) { $0.dataClasses = ["sensitive"] }
    var inputs = world.inputs
    inputs.offer = Offer(
      operators: world.operators, regions: world.regions, zones: world.zones, clusters: world.clusters,
      chains: world.chains, unacknowledged: [.init(region: "r-b", name: "SecNumCloud")])
    let blocked = try #require(try inputs.plan().blocked.first)
    let missing = try #require(blocked.reasons.first { $0.code == .qualificationMissing })
    #expect(blocked.cause == .refused && missing.parameters["declared"] == "unacknowledged")
    #expect(missing.remedy.fr == "Un membre du comité doit reconnaître la qualification SecNumCloud.")
  }

  @Test("says what it is short of after all that is moved")
  func crowded() throws {
    var world = MoveWorld(["a": 100, "b": 10])
    for name in ["one", "two", "three"] { world.project(name, ["dev": "dev 4 a"]) }
    let plan = try world.plan()
    #expect(plan.moves.count == 2 && plan.blocked.count == 1)
    let blocked = try #require(plan.blocked.first)
    #expect(blocked.cause == .crowded)
    let short = try #require(blocked.reasons.first { $0.code == .capacityShort })
    #expect(short.parameters["short"] == "2" && short.parameters["cluster"] == "b")
  }

  @Test("is little where the plan can choose: what moves is the most")
  func most() throws {
    var world = MoveWorld(["a": 100, "b": 10])
    world.project("large", ["dev": "dev 10 a"])
    for name in ["one", "two", "three"] { world.project(name, ["dev": "dev 3 a"]) }
    let plan = try world.plan()
    #expect(plan.moves.map(\.project) == ["one", "three", "two"] && plan.held == ["large/dev crowded"])
  }

  @Test("is what nobody can ever hold, what is not asked for any more, and what hangs on those")
  func others() throws {
    var world = MoveWorld(["a": 100, "b": 10])
    world.project("huge", ["dev": "dev 20 a", "prod": "prod 1 a"])
    world.project("old", ["dev": "dev 1 a", "less": "dev 1 a a"])
    world.projects[1].project.spec.environments.removeFirst()
    world.projects[1].project.spec.environments[0].replicas = 1
    world.limits.dependencies = [
      .init(
        first: .init(project: "huge", environment: "dev"), then: .init(project: "huge", environment: "prod"))
    ]
    let plan = try world.plan()
    #expect(plan.held == ["huge/dev refused", "huge/prod dependency", "old/dev notAsked", "old/less notAsked"])
    #expect(plan.course == ["old/less a→b @1"])
    #expect(plan.blocked[0].reasons.contains { $0.code == .capacityNeverFits })
  }

  @Test("is nothing for having more than a contract allows that was lowered: a move is no occasion to grow")
  func contract() throws {
    var world = MoveWorld(["a": 100, "b": 100])
    world.policy.limits = [
      .init(subject: .init(), production: ResourceList(cpu: Quantity(3)))
    ]
    world.project("shop", ["dev": "dev 1 a", "prod": "prod 4 a"])
    let plan = try world.plan()
    #expect(Set(plan.moves.map(\.environment)) == ["dev", "prod"] && plan.blocked.isEmpty)
  }

  @Test("is told what really refuses it where a contract was lowered under it")
  func lowered() throws {
    var world = MoveWorld(["a": 100, "b": 2])
    world.policy.limits = [.init(subject: .init(), production: ResourceList(cpu: Quantity(3)))]
    world.project("shop", ["prod": "prod 4 a"])
    let blocked = try #require(try world.plan().blocked.first)
    #expect(blocked.cause == .refused && !blocked.reasons.contains { $0.code == .contractLimit })
    #expect(blocked.reasons.contains { $0.code == .capacityNeverFits })
  }

  @Test("is what was on a cluster that is not on offer any more, unless it has a place")
  func gone() throws {
    var world = MoveWorld(["a": 100, "b": 100])
    world.project("shop", ["dev": "dev 1 lost", "prod": "prod 1 b"])
    world.scope = .project("shop")
    let plan = try world.plan()
    #expect(plan.moves.map(\.from) == ["lost", "b"])
  }

  @Test("is what swaps full clusters: neither can go first")
  func swap() throws {
    var world = MoveWorld(["a": 8, "b": 8])
    world.project("one", ["dev": "dev 8 a"])
    world.project("two", ["dev": "dev 8 b"])
    world.scope = .selection([MoveWorld.id(1), MoveWorld.id(2)])
    let plan = try world.plan()
    #expect(plan.course == [] && plan.held == ["one/dev crowded", "two/dev crowded"])
  }

  @Test("is what no plan is made of, where it is meant, and the plan rests on nothing of it")
  func withheld() throws {
    var world = MoveWorld(["a": 100, "b": 100])
    world.project("shop", ["dev": "dev 1 a"])
    func one(_ number: Int, _ environment: String, on cluster: String, _ cause: BlockedMove.Cause) -> WithheldPlacement
    {
      WithheldPlacement(
        id: MoveWorld.id(number), project: "old", environment: environment, replica: 0, cluster: cluster, cause: cause)
    }
    var inputs = world.inputs
    inputs.scope = .clusters(["a"])
    inputs.withheld = [
      one(92, "qa", on: "a", .reserved), one(91, "prod", on: "a", .moving), one(90, "dev", on: "a", .noDocument),
      one(93, "late", on: "b", .moving),
    ]
    let plan = try inputs.plan()
    #expect(plan.course == ["shop/dev a→b @1"])
    #expect(plan.held == ["old/dev noDocument", "old/prod moving", "old/qa reserved"])
    let mayStay = plan.blocked.map(\.mayStay)
    #expect(mayStay == [true, true, true])
    // Its project may have a document by then.
    world.project("old", ["prod": "prod 1 b"])
    inputs.projects = world.projects
    inputs.withheld = []
    #expect(plan.differences(from: inputs).isEmpty)
    inputs = world.inputs
    inputs.withheld = [one(93, "late", on: "b", .moving)]
    for scope in [
      MoveScope.selection([MoveWorld.id(93)]), .environment(project: "old", environment: "late"),
    ] {
      inputs.scope = scope
      #expect(try inputs.plan().held == ["old/late moving"])
    }
    inputs.projects = []
    inputs.scope = .project("old")
    #expect(try inputs.plan().held == ["old/late moving"])
  }

  /// `base/prod` is only reserved: the project asks for it, and no plan moves it.
  private static func reserving(_ world: MoveWorld) -> PlanningInputs {
    var world = world
    world.project("base", ["prod": "prod 1 a"])
    let reserved = world.projects[world.projects.count - 1].replicas[0]
    var inputs = world.inputs
    inputs.projects[inputs.projects.count - 1].replicas = []
    inputs.withheld = [
      WithheldPlacement(
        id: reserved.id, project: "base", environment: "prod", replica: 0, cluster: "a", cause: .reserved)
    ]
    return inputs
  }

  @Test("is what waits for something that no plan moves, and what waits for that")
  func waiting() throws {
    var world = MoveWorld(["a": 100, "b": 100])
    for name in ["middle", "other", "top"] { world.project(name, ["dev": "dev 1 a"]) }
    let (base, middle) = (
      EnvironmentReference(project: "base", environment: "prod"),
      EnvironmentReference(project: "middle", environment: "dev")
    )
    world.limits.dependencies = [
      .init(first: base, then: middle), .init(first: middle, then: .init(project: "top", environment: "dev")),
    ]
    var inputs = Self.reserving(world)
    let plan = try inputs.plan()
    #expect(plan.course == ["other/dev a→b @1"] && !plan.isExhausted)
    #expect(plan.held == ["base/prod reserved", "middle/dev dependency", "top/dev dependency"])
    // What the scope does not mean is waited for by nobody.
    inputs.scope = .project("middle")
    #expect(try inputs.plan().course == ["middle/dev a→b @1"])
  }

  @Test("is nothing that waits for what was moved and verified, however long its source is kept")
  func waitingNoMore() throws {
    var world = MoveWorld(["a": 100, "b": 100])
    world.project("top", ["dev": "dev 1 a"])
    world.limits.dependencies = [
      .init(first: .init(project: "base", environment: "prod"), then: .init(project: "top", environment: "dev"))
    ]
    var inputs = Self.reserving(world)
    inputs.withheld[0].cause = .moving
    #expect(try inputs.plan().held == ["base/prod moving", "top/dev dependency"])
    inputs.withheld[0].hasMoved = true
    let plan = try inputs.plan()
    #expect(plan.course == ["top/dev a→b @1"])
    #expect(plan.held == ["base/prod moving"])
  }

  @Test("is the same where every use of the days is tried")
  func waitingOnDays() throws {
    var world = MoveWorld(["a": 100, "b": 100, "c": 100, "d": 100])
    for (number, source) in ["b", "a", "c", "a"].enumerated() {
      world.project("p\(number + 1)", ["one": "dev 1 \(source)"])
    }
    for (cluster, project) in [("a", "none"), ("b", "p2"), ("c", "p1"), ("d", "p3")] {
      world.cluster(cluster) { ($0.privacy, $0.projects) = (.dedicated, [project]) }
    }
    world.scope = .selection((1...5).map { MoveWorld.id($0) })
    world.limits.days = [WaveTests.day(0)]
    world.limits.inFlightPerOperator = 1
    world.limits.dependencies = [
      .init(first: .init(project: "base", environment: "prod"), then: .init(project: "p4", environment: "one"))
    ]
    let plan = try Self.reserving(world).plan()
    #expect(plan.course == ["p2/one a→b @1", "p3/one c→d @1"])
    #expect(plan.held == ["base/prod reserved", "p1/one days", "p4/one dependency"])
  }

  @Test("is told where the steps run out")
  func exhausted() throws {
    var world = MoveWorld(["a": 100, "b": 100])
    world.limits.searchSteps = 0
    for number in 1...40 { world.project("p\(number)", ["dev": "dev 1 a"]) }
    let plan = try world.plan()
    #expect(plan.isExhausted)
  }
}
