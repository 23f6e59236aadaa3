import Events
import Model
import Reconciler
import Testing

/// Phases `frozen` and `draining`: nothing grows, and what is lost may come back.
struct FreezingTests {
  private func pods(_ rig: Rig) -> ObjectTree? {
    rig.order?.objects.first { $0.ref == Fixtures.quotaRef }?.spec?["hard"]?["pods"]
  }

  /// Frozen with so many pods, from active.
  private func frozen(_ used: String, _ state: DesiredState = Fixtures.desired(2, phase: .frozen)) -> Rig {
    var rig = Rig.settled()
    rig.feed(.desired(state, publishedAt: nil, refusal: nil), after: 1)
    rig.succeed(used: ["pods": used])
    return rig
  }

  @Test func `freezing lets no pod in, counts, and then allows for as many as there are`() {
    var rig = Rig.settled()
    rig.feed(.desired(Fixtures.desired(2, phase: .frozen), publishedAt: nil, refusal: nil), after: 1)
    #expect(pods(rig) == "0" && rig.order?.objects.first?.labels[Labels.phase] == "frozen")
    rig.succeed(filled: false)
    #expect(rig.report?.says("Applied") == "False QuotaPending", "nobody has counted yet")
    rig.feed(.live(rig.wanted(Fixtures.quotaRef, Fixtures.desired(2, phase: .frozen)).live(950, used: ["pods": "7"])))
    #expect(pods(rig) == "7" && rig.memories.last?.description == "1.2 frozen 7")
    rig.version = 960
    rig.succeed(used: ["pods": "7"])
    #expect(rig.report?.says("Ready") == "True QuotaEnforced" && rig.report?.drifts.isEmpty == true)
    #expect(rig.notes.map(\.reason) == ["Applied", "Frozen"])
  }

  @Test(arguments: [("1", "1 pod"), ("7", "7 pods")])
  func `how many pods there may be is told of one as of one`(used: String, told: String) {
    var rig = frozen(used)
    rig.succeed(used: ["pods": used])
    let messages = rig.notes.filter { $0.reason == "Frozen" }.map(\.message)
    #expect(messages == ["Gelé : pas plus de \(told). / Frozen: no more than \(told)."])
  }

  @Test(arguments: [("1k", 1000), ("20k", 20_000)])
  func `thousands of pods are counted as Kubernetes writes them`(used: String, remembered: Int) {
    var rig = frozen(used)
    #expect(pods(rig)?.text == used)
    #expect(rig.memories.last?.description == "1.2 frozen \(remembered)")
    rig.succeed(used: ["pods": used])
    #expect(rig.report?.says("Ready") == "True QuotaEnforced")
  }

  @Test func `what is refused beside it keeps no pods from being counted and let back`() {
    let limits = Fixtures.ref(.limitRange, "regie-limits")
    let state = Fixtures.desired(2, phase: .frozen)
    var rig = Rig.settled()
    rig.feed(.desired(state, publishedAt: nil, refusal: nil), after: 1)
    rig.refuse(.invalid, [limits])
    #expect(rig.report?.says("Applied") == "False Invalid")
    let counted = rig.wanted(Fixtures.quotaRef, state).live(950, used: ["pods": "7"])
    let actions = rig.feed(.live(counted), after: 0.5)
    #expect(actions.orders.last?.objects.map(\.ref) == [Fixtures.quotaRef] && pods(rig) == "7")
    #expect(rig.memories.last?.description == "1.2 frozen 7")
    rig.version = 960
    rig.succeed(used: ["pods": "7"])
    #expect(rig.report?.says("Applied") == "False Invalid", "the limits still are")
    #expect(rig.feed(.alarm, after: 5).orders.first?.objects.map(\.ref) == [limits])
  }

  @Test func `another's hold on another amount keeps no pods from being counted`() {
    let state = Fixtures.desired(2, phase: .frozen)
    var rig = Rig.settled()
    rig.feed(.desired(state, publishedAt: nil, refusal: nil), after: 1)
    rig.refuse(.conflict, [Fixtures.quotaRef])
    var counted = rig.wanted(Fixtures.quotaRef, state).live(950, used: ["pods": "7"])
    counted.statusHard["requests.cpu"] = "40"
    rig.feed(.live(counted), after: 0.5)
    #expect(rig.memories.last?.description == "1.2 frozen 7")
    #expect(rig.feed(.alarm, after: 5).orders.last?.objects.first?.spec?["hard"]?["pods"] == "7")
  }

  @Test func `what was counted stays, whatever is used later, through revisions and lives`() {
    var rig = frozen("7")
    rig.succeed(used: ["pods": "7"])
    rig.feed(.desired(Fixtures.desired(3, phase: .draining), publishedAt: nil, refusal: nil))
    #expect(pods(rig) == "7" && rig.memories.last?.description == "1.3 draining 7")
    var next = Rig(remembered: rig.memories.last)
    next.feed(.desired(Fixtures.desired(3, phase: .draining), publishedAt: nil, refusal: nil))
    next.feed(.clusterListed)
    #expect(pods(next) == "7" && next.memories.isEmpty)
    next = Rig(remembered: rig.memories.last)
    next.feed(.desired(Fixtures.desired(4, phase: .frozen), publishedAt: nil, refusal: nil))
    next.feed(.clusterListed)
    #expect(pods(next) == "7")
  }

  @Test(arguments: [2, 3] as [Int64])
  func `what was counted holds as well where the memory is read after the topic`(revision: Int64) {
    var rig = Rig.bare()
    rig.feed(.desired(Fixtures.desired(revision, phase: .frozen), publishedAt: nil, refusal: nil))
    rig.feed(.clusterListed)
    rig.feed(.memory(PlacementMemory("1.2 frozen 7")))
    #expect(rig.orders.count == 1 && pods(rig) == "7")
    let written = revision == 2 ? [] : ["1.3 frozen 7"]
    #expect(rig.memories.map(\.description) == written)
  }

  @Test func `of one revision what another agent has counted and written down first holds`() {
    var rig = Rig.settled()
    rig.feed(.desired(Fixtures.desired(2, phase: .frozen), publishedAt: nil, refusal: nil), after: 1)
    rig.remembers = false
    rig.succeed(used: ["pods": "7"])
    #expect(rig.memories.last?.description == "1.2 frozen 7" && pods(rig) == "0", "not before it is written down")
    rig.feed(.memory(PlacementMemory("1.2 frozen 5")))
    #expect(pods(rig) == "5")
  }

  @Test func `a life that ended while counting counts again`() {
    var rig = Rig(remembered: PlacementMemory(version: StateVersion(epoch: 1, revision: 2), phase: .frozen))
    rig.feed(.desired(Fixtures.desired(2, phase: .frozen), publishedAt: nil, refusal: nil))
    rig.feed(.clusterListed)
    #expect(pods(rig) == "0")
    rig.succeed(used: ["pods": "2"])
    #expect(pods(rig) == "2")
  }

  @Test func `active again is as before, and the next freezing counts anew`() {
    var rig = frozen("7")
    rig.succeed()
    rig.feed(.desired(Fixtures.desired(3), publishedAt: nil, refusal: nil))
    #expect(pods(rig) == nil && rig.memories.last?.description == "1.3 active")
    rig.succeed()
    rig.feed(.desired(Fixtures.desired(4, phase: .frozen), publishedAt: nil, refusal: nil))
    #expect(pods(rig) == "0")
  }

  @Test func `what a freeze has set is taken away before the next revision, of the very objects that were seen`() {
    var rig = frozen("7")
    rig.succeed(used: ["pods": "7"])
    rig.feed(.desired(Fixtures.desired(3), publishedAt: nil, refusal: nil))
    let clearance = rig.order?.clearances[Fixtures.quotaRef]
    let nothing: ObjectTree = ["hard": ["pods": .null]]
    #expect(clearance?["spec"] == nothing)
    #expect(clearance?["metadata"]?["labels"] == ObjectTree.object([Labels.podsInUse: .null]))
    #expect(clearance?["metadata"]?["uid"] == "u1" && clearance?["metadata"]?["resourceVersion"] != nil)
    #expect(rig.order?.clearances[Fixtures.namespaceRef] != nil, "its phase")
    rig.succeed()
    rig.feed(.desired(Fixtures.desired(4), publishedAt: nil, refusal: nil))
    #expect(rig.order?.clearances.isEmpty == true, "nothing is left")
  }

  @Test func `no more pods than were decided`() {
    var state = Fixtures.desired(2, phase: .frozen)
    state.quota.pods = Quantity(5)
    #expect(pods(frozen("7", state)) == "5")
  }

  @Test func `draining warns who looks at the namespace`() {
    var rig = frozen("3", Fixtures.desired(2, phase: .draining))
    rig.succeed(used: ["pods": "3"])
    #expect(rig.report?.says("Ready") == "True QuotaEnforced" && rig.report?.phase == .draining)
    let note = rig.notes.last
    #expect(note?.reason == "Draining" && note?.isWarning == true && note?.namespace == Fixtures.namespace)
    #expect(note?.uid == "u1")
  }

  @Test func `what a freeze has limited is in force no more before the placement is ready`() {
    var rig = frozen("2")
    rig.succeed(used: ["pods": "2"])
    #expect(rig.report?.says("Ready") == "True QuotaEnforced")
    let state = Fixtures.desired(3)
    rig.feed(.desired(state, publishedAt: nil, refusal: nil), after: 1)
    // The answer shows what admission still goes by.
    let objects = rig.order?.objects ?? []
    var version = 960
    let applied = objects.map { object in
      version += 1
      var live = object.live(version)
      if object.ref == Fixtures.quotaRef { live.statusHard["pods"] = "2" }
      return live
    }
    rig.feed(.finished(attempt: rig.order?.attempt ?? 0, ApplyOutcome(applied: applied)))
    #expect(rig.report?.says("Applied") == "True Applied" && rig.report?.says("Ready") == "False QuotaPending")
    var quota = rig.wanted(Fixtures.quotaRef, state).live(990)
    quota.statusHard["services"] = "3"
    rig.feed(.live(quota), after: 3)
    #expect(rig.report?.says("Ready") == "True QuotaEnforced", "what Régie never limits is its owner's")
  }
}
