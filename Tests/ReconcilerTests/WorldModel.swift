import Events
import Model
import Reconciler

/// A cluster in any of the four modes with all that is around it, in virtual time: an API server that fails, other people, an
/// owner, Argo CD, a repository, a bus that is away, loses states or is suspect, two clocks, and an agent that is killed and
/// comes back in another mode.
///
/// ``ClusterModel`` fights harder over the objects of mode `own`; this one looks at what may be removed, in every mode.
struct WorldModel {
  /// What the watch of one kind has still to tell.
  enum News {
    case live(LiveObject)
    case gone(ObjectRef, uid: String, version: Int)
  }

  /// What a machine may order of a cluster.
  enum Work {
    case apply(ApplyOrder)
    case remove(RemovalOrder)
    case withdraw(WithdrawalOrder)
  }

  /// The two places where something is remembered.
  enum Place: CaseIterable {
    case home
    case cluster
  }

  /// What the repository's branch shows of the placement.
  struct Folder {
    var objects: [ManagedObject]
    var isProtected: Bool
    var releasedAt: Timestamp?
    var version: StateVersion
  }

  var generator: SeededGenerator
  var now = Fixtures.start
  var rules: ClusterRules
  var machine: PlacementMachine
  var complaints: [String] = []

  // The bus.
  /// The states in their order, and why they are refused whatever the guard says.
  var published: [(state: DesiredState, refusal: Refusal?)] = []
  /// What the guard of this life allows of processors.
  var ceiling: Int64 = 6
  /// The versions of quotas that the cluster has borne.
  var borne: Set<String> = []
  /// The highest version that this life of the agent has seen.
  var seen: StateVersion?
  /// The time of the last record of the zone that was read, and by how many seconds the centre's clock is ahead.
  var centre = Fixtures.start
  var centreLead = 0.0
  var isBusAway = false
  var isSuspect = false

  // Memory.
  var memories: [Place: PlacementMemory] = [:]
  var toRemember: PlacementMemory?
  var hasGap = false
  /// The accepted state whose words are kept beside a refused one, and whether it is looked for.
  var kept: DesiredState?
  var isSought = false

  // The cluster.
  var objects: [ObjectRef: LiveObject] = [:]
  var news: [ManagedKind: [News]] = [:]
  /// What the lists and watches of this life have shown last.
  var shown: [ObjectRef: LiveObject] = [:]
  var version = 10
  var holdsVolume = false
  var isListed = false
  var work: (order: Work, lands: Timestamp, failure: ApplyFailure.Kind?)?
  var late: [ApplyOrder] = []
  /// An object that the API server refuses for good, as it does one that breaks a rule.
  var barred: (ref: ObjectRef, kind: ApplyFailure.Kind)?
  var look: (order: VolumeLook, lands: Timestamp)?
  var alarms: Set<Timestamp> = []

  // The repository.
  var commit: CommitOrder?
  var folder: Folder?

  var lastReport: PlacementReport?
  var ordersGiven = 0
  var deletions = 0

  init(seed: UInt64) {
    generator = SeededGenerator(seed)
    rules = ClusterRules(generator.pick(ClusterSpec.Mode.allCases))
    machine = PlacementMachine(placement: Fixtures.placement, rules: rules)
    centreLead = Double.random(in: -30...30, using: &generator)
    feed(.memory(nil))
  }

  var mode: ClusterSpec.Mode { rules.mode }
  /// Where it is remembered what is done in the present mode.
  var place: Place { mode == .own || mode == .adopt ? .cluster : .home }

  var remembered: PlacementMemory? {
    Place.allCases.compactMap { memories[$0] }.reduce(nil) { $0?.merged(with: $1) ?? $1 }
  }

  /// The highest version that anybody could know of: nothing older may be acted on.
  var knowable: StateVersion? { [seen, remembered?.highest].compactMap { $0 }.max() }

  mutating func complain(_ what: String) { complaints.append("\(what) (\(mode.rawValue))") }

  mutating func feed(_ event: PlacementMachine.Event) {
    for action in machine.handle(event, at: now, centre: centre, isVouchedFor: isVouchedFor(event)) {
      switch action {
      case .wake(let moment):
        if moment <= now { complain("a wake in the past") }
        alarms.insert(moment)
      case .report(let report): lastReport = report
      case .apply(let order):
        if mode == .gitops || mode == .observe { complain("an apply") }
        judgeGuard(order)
        begin(.apply(order))
      case .remove(let order):
        if order.uid != nil, mode != .own { complain("a deletion of a namespace") }
        begin(.remove(order))
      case .withdraw(let order):
        if mode != .adopt { complain("a withdrawal") }
        begin(.withdraw(order))
      case .commit(let order):
        if mode != .gitops { complain("a commit") }
        if order.state.phase != .removed, guardRefusal(of: order.state) != nil {
          complain("a commit against the guard")
        }
        if remembered?.version != order.state.version { complain("a commit of what is not remembered") }
        commit = order
      case .look(let order):
        look = (order, now.after(Double.random(in: 0.001...0.5, using: &generator)))
      case .remember(let entry): toRemember = entry
      case .keep(let version):
        let state = published.first { $0.state.version == version }?.state
        // What is kept of a later version stays.
        if kept.map({ $0.version < version }) ?? true { kept = state }
        if state == nil { complain("a state is kept that nobody published") }
      case .recall: isSought = true
      case .announce: continue
      }
    }
    if alarms.count > 200 { complain("alarms without end") }
  }

  /// What the guard of this life says.
  func guardRefusal(of state: DesiredState) -> Refusal? {
    GuardPolicy(quota: ResourceList(cpu: Quantity(ceiling))).refusal(of: state)
  }

  /// What the guard allows no more may be put back where it has stood, and is never made. A removal it lets be.
  private mutating func judgeGuard(_ order: ApplyOrder) {
    for object in order.objects where object.ref.kind == .resourceQuota {
      let mark = Self.mark(object.labels)
      guard let state = published.first(where: { $0.state.version.description == mark })?.state,
        guardRefusal(of: state) != nil, !borne.contains(mark)
      else { continue }
      complain("a quota is made against the guard")
    }
  }

  static func mark(_ labels: [String: String]) -> String {
    "\(labels[Labels.epoch] ?? "").\(labels[Labels.revision] ?? "")"
  }

  /// The zone's record is of the latest that was published.
  private func isVouchedFor(_ event: PlacementMachine.Event) -> Bool {
    var version = machine.version
    if case .desired(let state, _, _) = event { version = max(version ?? state.version, state.version) }
    return !isSuspect && version == published.last?.state.version
  }

  private mutating func begin(_ order: Work) {
    ordersGiven += 1
    if !isListed { complain("an order before the list") }
    if work != nil { complain("two orders at once") }
    if memories[place]?.version != machine.version && machine.refusedState == nil {
      complain("an order of what is not remembered")
    }
    let failure = generator.chance(25) ? generator.pick(ApplyFailure.Kind.allCases) : nil
    work = (order, now.after(Double.random(in: 0.001...0.5, using: &generator)), failure)
  }

  /// Something is about to be taken away by what version `version` says: whether it may.
  mutating func judge(_ version: StateVersion) {
    deletions += 1
    guard let state = published.first(where: { $0.state.version == version })?.state, state.phase == .removed,
      let moment = state.notBefore
    else { return complain("a deletion without a signed removal") }
    if version != knowable { complain("a deletion of what was called back") }
    if now < moment || centre < moment { complain("a deletion before its moment") }
    if isSuspect { complain("a deletion while the bus is suspect") }
    if holdsVolume, mode != .adopt, state.removePersistentVolumes != true { complain("a deletion of volumes") }
  }
}
