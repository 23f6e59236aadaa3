import Events
import Model
import Reconciler

/// The end: nobody fights any more, everybody does their part, and what was decided last must come about and stay.
extension WorldModel {
  ///
  /// - Parameter phase: of the state that is decided last; nil for any.
  mutating func calmDown(_ phase: PlacementPhase? = nil) {
    comeThroughLate()
    (isBusAway, isSuspect, barred) = (false, false, nil)
    reap()
    closeGap()
    if !isListed { list() }
    publish(isLast: true, phase)
    for _ in 0..<400 where !isAsDecided { tick() }
    if !isAsDecided { complain("it does not come about: \(problem)") }
    let orders = ordersGiven
    for _ in 0..<20 { tick() }
    if !isAsDecided { complain("it does not stay: \(problem)") }
    if ordersGiven != orders { complain("orders without end") }
  }

  /// One object is refused for good: the others are kept as decided all the same, and it is asked for ever more seldom.
  mutating func standBeside() {
    let inner = DesiredObjects.render(Fixtures.desired(1)).map(\.ref).filter { $0.kind != .namespace }
    let bar = (ref: generator.pick(inner), kind: generator.pick([ApplyFailure.Kind.forbidden, .invalid]))
    barred = bar
    publish(isLast: true, .active)
    let orders = ordersGiven
    run(for: 150)
    let told = lastReport?.says("Applied") ?? ""
    if told != "False \(bar.kind.rawValue)" { complain("a refusal is told as \(told)") }
    if ordersGiven - orders > 10 { complain("\(ordersGiven - orders) orders of what is refused") }
    let other = generator.pick(inner.filter { $0 != bar.ref })
    take(away: other)
    run(for: 2)
    for ref in inner where ref != bar.ref {
      let wanted = DesiredObjects.render(last, rules: rules).first { $0.ref == ref }
      let isThere = objects[ref].map { wanted?.differences(from: $0) == [] } ?? false
      if !isThere { complain("\(ref) waits with \(bar.ref)") }
    }
  }

  private mutating func run(for seconds: Double) {
    let end = now.after(seconds)
    while now < end { tick() }
  }

  private mutating func tick() {
    reap()
    help()
    write()
    synchronise()
    fillQuotas()
    for kind in ManagedKind.allCases { tell(kind, all: true) }
    let next = [work?.lands, look?.lands, alarms.min()].compactMap { $0 }.min()
    now = max(next ?? now, now.after(1))
    progress(calmly: true)
  }

  private var last: DesiredState { published[published.count - 1].state }

  /// The owner does what the agent asks for; who has put a volume there takes it away.
  private mutating func help() {
    if last.phase == .removed { holdsVolume = false }
    // What Argo CD never had is not its to prune: that it stands is told, and a person removes it.
    if last.phase == .removed, mode == .gitops, folder == nil { terminate(Fixtures.namespaceRef) }
    // What has lost its mark is handed over again, or was never Régie's and goes.
    for object in present where !isOurs(object) || object.labels[Labels.placement] == nil {
      let isInTheWay = !mode.isAnothers || object.ref == Fixtures.quotaRef
      if isInTheWay { object.ref.kind == .namespace ? terminate(object.ref) : take(away: object.ref) }
    }
    guard mode.isAnothers else { return }
    if last.phase == .removed {
      if mode == .observe { terminate(Fixtures.namespaceRef) }
      return
    }
    if namespace == nil { put(ManagedObject(ref: Fixtures.namespaceRef, labels: ["team": "theirs"]), by: Self.owner) }
    guard mode == .observe else { return }
    for ref in present.map(\.ref) where ref.kind == .resourceQuota && ref != Self.theirQuota { take(away: ref) }
    var hard = DesiredObjects.render(Fixtures.desired(1, cpu: Int64(last.quota.cpu?.description ?? "") ?? 1))[1].spec
    if last.phase != .active, case .object(var members)? = hard?["hard"] {
      members["pods"] = "3"
      hard = ["hard": .object(members)]
    }
    if objects[Self.theirQuota]?.spec != hard {
      put(ManagedObject(ref: Self.theirQuota, labels: [:], spec: hard), by: Self.owner)
    }
  }

  private var isAsDecided: Bool { problem.isEmpty }

  /// What is not as decided; empty when all is.
  private var problem: String {
    let says = lastReport?.says("Applied") ?? ""
    let report = "\(lastReport?.version.description ?? "-") \(says) \(lastReport?.says("Refused") ?? "")"
    guard lastReport?.version == last.version, says.hasPrefix("True") else { return "\(last.phase) told \(report)" }
    if last.phase == .removed {
      let left = present.filter { mode == .adopt ? $0.ref == Fixtures.quotaRef : $0.ref == Fixtures.namespaceRef }
      return left.isEmpty ? "" : "left: \(left.map(\.ref.description))"
    }
    guard lastReport?.says("Ready").hasPrefix("True") == true else { return "told \(report), not ready" }
    let wanted = DesiredObjects.render(last, podsInUse: remembered?.pods, rules: rules)
    let wrong = wanted.filter { object in objects[object.ref].map { !object.differences(from: $0).isEmpty } ?? true }
    return wrong.isEmpty ? "" : "wrong: \(wrong.map(\.ref.description))"
  }
}
