import Events
import Model
import Reconciler

/// What may happen, one thing at a time.
extension WorldModel {
  mutating func step() {
    now = now.after(Double.random(in: 0...0.6, using: &generator))
    if generator.chance(5) { now = now.after(Double.random(in: 0...40, using: &generator)) }
    switch Int.random(in: 0..<24, using: &generator) {
    case 0: publish()
    case 1, 2: meddle()
    case 3: relist(generator.pick(ManagedKind.allCases))
    case 4: reap()
    case 5 where !isListed: list()
    case 6: feed(.alarm)
    case 7: comeThroughLate()
    case 8 where generator.chance(25): crash()
    case 9: isBusAway.toggle()
    case 10: isSuspect = generator.chance(30)
    case 11: owner()
    case 12, 13: write()
    case 14, 15: synchronise()
    case 16: fillQuotas()
    case 17: if generator.chance(30) { closeGap() }
    case 18: replay()
    case 19: bar()
    default: progress()
    }
  }

  /// What happens by itself: records of the zone, answers, news, alarms.
  mutating func progress(calmly: Bool = false) {
    if !isBusAway { hearOfTime() }
    if let work, work.lands <= now { land(calmly: calmly) }
    if let look, look.lands <= now { answerLook() }
    if calmly || generator.chance(60) { writeMemory() }
    if calmly || generator.chance(60) { answerSearch() }
    for alarm in alarms.filter({ $0 <= now }).sorted() {
      alarms.remove(alarm)
      feed(.alarm)
    }
    if calmly {
      for kind in ManagedKind.allCases { tell(kind, all: true) }
    } else {
      tell(generator.pick(ManagedKind.allCases))
    }
  }

  /// A record of the zone is read; the machine is told when its moment comes.
  private mutating func hearOfTime() {
    centre = max(centre, now.after(centreLead))
    if let moment = machine.removalMoment, centre >= moment { feed(.alarm) }
  }

  mutating func list() {
    for kind in ManagedKind.allCases { relist(kind) }
    isListed = true
    feed(.clusterListed)
  }

  /// A state from the bus, in the mode that the agent was told or, seldom, another; the guard refuses some.
  mutating func publish(isLast: Bool = false, _ phase: PlacementPhase? = nil) {
    guard isLast || !isBusAway else { return }
    let highest = published.last?.state.version ?? StateVersion(epoch: 1, revision: 0)
    let epoch = highest.epoch + (generator.chance(5) ? 1 : 0)
    let mode = isLast || generator.chance(90) ? rules.mode : generator.pick(ClusterSpec.Mode.allCases)
    var state = Fixtures.desired(
      highest.revision + Int64.random(in: 1...2, using: &generator), epoch: epoch,
      phase: phase ?? (generator.chance(40) ? .removed : generator.pick(PlacementPhase.allCases)), mode: mode,
      cpu: Int64.random(in: 1...(isLast ? ceiling : 6), using: &generator))
    if state.phase == .removed {
      state.notBefore = now.after(Double.random(in: -5...20, using: &generator))
      state.removePersistentVolumes = generator.chance(40)
    }
    let guarded = !isLast && generator.chance(15)
    published.append((state, guarded ? Refusal(reason: "GuardQuota", message: "") : nil))
    deliver(published[published.count - 1])
  }

  /// A record again, or one that is older.
  private mutating func replay() {
    guard !published.isEmpty, !isBusAway else { return }
    deliver(generator.pick(published))
  }

  private mutating func deliver(_ entry: (state: DesiredState, refusal: Refusal?)) {
    let mismatch = entry.state.mode == rules.mode ? nil : Refusal(reason: "ModeMismatch", message: "")
    let isNewer = seen.map { entry.state.version > $0 } ?? true
    seen = max(seen ?? entry.state.version, entry.state.version)
    feed(.desired(entry.state, publishedAt: nil, refusal: mismatch ?? entry.refusal ?? guardRefusal(of: entry.state)))
    // What is there already is shown, as to every machine that has a state it had none of before.
    if isNewer, isListed { list() }
  }

  private mutating func meddle() {
    guard let ref = present.map(\.ref).randomElement(using: &generator),
      var object = objects[ref], !object.isTerminating
    else { return }
    version += 1
    object.resourceVersion = String(version)
    switch Int.random(in: 0..<6, using: &generator) {
    case 0 where ref.kind != .namespace: take(away: ref)
    case 1 where ref.kind == .namespace && generator.chance(30): terminate(ref)
    case 2: makeVolume()
    case 3:
      if ref.kind == .resourceQuota { object.spec = ["hard": ["pods": "1"]] }
      store(object)
    case 4 where generator.chance(20):
      object.labels[Labels.placement] = nil
      store(object)
    default:
      object.labels["someone/else"] = "yes"
      store(object)
    }
  }

  /// The API server refuses an object from now on, or none any more.
  private mutating func bar() {
    let ref = generator.pick(DesiredObjects.render(Fixtures.desired(1)).map(\.ref))
    barred = generator.chance(50) ? (ref, generator.pick([.forbidden, .invalid])) : nil
  }

  /// Whoever has the namespace where it is not Régie's.
  private mutating func owner() {
    guard mode.isAnothers else { return }
    if namespace == nil {
      put(ManagedObject(ref: Fixtures.namespaceRef, labels: ["team": "theirs"]), by: Self.owner)
    } else if generator.chance(20) {
      terminate(Fixtures.namespaceRef)
    } else if generator.chance(20), objects[Fixtures.quotaRef] == nil {
      put(ManagedObject(ref: Fixtures.quotaRef, labels: [:], spec: ["hard": ["pods": "9"]]), by: Self.owner)
    }
  }

  mutating func comeThroughLate() {
    let orders = late
    late = []
    for order in orders { carryOut(order, reach: order.objects.count, isLate: true) }
  }

  mutating func writeMemory() {
    guard let entry = toRemember else { return }
    toRemember = nil
    memories[place] = memories[place]?.merged(with: entry) ?? entry
    if let now = memories[place] { feed(.memory(now)) }
  }

  /// What an earlier life accepted is found, where it was kept; this one may keep the cluster in another mode.
  mutating func answerSearch() {
    guard isSought else { return }
    isSought = false
    // The bus may hold the very state, which only the guard refuses now.
    if let refused = machine.refusedState, refused.version == remembered?.version { kept = refused }
    guard let kept else { return feed(.kept(.nothing("not kept"))) }
    let mismatch = kept.mode == mode ? nil : Refusal(reason: "ModeMismatch", message: "")
    feed(.kept(.state(kept, refusal: mismatch ?? guardRefusal(of: kept))))
    if isListed, machine.namespace != nil { list() }
  }

  mutating func closeGap() {
    guard hasGap else { return }
    hasGap = false
    if let remembered { feed(.memory(remembered)) }
    feed(.memoryGap(nil))
  }

  /// The agent is killed, and another begins, maybe in another mode, under another guard, without its home, or on a topic that has lost states.
  mutating func crash() {
    if case .apply(let order)? = work?.order, generator.chance(50) { late.append(order) }
    if let toRemember, generator.chance(50) {
      memories[place] = memories[place]?.merged(with: toRemember) ?? toRemember
    }
    (work, look, toRemember, lastReport, commit, seen) = (nil, nil, nil, nil, nil, nil)
    (alarms, news, shown, isListed, hasGap, isSought) = ([], [:], [:], false, false, false)
    if generator.chance(40) { change(to: generator.pick(ClusterSpec.Mode.allCases)) }
    if generator.chance(40) { ceiling = Int64.random(in: 1...6, using: &generator) }
    machine = PlacementMachine(placement: Fixtures.placement, rules: rules)
    centre = Fixtures.start
    isSuspect = false
    hasGap = place == .cluster && generator.chance(20)
    if hasGap { feed(.memoryGap("home is away")) }
    // The topic comes first, with what compaction has not let go of, and seldom without what it should hold.
    let end = generator.chance(25) ? Int.random(in: 0...published.count, using: &generator) : published.count
    for (index, entry) in published.prefix(end).enumerated() where index == end - 1 || generator.chance(20) {
      deliver(entry)
    }
    feed(.memory(hasGap ? memories[.cluster] : remembered))
  }

  /// Orders of the life before have landed or are lost by the time that somebody changes the settings, and the folder was taken
  /// from Argo CD.
  private mutating func change(to mode: ClusterSpec.Mode) {
    late = []
    if mode != rules.mode { folder = nil }
    for ref in objects.keys { objects[ref]?.writers.removeAll { $0 == Self.argo } }
    rules = ClusterRules(mode)
  }
}

extension ClusterSpec.Mode {
  var isAnothers: Bool { self == .adopt || self == .observe }
}
