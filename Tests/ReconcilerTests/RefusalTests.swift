import Events
import Model
import Reconciler
import Testing

struct RefusalTests {
  let refusal = Refusal(reason: "GuardQuota", message: "too much")
  private let inUse = Refusal(reason: "NamespaceInUse", message: "it is another placement's")

  @Test func `a refused state is reported and nothing is ordered`() {
    var rig = Rig()
    rig.feed(.desired(Fixtures.desired(1), publishedAt: Fixtures.start, refusal: refusal))
    rig.feed(.clusterListed)
    #expect(rig.orders.isEmpty && rig.reports.count == 1)
    #expect(rig.report?.conditions.map(\.type) == ["Applied", "Ready", "Refused"])
    #expect(rig.report?.says("Refused") == "True GuardQuota")
    #expect(rig.report?.timeline.publishedAt == Fixtures.start)
    #expect(rig.machine.namespace == nil)
  }

  @Test func `a refused newer state is never reported as applied, and the accepted one stays enforced`() {
    var rig = Rig.settled()
    let removal = Fixtures.desired(2, phase: .removed)
    rig.feed(.desired(removal, publishedAt: nil, refusal: refusal), after: 1)
    #expect(rig.report?.version.revision == 2 && rig.report?.phase == .removed)
    #expect(rig.report?.says("Applied") == "False GuardQuota")
    rig.feed(.live(rig.edited()), after: 1)
    #expect(rig.order?.objects.first?.labels[Labels.revision] == "1")
    rig.succeed()
    rig.feed(.alarm, after: 10)
    for report in rig.reports where report.version.revision == 2 {
      #expect(report.says("Applied") == "False GuardQuota")
      #expect(report.says("Ready") == "False GuardQuota")
      #expect(report.timeline.appliedAt == nil)
    }
    #expect(rig.report?.says("Drifted") == "False Corrected")
    #expect(rig.report?.conditions.last?.observedRevision == 1, "the drift is of the state that is enforced")
    #expect(rig.report?.drifts.first?.correctedAt != nil)
  }

  @Test func `a refusal that comes before the accepted state is in place is reported`() {
    var rig = Rig()
    rig.feed(.clusterListed)
    rig.feed(.desired(Fixtures.desired(1), publishedAt: nil, refusal: nil))
    rig.feed(.desired(Fixtures.desired(2), publishedAt: nil, refusal: refusal))
    #expect(rig.report?.says("Refused") == "True GuardQuota")
    rig.succeed()
    #expect(rig.report?.says("Applied") == "False GuardQuota")
    rig.feed(.desired(Fixtures.desired(3), publishedAt: nil, refusal: nil))
    rig.succeed()
    #expect(rig.report?.version.revision == 3 && rig.report?.says("Applied") == "True Applied")
    #expect(rig.report?.says("Refused") == "")
  }

  @Test func `refusal after refusal keeps the moment of the first`() {
    var rig = Rig()
    rig.feed(.desired(Fixtures.desired(1), publishedAt: nil, refusal: refusal))
    rig.feed(.desired(Fixtures.desired(2), publishedAt: nil, refusal: refusal), after: 5)
    #expect(rig.reports.count == 2)
    #expect(rig.report?.conditions.first?.lastTransitionTime == Fixtures.start)
    #expect(rig.feed(.desired(Fixtures.desired(1), publishedAt: nil, refusal: nil)).isEmpty)
  }

  @Test func `what is admitted after all is remembered and brought about, and nothing else is`() {
    var rig = Rig()
    rig.feed(.clusterListed)
    #expect(rig.feed(.admitted).isEmpty)
    rig.feed(.desired(Fixtures.desired(1), publishedAt: Fixtures.start, refusal: inUse))
    rig.feed(.admitted, after: 1)
    #expect(rig.memories.map(\.description) == ["1.1 active"] && rig.order?.objects.count == 5)
    rig.succeed()
    #expect(rig.report?.says("Applied") == "True Applied" && rig.report?.says("Refused") == "")
    #expect(rig.report?.timeline.publishedAt == Fixtures.start)
  }

  @Test(arguments: [("1.3 removed", "Outdated"), ("1.2 removed", "VersionConflict")])
  func `what is admitted after all is not brought back once it was removed, and that is told`(
    remembered: String, reason: String
  ) {
    var rig = Rig(remembered: PlacementMemory(remembered))
    rig.feed(.clusterListed)
    rig.feed(.desired(Fixtures.desired(2), publishedAt: nil, refusal: inUse))
    #expect(rig.report?.says("Refused") == "True NamespaceInUse")
    rig.feed(.admitted, after: 1)
    #expect(rig.orders.isEmpty && rig.memories.isEmpty && rig.machine.namespace == nil)
    #expect(rig.report?.says("Refused") == "True \(reason)" && rig.report?.says("Applied") == "False \(reason)")
  }

  @Test func `admission refuses what this agent must not act on`() {
    let admission = Admission(modes: ["c1": .own, "c2": .own])
    func reason(_ state: DesiredState) -> String? { admission.refusal(of: state)?.reason }
    #expect(reason(Fixtures.desired(1)) == nil)
    #expect(reason(Fixtures.desired(1, cluster: "c3")) == "UnknownCluster")
    #expect(admission.refusal(of: Fixtures.desired(1, cluster: "c3"))?.message.contains("c1, c2") == true)
    for phase in [PlacementPhase.frozen, .draining] { #expect(reason(Fixtures.desired(1, phase: phase)) == nil) }
    #expect(reason(Fixtures.desired(1, phase: .removed)) == "RemovalUndated")
    #expect(reason(Fixtures.desired(1, phase: .removed, notBefore: Fixtures.start)) == nil)
    #expect(reason(Fixtures.desired(1, namespace: "kube-system")) == "NamespaceName")
  }

  @Test(arguments: ClusterSpec.Mode.allCases, ClusterSpec.Mode.allCases)
  func `a mode that offer and agent do not agree on is refused`(decided: ClusterSpec.Mode, told: ClusterSpec.Mode) {
    let refusal = Admission(modes: ["c1": told]).refusal(of: Fixtures.desired(1, mode: decided))
    #expect(refusal?.reason == (decided == told ? nil : "ModeMismatch"))
    if let refusal { #expect(refusal.message.contains(decided.rawValue) && refusal.message.contains(told.rawValue)) }
  }
}
