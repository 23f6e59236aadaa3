internal import Model

/// What is in the placement's namespace besides what Régie keeps there: it says nothing where the namespace is Régie's
/// own.
struct Surroundings: Sendable {
  /// The namespace, whoever made it.
  struct Place: Sendable, Hashable {
    var uid: String
    var isTerminating: Bool
  }

  /// A quota, whoever made it; what it says of `cpu` and `memory` it says of `requests.cpu` and `requests.memory`.
  struct Quota: Sendable, Hashable {
    var hard: [String: String]
    var enforced: [String: String]
    var used: [String: String]
    var writer: String?
    /// Whether it counts some pods only, and so limits nothing as a whole.
    var isScoped = false
    /// At which version it was seen.
    var resourceVersion: String
  }

  /// Nil while there is none.
  private(set) var namespace: Place?
  /// By name.
  private(set) var quotas: [String: Quota] = [:]
  /// With the version at which each was seen.
  private var others: [ObjectRef: String] = [:]

  /// Takes in an object of the placement's namespace.
  ///
  /// - Parameter isOurs: whether it bears the placement's mark.
  mutating func note(_ object: LiveObject, isOurs: Bool) {
    switch object.ref.kind {
    case .namespace: namespace = Place(uid: object.uid, isTerminating: object.isTerminating)
    case .resourceQuota:
      quotas[object.ref.name] = Quota(
        hard: Self.folded(object.spec?["hard"]?.texts ?? [:]), enforced: Self.folded(object.statusHard),
        used: Self.folded(object.statusUsed), writer: object.lastWriter(otherThan: Labels.fieldManager),
        isScoped: object.isScoped, resourceVersion: object.resourceVersion)
    case .limitRange, .networkPolicy:
      others[object.ref] = isOurs ? nil : object.resourceVersion
    }
  }

  /// Kubernetes takes `cpu` in a quota for `requests.cpu`, and leaves it as it is written; `memory` likewise. Where both are
  /// there it enforces both, and the lower counts.
  private static func folded(_ amounts: [String: String]) -> [String: String] {
    var folded = amounts
    for name in ["cpu", "memory"] {
      guard let amount = folded.removeValue(forKey: name), let here = Quantity(amount) else { continue }
      let there = folded["requests.\(name)"].flatMap { Quantity($0) }
      if there.map({ here < $0 }) ?? true { folded["requests.\(name)"] = amount }
    }
    return folded
  }

  /// - Parameter end: the version at which the object went: what was seen at a higher one than a namespace's end lies in
  ///   the next one of that name.
  mutating func forget(_ ref: ObjectRef, endingAt end: String?) {
    switch ref.kind {
    case .namespace:
      namespace = nil
      quotas = quotas.filter { PlacementMachine.isOlder(end, than: $0.value.resourceVersion) }
      others = others.filter { PlacementMachine.isOlder(end, than: $0.value) }
    case .resourceQuota: quotas[ref.name] = nil
    case .limitRange, .networkPolicy: others[ref] = nil
    }
  }

  /// Whether somebody else has an object of this kind there.
  func has(_ kind: ManagedKind) -> Bool { others.keys.contains { $0.kind == kind } }
}
