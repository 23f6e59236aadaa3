internal import Events
internal import Foundation
internal import Model

/// What the machine believes of live objects.
///
/// Lists, watches and answers to orders come on different connections and overtake one another. Within one connection they
/// are in order, and Kubernetes numbers all writes: the number decides who is late.
extension PlacementMachine {
  /// Where news of an object came from.
  enum Witness: Sendable {
    /// What is there, and nothing else.
    case list
    case watch
    /// The answer to an order; it may come after an end that a watch has told of already.
    case answer
  }

  /// The last end of an object: what is said of it up to this version is late.
  struct Grave: Sendable, Hashable {
    var uid: String
    var resourceVersion: String
  }

  mutating func takeLive(_ object: LiveObject, fromList: Bool, at now: Timestamp) -> [Action] {
    recall(for: object)
    guard learn(object, from: fromList ? .list : .watch, at: now) else { return [] }
    return advance(at: now)
  }

  mutating func takeGone(_ ref: ObjectRef, uid: String?, resourceVersion: String?, at now: Timestamp) -> [Action] {
    surroundings.forget(ref, endingAt: resourceVersion)
    guard objects.contains(where: { $0.ref == ref }) else {
      guard desired?.mode.isOfOthers == true else { return [] }
      if ref.kind == .namespace { forget(ref, endingAt: resourceVersion) }
      return advance(at: now)
    }
    if let uid, let resourceVersion { graves[ref] = Grave(uid: uid, resourceVersion: resourceVersion) }
    guard let known = facts[ref], uid == nil || uid == known.uid,
      !Self.isOlder(resourceVersion ?? known.resourceVersion, than: known.resourceVersion)
    else { return [] }
    lose(ref, endingAt: resourceVersion, at: now)
    return advance(at: now)
  }

  /// What only an answer has told of has no end in any watch that broke meanwhile: that a list lacks it is all there is. What
  /// was told of at a higher version than the list's has been made since.
  mutating func takeList(
    of kind: ManagedKind, _ present: Set<ObjectRef>, resourceVersion: String, at now: Timestamp
  ) -> [Action] {
    let missing = objects.map(\.ref).filter { $0.kind == kind && !present.contains($0) }
    if case .applying = work { for ref in missing { absences[ref] = resourceVersion } }
    let gone = missing.filter { ref in
      facts[ref].map { !Self.isOlder(resourceVersion, than: $0.resourceVersion) } ?? false
    }
    guard !gone.isEmpty else { return [] }
    for ref in gone { lose(ref, endingAt: resourceVersion, at: now) }
    return advance(at: now)
  }

  /// An object that was there is not any more.
  private mutating func lose(_ ref: ObjectRef, endingAt end: String?, at now: Timestamp) {
    forget(ref, endingAt: end)
    guard wasInPlace(ref), desired?.phase != .removed else { return }
    drifts.noteDeletion(of: ref, at: now)
    status.noteDrift(drifts, at: now)
  }

  /// Another state is wanted: nothing known is as wanted any more, and what is no longer kept is forgotten.
  mutating func expectNothing() {
    let kept = Set(objects.map(\.ref))
    facts = facts.filter { kept.contains($0.key) }
    graves = graves.filter { kept.contains($0.key) }
    for ref in facts.keys {
      facts[ref]?.isAsWanted = false
      facts[ref]?.bearsVersion = false
    }
    quota.expectNothing()
    holds.begin(with: kept)
  }

  /// Whether the object was kept, and not known better.
  @discardableResult
  mutating func learn(_ object: LiveObject, from witness: Witness, at now: Timestamp) -> Bool {
    let owner = object.labels[Labels.placement]
    let known = facts[object.ref]
    var isOurs = owner == placement.uuidString.lowercased()
    // A mark that was taken off by hand is put back: the object stays the one that was seen as ours.
    let isGuest = desired?.mode == .adopt
    if isGuest, owner == nil { isOurs = object.isApplied || known?.uid == object.uid && known?.isOurs == true }
    if witness != .answer, rules.looksAtOthers { surroundings.note(object, isOurs: isOurs) }
    guard let wanted = objects.first(where: { $0.ref == object.ref }), !isLate(object, from: witness) else {
      return witness != .answer && desired?.mode.isOfOthers == true
    }
    let isRestored = known?.uid == object.uid && Self.isOlder(object.resourceVersion, than: known?.resourceVersion)
    let differences = wanted.differences(from: object)
    facts[object.ref] = Facts(
      uid: object.uid, resourceVersion: object.resourceVersion, isAsWanted: differences.isEmpty,
      isTerminating: object.isTerminating, isOurs: isOurs, isAnothers: !isOurs && (isGuest || owner != nil),
      bearsVersion: bearsVersion(object, of: wanted, differences), age: isOurs ? age(of: object) : .unmarked,
      isTighter: object.ref.kind == .resourceQuota && wanted.isNoTighter(than: object),
      passing: object.passing, hindrance: object.hindrance,
      pauseUntil: object.ref.kind == pausingKind
        ? object.annotations[Labels.pauseUntil].flatMap { Timestamp($0) } : nil)
    graves[object.ref] = nil
    if object.ref.kind == .namespace, isOurs { namespaceUID = object.uid }
    if object.ref.kind == .resourceQuota { quota.note(object, wanted: wanted) }
    // What bears the very version that is wanted was as wanted once, be it in an earlier life.
    let wasInPlace = wasInPlace(object.ref) || facts[object.ref]?.bearsVersion == true
    if wasInPlace, !isRemoved, !differences.isEmpty, !object.isTerminating, !isRestored {
      let told = object.lacksForm ? differences.filter { !$0.isOfForm } : differences
      drifts.note(told.isEmpty ? differences : told, of: object, at: now)
      status.noteDrift(drifts, at: now)
    }
    return true
  }

  private var pausingKind: ManagedKind { desired?.mode == .adopt ? .resourceQuota : .namespace }

  private func bearsVersion(
    _ object: LiveObject, of wanted: ManagedObject, _ differences: [FieldDifference]
  ) -> Bool {
    let marks = [Labels.revision, Labels.epoch, Labels.podsInUse]
    guard marks.allSatisfy({ object.labels[$0] == wanted.labels[$0] }) else { return false }
    // A release that wrote no digest leaves all that was applied without one: what else differs is somebody's doing, and
    // what lacks nothing but the digest is nobody's.
    if object.lacksForm { return differences.contains { !$0.isOfForm } }
    return object.labels[Labels.form] == wanted.labels[Labels.form]
  }

  private func age(of object: LiveObject) -> Age {
    guard let desired, let epoch = object.labels[Labels.epoch].flatMap({ Int64($0) }),
      let revision = object.labels[Labels.revision].flatMap({ Int64($0) })
    else { return .unmarked }
    let version = StateVersion(epoch: epoch, revision: revision)
    return version == desired.version ? .same : version < desired.version ? .earlier : .later
  }

  private func isLate(_ object: LiveObject, from witness: Witness) -> Bool {
    guard witness != .list else { return false }
    if let grave = graves[object.ref], grave.uid == object.uid,
      !Self.isOlder(grave.resourceVersion, than: object.resourceVersion)
    {
      return true
    }
    if witness == .answer, let absence = absences[object.ref],
      !Self.isOlder(absence, than: object.resourceVersion)
    {
      return true
    }
    guard let known = facts[object.ref], known.uid == object.uid || witness == .answer else { return false }
    return Self.isOlder(object.resourceVersion, than: known.resourceVersion)
  }

  /// A namespace takes along what lies in it.
  ///
  /// - Parameter end: the version at which it went, where that is known.
  mutating func forget(_ ref: ObjectRef, endingAt end: String? = nil) {
    facts[ref] = nil
    holds.forget(ref)
    if ref.kind == .namespace { forgetContent(endingAt: end) }
    if ref.kind == .resourceQuota { quota.lose() }
    if ref.kind == .namespace, case .waiting(let wait) = work, wait.endsWithNamespace {
      work = .idle
      failures = 0
    }
  }

  /// What was seen at a higher version than the namespace's end lies in the next one of that name: each kind has a watch
  /// of its own, and where others make that one nobody would tell of it again. In mode `own` all is ordered anew.
  private mutating func forgetContent(endingAt end: String?) {
    if desired?.mode == .own {
      facts = [:]
    } else {
      facts = facts.filter { Self.isOlder(end, than: $0.value.resourceVersion) }
    }
    lost = []
    if !facts.keys.contains(where: { $0.kind == .resourceQuota }) { quota = QuotaStatus() }
  }

  /// Kubernetes' versions are numbers in etcd; where they are not, nothing is older.
  static func isOlder(_ version: String?, than other: String?) -> Bool {
    guard let version, let other, let left = UInt64(version), let right = UInt64(other) else { return false }
    return left < right
  }
}

extension LiveObject {
  /// Whether it bears no digest of its form, as what a release of the agent that wrote none has applied.
  fileprivate var lacksForm: Bool { labels[Labels.form] == nil }
}

extension ManagedObject {
  /// Whether a live quota limits all that this one limits, and to no more.
  fileprivate func isNoTighter(than live: LiveObject) -> Bool {
    if live.isScoped { return false }
    let there = live.spec?["hard"]?.texts ?? [:]
    return (spec?["hard"]?.texts ?? [:]).allSatisfy { name, amount in
      guard let amount = Quantity(amount), let limit = there[name].flatMap({ Quantity($0) }) else { return false }
      return limit <= amount
    }
  }
}

extension FieldDifference {
  /// Whether only the digest of an object's form is another one, or missing.
  fileprivate var isOfForm: Bool { path == "metadata.labels.\(Labels.form)" }
}

extension ClusterSpec.Mode {
  /// Whether others have the namespaces, so that what is theirs counts too.
  var isOfOthers: Bool { self == .adopt || self == .observe }
}
