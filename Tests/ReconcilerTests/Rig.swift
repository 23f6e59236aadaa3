import Events
import Model
import Reconciler

/// A machine with a hand-driven cluster around it: each step names what happens.
struct Rig {
  var machine: PlacementMachine
  var now = Fixtures.start
  /// How far the centre's clock is ahead of the machine's, in seconds.
  var centreIsAhead = 0.0
  var version = 100
  private(set) var orders: [ApplyOrder] = []
  private(set) var reports: [PlacementReport] = []
  private(set) var wakes: [Timestamp] = []
  private(set) var removals: [RemovalOrder] = []
  /// What was asked of the repository.
  private(set) var commits: [CommitOrder] = []
  private(set) var looks: [VolumeLook] = []
  private(set) var withdrawals: [WithdrawalOrder] = []
  private(set) var notes: [Announcement] = []
  /// What was asked to be remembered, in that order.
  private(set) var memories: [PlacementMemory] = []
  /// Of which versions the words were asked to be kept, and which were looked for.
  private(set) var keeps: [StateVersion] = []
  private(set) var recalls: [StateVersion] = []
  /// Whether the zone's record vouches for the state.
  var isVouchedFor = true
  /// Whether another placement has the namespace.
  var isNamespaceHeld = false
  /// Whether what is to be remembered is so at once.
  var remembers = true

  /// A machine of a placement of which this is remembered; nothing as a rule.
  init(remembered: PlacementMemory? = nil, driftMode: DriftMode = .correct, rules: ClusterRules = ClusterRules()) {
    machine = PlacementMachine(placement: Fixtures.placement, driftMode: driftMode, rules: rules)
    _ = machine.handle(.memory(remembered), at: now, centre: now)
  }

  /// A machine that was not told yet what is remembered.
  static func bare() -> Rig {
    var rig = Rig()
    rig.machine = PlacementMachine(placement: Fixtures.placement)
    return rig
  }

  /// The last order that was given.
  var order: ApplyOrder? { orders.last }
  /// The last report that was given.
  var report: PlacementReport? { reports.last }

  @discardableResult
  mutating func feed(_ event: PlacementMachine.Event, after seconds: Double = 0) -> [PlacementMachine.Action] {
    now = now.after(seconds)
    var actions = machine.handle(
      event, at: now, centre: now.after(centreIsAhead), isVouchedFor: isVouchedFor, isNamespaceHeld: isNamespaceHeld)
    while case .remember(let entry)? = actions.first(where: { if case .remember = $0 { true } else { false } }) {
      memories.append(entry)
      actions.removeAll { $0 == .remember(entry) }
      if remembers {
        actions += machine.handle(
          .memory(entry), at: now, centre: now.after(centreIsAhead), isVouchedFor: isVouchedFor,
          isNamespaceHeld: isNamespaceHeld)
      }
    }
    for case .announce(let note) in actions { notes.append(note) }
    actions.removeAll { if case .announce = $0 { true } else { false } }
    for case .keep(let version) in actions { keeps.append(version) }
    for case .recall(let version) in actions { recalls.append(version) }
    orders += actions.orders
    removals += actions.removals
    withdrawals += actions.withdrawals
    commits += actions.commits
    looks += actions.looks
    reports += actions.reports
    wakes += actions.wakes
    return actions
  }

  /// A machine whose revision is applied and ready.
  static func settled(_ state: DesiredState = Fixtures.desired(1)) -> Rig {
    var rig = Rig()
    rig.feed(.desired(state, publishedAt: Fixtures.start, refusal: nil))
    rig.feed(.clusterListed)
    rig.succeed()
    return rig
  }

  /// The last order is carried out, and all objects are as ordered.
  @discardableResult
  mutating func succeed(
    after seconds: Double = 0, filled: Bool = true, used: [String: String] = [:]
  ) -> [PlacementMachine.Action] {
    guard let order else { return [] }
    let applied = order.objects.map { object in
      version += 1
      return object.live(version, filled: filled, used: used)
    }
    return feed(.finished(attempt: order.attempt, ApplyOutcome(applied: applied)), after: seconds)
  }

  @discardableResult
  mutating func fail(
    _ kind: ApplyFailure.Kind, retryAfter: Int64? = nil, applied: [LiveObject] = []
  ) -> [PlacementMachine.Action] {
    guard let order else { return [] }
    let failure = ApplyFailure(kind: kind, message: "no", retryAfterMicroseconds: retryAfter)
    return feed(.finished(attempt: order.attempt, ApplyOutcome(applied: applied, failure: failure)))
  }

  /// Of the last order these are refused, and the others are as ordered.
  @discardableResult
  mutating func refuse(_ kind: ApplyFailure.Kind, _ refs: [ObjectRef]) -> [PlacementMachine.Action] {
    guard let order else { return [] }
    let applied = order.objects.filter { !refs.contains($0.ref) }.map { object in
      version += 1
      return object.live(version)
    }
    let refused = Dictionary(uniqueKeysWithValues: refs.map { ($0, ApplyFailure(kind: kind, message: "no")) })
    return feed(.finished(attempt: order.attempt, ApplyOutcome(applied: applied, refused: refused)))
  }

  /// The last removal ended.
  @discardableResult
  mutating func remove(_ outcome: RemovalOutcome, after seconds: Double = 0) -> [PlacementMachine.Action] {
    guard let order = removals.last else { return [] }
    return feed(.removal(attempt: order.attempt, outcome), after: seconds)
  }

  /// What became of the last commit that was asked for.
  @discardableResult
  mutating func commit(_ standing: CommitStanding, after seconds: Double = 0) -> [PlacementMachine.Action] {
    feed(.committed(attempt: commits.last?.attempt ?? 0, standing), after: seconds)
  }

  /// The last withdrawal ended.
  @discardableResult
  mutating func withdraw(_ outcome: RemovalOutcome, after seconds: Double = 0) -> [PlacementMachine.Action] {
    guard let order = withdrawals.last else { return [] }
    return feed(.removal(attempt: order.attempt, outcome), after: seconds)
  }

  /// Another's namespace is seen.
  @discardableResult
  mutating func seeNamespace(isTerminating: Bool = false) -> [PlacementMachine.Action] {
    version += 1
    return feed(
      .live(
        LiveObject(
          ref: Fixtures.namespaceRef, uid: "n1", resourceVersion: String(version), isTerminating: isTerminating,
          labels: ["team": "theirs"])))
  }

  /// Another's quota is seen.
  @discardableResult
  mutating func seeQuota(
    _ name: String = "dso-quota", hard: [String: String], isEnforced: Bool = true, used: [String: String] = [:],
    scopes: ObjectTree = [:]
  ) -> [PlacementMachine.Action] {
    version += 1
    var spec: [String: ObjectTree] = ["hard": .object(hard.mapValues { .string($0) })]
    for name in ["scopes", "scopeSelector"] { spec[name] = scopes[name] }
    return feed(
      .live(
        LiveObject(
          ref: Fixtures.ref(.resourceQuota, name), uid: "q1", resourceVersion: String(version),
          spec: .object(spec), statusHard: isEnforced ? hard : [:],
          statusUsed: used, writers: [LiveObject.Writer(manager: "console", operation: "Update", time: nil)])))
  }

  /// The object of the state as it is on the cluster, edited by hand.
  mutating func edited(
    _ ref: ObjectRef = Fixtures.quotaRef, of state: DesiredState = Fixtures.desired(1),
    _ edit: (inout LiveObject) -> Void = { $0.spec = ["hard": ["pods": "1"]] }
  ) -> LiveObject {
    version += 1
    var object = wanted(ref, state).live(version)
    object.writers = [LiveObject.Writer(manager: "kubectl-edit", operation: "Update", time: nil)]
    edit(&object)
    return object
  }

  func wanted(_ ref: ObjectRef, _ state: DesiredState = Fixtures.desired(1)) -> ManagedObject {
    DesiredObjects.render(state, rules: machine.rules).first { $0.ref == ref } ?? ManagedObject(ref: ref, labels: [:])
  }
}
