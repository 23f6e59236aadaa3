import Events
import Model
import Reconciler

extension ClusterModel {
  /// Somebody changes or deletes something.
  mutating func meddle() {
    guard let ref = objects.keys.sorted(by: { $0.description < $1.description }).randomElement(using: &generator),
      var object = objects[ref], !object.isTerminating
    else { return }
    version += 1
    object.resourceVersion = String(version)
    switch Int.random(in: 0..<6, using: &generator) {
    case 0 where ref.kind != .namespace: remove(ref)
    case 1 where ref.kind == .namespace:
      object.isTerminating = true
      store(object)
    case 2:
      object.labels[Labels.revision] = "0"
      store(object)
    case 3:
      object.labels["someone/else"] = "yes"
      store(object)
    case 4 where ref == Fixtures.quotaRef:
      object.statusHard = object.spec?["hard"]?.texts ?? [:]
      object.statusUsed = ["pods": String(version % 10)]
      if generator.chance(30) { holdsVolume.toggle() }
      store(object)
    default:
      if ref.kind == .networkPolicy { object.spec = ["podSelector": [:], "ingress": [[:]]] }
      if ref.kind == .resourceQuota {
        let tighter = (object.spec?["hard"]?.texts ?? [:]).merging(["requests.cpu": "0"]) { $1 }
        object.spec = ["hard": generator.chance(50) ? ["pods": "1"] : .object(tighter.mapValues { .string($0) })]
      }
      store(object)
    }
  }

  /// A namespace that ends takes its content along, then goes.
  mutating func reap() {
    guard objects[Fixtures.namespaceRef]?.isTerminating == true else { return }
    for ref in objects.keys where ref != Fixtures.namespaceRef { remove(ref) }
    remove(Fixtures.namespaceRef)
    holdsVolume = false
  }

  /// The watch of a kind broke, and its news is lost: what happened is told by a new list, after the ends of what had been
  /// seen and is not there any more. Nobody knows when that went, and of what was never seen no end is told.
  mutating func relist(_ kind: ManagedKind) {
    news[kind] = []
    let present = objects.filter { $0.key.kind == kind }
    let vanished = seen.values.filter { $0.ref.kind == kind && present[$0.ref]?.uid != $0.uid }
    seen = seen.filter { $0.key.kind != kind }.merging(present) { $1 }
    for old in vanished { feed(.gone(old.ref, uid: old.uid, resourceVersion: old.resourceVersion)) }
    for object in present.values { feed(.live(object, fromList: true)) }
    feed(.listed(kind, present: Set(present.keys), resourceVersion: String(version)))
  }

  /// A state from the bus: newer, older, the same, or one that is refused.
  mutating func publish() {
    var state = Fixtures.desired(
      max(1, highest.revision + Int64.random(in: -2...2, using: &generator)), epoch: max(1, highest.epoch))
    if generator.chance(5) { state.epoch += 1 }
    state.quota = ResourceList(cpu: Quantity(state.revision % 7 + 1))
    if generator.chance(40) {
      state.phase = generator.pick([.frozen, .draining, .removed])
      if state.phase == .removed {
        state.notBefore = now.after(Double.random(in: -1...5, using: &generator))
        state.removePersistentVolumes = generator.chance(50)
      }
    }
    let always = generator.chance(15) ? Refusal(reason: "GuardQuota", message: "") : nil
    let refusal = always ?? guardRefusal(of: state)
    if state.version > highest {
      highest = state.version
      published.append((state, always))
      heard.append(state)
      if refusal == nil { (accepted, isBound) = (state, false) }
    }
    feed(.desired(state, publishedAt: nil, refusal: refusal))
  }

  /// What the guard of this life says.
  func guardRefusal(of state: DesiredState) -> Refusal? {
    GuardPolicy(quota: ResourceList(cpu: ceiling)).refusal(of: state)
  }

  mutating func step() {
    now = now.after(Double.random(in: 0...0.4, using: &generator))
    switch Int.random(in: 0..<20, using: &generator) {
    case 0: publish()
    case 1, 2: meddle()
    case 3: relist(generator.pick(ManagedKind.allCases))
    case 4: reap()
    case 5 where !isListed: list()
    case 6: feed(.alarm)
    case 7: comeThroughLate()
    case 8 where generator.chance(15): crash()
    case 9: barred = generator.chance(40) ? generator.pick(DesiredObjects.render(Fixtures.desired(1)).map(\.ref)) : nil
    default: progress()
    }
  }

  mutating func list() {
    for kind in ManagedKind.allCases { relist(kind) }
    isListed = true
    feed(.clusterListed)
  }

  /// What happens by itself: answers, news, alarms.
  mutating func progress() {
    if let flight, flight.lands <= now { land() }
    if let departure, departure.lands <= now { depart() }
    if generator.chance(60) { writeMemory() }
    if generator.chance(60) { answerSearch() }
    for alarm in alarms.filter({ $0 <= now }) {
      alarms.remove(alarm)
      feed(.alarm)
    }
    tell(generator.pick(ManagedKind.allCases))
  }

  /// Nobody meddles any more and calls succeed: time goes on until nothing is left to happen.
  mutating func calmDown() {
    comeThroughLate()
    reap()
    barred = nil
    for _ in 0..<400 {
      flight?.failure = nil
      flight?.comesThroughAnyway = false
      writeMemory()
      answerSearch()
      reap()
      let next = [flight?.lands, departure?.lands, alarms.min()].compactMap { $0 }.min()
      if let next, next > now { now = next }
      if flight != nil, news.values.allSatisfy(\.isEmpty) { landCalmly() }
      if let departure, departure.lands <= now { depart(calmly: true) }
      for kind in ManagedKind.allCases { tell(kind, all: true) }
      for alarm in alarms.filter({ $0 <= now }) {
        alarms.remove(alarm)
        feed(.alarm)
      }
      if isQuiet { fillQuota() }
      if isQuiet || isHeld { return }
    }
    complaints.append("no end of activity")
  }

  private var isQuiet: Bool {
    flight == nil && departure == nil && toRemember == nil && !isSought && alarms.isEmpty
      && news.values.allSatisfy(\.isEmpty)
      && objects[Fixtures.namespaceRef]?.isTerminating != true
  }

  /// A removal waits for a person for ever: somebody has put a volume there.
  private var isHeld: Bool {
    holdsVolume && accepted?.phase == .removed && lastReport?.version == accepted?.version
      && lastReport?.says("Applied") == "False VolumesHeld" && flight == nil
      && departure == nil && toRemember == nil && news.values.allSatisfy(\.isEmpty)
  }

  private mutating func landCalmly() {
    guard let landed = flight else { return }
    flight = nil
    now = max(now, landed.lands)
    let applied = landed.order.objects.map { put($0) }
    feed(.finished(attempt: landed.order.attempt, ApplyOutcome(applied: applied)))
  }

  private mutating func fillQuota() {
    guard var quota = objects[Fixtures.quotaRef], let hard = quota.spec?["hard"]?.texts,
      quota.statusHard != hard || (hard["pods"] != nil && quota.statusUsed["pods"] == nil)
    else { return }
    version += 1
    quota.resourceVersion = String(version)
    quota.statusHard = hard
    if hard["pods"] != nil { quota.statusUsed["pods"] = quota.statusUsed["pods"] ?? "3" }
    store(quota)
  }
}
