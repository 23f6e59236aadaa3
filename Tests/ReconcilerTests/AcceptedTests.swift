import Crypto
import Events
import Foundation
import Model
import Testing

@testable import Reconciler

/// A newer state is refused: the one before it stays in force, in the next life of the agent too.
struct AcceptedTests {
  private static let guarded = Refusal(reason: "GuardQuota", message: "too much", isOfGuard: true)

  /// The next life: only a state that is refused is on the bus, and version 1 was acted on.
  private func nextLife(_ refused: DesiredState = Fixtures.desired(2)) -> Rig {
    var rig = Rig(remembered: PlacementMemory("1.1 active"))
    rig.feed(.desired(refused, publishedAt: nil, refusal: Self.guarded))
    return rig
  }

  private func show(_ rig: inout Rig, _ state: DesiredState = Fixtures.desired(1)) {
    for object in DesiredObjects.render(state) { rig.feed(.live(object.live(50))) }
    rig.feed(.clusterListed)
  }

  @Test func `the accepted state is kept once, at the first refusal after it`() {
    var rig = Rig.settled()
    #expect(rig.keeps.isEmpty)
    for revision in 2...3 {
      rig.feed(.desired(Fixtures.desired(Int64(revision)), publishedAt: nil, refusal: Self.guarded))
    }
    #expect(rig.keeps == [Fixtures.desired(1).version] && rig.recalls.isEmpty)
    #expect(rig.memories.map(\.description) == ["1.1 active"], "what calls no removal back is not written down")
    rig.feed(.desired(Fixtures.desired(4), publishedAt: nil, refusal: nil))
    rig.feed(.desired(Fixtures.desired(5), publishedAt: nil, refusal: Self.guarded))
    #expect(rig.keeps.map(\.revision) == [1, 4])
  }

  @Test func `in the next life it is looked for, enforced, and never reported as the refused one's being in place`() {
    var rig = nextLife()
    #expect(rig.recalls == [Fixtures.desired(1).version])
    show(&rig)
    #expect(rig.orders.isEmpty)
    rig.feed(.kept(.state(Fixtures.desired(1), refusal: nil)))
    show(&rig)
    #expect(rig.orders.isEmpty, "all is in place")
    rig.feed(.live(rig.edited()), after: 1)
    #expect(rig.order?.objects.map(\.ref) == [Fixtures.quotaRef])
    rig.succeed()
    #expect(rig.report?.says("Refused") == "True GuardQuota" && rig.report?.version.revision == 2)
    #expect(rig.report?.says("Drifted") == "False Corrected" && rig.report?.says("Unenforced") == "")
    #expect(rig.recalls.count == 1)
  }

  @Test func `what was accepted after what was acted on, and was not written down any more, is enforced`() {
    var rig = nextLife(Fixtures.desired(3))
    rig.feed(.kept(.state(Fixtures.desired(2), refusal: nil)))
    #expect(rig.memories.map(\.description) == ["1.2 active"] && rig.orders.isEmpty)
    show(&rig)
    #expect(rig.orders.count == 1 && rig.order?.objects.count == 5)
    #expect(rig.order?.objects.first?.labels[Labels.revision] == "2")
    #expect(rig.report?.says("Refused") == "True GuardQuota" && rig.report?.says("Unenforced") == "")
  }

  @Test func `what was looked for and comes after a newer state was accepted does not take its place`() {
    var rig = nextLife()
    rig.remembers = false
    rig.feed(.desired(Fixtures.desired(3), publishedAt: nil, refusal: nil))
    rig.feed(.desired(Fixtures.desired(4), publishedAt: nil, refusal: Self.guarded))
    #expect(rig.feed(.kept(.state(Fixtures.desired(1), refusal: nil))).isEmpty)
    rig.feed(.memory(PlacementMemory("1.3 active")))
    show(&rig)
    #expect(rig.orders.count == 1 && rig.order?.objects.first?.labels[Labels.revision] == "3")
  }

  @Test func `it is looked for once and not kept again, however many states are refused beside it`() {
    var rig = nextLife()
    rig.feed(.desired(Fixtures.desired(3), publishedAt: nil, refusal: Self.guarded))
    #expect(rig.recalls.map(\.revision) == [1] && rig.keeps.isEmpty)
    rig.feed(.kept(.state(Fixtures.desired(1), refusal: nil)))
    rig.feed(.desired(Fixtures.desired(4), publishedAt: nil, refusal: Self.guarded))
    #expect(rig.recalls.map(\.revision) == [1] && rig.keeps.isEmpty, "its words are kept already")
  }

  @Test func `what another agent has acted on since is looked for in its place, and is bound to nothing`() {
    var rig = nextLife(Fixtures.desired(9))
    rig.feed(.kept(.state(Fixtures.desired(1), refusal: Self.guarded)))
    rig.feed(.clusterListed)
    #expect(rig.report?.says("Unenforced") == "True GuardForbids")
    rig.feed(.memory(PlacementMemory("1.4 active")), after: 1)
    #expect(rig.recalls.map(\.revision) == [1, 4] && rig.report?.says("Unenforced") == "", "it is not known yet")
    rig.feed(.kept(.state(Fixtures.desired(4), refusal: nil)))
    #expect(rig.orders.isEmpty)
    rig.feed(.clusterListed)
    #expect(rig.orders.count == 1 && rig.order?.objects.count == 5 && rig.order?.mayCreateNamespace == true)
    #expect(rig.order?.objects.first?.labels[Labels.revision] == "4")
  }

  @Test func `another state of the version that was acted on is not looked for in its place`() {
    let rig = nextLife(Fixtures.desired(1, phase: .frozen))
    #expect(rig.recalls.isEmpty && rig.report?.says("Unenforced") == "True StateLost")
  }

  @Test func `one that was frozen stays at what was counted`() {
    var rig = Rig(remembered: PlacementMemory("1.1 frozen 7"))
    rig.feed(.desired(Fixtures.desired(2), publishedAt: nil, refusal: Self.guarded))
    rig.feed(.kept(.state(Fixtures.desired(1, phase: .frozen), refusal: nil)))
    rig.feed(.clusterListed)
    let quota = rig.order?.objects.first { $0.ref == Fixtures.quotaRef }
    #expect(quota?.spec?["hard"]?["pods"] == "7")
  }

  @Test func `a removal that was called back by a refused state holds in the next life, and is taken no further`() {
    let removal = Fixtures.desired(1, phase: .removed, notBefore: Fixtures.start)
    var rig = Rig(remembered: PlacementMemory("1.1 removed"))
    rig.feed(.desired(Fixtures.desired(2), publishedAt: nil, refusal: Self.guarded))
    rig.feed(.kept(.state(removal, refusal: nil)))
    show(&rig, removal)
    rig.feed(.alarm, after: 1000)
    #expect(rig.removals.isEmpty && rig.orders.isEmpty)
    rig.feed(.live(rig.edited(of: removal)))
    #expect(rig.orders.count == 1)
  }

  @Test func `that nothing is enforced is told, and why, until something is`() {
    var rig = nextLife()
    show(&rig)
    #expect(rig.report?.says("Unenforced") == "", "it is not known yet")
    rig.feed(.kept(.nothing("it was not kept")))
    #expect(rig.report?.says("Unenforced") == "True StateLost")
    #expect(rig.report?.conditions.last?.message == "it was not kept" && rig.machine.isUnenforced)
    rig.feed(.kept(.nothing("nor is it now")), after: 60)
    #expect(rig.report?.conditions.last?.message == "nor is it now")
    #expect(rig.report?.conditions.last?.lastTransitionTime == Fixtures.start, "it has not been for so long")
    rig.feed(.live(rig.edited()))
    #expect(rig.orders.isEmpty)
    rig.feed(.kept(.state(Fixtures.desired(1), refusal: nil)), after: 1)
    #expect(rig.report?.says("Unenforced") == "" && !rig.machine.isUnenforced)
    rig = nextLife()
    rig.feed(.kept(.nothing("it was not kept")))
    rig.feed(.desired(Fixtures.desired(3), publishedAt: nil, refusal: nil))
    rig.feed(.clusterListed)
    rig.succeed()
    #expect(rig.report?.says("Applied") == "True Applied" && rig.report?.says("Unenforced") == "")
  }

  @Test(
    arguments: [
      (Fixtures.desired(3), nil, "StateLost"), (Fixtures.desired(1, phase: .frozen), nil, "StateLost"),
      (Fixtures.desired(1), Refusal(reason: "ModeMismatch", message: "no"), "StateRefused"),
    ] as [(DesiredState, Refusal?, String)])
  func `what is not what was acted on, or must not be acted on, is not enforced`(
    state: DesiredState, refusal: Refusal?, reason: String
  ) {
    var rig = nextLife()
    rig.feed(.kept(.state(state, refusal: refusal)))
    show(&rig)
    rig.feed(.live(rig.edited()))
    #expect(rig.orders.isEmpty && rig.report?.says("Unenforced") == "True \(reason)")
  }

  @Test func `what was acted on and is refused for another reason than a guard is left as it is, and that is told`() {
    var rig = Rig(remembered: PlacementMemory("1.1 active"))
    let mismatch = Refusal(reason: "ModeMismatch", message: "another mode")
    rig.feed(.desired(Fixtures.desired(1), publishedAt: nil, refusal: mismatch))
    show(&rig)
    #expect(rig.report?.says("Unenforced") == "True StateRefused" && rig.recalls.isEmpty && rig.orders.isEmpty)
    #expect(!rig.machine.isUnenforced, "other keys make no other state of it")
  }

  @Test func `an older state on the bus than was acted on, and nothing else, is told to leave it unenforced`() {
    var rig = Rig(remembered: PlacementMemory("1.3 active"))
    rig.feed(.desired(Fixtures.desired(2), publishedAt: nil, refusal: nil))
    #expect(rig.report?.says("Refused") == "True Outdated" && rig.report?.says("Unenforced") == "True StateLost")
    #expect(rig.recalls.isEmpty, "a later one may still come")
    rig.feed(.desired(Fixtures.desired(3), publishedAt: nil, refusal: nil))
    rig.feed(.clusterListed)
    #expect(rig.orders.count == 1)
  }

  @Test func `an older state on the bus beside what a stricter guard refuses does not hide it`() {
    var rig = Rig.bare()
    rig.feed(.desired(Fixtures.desired(1), publishedAt: nil, refusal: nil))
    rig.feed(.desired(Fixtures.desired(2), publishedAt: nil, refusal: Self.guarded))
    rig.feed(.memory(PlacementMemory("1.2 active")))
    #expect(rig.recalls == [Fixtures.desired(2).version])
    #expect(rig.report?.says("Refused") == "True GuardQuota" && rig.report?.version.revision == 2)
    #expect(rig.report?.says("Unenforced") == "")
  }

  @Test(arguments: [false, true])
  func `that a removal was called back is written down, also where all came before the memory`(hasOlder: Bool) {
    var rig = Rig.bare()
    if hasOlder { rig.feed(.desired(Fixtures.desired(1), publishedAt: nil, refusal: nil)) }
    rig.feed(.desired(Fixtures.desired(3), publishedAt: nil, refusal: Self.guarded))
    rig.feed(.memory(PlacementMemory("1.2 removed")))
    #expect(rig.memories == [PlacementMemory("1.2 removed refused 1.3")])
  }

  @Test func `what a stricter guard refuses is kept as it stands`() {
    var rig = nextLife(Fixtures.desired(1))
    #expect(rig.recalls.count == 1)
    rig.feed(.kept(.state(Fixtures.desired(1), refusal: Self.guarded)))
    show(&rig)
    #expect(rig.orders.isEmpty)
    rig.feed(.live(rig.edited()), after: 1)
    #expect(rig.order?.objects.map(\.ref) == [Fixtures.quotaRef], "what is limited no more is limited again")
    rig.succeed()
    #expect(rig.report?.says("Refused") == "True GuardQuota" && rig.report?.says("Unenforced") == "")
    rig.feed(.gone(Fixtures.namespaceRef, uid: "u1", resourceVersion: "9000"), after: 60)
    #expect(rig.orders.count == 2 && rig.order?.objects.count == 5)
    #expect(rig.order?.mayCreateNamespace == false, "nothing new is made of it")
  }

  @Test func `what was seen to stand is made whole again, although a stricter guard refuses it`() {
    var rig = nextLife(Fixtures.desired(1))
    rig.feed(.kept(.state(Fixtures.desired(1), refusal: Self.guarded)))
    show(&rig)
    rig.feed(.gone(Fixtures.quotaRef, uid: "u1", resourceVersion: "900"), after: 1)
    #expect(rig.orders.count == 1 && rig.order?.objects.map(\.ref) == [Fixtures.quotaRef])
    #expect(rig.report?.says("Drifted") == "True Correcting" && rig.report?.says("Unenforced") == "")
  }

  @Test func `what the operator has taken away is not given back against its guard`() {
    for isBefore in [true, false] {
      var rig = nextLife(Fixtures.desired(1))
      rig.feed(.kept(.state(Fixtures.desired(1), refusal: Self.guarded)))
      let lower = rig.edited { object in
        var hard = object.spec?["hard"]?.texts ?? [:]
        hard["requests.cpu"] = "1"
        object.spec = ["hard": .object(hard.mapValues { .string($0) })]
      }
      for object in DesiredObjects.render(Fixtures.desired(1)) {
        rig.feed(.live(isBefore && object.ref == Fixtures.quotaRef ? lower : object.live(50)))
      }
      rig.feed(.clusterListed)
      if !isBefore { rig.feed(.live(lower), after: 1) }
      rig.feed(.alarm, after: 100)
      #expect(rig.orders.isEmpty, "before: \(isBefore)")
      #expect(rig.report?.says("Drifted") == "True Reported" && rig.report?.says("Unenforced") == "")
    }
  }

  @Test(arguments: [nil, Self.guarded])
  func `what the operator has taken away in the repository is not given back against its guard`(refusal: Refusal?) {
    let state = Fixtures.desired(1, mode: .gitops)
    let next = refusal == nil ? Fixtures.desired(2, mode: .gitops) : state
    var rig = Rig(remembered: PlacementMemory("1.1 active"), rules: ClusterRules(.gitops))
    rig.feed(.desired(next, publishedAt: nil, refusal: Self.guarded))
    rig.feed(.kept(.state(state, refusal: refusal)))
    for object in DesiredObjects.render(state) { rig.feed(.live(object.live(50))) }
    rig.feed(.clusterListed)
    rig.feed(.gone(Fixtures.quotaRef, uid: "u1", resourceVersion: "900"), after: 1)
    rig.feed(.alarm, after: 100)
    #expect(rig.commits.count == (refusal == nil ? 1 : 0) && rig.report?.says("Unenforced") == "")
  }

  @Test func `a namespace alone does not stand, and nothing more is made in it against a guard`() {
    var rig = nextLife(Fixtures.desired(1))
    rig.feed(.kept(.state(Fixtures.desired(1), refusal: Self.guarded)))
    rig.feed(.live(rig.wanted(Fixtures.namespaceRef).live(50)))
    rig.feed(.clusterListed)
    rig.feed(.alarm, after: 100)
    #expect(rig.orders.isEmpty && rig.report?.says("Unenforced") == "True GuardForbids")
    for object in DesiredObjects.render(Fixtures.desired(1)) { rig.feed(.live(object.live(60))) }
    #expect(rig.orders.isEmpty && rig.report?.says("Unenforced") == "", "somebody else has made all of it")
  }

  @Test(arguments: [false, true])
  func `in a repository it is the namespace that tells whether what a stricter guard refuses stands`(
    hasEarlier: Bool
  ) {
    let state = Fixtures.desired(2, mode: .gitops)
    var rig = Rig(remembered: PlacementMemory("1.2 active"), rules: ClusterRules(.gitops))
    rig.feed(.desired(state, publishedAt: nil, refusal: Self.guarded))
    rig.feed(.kept(.state(state, refusal: Self.guarded)))
    rig.feed(.live(rig.wanted(Fixtures.namespaceRef, state).live(50)))
    if hasEarlier { rig.feed(.live(rig.wanted(Fixtures.quotaRef, Fixtures.desired(1, mode: .gitops)).live(51))) }
    rig.feed(.clusterListed)
    #expect(rig.commits.isEmpty && rig.orders.isEmpty)
    #expect(rig.report?.says("Unenforced") == (hasEarlier ? "True GuardForbids" : ""))
  }

  @Test func `where nothing is ever written, what a stricter guard refuses goes on being looked at`() {
    let state = Fixtures.desired(1, mode: .observe)
    var rig = Rig(remembered: PlacementMemory("1.1 active"), rules: ClusterRules(.observe))
    rig.feed(.desired(state, publishedAt: nil, refusal: Self.guarded))
    rig.feed(.kept(.state(state, refusal: Self.guarded)))
    rig.seeNamespace()
    rig.seeQuota(hard: ["requests.cpu": "4"], used: ["requests.cpu": "3"])
    rig.feed(.clusterListed, after: 3)
    #expect(rig.report?.says("Refused") == "True GuardQuota" && rig.report?.says("Unenforced") == "")
    #expect(rig.report?.used == ResourceList(cpu: Quantity(3)))
  }

  @Test func `a removal that a stricter guard refuses is written down as called back by nothing, and waits`() {
    let removal = Fixtures.desired(5, phase: .removed, notBefore: Fixtures.start)
    let refusal = Refusal(reason: "GuardRemoval", message: "no", isOfGuard: true)
    var rig = Rig(remembered: PlacementMemory("1.4 active"))
    rig.feed(.desired(removal, publishedAt: nil, refusal: refusal))
    #expect(rig.recalls == [Fixtures.desired(4).version])
    rig.feed(.kept(.state(removal, refusal: refusal)))
    #expect(rig.memories.map(\.description) == ["1.5 removed"])
    show(&rig, removal)
    rig.feed(.alarm, after: 1000)
    #expect(rig.removals.isEmpty && rig.orders.isEmpty && rig.report?.says("Refused") == "True GuardRemoval")
  }

  @Test func `a newer state that is accepted is brought about wholly, whatever the one before was bound to`() {
    var rig = nextLife(Fixtures.desired(1))
    rig.feed(.kept(.state(Fixtures.desired(1), refusal: Self.guarded)))
    rig.feed(.desired(Fixtures.desired(2), publishedAt: nil, refusal: nil))
    rig.feed(.clusterListed)
    #expect(rig.order?.objects.count == 5 && rig.order?.mayCreateNamespace == true)
    rig.succeed()
    #expect(rig.report?.says("Applied") == "True Applied" && rig.report?.version.revision == 2)
  }

  @Test(arguments: [false, true])
  func `what a stricter guard refuses and does not stand is not made`(hasEarlier: Bool) {
    var rig = Rig(remembered: PlacementMemory("1.2 active"))
    rig.feed(.desired(Fixtures.desired(2, cpu: 100), publishedAt: nil, refusal: Self.guarded))
    rig.feed(.kept(.state(Fixtures.desired(2, cpu: 100), refusal: Self.guarded)))
    if hasEarlier {
      // The last life got as far as the namespace: the quota is still the earlier one.
      rig.feed(.live(rig.wanted(Fixtures.namespaceRef, Fixtures.desired(2, cpu: 100)).live(50)))
      rig.feed(.live(rig.wanted(Fixtures.quotaRef, Fixtures.desired(1)).live(51)))
    }
    rig.feed(.clusterListed)
    rig.feed(.alarm, after: 100)
    #expect(rig.orders.isEmpty && rig.report?.says("Unenforced") == "True GuardForbids")
    #expect(!rig.machine.isUnenforced, "it is known, and looked for no more")
  }

  // MARK: The words

  private let signer = EventSigner(Curve25519.Signing.PrivateKey())

  private func signed(_ state: DesiredState) throws -> SignedState {
    let event = try BusCodec.event(
      desired: state, signer: signer, source: "/regie", id: "1", time: Fixtures.start)
    return try #require(SignedState(version: state.version, headers: event.headers, data: event.data))
  }

  @Test func `words are believed as on the topic, and read as they were written`() throws {
    let feed = DesiredFeed(zone: "z1", verifier: try EventVerifier(JSONWebKeySet([signer.publicKey])))
    let state = Fixtures.desired(3)
    let words = try signed(state)
    let again = try #require(SignedState(words.description))
    #expect(again == words && again.version == state.version)
    #expect(try feed.recognise(again, of: state.placement) == state)
    #expect(throws: EventRejection.self) { try feed.recognise(again, of: Fixtures.project) }
    let forged = try #require(SignedState(words.description.replacing(#""cpu":"4""#, with: #""cpu":"9""#)))
    #expect(forged != words)
    #expect(throws: EventRejection.self) { try feed.recognise(forged, of: state.placement) }
    let other = EventSigner(Curve25519.Signing.PrivateKey())
    let stranger = DesiredFeed(zone: "z1", verifier: try EventVerifier(JSONWebKeySet([other.publicKey])))
    #expect(throws: EventRejection.self) { try stranger.recognise(words, of: state.placement) }
    let elsewhere = DesiredFeed(zone: "z2", verifier: try EventVerifier(JSONWebKeySet([signer.publicKey])))
    #expect(throws: EventRejection.self) { try elsewhere.recognise(words, of: state.placement) }
  }

  @Test(arguments: ["", "1.3", "1.3 s", "1.3 \n{}", "x s\n{}", "1.3 s t\n{}", "1.3 active"])
  func `any other text is none`(text: String) {
    #expect(SignedState(text) == nil)
  }
}
