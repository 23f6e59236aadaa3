import Events
import Model
import Reconciler
import Testing

struct MachinePropertyTests {
  @Test(arguments: 0..<40)
  func `whatever happens, the cluster ends as last accepted`(block: UInt64) {
    for seed in block * 50..<(block + 1) * 50 {
      var model = ClusterModel(seed: seed)
      for _ in 0..<Int.random(in: 1...250, using: &model.generator) { model.step() }
      if !model.isListed { model.list() }
      model.calmDown()
      check(model, seed)
    }
  }

  private func check(_ model: ClusterModel, _ seed: UInt64) {
    #expect(model.complaints == [], "seed \(seed)")
    guard let accepted = model.accepted else {
      // Nothing was accepted in this life, nor acted on in one before: else it is kept.
      if !model.mayBeLost { #expect(model.lastReport?.says("Unenforced") ?? "" == "", "seed \(seed)") }
      return
    }
    if accepted.phase == .removed { return checkRemoval(model, accepted, seed) }
    if model.isBound { return checkBound(model, seed) }
    for wanted in DesiredObjects.render(accepted, podsInUse: model.remembered?.pods) {
      let there = model.objects[wanted.ref]
      #expect(there.map { wanted.differences(from: $0) } == [], "seed \(seed): \(wanted.ref)")
    }
    let last = model.lastReport
    #expect(last?.version == model.highest, "seed \(seed)")
    if accepted.version == model.highest {
      #expect(last?.says("Applied") == "True Applied" && last?.says("Ready") == "True QuotaEnforced", "seed \(seed)")
    } else {
      #expect(last?.says("Refused") == "True GuardQuota", "seed \(seed)")
    }
    #expect(last?.drifts.allSatisfy { $0.correctedAt != nil } == true, "seed \(seed)")
    #expect(last?.used == model.objects[Fixtures.quotaRef].flatMap { used(of: $0) }, "seed \(seed)")
  }

  /// What the guard allows no more is told as refused; it stands, no looser than it was, or that it does not is told.
  private func checkBound(_ model: ClusterModel, _ seed: UInt64) {
    let last = model.lastReport
    #expect(last?.says("Refused") == "True GuardQuota" && last?.version == model.highest, "seed \(seed)")
    let told = last?.says("Unenforced") ?? ""
    #expect(told == "" || told == "True GuardForbids", "seed \(seed)")
    guard told == "", model.objects[Fixtures.namespaceRef] != nil, let accepted = model.accepted else { return }
    for wanted in DesiredObjects.render(accepted, podsInUse: model.remembered?.pods) {
      let there = model.objects[wanted.ref]
      if there.map({ isTighter($0, than: wanted) }) ?? false { continue }
      #expect(there.map { wanted.differences(from: $0) } == [], "seed \(seed): \(wanted.ref)")
    }
  }

  /// Whether a quota lets in no more of anything than is wanted: it is not made looser against the guard.
  private func isTighter(_ quota: LiveObject, than wanted: ManagedObject) -> Bool {
    guard let limits = wanted.spec?["hard"]?.texts, let there = quota.spec?["hard"]?.texts else { return false }
    return limits.allSatisfy { name, limit in
      guard let limit = Quantity(limit), let now = there[name].flatMap({ Quantity($0) }) else { return false }
      return now <= limit
    }
  }

  private func checkRemoval(_ model: ClusterModel, _ accepted: DesiredState, _ seed: UInt64) {
    let namespace = model.objects[Fixtures.namespaceRef]
    guard accepted.version == model.highest else {
      #expect(model.lastReport?.says("Refused") == "True GuardQuota", "seed \(seed)")
      return
    }
    if model.holdsVolume, accepted.removePersistentVolumes != true {
      #expect(namespace != nil && model.lastReport?.says("Applied") == "False VolumesHeld", "seed \(seed)")
    } else {
      #expect(namespace == nil, "seed \(seed)")
      #expect(model.lastReport?.says("Applied") == "True Removed", "seed \(seed)")
    }
  }

  private func used(of quota: LiveObject) -> ResourceList? {
    quota.statusUsed["pods"].map { ResourceList(pods: Quantity($0)) }
  }

  @Test(arguments: 0..<20)
  func `what fights back is answered at a bounded rate`(seed: UInt64) {
    var model = ClusterModel(seed: seed)
    model.feed(.desired(Fixtures.desired(1), publishedAt: nil, refusal: nil))
    model.accepted = Fixtures.desired(1)
    model.highest = Fixtures.desired(1).version
    model.list()
    let end = model.now.after(120)
    while model.now < end {
      model.now = model.now.after(0.02)
      if var quota = model.objects[Fixtures.quotaRef] {
        model.version += 1
        quota.resourceVersion = String(model.version)
        quota.spec = ["hard": ["pods": .string(String(model.version))]]
        model.store(quota)
      }
      if let flight = model.flight, flight.lands <= model.now { model.land() }
      for kind in ManagedKind.allCases { model.tell(kind, all: true) }
      for alarm in model.alarms.filter({ $0 <= model.now }) {
        model.alarms.remove(alarm)
        model.feed(.alarm)
      }
    }
    #expect(model.complaints == [], "seed \(seed)")
    #expect(most(model.orderMoments, within: 1) <= 8, "seed \(seed): orders in a second")
    #expect(model.orderMoments.count <= 60, "seed \(seed): orders in two minutes")
    #expect(most(model.reportMoments, within: 10) <= 40, "seed \(seed): reports in ten seconds")
    #expect(model.reportMoments.count <= 150, "seed \(seed): reports in two minutes")
  }

  private func most(_ moments: [Timestamp], within seconds: Double) -> Int {
    moments.map { from in moments.filter { $0 >= from && $0 <= from.after(seconds) }.count }.max() ?? 0
  }
}
