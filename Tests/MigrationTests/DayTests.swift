import Foundation
import Migration
import Model
import Testing

@Suite("Days that are few")
struct DayTests {
  private static func day(_ offset: Int) -> CalendarDay { WaveTests.day(offset) }

  /// Projects with one environment each, on `a`.
  private static func world(_ count: Int, cores: Int = 1, stage: String = "dev") -> MoveWorld {
    var world = MoveWorld(["a": 1000, "b": 1000])
    for number in 1...count { world.project("p\(number)", ["one": "\(stage) \(cores) a"]) }
    return world
  }

  @Test("go to what has no other ones")
  func blackout() throws {
    var world = Self.world(2)
    world.limits.days = [Self.day(1), Self.day(2)]
    world.limits.perDay = 1
    world.limits.blackouts = [Blackout(from: Self.day(2), until: Self.day(2), reach: .project("p2"))]
    let plan = try world.plan()
    #expect(plan.course == ["p2/one a→b @1", "p1/one a→b @2"] && plan.held == [] && !plan.isExhausted)
  }

  @Test("have the wave that moves the most, where an operator can not do all of it")
  func inFlight() throws {
    var world = MoveWorld(["a": 100, "b": 100, "c": 100, "d": 100])
    for (number, source) in ["b", "a", "c"].enumerated() { world.project("p\(number + 1)", ["one": "dev 1 \(source)"]) }
    for (cluster, project) in [("a", "none"), ("b", "p2"), ("c", "p1"), ("d", "p3")] {
      world.cluster(cluster) { ($0.privacy, $0.projects) = (.dedicated, [project]) }
    }
    world.scope = .selection((1...3).map { MoveWorld.id($0) })
    world.limits.days = [Self.day(0)]
    world.limits.inFlightPerOperator = 1
    let plan = try world.plan()
    #expect(plan.course == ["p2/one a→b @1", "p3/one c→d @1"] && plan.held == ["p1/one days"] && !plan.isExhausted)
  }

  @Test("go to what has the fewest of them left, in large plans, too")
  func many() throws {
    var world = Self.world(30)
    world.limits.days = (1...30).map { Self.day($0) }
    world.limits.perDay = 1
    // The first has all days, the last one only the first day.
    world.limits.blackouts = (2...30).map {
      Blackout(from: Self.day(32 - $0), until: Self.day(30), reach: .project("p\($0)"))
    }
    let plan = try world.plan()
    #expect(plan.moves.map(\.project) == (1...30).reversed().map { "p\($0)" } && !plan.isExhausted, "\(plan.held)")
  }

  @Test("go to what others wait for, where these have few left")
  func waitedFor() throws {
    var world = Self.world(30)
    world.limits.days = (1...30).map { Self.day($0) }
    world.limits.perDay = 1
    world.limits.blackouts = [Blackout(from: Self.day(3), until: Self.day(30), reach: .project("p30"))]
    // All others are longer chains than the one that is in a hurry.
    func reference(_ number: Int) -> EnvironmentReference { .init(project: "p\(number)", environment: "one") }
    world.limits.dependencies = [.init(first: reference(29), then: reference(30))]
    world.limits.dependencies += (1...27).map { .init(first: reference($0), then: reference($0 + 1)) }
    let plan = try world.plan()
    #expect(plan.moves.count == 30 && plan.moves.prefix(2).map(\.project) == ["p29", "p30"], "\(plan.held)")
  }

  @Test(
    "are not lost by rehearsing: production goes with what rehearses it where there is no other wave",
    arguments: [1, 20])
  func rehearsing(projects: Int) throws {
    var world = MoveWorld(["a": 1000, "b": 1000])
    for number in 1...projects { world.project("p\(number)", ["dev": "dev 1 a", "prod": "prod 1 a"]) }
    world.limits.days = [Self.day(0)]
    let plan = try world.plan()
    #expect(plan.moves.count == 2 * projects && plan.waves.count == 1)
    for limits in [(days: 2, waves: 1), (days: 1, waves: 2)] {
      world.limits.days = (0..<limits.days).map { Self.day($0) }
      world.limits.wavesPerDay = limits.waves
      let plan = try world.plan()
      #expect(plan.moves.filter { $0.wave == 1 }.allSatisfy { $0.stage == "dev" } && plan.waves.count == 2)
    }
  }

  @Test("rehearse as far as the most moves allow")
  func exactRehearsing() throws {
    // What has one day only takes it; the other two are left for the project that rehearses.
    var world = Self.world(1)
    world.project("shop", ["dev": "dev 1 a", "prod": "prod 1 a"])
    world.limits.days = (0...2).map { Self.day($0) }
    world.limits.perDay = 1
    world.limits.blackouts = [0, 2].map { Blackout(from: Self.day($0), until: Self.day($0), reach: .project("p1")) }
    #expect(try world.plan().course == ["shop/dev a→b @1", "p1/one a→b @2", "shop/prod a→b @3"])
  }

  @Test("make a plan that is told to be the most, or that this is not proven")
  func proven() throws {
    var world = MoveWorld(["a": 1000, "b": 10, "c": 10])
    for number in 1...4 { world.project("p\(number)", ["one": "dev 6 a"]) }
    let few = try world.plan()
    #expect(few.moves.count == 2 && !few.isExhausted)
    for number in 5...15 { world.project("p\(number)", ["one": "dev 6 a"]) }
    // By volume there might be three.
    let many = try world.plan()
    #expect(many.moves.count == 2 && many.isExhausted)
    world.cluster("c") { $0.capacity.cpu = Quantity(8) }
    let full = try world.plan()
    #expect(full.moves.count == 2 && full.isExhausted)
    world.cluster("b") { $0.capacity.cpu = Quantity(9) }
    #expect(try !world.plan().isExhausted)
    world.limits.days = [Self.day(0)]
    world.limits.perDay = 1
    let short = try world.plan()
    #expect(short.moves.count == 1 && !short.isExhausted)
  }

  @Test("are used in whole where the room of a source comes back in time only if it goes first")
  func retention() throws {
    var world = MoveWorld(["a": 8, "b": 8, "c": 16])
    world.project("one", ["dev": "dev 8 a"])
    world.project("two", ["dev": "dev 8 b"])
    for (cluster, project) in [("a", "none"), ("b", "one"), ("c", "two")] {
      world.cluster(cluster) { ($0.privacy, $0.projects) = (.dedicated, [project]) }
    }
    world.scope = .selection([MoveWorld.id(1), MoveWorld.id(2)])
    world.limits.days = [0, 2].map { Self.day($0) }
    world.limits.retentionDays = 2
    #expect(try world.plan().course == ["two/dev b→c @1", "one/dev a→b @2"])
    world.limits.retentionDays = 3
    let plan = try world.plan()
    #expect(plan.course == ["two/dev b→c @1"] && plan.held == ["one/dev days"] && !plan.isExhausted)
  }
}
