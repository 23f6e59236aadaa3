import Events
import Foundation
import Model
import Reconciler

/// The API server, and what the shell does there.
extension WorldModel {
  static let owner = LiveObject.Writer(manager: "owner", operation: "Update", time: nil)
  static let agent = LiveObject.Writer(manager: Labels.fieldManager, operation: "Apply", time: nil)
  static let argo = LiveObject.Writer(manager: "argocd", operation: "Apply", time: nil)
  static let theirQuota = Fixtures.ref(.resourceQuota, "dso-quota")

  var namespace: LiveObject? { objects[Fixtures.namespaceRef] }

  /// What there is, always in the same order.
  var present: [LiveObject] {
    objects.values.sorted { ($0.ref.kind, $0.ref.name) < ($1.ref.kind, $1.ref.name) }
  }

  func isOurs(_ object: LiveObject) -> Bool {
    object.labels[Labels.placement].map { $0 == Fixtures.placement.uuidString.lowercased() }
      ?? object.writers.contains(Self.agent)
  }

  /// Puts an object there, as server-side apply does together with what takes away the rest of another phase, and queues the
  /// watch's news of it.
  @discardableResult
  mutating func put(_ wanted: ManagedObject, by writer: LiveObject.Writer) -> LiveObject {
    version += 1
    var object = objects[wanted.ref] ?? LiveObject(ref: wanted.ref, uid: "u\(version)", resourceVersion: "")
    object.resourceVersion = String(version)
    for key in [Labels.phase, Labels.podsInUse] where wanted.labels[key] == nil { object.labels[key] = nil }
    object.labels.merge(wanted.labels) { $1 }
    object.annotations = wanted.annotations
    object.spec = wanted.spec
    if !object.writers.contains(writer) { object.writers.append(writer) }
    if wanted.ref.kind == .resourceQuota { borne.insert(Self.mark(object.labels)) }
    store(object)
    return object
  }

  mutating func store(_ object: LiveObject) {
    objects[object.ref] = object
    news[object.ref.kind, default: []].append(.live(object))
  }

  mutating func take(away ref: ObjectRef) {
    guard let object = objects.removeValue(forKey: ref) else { return }
    version += 1
    news[ref.kind, default: []].append(.gone(ref, uid: object.uid, version: version))
  }

  mutating func terminate(_ ref: ObjectRef) {
    guard var object = objects[ref], !object.isTerminating else { return }
    version += 1
    object.resourceVersion = String(version)
    object.isTerminating = true
    store(object)
  }

  /// What is being deleted goes; a namespace takes its content along.
  mutating func reap() {
    if namespace?.isTerminating == true {
      for ref in present.map(\.ref) where ref != Fixtures.namespaceRef { take(away: ref) }
      take(away: Fixtures.namespaceRef)
      holdsVolume = false
    }
    for object in present where object.isTerminating { take(away: object.ref) }
  }

  /// The controller manager counts, and fills what is in force.
  mutating func fillQuotas() {
    for var quota in present where quota.ref.kind == .resourceQuota {
      let hard = quota.spec?["hard"]?.texts ?? [:]
      let isCounted = hard["pods"] == nil || quota.statusUsed["pods"] != nil
      guard quota.statusHard != hard || !isCounted else { continue }
      version += 1
      quota.resourceVersion = String(version)
      quota.statusHard = hard
      if hard["pods"] != nil { quota.statusUsed["pods"] = "3" }
      store(quota)
    }
  }

  /// Somebody makes a volume, unless a quota keeps it out.
  mutating func makeVolume() {
    let isKeptOut = objects.values.contains { $0.statusHard["persistentvolumeclaims"] == "0" }
    if namespace != nil, namespace?.isTerminating != true, !isKeptOut { holdsVolume = true }
  }

  mutating func land(calmly: Bool = false) {
    guard let landed = work else { return }
    work = nil
    let failure = calmly ? nil : landed.failure
    switch landed.order {
    case .apply(let order):
      if failure == .unavailable, generator.chance(50) { late.append(order) }
      if let failure, failure.isOfObject {
        let outcome = carryOut(order, refusing: (generator.pick(order.objects.map(\.ref)), failure))
        return feed(.finished(attempt: order.attempt, outcome))
      }
      let reach = failure == nil ? order.objects.count : Int.random(in: 0...2, using: &generator)
      var outcome = carryOut(order, reach: failure == .unavailable ? 0 : reach)
      outcome.failure = outcome.failure ?? failure.map { ApplyFailure(kind: $0, message: "no") }
      feed(.finished(attempt: order.attempt, outcome))
    case .remove(let order):
      let outcome = failure == nil || generator.chance(50) ? outcome(of: order) : nil
      feed(.removal(attempt: order.attempt, failure == nil ? outcome ?? .going : Self.failed(failure ?? .unavailable)))
    case .withdraw(let order):
      let outcome = failure == nil || generator.chance(50) ? outcome(of: order) : nil
      feed(.removal(attempt: order.attempt, failure == nil ? outcome ?? .going : Self.failed(failure ?? .unavailable)))
    }
  }

  static func failed(_ kind: ApplyFailure.Kind) -> RemovalOutcome { .failed(ApplyFailure(kind: kind, message: "no")) }

  /// As the executor does: the Namespace first, and of the others each by itself.
  ///
  /// - Parameter refusing: an object that is refused this time, beside the one that is for good.
  @discardableResult
  mutating func carryOut(
    _ order: ApplyOrder, reach: Int = .max, refusing: (ref: ObjectRef, kind: ApplyFailure.Kind)? = nil,
    isLate: Bool = false
  ) -> ApplyOutcome {
    var applied: [LiveObject] = []
    var refused: [ObjectRef: ApplyFailure] = [:]
    func stop(_ kind: ApplyFailure.Kind) -> ApplyOutcome {
      ApplyOutcome(applied: applied, failure: ApplyFailure(kind: kind, message: "no"), refused: refused)
    }
    for wanted in order.objects.prefix(reach) {
      if let refusal = [refusing, barred].compactMap({ $0 }).first(where: { $0.ref == wanted.ref }) {
        refused[wanted.ref] = ApplyFailure(kind: refusal.kind, message: "no")
        if wanted.ref.kind == .namespace { break }
        continue
      }
      let there = objects[wanted.ref]
      if let there, !isOurs(there) {
        if wanted.ref.kind == .namespace, there.uid != order.namespaceUID { return stop(.namespaceTaken) }
        if order.isGuest {
          refused[wanted.ref] = ApplyFailure(kind: .objectTaken, message: "no")
          continue
        }
      }
      if wanted.ref.kind == .namespace {
        if namespace?.isTerminating == true { return stop(.terminating) }
        if namespace == nil, !order.mayCreateNamespace { return stop(.changed) }
        // What an earlier call still does nobody can prevent.
        if namespace == nil, !isLate, remembered?.phase == .removed {
          complain("what was removed came back")
        }
      } else if namespace == nil || namespace?.isTerminating == true {
        return stop(order.isGuest ? .namespaceMissing : .terminating)
      }
      applied.append(put(wanted, by: Self.agent))
    }
    return ApplyOutcome(applied: applied, refused: refused)
  }

  private func isMarked(_ object: LiveObject, _ version: StateVersion) -> Bool {
    object.labels[Labels.phase] == "removed" && object.labels[Labels.revision] == String(version.revision)
      && object.labels[Labels.epoch] == String(version.epoch)
  }

  private mutating func outcome(of order: RemovalOrder) -> RemovalOutcome {
    guard let there = namespace else { return .gone }
    guard there.labels[Labels.placement] != nil else { return Self.failed(.namespaceTaken) }
    if there.isTerminating { return .going }
    guard order.uid == there.uid, isMarked(there, order.version) else { return Self.failed(.changed) }
    if holdsVolume, !order.mayTakeVolumes { return Self.failed(.volumesHeld) }
    guard machine.version == order.version else { return Self.failed(.changed) }
    if isSuspect { return Self.failed(.busSuspect) }
    judge(order.version)
    terminate(Fixtures.namespaceRef)
    return .going
  }

  private mutating func outcome(of order: WithdrawalOrder) -> RemovalOutcome {
    var outcome = RemovalOutcome.gone
    for target in order.targets {
      guard let there = objects[target.ref], isOurs(there) else { continue }
      guard there.labels[Labels.placement] != nil else { return Self.failed(.objectTaken) }
      if there.isTerminating {
        outcome = .going
        continue
      }
      guard target.uid == there.uid, isMarked(there, order.version), machine.version == order.version else {
        return Self.failed(.changed)
      }
      if isSuspect { return Self.failed(.busSuspect) }
      judge(order.version)
      terminate(target.ref)
      outcome = .going
    }
    return outcome
  }

  mutating func tell(_ kind: ManagedKind, all: Bool = false) {
    while let first = news[kind]?.first {
      news[kind]?.removeFirst()
      switch first {
      case .live(let object): show(object)
      case .gone(let ref, let uid, let version):
        shown[ref] = nil
        if rules.kinds.contains(kind) { feed(.gone(ref, uid: uid, resourceVersion: String(version))) }
      }
      if !all { return }
    }
  }

  /// The watch broke, and its news is lost: a new list tells what there is, after the ends of what was shown and is not there
  /// any more. Nobody knows when that went, and of what was never shown no end is told.
  mutating func relist(_ kind: ManagedKind) {
    news[kind] = []
    guard rules.kinds.contains(kind) else { return }
    let listed = present.filter { $0.ref.kind == kind && isInSight($0) }
    let uids = Dictionary(uniqueKeysWithValues: listed.map { ($0.ref, $0.uid) })
    let vanished = shown.values.filter { $0.ref.kind == kind && uids[$0.ref] != $0.uid }
    for old in vanished.sorted(by: { $0.ref.name < $1.ref.name }) {
      shown[old.ref] = nil
      feed(.gone(old.ref, uid: old.uid, resourceVersion: old.resourceVersion))
    }
    for object in listed { show(object, fromList: true) }
    if machine.namespace != nil {
      feed(.listed(kind, present: Set(uids.keys), resourceVersion: String(version)))
    }
  }

  /// What the agent looks at depends on the mode; what bears no mark is in sight only where others' objects count.
  private func isInSight(_ object: LiveObject) -> Bool {
    rules.looksAtOthers || object.labels[Labels.placement] != nil
  }

  private mutating func show(_ object: LiveObject, fromList: Bool = false) {
    guard rules.kinds.contains(object.ref.kind) else { return }
    if isInSight(object) {
      shown[object.ref] = object
      feed(.live(object, fromList: fromList))
    } else {
      shown[object.ref] = nil
      if machine.namespace != nil {
        feed(.gone(object.ref, uid: object.uid, resourceVersion: object.resourceVersion))
      }
    }
  }
}
