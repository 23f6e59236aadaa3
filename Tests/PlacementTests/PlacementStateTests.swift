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
}
