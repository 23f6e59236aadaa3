import Events
import Model
import Testing

@testable import Reconciler

/// What is remembered before anything is done, and what that forbids.
struct MemoryTests {
  @Test(arguments: [
    "1.3 active", "2.17 frozen 7", "1.1 frozen", "1.9 removed", "4.4 draining 0", "1.5 removed refused 1.6",
  ])
  func `a text is read as it was written`(text: String) {
    #expect(PlacementMemory(text)?.description == text)
  }

  @Test(arguments: [
    "", "1.3", "1.3 gone", "1 active", "0.1 active", "1.0 active", "1.3.4 active", "1.3 frozen -1", "1.3 frozen x",
    "1.3  frozen", "1.3 frozen 7 8", "-1.3 active", "1.5 removed refused", "1.5 removed refused 1.5",
    "1.5 removed refused x", "1.5 removed refused 1.6 7", "1.5 removed 1.6",
  ])
  func `any other text is none`(text: String) {
    #expect(PlacementMemory(text) == nil)
  }

  @Test func `of two memories of one version the one that knows how many pods there were holds`() throws {
    let (bare, counted) = (try #require(PlacementMemory("1.2 frozen")), try #require(PlacementMemory("1.2 frozen 0")))
    #expect(bare.merged(with: counted) == counted && counted.merged(with: bare) == counted)
    let later = try #require(PlacementMemory("1.3 frozen"))
    #expect(later.merged(with: counted) == later && counted.merged(with: later) == later)
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

  @Test(arguments: [nil, "1.3 removed"] as [String?])
  func `an older entry, or none, lowers nothing that is remembered`(text: String?) {
    var rig = Rig.settled(Fixtures.desired(5))
    let entry = text.flatMap { PlacementMemory($0) }
    #expect(rig.feed(.memory(entry), after: 10).isEmpty)
    #expect(rig.memories.map(\.description) == ["1.5 active"] && rig.report?.says("Applied") == "True Applied")
  }

  @Test func `that the memory can not be written hinders nothing of what it holds already`() {
    var rig = Rig.settled()
    #expect(rig.feed(.memoryFailed("no answer"), after: 10).isEmpty)
    #expect(rig.report?.says("Applied") == "True Applied" && rig.report?.says("Ready") == "True QuotaEnforced")
    #expect(rig.feed(.live(rig.edited())).orders.first?.objects.map(\.ref) == [Fixtures.quotaRef])
  }

  @Test(
    arguments: [
      ("1.3 removed", 2, 2), ("1.3 removed", 3, nil), ("1.3 removed", 4, nil), ("1.3 active", 2, nil),
    ] as [(String, Int64, Int64?)])
  func `only what is older than a removal that is remembered may be forgotten for it`(
    remembered: String, revision: Int64, obsolete: Int64?
  ) {
    var rig = Rig(remembered: PlacementMemory(remembered))
    #expect(rig.machine.obsolete == nil, "nothing was handed over")
    rig.feed(.desired(Fixtures.desired(revision), publishedAt: nil, refusal: Self.guarded))
    let expected = obsolete.map { StateVersion(epoch: 1, revision: $0) }
    #expect(rig.machine.obsolete == expected)
  }

  private static let guarded = Refusal(reason: "GuardQuota", message: "too much")

  private func removal(_ revision: Int64 = 5) -> DesiredState {
    Fixtures.desired(revision, phase: .removed, notBefore: Fixtures.start.after(10))
  }

  /// A namespace that bears the mark of the removal.
  private func show(_ rig: inout Rig) {
    for object in DesiredObjects.render(removal()) { rig.feed(.live(object.live(50))) }
    rig.feed(.clusterListed)
  }

  @Test(arguments: [false, true])
  func `what called a removal back, refused as it was, holds in the next life although the bus has lost it`(
    isHandedOver: Bool
  ) throws {
    var rig = Rig()
    rig.feed(.desired(removal(), publishedAt: nil, refusal: nil))
    // In the first life after it only the refused one may be on the bus.
    if isHandedOver {
      rig = Rig(remembered: rig.memories.last)
    }
    rig.feed(.desired(Fixtures.desired(6), publishedAt: nil, refusal: Self.guarded))
    let written = try #require(rig.memories.last)
    #expect(written.description == "1.5 removed refused 1.6")
    var next = Rig(remembered: written)
    next.feed(.desired(removal(), publishedAt: nil, refusal: nil))
    show(&next)
    next.feed(.alarm, after: 1000)
    #expect(next.removals.isEmpty && next.orders.isEmpty && next.report?.says("Refused") == "True Outdated")
    next.feed(.desired(removal(7), publishedAt: nil, refusal: nil))
    next.succeed()
    #expect(next.memories.last?.description == "1.7 removed" && next.removals.count == 1)
  }

  @Test func `what was refused holds a removal up as well where the memory is read after the topic`() {
    var machine = PlacementMachine(placement: Fixtures.placement)
    let late = Fixtures.start.after(1000)
    _ = machine.handle(.desired(removal(), publishedAt: nil, refusal: nil), at: late)
    for object in DesiredObjects.render(removal()) { _ = machine.handle(.live(object.live(50)), at: late) }
    _ = machine.handle(.clusterListed, at: late)
    let actions = machine.handle(.memory(PlacementMemory("1.5 removed refused 1.6")), at: late)
    #expect(actions.removals.isEmpty && actions.reports.last?.says("Refused") == "True Outdated")
  }

  @Test func `the very state that called a removal back is accepted once nothing else refuses it`() {
    var rig = Rig(remembered: PlacementMemory("1.5 removed refused 1.6"))
    rig.feed(.desired(removal(), publishedAt: nil, refusal: nil))
    #expect(rig.report?.says("Refused") == "True Outdated")
    #expect(rig.report?.conditions.last?.message.hasSuffix("; 1.6 or later is accepted") == true)
    rig.feed(.desired(Fixtures.desired(6), publishedAt: nil, refusal: nil))
    rig.feed(.clusterListed)
    #expect(rig.memories.map(\.description) == ["1.6 active"])
    #expect(rig.orders.count == 1 && rig.order?.objects.count == 5 && rig.removals.isEmpty)
  }

  @Test func `of two memories the higher version holds, and what was refused after it`() throws {
    let texts = ["1.5 removed", "1.5 removed refused 1.7", "1.6 active", "1.5 removed refused 1.6", "1.8 frozen 3"]
    let entries = try texts.map { try #require(PlacementMemory($0)) }
    #expect(entries[0].merged(with: entries[1]).description == "1.5 removed refused 1.7")
    #expect(entries[1].merged(with: entries[2]).description == "1.6 active refused 1.7")
    #expect(entries[3].merged(with: entries[2]).description == "1.6 active")
    #expect(entries[1].merged(with: entries[4]).description == "1.8 frozen 3")
    for left in entries { for right in entries { #expect(left.merged(with: right) == right.merged(with: left)) } }
  }

  @Test func `while home's part of the memory can not be read, nothing comes back and nothing goes`() {
    var rig = Rig()
    rig.machine = PlacementMachine(placement: Fixtures.placement)
    rig.feed(.memoryGap("home is away"))
    rig.feed(.memory(PlacementMemory("1.4 active")))
    rig.feed(.desired(Fixtures.desired(4), publishedAt: nil, refusal: nil))
    rig.feed(.clusterListed)
    #expect(rig.orders.isEmpty && rig.report?.says("Applied") == "False MemoryUnavailable", "it may have been removed")
    rig.feed(.memory(PlacementMemory("1.7 removed")))
    rig.feed(.memoryGap(nil))
    #expect(rig.orders.isEmpty && rig.report?.says("Refused") == "True Outdated")

    rig = Rig()
    rig.feed(.memoryGap("home is away"))
    rig.feed(.desired(removal(), publishedAt: nil, refusal: nil), after: 1000)
    show(&rig)
    #expect(rig.removals.isEmpty && rig.report?.says("Applied") == "False MemoryUnavailable")
    rig.feed(.memoryGap(nil))
    #expect(rig.removals.count == 1, "and then it goes on by itself")
  }

  @Test func `while home's part of the memory can not be read, nothing goes from another's namespace either`() {
    let state = Fixtures.desired(5, phase: .removed, mode: .adopt, notBefore: Fixtures.start)
    var rig = Rig(remembered: PlacementMemory("1.4 active"), rules: ClusterRules(.adopt))
    rig.feed(.memoryGap("home is away"))
    rig.feed(.desired(state, publishedAt: nil, refusal: nil))
    rig.seeNamespace()
    rig.feed(.live(rig.wanted(Fixtures.quotaRef, state).live(200)))
    rig.feed(.clusterListed, after: 1)
    #expect(rig.withdrawals.isEmpty && rig.report?.says("Applied") == "False MemoryUnavailable")
    rig.feed(.memoryGap(nil))
    #expect(rig.withdrawals.count == 1)
    #expect(rig.withdrawals.last?.targets == [.init(ref: Fixtures.quotaRef, uid: "u1")])
  }

  @Test func `while home's part of the memory can not be read, nothing comes back in another's namespace either`() {
    var rig = Rig(remembered: PlacementMemory("1.4 active"), rules: ClusterRules(.adopt))
    rig.feed(.memoryGap("home is away"))
    rig.feed(.desired(Fixtures.desired(4, mode: .adopt), publishedAt: nil, refusal: nil))
    rig.seeNamespace()
    rig.feed(.clusterListed)
    #expect(rig.orders.isEmpty && rig.report?.says("Applied") == "False MemoryUnavailable")
    rig.feed(.memoryGap(nil))
    #expect(rig.orders.count == 1 && rig.order?.objects.map(\.ref) == [Fixtures.quotaRef])
  }

  @Test func `while home's part of the memory can not be read, what is not known here is made where it is vouched for`()
  {
    var rig = Rig()
    rig.machine = PlacementMachine(placement: Fixtures.placement)
    rig.isVouchedFor = false
    rig.feed(.memoryGap("home is away"))
    rig.feed(.memory(nil))
    rig.feed(.desired(Fixtures.desired(3), publishedAt: nil, refusal: nil))
    rig.feed(.clusterListed)
    #expect(rig.orders.isEmpty, "home may know of 1.5 removed")
    #expect(rig.report?.says("Applied") == "False MemoryUnavailable")
    rig.feed(.alarm, after: 100)
    rig.feed(.memoryGap("home is away"))
    #expect(rig.orders.isEmpty)
    rig.isVouchedFor = true
    rig.feed(.memoryGap("home is away"), after: 1)
    #expect(rig.orders.count == 1)
    rig.succeed()
    rig.isVouchedFor = false
    rig.feed(.gone(Fixtures.namespaceRef, uid: "u1", resourceVersion: "9000"))
    #expect(rig.orders.count == 2, "this life made it")
  }

  @Test func `while home's part of the memory can not be read, what is new and what stands are kept`() {
    var rig = Rig()
    rig.feed(.memoryGap("home is away"))
    rig.feed(.desired(Fixtures.desired(1), publishedAt: nil, refusal: nil))
    rig.feed(.clusterListed)
    rig.succeed()
    #expect(rig.report?.says("Ready") == "True QuotaEnforced", "one that no life has acted on")
    rig.feed(.gone(Fixtures.namespaceRef, uid: "u1", resourceVersion: "9000"))
    #expect(rig.orders.count == 2, "this life made it")

    rig = Rig()
    rig.machine = PlacementMachine(placement: Fixtures.placement)
    rig.feed(.memoryGap("home is away"))
    rig.feed(.memory(PlacementMemory("1.1 active")))
    rig.feed(.desired(Fixtures.desired(1), publishedAt: nil, refusal: nil))
    for object in DesiredObjects.render(Fixtures.desired(1)) where object.ref != Fixtures.quotaRef {
      rig.feed(.live(object.live(50)))
    }
    rig.feed(.clusterListed)
    #expect(rig.order?.objects.map(\.ref) == [Fixtures.quotaRef])
    rig.feed(.live(rig.wanted(Fixtures.namespaceRef, Fixtures.desired(3)).live(60)))
    rig.fail(.unavailable)
    rig.feed(.alarm, after: 100)
    #expect(
      rig.orders.count == 1 && rig.report?.says("Applied") == "False MemoryUnavailable", "it bears a later version")
  }

  @Test func `that nothing can be recalled is told of each placement`() {
    var rig = Rig()
    rig.machine = PlacementMachine(placement: Fixtures.placement)
    rig.feed(.desired(Fixtures.desired(1), publishedAt: nil, refusal: nil))
    rig.feed(.clusterListed)
    rig.feed(.memoryFailed("forbidden"))
    #expect(rig.orders.isEmpty && rig.report?.says("Applied") == "False MemoryUnavailable")
  }

  @Test(arguments: [(4, false), (5, false), (6, true)])
  func `only what came after a removal has called it back`(refused: Int64, isKept: Bool) {
    let later = StateVersion(epoch: 1, revision: refused)
    let memory = PlacementMemory(
      version: StateVersion(epoch: 1, revision: 5), phase: .removed, refused: later)
    #expect(memory.refused == (isKept ? later : nil))
  }

  @Test func `a refused state is not remembered`() {
    var rig = Rig()
    rig.feed(.desired(Fixtures.desired(1), publishedAt: nil, refusal: Refusal(reason: "GuardQuota", message: "")))
    rig.feed(.clusterListed)
    #expect(rig.memories.isEmpty)
  }
}
