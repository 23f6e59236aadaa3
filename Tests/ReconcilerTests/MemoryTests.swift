import Events
import Model
import Reconciler
import Testing

/// What is remembered before anything is done, and what that forbids.
struct MemoryTests {
  @Test(arguments: ["1.3 active", "2.17 frozen 7", "1.1 frozen", "1.9 removed", "4.4 draining 0"])
  func `a text is read as it was written`(text: String) {
    #expect(PlacementMemory(text)?.description == text)
  }

  @Test(arguments: [
    "", "1.3", "1.3 gone", "1 active", "0.1 active", "1.0 active", "1.3.4 active", "1.3 frozen -1", "1.3 frozen x",
    "1.3  frozen", "1.3 frozen 7 8", "-1.3 active",
  ])
  func `any other text is none`(text: String) {
    #expect(PlacementMemory(text) == nil)
  }

  @Test func `nothing is ordered before the version is remembered`() {
    var rig = Rig()
    rig.remembers = false
    rig.feed(.desired(Fixtures.desired(1), publishedAt: nil, refusal: nil))
    rig.feed(.clusterListed)
    let entry = PlacementMemory(version: Fixtures.desired(1).version, phase: .active)
    #expect(rig.memories == [entry] && rig.orders.isEmpty, "asked for once")
    rig.feed(.memoryFailed("no answer"))
    #expect(rig.report?.says("Applied") == "False MemoryUnavailable" && rig.orders.isEmpty)
    rig.feed(.memory(entry))
    #expect(rig.orders.count == 1 && rig.memories == [entry])
  }

  @Test func `nothing is ordered before the memory was read`() {
    var machine = PlacementMachine(placement: Fixtures.placement)
    var actions = machine.handle(.desired(Fixtures.desired(1), publishedAt: nil, refusal: nil), at: Fixtures.start)
    actions += machine.handle(.clusterListed, at: Fixtures.start)
    #expect(actions.isEmpty)
  }

  @Test func `what is remembered already is not written again`() {
    var rig = Rig(remembered: PlacementMemory(version: Fixtures.desired(1).version, phase: .active))
    rig.feed(.desired(Fixtures.desired(1), publishedAt: nil, refusal: nil))
    rig.feed(.clusterListed)
    #expect(rig.memories.isEmpty && rig.orders.count == 1)
  }

  @Test func `what another agent has acted on since stops this one, until it has the newer state itself`() {
    var rig = Rig.settled()
    rig.feed(.memory(PlacementMemory(version: StateVersion(epoch: 1, revision: 4), phase: .removed)))
    #expect(rig.report?.says("Refused") == "True Outdated")
    rig.feed(.live(rig.edited()))
    #expect(rig.orders.count == 1)
    rig.feed(.desired(Fixtures.desired(5), publishedAt: nil, refusal: nil))
    #expect(rig.orders.count == 2)
  }

  @Test func `a refused state is not remembered`() {
    var rig = Rig()
    rig.feed(.desired(Fixtures.desired(1), publishedAt: nil, refusal: Refusal(reason: "GuardQuota", message: "")))
    rig.feed(.clusterListed)
    #expect(rig.memories.isEmpty)
  }
}
