import Events
import Model
import Reconciler
import Testing

struct DriftTests {
  @Test func `a hand-made change is ordered back and told`() {
    var rig = Rig.settled()
    let actions = rig.feed(.live(rig.edited()), after: 1)
    #expect(actions.orders.first?.objects.map(\.ref) == [Fixtures.quotaRef])
    #expect(actions.reports.first?.says("Drifted") == "True Correcting")
    #expect(actions.reports.first?.says("Applied") == "True Applied", "a moment's correction is no outage")
    rig.succeed(after: 0.25)
    let drift = rig.report?.drifts.first { $0.path == "spec.hard.pods" || $0.path == "spec.hard.limits.cpu" }
    #expect(rig.report?.says("Drifted") == "False Corrected")
    #expect(drift?.object == "ResourceQuota/regie-quota" && drift?.manager == "kubectl-edit")
    #expect(drift?.live == nil && drift?.wanted == "4")
    #expect(drift?.firstSeen == Fixtures.start.after(1) && drift?.correctedAt == Fixtures.start.after(1.25))
  }

  @Test(arguments: [ClusterSpec.Mode.own, .adopt])
  func `a quota that is made to count some pods only is ordered back, and enforces nothing meanwhile`(
    mode: ClusterSpec.Mode
  ) throws {
    let state = Fixtures.desired(1, mode: mode)
    var rig = Rig(rules: ClusterRules(mode))
    rig.feed(.desired(state, publishedAt: nil, refusal: nil))
    rig.feed(.clusterListed)
    if mode == .adopt { rig.seeNamespace() }
    rig.succeed()
    #expect(rig.report?.says("Ready") == "True QuotaEnforced")
    let chosen: ObjectTree = [["scopeName": "PriorityClass", "operator": "In", "values": ["none"]]]
    let spec = try #require(rig.wanted(Fixtures.quotaRef, state).spec)
    let live = rig.edited(of: state) {
      $0.spec = ["hard": spec["hard"] ?? [:], "scopeSelector": ["matchExpressions": chosen]]
      $0.statusUsed = ["requests.cpu": "0"]
    }
    let actions = rig.feed(.live(live), after: 3)
    #expect(actions.orders.first?.objects.map(\.ref) == [Fixtures.quotaRef])
    #expect(actions.orders.first?.objects.first?.spec?["scopeSelector"] == ["matchExpressions": []])
    let told = try #require(actions.reports.first)
    #expect(told.drifts.map(\.path) == ["spec.scopeSelector.matchExpressions"])
    #expect(told.drifts.first?.manager == "kubectl-edit" && told.drifts.first?.live?.contains("PriorityClass") == true)
    #expect(told.enforced == ResourceList() && told.used == nil)
    rig.fail(.conflict)
    #expect(rig.report?.says("Applied") == "False Conflict" && rig.report?.says("Ready") == "False Conflict")
    rig.feed(.alarm, after: 10)
    rig.succeed()
    #expect(rig.report?.says("Ready") == "True QuotaEnforced" && rig.report?.enforced?.cpu == Quantity(4))
  }

  @Test func `scopes that can not be taken off are told, and the placement is not ready`() {
    var rig = Rig.settled()
    rig.feed(.live(rig.edited { $0.spec = ["hard": $0.spec?["hard"] ?? [:], "scopes": ["NotTerminating"]] }), after: 3)
    #expect(rig.report?.drifts.map(\.path) == ["spec.scopes"])
    rig.fail(.invalid)
    #expect(rig.report?.says("Applied") == "False Invalid" && rig.report?.says("Ready") == "False Invalid")
    #expect(rig.report?.enforced == ResourceList())
  }

  @Test(arguments: ["pods", "persistentvolumeclaims"])
  func `a limit that only another phase sets is taken away again, and one that none sets is left`(name: String) {
    var rig = Rig.settled()
    func limit(_ object: inout LiveObject, _ name: String) {
      let hard = (object.spec?["hard"]?.texts ?? [:]).merging([name: "5"]) { $1 }
      object.spec = ["hard": .object(hard.mapValues { .string($0) })]
    }
    let owners = rig.edited { limit(&$0, "services") }
    #expect(rig.feed(.live(owners), after: 1).orders.isEmpty)
    let ours = rig.edited { limit(&$0, name) }
    let actions = rig.feed(.live(ours), after: 1)
    #expect(actions.orders.first?.objects.map(\.ref) == [Fixtures.quotaRef])
    let drift = rig.report?.drifts.first
    #expect(drift?.path == "spec.hard.\(name)" && drift?.live == "5" && drift?.wanted == nil)
    #expect(drift?.manager == "kubectl-edit")
  }

  @Test func `an old version of Pod Security's checks is ordered back`() {
    var rig = Rig.settled()
    let version = "pod-security.kubernetes.io/enforce-version"
    let actions = rig.feed(.live(rig.edited(Fixtures.namespaceRef) { $0.labels[version] = "v1.7" }))
    #expect(actions.orders.first?.objects.first?.labels[version] == "latest")
    #expect(rig.report?.drifts.first?.path == "metadata.labels.\(version)" && rig.report?.drifts.first?.live == "v1.7")
  }

  @Test func `who made a change is who has the field, not who wrote something else later`() {
    var rig = Rig.settled()
    func writer(_ manager: String, _ time: String, _ fields: ObjectTree) -> LiveObject.Writer {
      LiveObject.Writer(manager: manager, operation: "Update", time: time, fields: fields)
    }
    let hand = writer(
      "kubectl-edit", "2026-11-23T10:00:00Z", ["f:spec": ["f:hard": [".": [:], "f:limits.cpu": [:]]]])
    let note = writer(
      "controller", "2026-11-23T11:00:00Z",
      ["f:metadata": ["f:annotations": ["f:seen": [:]]], "f:spec": ["f:hard": [".": [:]]]])
    let hard = ["hard": ["limits.cpu": "99", "limits.memory": "8Gi", "requests.memory": "8Gi"]] as ObjectTree
    rig.feed(
      .live(
        rig.edited {
          $0.spec = hard
          $0.writers = [hand, note]
        }))
    let managers = Dictionary(
      (rig.report?.drifts ?? []).map { ($0.path, $0.manager) }, uniquingKeysWith: { first, _ in first })
    #expect(managers["spec.hard.limits.cpu"] == "kubectl-edit")
    #expect(managers["spec.hard.requests.cpu"] == "controller", "nobody has what was taken away: the last one counts")
  }

  @Test func `a change during a correction is told and put back too`() {
    var rig = Rig.settled()
    rig.feed(.live(rig.edited()))
    let limits = Fixtures.ref(.limitRange, "regie-limits")
    rig.feed(.live(rig.edited(limits) { $0.spec = ["limits": []] }))
    let next = rig.succeed()
    #expect(next.orders.first?.objects.map(\.ref) == [limits])
    rig.succeed()
    #expect(rig.report?.drifts.contains { $0.object == "LimitRange/regie-limits" && $0.correctedAt != nil } == true)
  }

  @Test func `a correction that fails leaves the drift open and the revision not applied`() {
    var rig = Rig.settled()
    rig.feed(.live(rig.edited()))
    rig.fail(.forbidden)
    #expect(rig.report?.says("Applied") == "False Forbidden")
    #expect(rig.report?.says("Drifted") == "True Correcting")
  }

  @Test func `late echoes of own writes are not drift`() {
    var rig = Rig.settled()
    let old = rig.wanted(Fixtures.quotaRef).live(101)
    rig.feed(.desired(Fixtures.desired(2), publishedAt: nil, refusal: nil))
    rig.succeed()
    let orders = rig.orders.count
    rig.feed(.live(old))
    #expect(rig.orders.count == orders && rig.report?.drifts == [])
  }

  @Test func `what a list says holds even where its version is lower`() {
    var rig = Rig.settled()
    var restored = rig.edited()
    restored.resourceVersion = "3"
    rig.feed(.live(restored, fromList: true))
    #expect(rig.order?.objects.map(\.ref) == [Fixtures.quotaRef])
    #expect(rig.report?.drifts == [], "a restored cluster was not changed by hand")
  }

  @Test func `versions that are no numbers count as news`() {
    var rig = Rig.settled()
    var odd = rig.edited()
    odd.resourceVersion = "abc"
    #expect(rig.feed(.live(odd)).orders.count == 1)
  }

  @Test func `objects that are not kept are passed over`() {
    var rig = Rig.settled()
    #expect(rig.feed(.live(rig.edited(Fixtures.ref(.resourceQuota, "dso-quota")))).isEmpty)
    #expect(rig.feed(.gone(Fixtures.ref(.resourceQuota, "dso-quota"))).isEmpty)
  }

  @Test func `five corrections go at full speed, then they slow down, and calm is forgiven`() throws {
    var rig = Rig.settled()
    var waits: [Double] = []
    for round in 0..<14 {
      let actions = rig.feed(.live(rig.edited { $0.spec = ["hard": ["pods": .string("\(round + 1)")]] }), after: 0.1)
      if round < 5 {
        #expect(actions.orders.count == 1)
      } else {
        #expect(actions.orders.isEmpty && rig.report?.says("Drifted") == "True Contested")
        #expect(rig.report?.says("Applied") == "False Contested" && rig.report?.says("Ready") == "False Contested")
        waits.append(Double(try #require(actions.wakes.last).microseconds(since: rig.now)) / 1_000_000)
        #expect(rig.feed(.alarm, after: waits.last ?? 0).orders.count == 1)
      }
      rig.succeed()
      #expect(rig.report?.says("Applied") == "True Applied")
    }
    #expect(waits == [1, 2, 4, 8, 16, 32, 64, 64, 64])
    #expect(rig.report?.drifts.count == 16 && (rig.report?.driftsOmitted ?? 0) > 0)
    #expect(rig.feed(.live(rig.edited()), after: 75).orders.count == 1, "what held is forgiven")
    rig.succeed()
  }

  @Test(arguments: [(9.5, 0), (10.0, 0), (10.5, 1)])
  func `the sixth correction within ten seconds of the first waits, and not one after them`(
    seconds: Double, orders: Int
  ) {
    var rig = Rig.settled()
    for second in 0..<5 {
      let actions = rig.feed(.live(rig.edited()), after: second == 0 ? 0 : 1)
      #expect(actions.orders.count == 1)
      rig.succeed()
    }
    let actions = rig.feed(.live(rig.edited()), after: seconds - 4)
    #expect(actions.orders.count == orders)
    #expect(actions.wakes.contains(rig.now.after(1)) == (orders == 0))
    #expect(rig.report?.says("Drifted") == (orders == 0 ? "True Contested" : "True Correcting"))
  }

  @Test(arguments: [(11.0, 0), (11.5, 1)])
  func `what has held for ten seconds longer than the wait before it is forgiven, and not what held so long`(
    seconds: Double, orders: Int
  ) {
    var rig = Rig.settled()
    for _ in 0..<5 {
      rig.feed(.live(rig.edited()))
      rig.succeed()
    }
    #expect(rig.feed(.live(rig.edited())).wakes.last == rig.now.after(1))
    rig.feed(.alarm, after: 1)
    rig.succeed()
    let actions = rig.feed(.live(rig.edited()), after: seconds)
    #expect(actions.orders.count == orders && actions.wakes.contains(rig.now.after(2)) == (orders == 0))
  }

  @Test func `each change is told once, of each object by itself, and again where it was put back in between`() {
    let policies = ["regie-default-deny", "regie-allow-dns"].map { Fixtures.ref(.networkPolicy, $0) }
    let limits = Fixtures.ref(.limitRange, "regie-limits")
    var rig = Rig.settled()
    for round in 1...2 {
      rig.version += 100
      for ref in policies { rig.feed(.gone(ref, uid: "u1", resourceVersion: String(rig.version)), after: 1) }
      rig.succeed()
      rig.succeed()
      let told = rig.report?.drifts ?? []
      let expected = (0..<round).flatMap { _ in policies.map(\.description) }
      #expect(told.map(\.object) == expected && rig.report?.says("Drifted") == "False Corrected")
      #expect(told.suffix(2).map(\.correctedAt) == [rig.now, rig.now])
    }
    for _ in 0..<3 { rig.feed(.live(rig.edited(limits) { $0.spec = [:] }), after: 1) }
    rig.succeed()
    let last = rig.report?.drifts.dropFirst(4) ?? []
    #expect(last.map(\.object) == [limits.description] && last.map(\.path) == ["spec.limits"])
  }

  @Test func `who is too slow to be slowed down is seen as well, until what was put back has held for ten minutes`() {
    var rig = Rig.settled()
    for round in 1...240 {
      let actions = rig.feed(.live(rig.edited { $0.spec = ["hard": ["pods": .string("\(round)")]] }), after: 5)
      #expect(actions.orders.count == 1, "at full speed")
      rig.succeed()
      #expect(rig.report?.says("Drifted") == (round < 10 ? "False Corrected" : "True Contested"))
      #expect(rig.report?.says("Applied") == "True Applied" && rig.report?.says("Ready") == "True QuotaEnforced")
    }
    #expect(rig.wakes.last == rig.now.after(600))
    rig.feed(.alarm, after: 599)
    #expect(rig.report?.says("Drifted") == "True Contested")
    rig.feed(.alarm, after: 1)
    #expect(rig.report?.says("Drifted") == "False Corrected")
    rig.feed(.live(rig.edited()), after: 5)
    rig.succeed()
    #expect(rig.report?.says("Drifted") == "False Corrected", "one change more is no fight")
    #expect(rig.report?.drifts.last?.correctedAt == rig.now)
  }

  @Test func `a change now and then is no fight`() {
    var rig = Rig.settled()
    for _ in 0..<30 {
      rig.feed(.live(rig.edited()), after: 70)
      rig.succeed()
      #expect(rig.report?.says("Drifted") == "False Corrected")
    }
  }

  @Test func `what a fighter writes while corrections wait does not flood the bus`() {
    var rig = Rig.settled()
    for _ in 0..<5 {
      rig.feed(.live(rig.edited()))
      rig.succeed()
    }
    rig.feed(.live(rig.edited()))
    let before = rig.reports.count
    for round in 0..<90 {
      rig.feed(.live(rig.edited { $0.spec = ["hard": ["pods": .string("\(round)")]] }), after: 0.01)
    }
    #expect(rig.reports.count == before && rig.orders.count == 6)
  }

  @Test func `a fighter that gives way ends the wait`() {
    var rig = Rig.settled()
    for _ in 0..<5 {
      rig.feed(.live(rig.edited()))
      rig.succeed()
    }
    rig.feed(.live(rig.edited()))
    rig.version += 1
    rig.feed(.live(rig.wanted(Fixtures.quotaRef).live(rig.version)), after: 0.1)
    #expect(rig.report?.says("Applied") == "True Applied" && rig.report?.says("Drifted") == "False Corrected")
    #expect(rig.feed(.live(rig.edited()), after: 0.1).orders.isEmpty, "the wait asked for still holds")
    #expect(rig.feed(.alarm, after: 1).orders.count == 1)
  }

  @Test func `a clock that was put back does not hold corrections up`() {
    var rig = Rig.settled()
    for _ in 0..<5 {
      rig.feed(.live(rig.edited()))
      rig.succeed()
    }
    rig.feed(.live(rig.edited()))
    #expect(rig.feed(.alarm, after: -3600).orders.count == 1)
    rig.succeed()
    #expect(rig.feed(.live(rig.edited()), after: -3600).orders.count == 1)
  }

  @Test func `an answer that is never as ordered is not asked for without end`() throws {
    var rig = Rig()
    rig.feed(.clusterListed)
    rig.feed(.desired(Fixtures.desired(1), publishedAt: nil, refusal: nil))
    func answer() {  // A webhook changes what we write, each time.
      let objects = (rig.order?.objects ?? []).map { object in
        rig.version += 1
        var live = object.live(rig.version)
        if object.ref == Fixtures.quotaRef { live.spec = ["hard": ["pods": "1"]] }
        return live
      }
      rig.feed(.finished(attempt: rig.order?.attempt ?? 0, ApplyOutcome(applied: objects)))
    }
    for _ in 0..<50 { answer() }
    #expect(rig.orders.count == 6)
    #expect(rig.report?.says("Applied") == "False Contested")
    #expect(rig.report?.conditions.last?.message.contains("ResourceQuota/regie-quota spec.hard") == true)
  }

  @Test func `success without objects is contested too`() {
    var rig = Rig()
    rig.feed(.clusterListed)
    rig.feed(.desired(Fixtures.desired(1), publishedAt: nil, refusal: nil))
    for _ in 0..<9 { rig.feed(.finished(attempt: rig.order?.attempt ?? 0, ApplyOutcome(applied: []))) }
    #expect(rig.orders.count == 6)
    #expect(rig.report?.conditions.first?.message.hasPrefix("what was applied") == true)
  }

  @Test func `an object that lost all that was decided of it is not told as deleted`() {
    var rig = Rig.settled()
    let actions = rig.feed(.live(rig.edited { $0.spec = nil }))
    #expect(actions.orders.first?.objects.map(\.ref) == [Fixtures.quotaRef])
    let told = rig.report?.conditions.first { $0.type == "Drifted" }
    #expect(told?.reason == "Correcting" && told?.message == Fixtures.quotaRef.description)
    #expect(rig.report?.drifts.map(\.path) == [""])
  }

  @Test func `the latest sixteen changes are told, and how many there were before`() {
    var rig = Rig.settled()
    for round in 1...20 {
      rig.feed(.live(rig.edited(Fixtures.namespaceRef) { $0.labels["dso/project"] = "\(round)" }))
    }
    rig.succeed()
    let told = rig.report?.drifts.map(\.live) ?? []
    let latest: [String?] = (5...20).map { String($0) }
    #expect(told == latest && rig.report?.driftsOmitted == 4)
  }

  @Test func `long values are cut before they travel`() {
    var rig = Rig.settled()
    rig.feed(.live(rig.edited { $0.spec = ["hard": ["limits.cpu": .string(String(repeating: "9", count: 90_000))]] }))
    #expect(rig.report?.drifts.compactMap(\.live).map(\.count).max() == 257)
  }
}
