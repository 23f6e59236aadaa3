import Events
import Model
import Reconciler

/// A tiny cluster with an API server that is slow, forgetful and fought over, and a shell that loses no message but
/// delays them all: what the machine must cope with, in virtual time.
struct ClusterModel {
  /// What the watch of one kind has still to tell, in order; the kinds overtake one another.
  enum News {
    case live(LiveObject)
    case gone(ObjectRef, uid: String, version: Int)
  }

  /// An order on its way, and the answer it will get.
  struct Flight {
    var order: ApplyOrder
    var lands: Timestamp
    var failure: ApplyFailure.Kind?
    /// A call that timed out at the client may come through afterwards.
    var comesThroughAnyway: Bool
  }

  /// A removal on its way.
  struct Departure {
    var order: RemovalOrder
    var lands: Timestamp
  }

  var machine = PlacementMachine(placement: Fixtures.placement)
  var departure: Departure?
  /// What is remembered, and what is about to be.
  var remembered: PlacementMemory?
  var toRemember: PlacementMemory?
  /// The accepted state whose words are kept beside a refused one, and whether it is looked for.
  var kept: DesiredState?
  var isSought = false
  /// The states on the bus in their order, of which it keeps the last, and why they are refused whatever the guard says.
  var published: [(state: DesiredState, refusal: Refusal?)] = []
  /// What the guard of this life allows of processors.
  var ceiling = Quantity(7)
  /// Whether the accepted state is one that the guard allows no more.
  var isBound = false
  /// By object, the versions that it bore in this life.
  var borne: [ObjectRef: Set<String>] = [:]
  /// What the bus has told in this life.
  var heard: [DesiredState] = []
  /// Whether a life ended before it had written down what it accepted last: of what was acted on nothing was kept.
  var mayBeLost = false
  /// Whether the namespace holds a volume.
  var holdsVolume = false
  var now = Fixtures.start
  var generator: SeededGenerator
  var objects: [ObjectRef: LiveObject] = [:]
  var news: [ManagedKind: [News]] = [:]
  /// What the lists and watches of this life have shown last.
  var seen: [ObjectRef: LiveObject] = [:]
  var flight: Flight?
  var late: [(order: ApplyOrder, at: Timestamp)] = []
  /// What the API server refuses for good.
  var barred: ObjectRef?
  var alarms: Set<Timestamp> = []
  var version = 10
  var isListed = false
  var accepted: DesiredState?
  var highest = StateVersion(epoch: 0, revision: 0)
  var lastReport: PlacementReport?
  var orderMoments: [Timestamp] = []
  var reportMoments: [Timestamp] = []
  var complaints: [String] = []

  init(seed: UInt64) {
    generator = SeededGenerator(seed)
    feed(.memory(nil))
  }

  mutating func feed(_ event: PlacementMachine.Event) {
    let actions = machine.handle(event, at: now)
    for action in actions {
      switch action {
      case .wake(let moment):
        if moment <= now { complaints.append("a wake in the past") }
        alarms.insert(moment)
      case .report(let report): take(report)
      case .apply(let order): take(order)
      case .remove(let order): take(order)
      case .remember(let entry): toRemember = entry
      case .keep(let version):
        if version != accepted?.version { complaints.append("another state is kept than the accepted one") }
        // What is kept of a later version stays.
        if kept.map({ $0.version < version }) ?? true { kept = accepted }
      case .recall: isSought = true
      case .withdraw, .commit, .look: complaints.append("an action of another mode")
      case .announce: continue
      }
    }
  }

  private mutating func take(_ report: PlacementReport) {
    reportMoments.append(now)
    if report == lastReport { complaints.append("a report without news") }
    if let last = lastReport, report.version < last.version { complaints.append("a report of an older version") }
    if report.version != accepted?.version, report.says("Applied").hasPrefix("True") {
      complaints.append("a version that was not accepted is called applied")
    }
    lastReport = report
  }

  private mutating func take(_ order: ApplyOrder) {
    orderMoments.append(now)
    if !isListed { complaints.append("an order before the list") }
    if flight != nil || departure != nil { complaints.append("two orders at once") }
    if remembered?.version != accepted?.version { complaints.append("an order of what is not remembered") }
    if isBound { judgeBound(order) }
    let wanted = accepted.map { DesiredObjects.render($0, podsInUse: remembered?.pods) } ?? []
    if !order.objects.allSatisfy({ wanted.contains($0) }) { complaints.append("an order for another version") }
    let fails = generator.chance(25)
    let failure = fails ? generator.pick(ApplyFailure.Kind.allCases) : nil
    flight = Flight(
      order: order, lands: now.after(Double.random(in: 0.001...0.5, using: &generator)), failure: failure,
      comesThroughAnyway: failure == .unavailable && generator.chance(50))
  }

  /// What the guard allows no more was there as a whole, and is not given back to who has taken it away.
  private mutating func judgeBound(_ order: ApplyOrder) {
    if order.mayCreateNamespace { complaints.append("a namespace is made against the guard") }
    let wanted = accepted.map { DesiredObjects.render($0, podsInUse: remembered?.pods) } ?? []
    let mark = Self.mark(accepted?.version)
    if !wanted.allSatisfy({ borne[$0.ref]?.contains(mark) == true }) {
      complaints.append("what never stood is made against the guard")
    }
    // What was taken away this very moment the agent can not know of yet.
    guard news[.resourceQuota]?.isEmpty ?? true,
      let quota = order.objects.first(where: { $0.ref == Fixtures.quotaRef }),
      let there = objects[Fixtures.quotaRef]?.spec, there["hard"]?["requests.cpu"] == "0", quota.spec != there
    else { return }
    complaints.append("a quota is raised against the guard")
  }

  static func mark(_ version: StateVersion?) -> String { version.map { "\($0.epoch).\($0.revision)" } ?? "" }

  private static func mark(_ object: LiveObject) -> String {
    "\(object.labels[Labels.epoch] ?? "").\(object.labels[Labels.revision] ?? "")"
  }

  /// Another life begins with what is there.
  mutating func beginHistory() { borne = objects.mapValues { [Self.mark($0)] } }

  /// Puts an object there, as server-side apply does together with what takes away the rest of another phase, and queues the
  /// watch's news of it.
  mutating func put(_ wanted: ManagedObject) -> LiveObject {
    version += 1
    var object =
      objects[wanted.ref]
      ?? LiveObject(ref: wanted.ref, uid: "u\(version)", resourceVersion: "", statusHard: [:])
    object.resourceVersion = String(version)
    for key in [Labels.phase, Labels.podsInUse] where wanted.labels[key] == nil { object.labels[key] = nil }
    object.labels.merge(wanted.labels) { $1 }
    object.annotations = wanted.annotations
    object.spec = wanted.spec
    if generator.chance(70) { object.statusHard = wanted.spec?["hard"]?.texts ?? [:] }
    store(object)
    return object
  }

  mutating func store(_ object: LiveObject) {
    objects[object.ref] = object
    borne[object.ref, default: []].insert(Self.mark(object))
    news[object.ref.kind, default: []].append(.live(object))
  }

  mutating func remove(_ ref: ObjectRef) {
    guard let object = objects.removeValue(forKey: ref) else { return }
    version += 1
    news[ref.kind, default: []].append(.gone(ref, uid: object.uid, version: version))
  }

  mutating func land() {
    guard let landed = flight else { return }
    flight = nil
    if landed.comesThroughAnyway { late.append((landed.order, now.after(1))) }
    var reach = landed.failure == nil ? landed.order.objects.count : Int.random(in: 0...2, using: &generator)
    var applied: [LiveObject] = []
    var failure = landed.failure
    var refused: [ObjectRef: ApplyFailure] = [:]
    if let barred { refused[barred] = ApplyFailure(kind: .invalid, message: "no") }
    if let kind = failure, kind.isOfObject {
      refused[generator.pick(landed.order.objects.map(\.ref))] = ApplyFailure(kind: kind, message: "no")
      (failure, reach) = (nil, landed.order.objects.count)
    }
    refused = refused.filter { refusal in landed.order.objects.contains { $0.ref == refusal.key } }
    for wanted in landed.order.objects.prefix(landed.comesThroughAnyway ? 0 : reach) {
      if refused[wanted.ref] != nil {
        if wanted.ref.kind == .namespace { break }
        continue
      }
      let isInside = wanted.ref.kind != .namespace
      if isInside, objects[Fixtures.namespaceRef] == nil || objects[Fixtures.namespaceRef]?.isTerminating == true {
        failure = .terminating
        break
      }
      applied.append(put(wanted))
    }
    // The watch may have told of these, and of what became of them, before the answer arrives.
    if generator.chance(40) { meddle() }
    if generator.chance(60) { for kind in ManagedKind.allCases { tell(kind, all: true) } }
    // So may a list, where the watch broke.
    if generator.chance(10) { relist(generator.pick(ManagedKind.allCases)) }
    let outcome = ApplyOutcome(
      applied: applied, failure: failure.map { ApplyFailure(kind: $0, message: "no") }, refused: refused)
    feed(.finished(attempt: landed.order.attempt, outcome))
  }

  mutating func comeThroughLate() {
    for entry in late where objects[Fixtures.namespaceRef]?.isTerminating != true {
      for wanted in entry.order.objects
      where wanted.ref.kind == .namespace || objects[Fixtures.namespaceRef] != nil { _ = put(wanted) }
    }
    late = []
  }

  mutating func tell(_ kind: ManagedKind, all: Bool = false) {
    while let first = news[kind]?.first {
      news[kind]?.removeFirst()
      switch first {
      case .live(let object):
        seen[object.ref] = object
        feed(.live(object))
      case .gone(let ref, let uid, let version):
        seen[ref] = nil
        feed(.gone(ref, uid: uid, resourceVersion: String(version)))
      }
      if !all { return }
    }
  }
}
