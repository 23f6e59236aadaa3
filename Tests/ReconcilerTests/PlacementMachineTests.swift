import Events
import Model
import Reconciler
import Testing

struct PlacementMachineTests {
  @Test func `nothing is ordered before the cluster was listed`() {
    var rig = Rig()
    rig.feed(.desired(Fixtures.desired(1), publishedAt: nil, refusal: nil))
    rig.feed(.live(rig.edited()))
    rig.feed(.alarm, after: 60)
    #expect(rig.orders.isEmpty && rig.reports.isEmpty)
    rig.feed(.clusterListed)
    #expect(
      rig.order?.objects.map(\.ref.kind) == [.namespace, .resourceQuota, .limitRange, .networkPolicy, .networkPolicy])
    #expect(rig.order?.namespaceIsOurs == false)
  }

  @Test func `what is already as wanted is not written again`() {
    var rig = Rig()
    rig.feed(.desired(Fixtures.desired(1), publishedAt: nil, refusal: nil))
    for object in DesiredObjects.render(Fixtures.desired(1)) { rig.feed(.live(object.live(7), fromList: true)) }
    rig.feed(.clusterListed)
    #expect(rig.orders.isEmpty)
    #expect(rig.report?.says("Applied") == "True Applied")
    #expect(rig.report?.says("Ready") == "True QuotaEnforced")
  }

  @Test func `a placement is applied, then ready once its quota is filled`() {
    var rig = Rig()
    rig.feed(.desired(Fixtures.desired(1), publishedAt: Fixtures.start, refusal: nil))
    rig.feed(.clusterListed, after: 1)
    rig.succeed(after: 1, filled: false)
    #expect(rig.report?.says("Applied") == "True Applied")
    #expect(rig.report?.says("Ready") == "False QuotaPending")
    var quota = rig.wanted(Fixtures.quotaRef).live(rig.version + 10, used: ["requests.cpu": "500m"])
    rig.feed(.live(quota), after: 1)
    let timeline = rig.report?.timeline
    #expect(rig.report?.says("Ready") == "True QuotaEnforced")
    #expect(timeline?.publishedAt == Fixtures.start && timeline?.receivedAt == Fixtures.start)
    #expect(timeline?.appliedAt == Fixtures.start.after(2) && timeline?.readyAt == Fixtures.start.after(3))
    #expect(rig.report?.used == ResourceList(cpu: Quantity("500m")))
    quota.resourceVersion = String(rig.version + 11)
    quota.statusHard["limits.cpu"] = "1"
    rig.feed(.live(quota), after: 1)
    #expect(rig.report?.says("Ready") == "False QuotaPending", "a limit that is not in force is not ready")
    #expect(rig.report?.timeline.readyAt == timeline?.readyAt)
  }

  @Test func `older and repeated states change nothing`() {
    var rig = Rig.settled(Fixtures.desired(5))
    for state in [Fixtures.desired(5), Fixtures.desired(4), Fixtures.desired(9, epoch: 0)] {
      #expect(rig.feed(.desired(state, publishedAt: nil, refusal: nil)).isEmpty)
    }
    #expect(rig.machine.version == StateVersion(epoch: 1, revision: 5))
    #expect(rig.machine.namespace == Fixtures.namespace)
    rig.feed(.desired(Fixtures.desired(1, epoch: 2), publishedAt: nil, refusal: nil))
    #expect(rig.orders.count == 2, "a newer epoch is newer, whatever the revision")
  }

  @Test func `a newer state during an order waits for its end and is then ordered`() {
    var rig = Rig()
    rig.feed(.clusterListed)
    rig.feed(.desired(Fixtures.desired(1), publishedAt: nil, refusal: nil))
    #expect(rig.feed(.desired(Fixtures.desired(2), publishedAt: nil, refusal: nil)).isEmpty)
    let actions = rig.succeed()
    #expect(actions.reports.isEmpty, "revision 1 is no news any more, and 2 is not there yet")
    #expect(actions.orders.first?.objects.first?.labels[Labels.revision] == "2")
    rig.succeed()
    #expect(rig.report?.version.revision == 2 && rig.report?.says("Applied") == "True Applied")
    #expect(rig.report?.drifts == [], "what an earlier order wrote is nobody's drift")
  }

  @Test func `a newer state ends the wait after a failure`() {
    var rig = Rig()
    rig.feed(.clusterListed)
    rig.feed(.desired(Fixtures.desired(1), publishedAt: nil, refusal: nil))
    rig.fail(.invalid)
    #expect(rig.feed(.desired(Fixtures.desired(2), publishedAt: nil, refusal: nil)).orders.count == 1)
  }

  @Test func `what failed before a newer state does not lengthen the waits after it`() {
    var rig = Rig()
    rig.feed(.clusterListed)
    rig.feed(.desired(Fixtures.desired(1), publishedAt: nil, refusal: nil))
    for _ in 0..<5 {
      rig.fail(.unavailable)
      rig.feed(.alarm, after: 60)
    }
    rig.fail(.unavailable)
    rig.feed(.desired(Fixtures.desired(2), publishedAt: nil, refusal: nil))
    rig.fail(.unavailable)
    #expect(rig.orders.count == 7 && rig.wakes.last == rig.now.after(0.2))
  }

  @Test func `people who look at the namespace are told of each revision, and of what its removal is about to do`() {
    var rig = Rig.settled()
    rig.feed(.desired(Fixtures.desired(2), publishedAt: nil, refusal: nil), after: 1)
    rig.succeed()
    let moment = rig.now.after(30)
    let removal = Fixtures.desired(3, phase: .removed, notBefore: moment)
    rig.feed(.desired(removal, publishedAt: nil, refusal: nil), after: 1)
    rig.succeed()
    rig.feed(.alarm, after: 29)
    #expect(rig.removals.count == 1)
    #expect(rig.notes.map(\.reason) == ["Applied", "Applied", "RemovalScheduled", "Removing"])
    #expect(rig.notes.map(\.isWarning) == [false, false, true, true])
    let messages = [
      "La révision 1.1 est en place. / Revision 1.1 is in place.",
      "La révision 1.2 est en place. / Revision 1.2 is in place.",
      "Cet espace de noms sera supprimé, au plus tôt le \(moment). / "
        + "This namespace will be deleted, not before \(moment).",
      "Cet espace de noms est supprimé. / This namespace is being deleted.",
    ]
    #expect(rig.notes.map(\.message) == messages)
  }

  @Test func `an outcome of another attempt is not believed`() {
    var rig = Rig()
    rig.feed(.clusterListed)
    rig.feed(.desired(Fixtures.desired(1), publishedAt: nil, refusal: nil))
    #expect(rig.feed(.finished(attempt: 7, ApplyOutcome(applied: []))).isEmpty)
    rig.succeed()
    #expect(rig.feed(.finished(attempt: 1, ApplyOutcome(applied: []))).isEmpty)
  }

  @Test func `a revision with another namespace forgets the objects of the former`() {
    var rig = Rig.settled()
    rig.feed(.desired(Fixtures.desired(2, namespace: "other"), publishedAt: nil, refusal: nil))
    #expect(rig.order?.namespaceIsOurs == false)
    #expect(rig.feed(.gone(Fixtures.namespaceRef, uid: "u1", resourceVersion: "999")).isEmpty)
    #expect(rig.feed(.live(rig.edited())).isEmpty)
  }

  @Test(arguments: ApplyFailure.Kind.allCases)
  func `a failure is reported by its name and tried again`(kind: ApplyFailure.Kind) throws {
    var rig = Rig()
    rig.feed(.clusterListed)
    rig.feed(.desired(Fixtures.desired(1), publishedAt: nil, refusal: nil))
    let isForPeople = [.forbidden, .namespaceTaken, .objectTaken, .volumesHeld, .invalid, .conflict].contains(kind)
    var waits: [Double] = []
    for _ in 0..<14 {
      rig.fail(kind)
      let until = try #require(rig.wakes.last)
      waits.append(Double(until.microseconds(since: rig.now)) / 1_000_000)
      #expect(rig.report?.says("Applied") == "False \(kind.rawValue)")
      // Of an earlier revision: what was never in place is nobody's change.
      let earlier = rig.edited { $0.labels[Labels.revision] = "0" }
      #expect(rig.feed(.live(earlier)).orders.isEmpty, "no news shortens the wait")
      #expect(rig.feed(.alarm, after: waits.last ?? 0).orders.count == 1)
    }
    #expect(waits.first == (isForPeople ? 5 : 0.2) && waits.last == (isForPeople ? 300 : 30))
    #expect(waits == waits.sorted())
    rig.succeed()
    #expect(rig.report?.says("Applied") == "True Applied")
    #expect(rig.report?.says("Drifted") == "")
  }

  @Test func `the API server's wish to wait is heeded, within reason`() {
    var rig = Rig()
    rig.feed(.clusterListed)
    rig.feed(.desired(Fixtures.desired(1), publishedAt: nil, refusal: nil))
    rig.fail(.throttled, retryAfter: 7_000_000)
    #expect(rig.wakes.last == rig.now.after(7))
    rig.feed(.alarm, after: 7)
    rig.fail(.throttled, retryAfter: .max)
    #expect(rig.wakes.last == rig.now.after(600))
  }

  @Test func `an alarm that comes early is asked for again`() {
    var rig = Rig()
    rig.feed(.clusterListed)
    rig.feed(.desired(Fixtures.desired(1), publishedAt: nil, refusal: nil))
    rig.fail(.forbidden)
    let until = rig.wakes.last
    #expect(rig.feed(.alarm, after: 1) == [.wake(at: until ?? rig.now)])
    #expect(rig.feed(.alarm, after: 4).orders.count == 1)
  }

  @Test func `a clock that was put back does not make a wait endless`() {
    var rig = Rig()
    rig.feed(.clusterListed)
    rig.feed(.desired(Fixtures.desired(1), publishedAt: nil, refusal: nil))
    rig.fail(.unavailable)
    #expect(rig.feed(.alarm, after: -3600).orders.count == 1)
  }

  @Test func `objects that turn out to be there settle a failed attempt`() {
    var rig = Rig()
    rig.feed(.clusterListed)
    rig.feed(.desired(Fixtures.desired(1), publishedAt: nil, refusal: nil))
    rig.fail(.unavailable)
    for object in rig.order?.objects ?? [] { rig.feed(.live(object.live(500))) }
    #expect(rig.report?.says("Applied") == "True Applied")
    #expect(rig.feed(.alarm, after: 1).isEmpty)
  }

  @Test func `objects that were applied before a failure are not ordered again`() {
    var rig = Rig()
    rig.feed(.clusterListed)
    rig.feed(.desired(Fixtures.desired(1), publishedAt: nil, refusal: nil))
    rig.fail(.throttled, applied: [rig.wanted(Fixtures.namespaceRef).live(5)])
    rig.feed(.alarm, after: 1)
    #expect(rig.order?.objects.map(\.ref.kind) == [.resourceQuota, .limitRange, .networkPolicy, .networkPolicy])
    #expect(rig.order?.namespaceIsOurs == true && rig.order?.namespaceUID == "u1")
  }

  @Test func `use of the quota is reported at most every two seconds`() {
    var rig = Rig.settled()
    let before = rig.reports.count
    for index in 1...50 {
      rig.feed(
        .live(rig.wanted(Fixtures.quotaRef).live(1000 + index, used: ["pods": String(index)])), after: 0.01)
    }
    #expect(rig.reports.count == before)
    #expect(Set(rig.wakes).count == 1)
    rig.feed(.alarm, after: 2)
    #expect(rig.reports.count == before + 1 && rig.report?.used?.pods == Quantity(50))
    rig.feed(.live(rig.wanted(Fixtures.quotaRef).live(2000, used: ["pods": "1"])), after: -3600)
    #expect(rig.reports.count == before + 2, "a clock that was put back holds nothing up")
  }

  @Test func `a long message is cut before it travels`() {
    var rig = Rig()
    rig.feed(.clusterListed)
    rig.feed(.desired(Fixtures.desired(1), publishedAt: nil, refusal: nil))
    let failure = ApplyFailure(kind: .invalid, message: String(repeating: "x", count: 100_000))
    rig.feed(.finished(attempt: 1, ApplyOutcome(applied: [], failure: failure)))
    #expect(rig.report?.conditions.first?.message.count == 1025)
  }

  @Test func `a report is stamped with its life and number`() throws {
    let report = try #require(Rig.settled().report)
    let state = report.stamped(incarnation: 3, sequence: 9, at: Fixtures.start.after(5))
    #expect(state.incarnation == 3 && state.sequence == 9)
    #expect(state.observedEpoch == 1 && state.observedRevision == 1 && state.phase == .active)
    #expect(state.timeline.reportedAt == Fixtures.start.after(5) && state.conditions == report.conditions)
  }
}
