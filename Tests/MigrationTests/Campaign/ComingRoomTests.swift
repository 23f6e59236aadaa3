import Migration
import Model
import Testing

/// Room that is given out in the order of a plan.
struct ComingRoomTests {
  private static func coming(_ cpu: Int64, _ stage: String = "dev") -> ComingRoom.Coming {
    ComingRoom.Coming(stage: stage, quota: ResourceAmounts(cpu: cpu))
  }

  private static let room = ComingRoom(
    committed: ResourceAmounts(cpu: 4), limits: ["dev": ResourceAmounts(cpu: 10), "prod": ResourceAmounts(cpu: 8)])

  @Test func `what comes first has room before what comes after it`() {
    #expect(Self.room.crowded([Self.coming(3), Self.coming(3), Self.coming(1)]) == [2])
    #expect(Self.room.crowded([Self.coming(7), Self.coming(0)]) == [0, 1], "what has none is not passed by")
    #expect(Self.room.crowded([]) == [] && Self.room.holds([]))
    #expect(Self.room.holds([Self.coming(3), Self.coming(3)]) && !Self.room.holds([Self.coming(3), Self.coming(4)]))
  }

  @Test func `each stage has its limit, and what has none is left to the engine`() {
    #expect(Self.room.holds([Self.coming(4, "prod")]) && !Self.room.holds([Self.coming(5, "prod")]))
    #expect(!Self.room.holds([Self.coming(4, "prod"), Self.coming(1)]), "in whatever order they come")
    #expect(Self.room.holds([Self.coming(100, "unknown")]))
  }

  @Test func `what has no room anyhow is not given way to, and keeps nothing from what is`() {
    let (large, small, own) = (Self.coming(7), Self.coming(3), Self.coming(4))
    #expect(Self.room.givesWay(own, to: [small], mayGrow: false))
    #expect(!Self.room.givesWay(own, to: [large], mayGrow: false))
    #expect(Self.room.givesWay(own, to: [large], mayGrow: true), "what is still to leave makes room for it")
    #expect(Self.room.givesWay(own, to: [large, small], mayGrow: false), "the small one has room, and comes first")
    #expect(!Self.room.givesWay(small, to: [large, small], mayGrow: false), "there is room for both")
    #expect(!Self.room.givesWay(own, to: [], mayGrow: true))
  }

  @Test func `a cluster that has promised too much has room for what needs nothing of that`() {
    let full = ComingRoom(
      committed: ResourceAmounts(cpu: 12), limits: ["dev": ResourceAmounts(cpu: 10, memory: 5)])
    let light = ComingRoom.Coming(stage: "dev", quota: ResourceAmounts(memory: 5))
    #expect(full.holds([light]) && !full.holds([Self.coming(1)]))
  }
}
