import Model
import Placement
import Testing

@Suite struct PlacementStateTests {
  @Test("a state changed step by step is the state made at once")
  func steps() {
    var world = World()
    let engine = world.engine
    var state = PlacementState(ledger: Ledger(), staleZones: ["ara-usuel", "unknown"], for: engine)
    state.set(.init(committed: ResourceAmounts(cpu: 98_000), version: 4), of: "idf-1")
    state.set(.init(committed: ResourceAmounts(cpu: 1), version: 1), of: "unknown")
    state.setStaleZones(["idf-usuel"])
    #expect(engine.plan(world.request, on: state).assignments.map(\.cluster) == ["ara-1"])
    state.setStaleZones([])
    state.add(ResourceAmounts(cpu: 95_000), to: 0)
    #expect(state.entry(0) == .init(committed: ResourceAmounts(cpu: 95_000), version: 0))
    #expect(state.entry(2) == .init(committed: ResourceAmounts(cpu: 98_000), version: 4))
    world.ledger.clusters = [
      "idf-1": .init(committed: ResourceAmounts(cpu: 98_000), version: 4),
      "ara-1": .init(committed: ResourceAmounts(cpu: 95_000)),
    ]
    #expect(engine.decide(world.request, on: state) == world.decide())
    #expect(engine.clusters == ["ara-1", "dr-1", "idf-1", "idf-2"])
    #expect(engine.site(named: "unknown") == nil)
  }

  /// An environment that is larger than any cluster.
  private static var large: World {
    var world = World()
    world.project.spec.environments = [World.environment("prod1", "prod", cpu: 120)]
    return world
  }

  @Test("what was promised below nothing makes no room, however little is promised elsewhere")
  func belowNothing() {
    let world = Self.large
    let engine = world.engine
    var state = PlacementState(ledger: Ledger(), staleZones: [], for: engine)
    state.add(ResourceAmounts(cpu: -50_000), to: 0)
    let decision = engine.decide(world.request, on: state)
    #expect(decision.verdict("ara-1")?.accepted == false && decision.codes("ara-1") == [.capacityNeverFits])
    state.add(ResourceAmounts(cpu: 1), to: 2)
    #expect(engine.decide(world.request, on: state).codes("ara-1") == [.capacityNeverFits])
  }

  @Test("as much may be promised as there are numbers: it is full, whoever said so")
  func asMuchAsThereIs() {
    let world = Self.large
    let engine = world.engine
    var told = PlacementState(
      ledger: Ledger(["ara-1": .init(committed: ResourceAmounts(cpu: .max))]), staleZones: [], for: engine)
    told.set(.init(committed: ResourceAmounts(cpu: 1)), of: "idf-1")
    var added = PlacementState(ledger: Ledger(), staleZones: [], for: engine)
    added.add(ResourceAmounts(cpu: .max), to: 0)
    for state in [told, added] {
      #expect(state.entry(0).committed.cpu == .max)
      let plan = engine.plan(world.request, on: state)
      #expect(plan.reasons == [Reason(.noCandidate, ["environment": "prod1", "mostly": "CapacityNeverFits"])])
    }
  }
}
