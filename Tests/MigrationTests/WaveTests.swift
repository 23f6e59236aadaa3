import Foundation
import Migration
import Model
import Testing

@Suite("Waves")
struct WaveTests {
  static func day(_ offset: Int) -> CalendarDay { MoveWorld.day.adding(days: offset) }

  @Test("have one production replica of a project at a time, unless nothing lives there any more")
  func production() throws {
    var world = MoveWorld(["a": 100, "b": 100])
    world.project("shop", ["one": "prod 1 a", "two": "prod 1 a", "three": "prod 1 a"])
    world.project("other", ["prod": "prod 1 a"])
    #expect(try world.plan().waves.map(\.moves.count) == [2, 1, 1])
    world.limits.productionPerProject = 2
    #expect(try world.plan().waves.map(\.moves.count) == [3, 1])
    world.limits.productionPerProject = 1
    world.motive = .disaster
    #expect(try world.plan().waves.map(\.moves.count) == [4])
  }

  @Test("rehearse: production follows the other environments, where that is wanted")
  func rehearsing() throws {
    var world = MoveWorld(["a": 100, "b": 100])
    world.project("shop", ["prod": "prod 1 a", "dev": "dev 1 a"])
    #expect(try world.plan().course == ["shop/dev a→b @1", "shop/prod a→b @2"])
    world.limits.rehearses = false
    #expect(try world.plan().course == ["shop/dev a→b @1", "shop/prod a→b @1"])
  }

  @Test("have no more of an operator than it can do, as source and as target, and of a day")
  func limits() throws {
    var world = MoveWorld(["a": 100, "b": 100, "c": 100])
    for number in 1...6 { world.project("p\(number)", ["dev": "dev \(number) a"]) }
    world.limits.inFlightPerOperator = 2
    #expect(try world.plan().waves.map(\.moves.count) == [2, 2, 2])
    world.limits.inFlightPerOperator = nil
    world.limits.perDay = 4
    #expect(try world.plan().waves.map(\.moves.count) == [4, 2])
    world.limits.inFlightPerOperator = 3
    world.limits.wavesPerDay = 2
    #expect(try world.plan().waves.map(\.day) == [0, 0, 1])
    // Source and target of one operator count once.
    world.operators = [world.operators[0]]
    for name in ["r-a", "r-b", "r-c"] { world.region(name) { $0.operator = "o-a" } }
    #expect(try world.plan().waves.map(\.moves.count) == [3, 1, 2])
  }

  /// One move at a time, `base` before `middle` before `top`.
  private func oneByOne(_ world: inout MoveWorld) {
    func reference(_ project: String) -> EnvironmentReference { .init(project: project, environment: "prod") }
    world.limits.dependencies = [
      .init(first: reference("middle"), then: reference("top")),
      .init(first: reference("base"), then: reference("middle")),
    ]
    world.limits.inFlightPerOperator = 1
  }

  @Test("follow dependencies, of other projects, too; what is long goes first")
  func dependencies() throws {
    var world = MoveWorld(["a": 100, "b": 100])
    world.project("base", ["prod": "prod 1 a"])
    world.project("middle", ["prod": "prod 1 a"])
    world.project("other", ["dev": "dev 1 a"])
    world.project("top", ["prod": "prod 1 a"])
    oneByOne(&world)
    #expect(
      try world.plan().course == [
        "base/prod a→b @1", "middle/prod a→b @2", "other/dev a→b @3", "top/prod a→b @4",
      ])
  }

  @Test("begin with what others wait for the longest, whatever its name")
  func longest() throws {
    var world = MoveWorld(["a": 100, "b": 100])
    for name in ["alone", "base", "middle", "top"] { world.project(name, ["prod": "prod 1 a"]) }
    oneByOne(&world)
    #expect(
      try world.plan().course == [
        "base/prod a→b @1", "middle/prod a→b @2", "alone/prod a→b @3", "top/prod a→b @4",
      ])
  }

  @Test("hold no more than each of their stages may have, in whatever order they are carried out")
  func stages() throws {
    var world = MoveWorld(["a": 100, "b": 10])
    world.policy.capacity = [.init(id: "dev", stages: ["dev"], overcommit: Quantity(2))]
    world.limits.rehearses = false
    world.project("one", ["aprod": "prod 9 a", "dev": "dev 9 a"])
    #expect(try world.plan().course == ["one/aprod a→b @1", "one/dev a→b @2"])
  }

  @Test("wait for the room that others leave, until their sources are removed")
  func chained() throws {
    var world = MoveWorld(["a": 8, "b": 8, "c": 8])
    world.project("one", ["dev": "dev 8 a"])
    world.project("two", ["dev": "dev 8 b"])
    world.scope = .selection([MoveWorld.id(1), MoveWorld.id(2)])
    world.cluster("c") { $0.stages = ["prod", "dev"] }
    world.policy.rules = [
      .init(
        id: "not-there", motive: LocalizedText(fr: "motif"), subject: .init(matchLabels: ["project.name": "one"]),
        effect: .forbid, places: .init(matchLabels: ["cluster.name": "c"]))
    ]
    #expect(try world.plan().course == ["two/dev b→c @1", "one/dev a→b @2"])
    world.limits.retentionDays = 3
    let plan = try world.plan()
    #expect(plan.waves.map(\.day) == [0, 3])
    world.limits.days = [0, 1, 2, 7, 9].map { Self.day($0) }
    #expect(try world.plan().waves.map(\.date) == [Self.day(0), Self.day(7)])
  }

  @Test("are on the days that there are, and what they do not reach is told")
  func days() throws {
    var world = MoveWorld(["a": 100, "b": 100])
    for number in 1...5 { world.project("p\(number)", ["dev": "dev 1 a"]) }
    world.limits.perDay = 2
    world.limits.days = [Self.day(1), Self.day(4)]
    let plan = try world.plan()
    #expect(plan.waves.map(\.date) == [Self.day(1), Self.day(4)])
    #expect(plan.held == ["p5/dev days"])
  }

  @Test(
    "leave alone what a blackout means",
    arguments: [
      Blackout.Reach.everything, .operator("o-b"), .region("r-a"), .cluster("b"), .project("shop"),
    ])
  func blackouts(reach: Blackout.Reach) throws {
    var world = MoveWorld(["a": 100, "b": 100])
    world.project("shop", ["dev": "dev 1 a"])
    world.limits.days = (0...3).map { Self.day($0) }
    world.limits.blackouts = [Blackout(from: Self.day(0), until: Self.day(1), reach: reach)]
    #expect(try world.plan().waves.map(\.date) == [Self.day(2)])
    world.limits.blackouts[0].until = Self.day(9)
    #expect(try world.plan().held == ["shop/dev days"])
  }
}
