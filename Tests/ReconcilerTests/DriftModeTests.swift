import Events
import Model
import Reconciler
import Testing

/// Changes by hand that are left alone for a while, or for good.
struct DriftModeTests {
  private func settled(_ mode: DriftMode, pause: Timestamp? = nil) -> Rig {
    var rig = Rig(driftMode: mode)
    rig.feed(.desired(Fixtures.desired(1), publishedAt: nil, refusal: nil))
    rig.feed(.clusterListed)
    rig.succeed()
    if let pause {
      rig.feed(.live(rig.edited(Fixtures.namespaceRef) { $0.annotations[Labels.pauseUntil] = pause.description }))
    }
    return rig
  }

  @Test func `report: told and left, until the next revision`() {
    var rig = settled(.report)
    rig.feed(.live(rig.edited()), after: 1)
    #expect(rig.orders.count == 1 && rig.report?.says("Drifted") == "True Reported")
    #expect(rig.report?.says("Ready") == "False Drifted")
    #expect(rig.report?.drifts.contains { $0.manager == "kubectl-edit" && $0.correctedAt == nil } == true)
    rig.feed(.gone(Fixtures.quotaRef, uid: "u1", resourceVersion: "900"), after: 1)
    rig.feed(.alarm, after: 1000)
    #expect(rig.orders.count == 1)
    rig.feed(.desired(Fixtures.desired(2), publishedAt: nil, refusal: nil))
    #expect(rig.order?.objects.count == 5)
    rig.version = 1000
    rig.succeed()
    #expect(rig.report?.says("Ready") == "True QuotaEnforced")
  }

  @Test func `what is left as it is beside a refused object is told as left, and looked at when the pause ends`() {
    let deny = Fixtures.ref(.networkPolicy, "regie-default-deny")
    for (mode, reason) in [(DriftMode.report, "Reported"), (.correctUnlessPaused, "Paused")] {
      var rig = Rig(driftMode: mode)
      rig.feed(.desired(Fixtures.desired(1), publishedAt: nil, refusal: nil))
      rig.feed(.clusterListed)
      rig.refuse(.invalid, [Fixtures.ref(.limitRange, "regie-limits")])
      let end = rig.now.after(60)
      if mode == .correctUnlessPaused {
        rig.feed(.live(rig.edited(Fixtures.namespaceRef) { $0.annotations[Labels.pauseUntil] = end.description }))
      }
      let actions = rig.feed(.gone(deny, uid: "u1", resourceVersion: "900"), after: 1)
      #expect(actions.orders.isEmpty && rig.report?.says("Drifted") == "True \(reason)", "\(mode)")
      #expect(rig.report?.says("Applied") == "False Invalid")
      #expect(actions.wakes.contains(end) == (mode == .correctUnlessPaused))
    }
  }

  @Test func `report: what the quota enforces is told as it stands, whatever was decided`() {
    var rig = settled(.report)
    let decided = Fixtures.desired(1).quota
    #expect(rig.report?.enforced?.cpu == decided.cpu && rig.report?.enforced?.memory == decided.memory)
    var raised = rig.edited()
    raised.statusHard["requests.cpu"] = "64"
    rig.feed(.live(raised), after: 10)
    #expect(rig.report?.enforced?.cpu == Quantity(64) && rig.report?.enforced?.memory == decided.memory)
    // The quota controller comes after whoever writes the limits: a report of its own, though nothing else changes.
    rig.version += 1
    var lowered = raised
    (lowered.resourceVersion, lowered.statusHard["requests.cpu"]) = (String(rig.version), "32")
    rig.feed(.live(lowered), after: 10)
    #expect(rig.report?.enforced?.cpu == Quantity(32))
    // Gone, it limits nothing, and that is known; with the namespace gone nothing is known.
    rig.feed(.gone(Fixtures.quotaRef, uid: lowered.uid, resourceVersion: lowered.resourceVersion), after: 10)
    #expect(rig.report?.enforced == ResourceList())
    rig.feed(.gone(Fixtures.namespaceRef), after: 10)
    #expect(rig.report?.enforced == nil)
  }

  @Test func `a quota of which the cluster has not said what it enforces is not known`() {
    var rig = Rig(driftMode: .report)
    rig.feed(.desired(Fixtures.desired(1), publishedAt: nil, refusal: nil))
    rig.feed(.clusterListed)
    rig.succeed(filled: false)
    #expect(rig.report?.says("Ready") == "False QuotaPending" && rig.report?.enforced == nil)
  }

  @Test func `report: what is undone by hand is as wanted again`() {
    var rig = settled(.report)
    rig.feed(.live(rig.edited()), after: 1)
    rig.version += 1
    rig.feed(.live(rig.wanted(Fixtures.quotaRef).live(rig.version)), after: 5)
    #expect(rig.report?.says("Drifted") == "False Corrected" && rig.report?.says("Ready") == "True QuotaEnforced")
  }

  @Test func `report: a change made between two lives is left too, what was never applied is not`() {
    var rig = Rig(remembered: PlacementMemory(version: Fixtures.desired(1).version, phase: .active), driftMode: .report)
    rig.feed(.desired(Fixtures.desired(1), publishedAt: nil, refusal: nil))
    rig.feed(.live(rig.wanted(Fixtures.namespaceRef).live(50), fromList: true))
    rig.feed(.live(rig.edited(), fromList: true))
    rig.feed(.clusterListed)
    #expect(rig.order?.objects.map(\.ref.kind) == [.limitRange, .networkPolicy, .networkPolicy])
    rig.succeed()
    #expect(rig.orders.count == 1 && rig.report?.says("Drifted") == "True Reported")
  }

  @Test func `correct: a change made between two lives is put back, and told`() {
    var rig = Rig(remembered: PlacementMemory(version: Fixtures.desired(1).version, phase: .active))
    rig.feed(.desired(Fixtures.desired(1), publishedAt: nil, refusal: nil))
    for object in DesiredObjects.render(Fixtures.desired(1)) {
      rig.feed(.live(object.ref == Fixtures.quotaRef ? rig.edited() : object.live(50), fromList: true))
    }
    rig.feed(.clusterListed)
    #expect(rig.order?.objects.map(\.ref) == [Fixtures.quotaRef])
    rig.succeed()
    #expect(rig.report?.says("Drifted") == "False Corrected" && rig.report?.says("Applied") == "True Applied")
    let told = rig.report?.drifts ?? []
    #expect(told.contains { $0.path.hasPrefix("spec.hard") && $0.manager == "kubectl-edit" && $0.correctedAt != nil })
    #expect(rig.notes.contains { $0.reason == "DriftCorrected" })
  }

  /// The next life finds all but these.
  private func nextLife(_ mode: DriftMode, without missing: [ManagedKind], pause: Timestamp? = nil) -> Rig {
    var rig = Rig(remembered: PlacementMemory(version: Fixtures.desired(1).version, phase: .active), driftMode: mode)
    rig.feed(.desired(Fixtures.desired(1), publishedAt: nil, refusal: nil))
    for object in DesiredObjects.render(Fixtures.desired(1)) where !missing.contains(object.ref.kind) {
      var live = object.live(50)
      if object.ref.kind == .namespace { live.annotations[Labels.pauseUntil] = pause?.description }
      rig.feed(.live(live, fromList: true))
    }
    rig.feed(.clusterListed)
    return rig
  }

  @Test func `correct: what was deleted between two lives is made again, and told`() {
    var rig = nextLife(.correct, without: [.resourceQuota])
    #expect(rig.order?.objects.map(\.ref) == [Fixtures.quotaRef])
    rig.succeed()
    #expect(rig.report?.says("Drifted") == "False Corrected" && rig.report?.says("Applied") == "True Applied")
    #expect(rig.report?.drifts.map(\.object) == [Fixtures.quotaRef.description])
    #expect(rig.report?.drifts.allSatisfy { $0.path.isEmpty && $0.correctedAt != nil } == true)
  }

  @Test func `report and a pause: what was deleted between two lives is told and left, until the next revision`() {
    for kind in [ManagedKind.resourceQuota, .networkPolicy] {
      var rig = nextLife(.report, without: [kind])
      rig.feed(.alarm, after: 1000)
      #expect(rig.orders.isEmpty && rig.report?.says("Drifted") == "True Reported")
      #expect(rig.report?.says("Ready") == "False Drifted")
      rig.feed(.desired(Fixtures.desired(2), publishedAt: nil, refusal: nil))
      #expect(rig.order?.objects.count == 5)
    }
    var rig = nextLife(.correctUnlessPaused, without: [.resourceQuota], pause: Fixtures.start.after(100))
    #expect(rig.orders.isEmpty && rig.report?.says("Drifted") == "True Paused")
    rig.feed(.alarm, after: 101)
    #expect(rig.order?.objects.map(\.ref) == [Fixtures.quotaRef])
  }

  @Test func `what an earlier life may never have made is no change by hand`() {
    let most: [ManagedKind] = [.limitRange, .networkPolicy]
    for missing in [most, most + [.resourceQuota]] {
      let rig = nextLife(.report, without: missing)
      #expect(rig.order?.objects.count == (missing.count == 2 ? 3 : 4) && rig.report?.says("Drifted") ?? "" == "")
    }
  }

  @Test(arguments: DriftMode.allCases)
  func `what bears an earlier revision is no change by hand, whoever has changed it`(mode: DriftMode) {
    var rig = Rig(remembered: PlacementMemory(version: Fixtures.desired(1).version, phase: .active), driftMode: mode)
    rig.feed(.desired(Fixtures.desired(2, cpu: 5), publishedAt: nil, refusal: nil))
    for object in DesiredObjects.render(Fixtures.desired(1)) {
      rig.feed(.live(object.ref == Fixtures.quotaRef ? rig.edited() : object.live(50), fromList: true))
    }
    rig.feed(.clusterListed)
    #expect(rig.order?.objects.count == 5)
    rig.succeed()
    #expect(rig.report?.says("Applied") == "True Applied" && rig.report?.drifts.isEmpty == true)
  }

  @Test(arguments: DriftMode.allCases)
  func `what an earlier release of the agent wrote otherwise is no change by hand`(mode: DriftMode) {
    var rig = Rig(remembered: PlacementMemory(version: Fixtures.desired(1).version, phase: .active), driftMode: mode)
    rig.feed(.desired(Fixtures.desired(1), publishedAt: nil, refusal: nil))
    for object in DesiredObjects.render(Fixtures.desired(1)) {
      var live = object.live(50)
      if object.ref.kind == .limitRange {
        live.labels[Labels.form] = "another"
        live.spec = ["limits": []]
      }
      rig.feed(.live(live, fromList: true))
    }
    rig.feed(.clusterListed)
    #expect(rig.order?.objects.map(\.ref.kind) == [.limitRange])
    rig.succeed()
    #expect(rig.report?.says("Applied") == "True Applied" && rig.report?.drifts.isEmpty == true)
  }

  @Test(arguments: [DriftMode.report, .correctUnlessPaused])
  func `what an earlier release wrote without a digest gets one, and what was changed in it by hand is left and told`(
    mode: DriftMode
  ) {
    let pause = [Labels.pauseUntil: Fixtures.start.after(1000).description]
    var rig = Rig(remembered: PlacementMemory(version: Fixtures.desired(1).version, phase: .active), driftMode: mode)
    rig.feed(.desired(Fixtures.desired(1), publishedAt: nil, refusal: nil))
    for object in DesiredObjects.render(Fixtures.desired(1)) {
      var live = object.live(50)
      live.labels[Labels.form] = nil
      if object.ref == Fixtures.namespaceRef { live.annotations = pause }
      if object.ref == Fixtures.quotaRef {
        live.spec = ["hard": ["pods": "1"]]
        live.writers = [LiveObject.Writer(manager: "kubectl-edit", operation: "Update", time: nil)]
      }
      rig.feed(.live(live, fromList: true))
    }
    rig.feed(.clusterListed)
    #expect(rig.order?.objects.map(\.ref.kind) == [.namespace, .limitRange, .networkPolicy, .networkPolicy])
    let applied = (rig.order?.objects ?? []).map { object in
      var live = object.live(60)
      if object.ref == Fixtures.namespaceRef { live.annotations = pause }
      return live
    }
    rig.feed(.finished(attempt: rig.order?.attempt ?? 0, ApplyOutcome(applied: applied)))
    #expect(rig.orders.count == 1)
    #expect(rig.report?.says("Drifted") == (mode == .report ? "True Reported" : "True Paused"))
    let told = rig.report?.drifts ?? []
    #expect(told.contains { $0.manager == "kubectl-edit" && $0.path.hasPrefix("spec.hard") })
    #expect(told.allSatisfy { $0.object == Fixtures.quotaRef.description && !$0.path.contains(Labels.form) })
  }

  @Test func `each object bears a digest of all that it says`() {
    let forms = [Fixtures.desired(1), Fixtures.desired(2), Fixtures.desired(1, cpu: 5)].map { state in
      DesiredObjects.render(state).compactMap { $0.labels[Labels.form] }
    }
    #expect(
      forms.allSatisfy { $0.count == 5 }
        && forms[0] == DesiredObjects.render(Fixtures.desired(1)).map { $0.labels[Labels.form] ?? "" })
    #expect(Set(forms.flatMap { $0 }).count == 15 - 4, "the quota's size changes the quota and nothing else")
  }

  @Test(arguments: [DriftMode.report, .correctUnlessPaused, .correct])
  func `the count of a frozen placement is no change by hand, in this life and the next`(mode: DriftMode) {
    let frozen = Fixtures.desired(2, phase: .frozen)
    var rig = settled(mode, pause: Fixtures.start.after(1000))
    rig.feed(.desired(frozen, publishedAt: nil, refusal: nil), after: 1)
    rig.version = 900
    rig.succeed()
    let pending = rig.wanted(Fixtures.quotaRef, frozen).live(950, used: ["pods": "7"])
    rig.feed(.live(pending))
    #expect(rig.order?.objects.map(\.ref) == [Fixtures.quotaRef] && rig.report?.drifts.isEmpty == true)
    #expect(rig.order?.objects.first?.spec == DesiredObjects.render(frozen, podsInUse: 7)[1].spec)

    // The agent ended after it remembered the count, and before it was applied.
    var next = Rig(remembered: PlacementMemory(version: frozen.version, phase: .frozen, pods: 7), driftMode: mode)
    next.feed(.desired(frozen, publishedAt: nil, refusal: nil))
    for object in DesiredObjects.render(frozen) {
      next.feed(.live(object.live(960, used: ["pods": "7"]), fromList: true))
    }
    next.feed(.clusterListed)
    #expect(next.order?.objects.map(\.ref) == [Fixtures.quotaRef])
  }

  @Test func `a pause holds corrections until its moment, and not without the mode`() {
    var rig = settled(.correctUnlessPaused, pause: Fixtures.start.after(100))
    rig.feed(.live(rig.edited()), after: 1)
    #expect(rig.orders.count == 1 && rig.report?.says("Drifted") == "True Paused")
    #expect(rig.wakes.last == Fixtures.start.after(100))
    rig.feed(.alarm, after: 99.5)
    #expect(rig.order?.objects.map(\.ref) == [Fixtures.quotaRef])
    rig = settled(.correct, pause: Fixtures.start.after(100))
    rig.feed(.live(rig.edited()), after: 1)
    #expect(rig.orders.count == 2)
  }

  @Test(arguments: [86_500.0, -5, 0])
  func `a pause that is over, or longer than a day, pauses nothing`(seconds: Double) {
    var rig = settled(.correctUnlessPaused, pause: Fixtures.start.after(seconds))
    rig.feed(.live(rig.edited()), after: 1)
    #expect(rig.orders.count == 2)
  }

  @Test func `a pause that is taken off ends at once`() {
    var rig = settled(.correctUnlessPaused, pause: Fixtures.start.after(100))
    rig.feed(.live(rig.edited()), after: 1)
    rig.version += 1
    rig.feed(.live(rig.wanted(Fixtures.namespaceRef).live(rig.version)))
    #expect(rig.orders.count == 2)
  }

  @Test(arguments: DriftMode.allCases)
  func `a removal is carried out whatever the mode`(mode: DriftMode) {
    var rig = settled(mode, pause: Fixtures.start.after(3600))
    let removal = Fixtures.desired(2, phase: .removed, notBefore: Fixtures.start)
    rig.feed(.desired(removal, publishedAt: nil, refusal: nil), after: 1)
    rig.version = 500
    rig.succeed()
    #expect(rig.removals.count == 1)
  }
}
