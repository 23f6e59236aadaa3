import Events
import Model
import Reconciler
import Testing

/// What a stricter guard leaves standing is frozen and drained all the same, so that it can be moved away.
struct GuardedFreezeTests {
  private static let guarded = Refusal(reason: "GuardQuota", message: "too much", isOfGuard: true, mayFreeze: true)
  private static let frozen = Fixtures.desired(2, phase: .frozen)

  /// Version 1 was acted on, and this state is all that the bus holds; the guard refuses both.
  private func life(_ state: DesiredState, mode: ClusterSpec.Mode = .own) -> Rig {
    var rig = Rig(remembered: PlacementMemory("1.1 active"), rules: ClusterRules(mode))
    rig.feed(.desired(state, publishedAt: nil, refusal: Self.guarded))
    rig.feed(.kept(.state(Fixtures.desired(1, mode: mode), refusal: Self.guarded)))
    return rig
  }

  private func show(_ rig: inout Rig, changing change: (inout LiveObject) -> Void = { _ in }) {
    for object in DesiredObjects.render(Fixtures.desired(1)) {
      var live = object.live(50)
      change(&live)
      rig.feed(.live(live))
    }
    rig.feed(.clusterListed)
  }

  private func pods(_ rig: Rig) -> ObjectTree? {
    rig.order?.objects.first { $0.ref == Fixtures.quotaRef }?.spec?["hard"]?["pods"]
  }

  @Test(arguments: [PlacementPhase.frozen, .draining])
  func `a freeze of what stands is applied, counts the pods, and makes no namespace`(phase: PlacementPhase) {
    var rig = life(Fixtures.desired(1))
    show(&rig)
    let state = Fixtures.desired(2, phase: phase)
    rig.feed(.desired(state, publishedAt: nil, refusal: Self.guarded), after: 1)
    #expect(pods(rig) == "0" && rig.order?.mayCreateNamespace == false)
    rig.succeed(filled: false)
    // The cluster counts, and that is seen before the count is written down.
    rig.remembers = false
    let counted = rig.wanted(Fixtures.quotaRef, state).live(950, used: ["pods": "7"])
    rig.feed(.live(counted))
    rig.feed(.live(rig.wanted(Fixtures.quotaRef, state).live(951, used: ["pods": "7"])))
    rig.feed(.memory(rig.memories.last))
    #expect(pods(rig) == "7" && rig.memories.last?.description == "1.2 \(phase.rawValue) 7")
    rig.version = 960
    rig.succeed(used: ["pods": "7"])
    #expect(rig.report?.version.revision == 2 && rig.report?.says("Ready") == "True QuotaEnforced")
    #expect(rig.report?.says("Refused") == "" && rig.report?.says("Unenforced") == "")
    rig.feed(.gone(Fixtures.namespaceRef, uid: "u1", resourceVersion: "9000"), after: 60)
    #expect(rig.order?.mayCreateNamespace == false)
  }

  @Test func `it is applied too where the state before it had to be looked for`() {
    var rig = life(Self.frozen)
    #expect(rig.orders.isEmpty && rig.recalls == [Fixtures.desired(1).version])
    show(&rig)
    #expect(
      pods(rig) == "0" && rig.order?.mayCreateNamespace == false && rig.memories.last?.description == "1.2 frozen")
  }

  @Test func `one of what never stood stays refused`() {
    var rig = life(Fixtures.desired(1))
    rig.feed(.clusterListed)
    rig.feed(.desired(Self.frozen, publishedAt: nil, refusal: Self.guarded), after: 1)
    #expect(rig.orders.isEmpty && rig.report?.says("Refused") == "True GuardQuota")
    rig = Rig()
    rig.feed(.desired(Self.frozen, publishedAt: nil, refusal: Self.guarded))
    rig.feed(.clusterListed)
    #expect(rig.orders.isEmpty && rig.memories.isEmpty && rig.report?.says("Refused") == "True GuardQuota")
  }

  @Test func `one that asks for more than what stands, or for what is another's, stays refused`() {
    var other = Self.frozen
    other.project.organisation = "men"
    var unlimited = Self.frozen
    unlimited.quota.memory = nil
    var driven = Self.frozen
    driven.quota.gpu = Quantity(1)
    let others = [Fixtures.desired(2, phase: .frozen, cpu: 5), Fixtures.desired(2), other, unlimited, driven]
    for state in others {
      var rig = life(Fixtures.desired(1))
      show(&rig)
      rig.feed(.desired(state, publishedAt: nil, refusal: Self.guarded), after: 1)
      #expect(rig.orders.isEmpty && rig.report?.says("Refused") == "True GuardQuota", "\(state)")
    }
    var named = Self.guarded
    named.mayFreeze = false
    var rig = life(Fixtures.desired(1))
    show(&rig)
    rig.feed(.desired(Self.frozen, publishedAt: nil, refusal: named), after: 1)
    #expect(rig.orders.isEmpty && rig.report?.says("Refused") == "True GuardQuota")
  }

  @Test func `what the operator has lowered by hand is not given back by a freeze`() {
    var rig = life(Fixtures.desired(1))
    show(&rig) { object in
      guard object.ref == Fixtures.quotaRef else { return }
      var hard = object.spec?["hard"]?.texts ?? [:]
      hard["requests.cpu"] = "1"
      object.spec = ["hard": .object(hard.mapValues { .string($0) })]
    }
    rig.feed(.desired(Self.frozen, publishedAt: nil, refusal: Self.guarded), after: 1)
    #expect(rig.orders.isEmpty && rig.report?.says("Refused") == "True GuardQuota")
    rig.feed(.live(rig.wanted(Fixtures.quotaRef).live(999)), after: 1)
    #expect(pods(rig) == "0", "as accepted again")
  }

  @Test func `of the guard's words only the namespace's name holds a freeze up`() {
    let policies: [(GuardPolicy, Bool)] = [
      (GuardPolicy(sensitivities: []), true), (GuardPolicy(organisations: []), true),
      (GuardPolicy(quota: ResourceList(cpu: Quantity(1))), true), (GuardPolicy(namespaces: ["x"]), false),
    ]
    for (policy, mayFreeze) in policies { #expect(policy.refusal(of: Self.frozen)?.mayFreeze == mayFreeze) }
  }

  @Test func `in a repository nothing is written of it`() {
    var rig = life(Fixtures.desired(1, mode: .gitops), mode: .gitops)
    for object in DesiredObjects.render(Fixtures.desired(1, mode: .gitops)) { rig.feed(.live(object.live(50))) }
    rig.feed(.clusterListed)
    let frozen = Fixtures.desired(2, phase: .frozen, mode: .gitops)
    rig.feed(.desired(frozen, publishedAt: nil, refusal: Self.guarded), after: 1)
    #expect(rig.commits.isEmpty && rig.report?.says("Refused") == "True GuardQuota")
  }
}
