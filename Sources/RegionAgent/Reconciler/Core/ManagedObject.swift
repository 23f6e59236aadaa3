/// The kinds of object that Régie keeps in a namespace, in the order in which they are applied.
public enum ManagedKind: String, Sendable, CaseIterable, Comparable {
  case namespace = "Namespace"
  case resourceQuota = "ResourceQuota"
  case limitRange = "LimitRange"
  case networkPolicy = "NetworkPolicy"

  /// The order of application.
  public static func < (left: Self, right: Self) -> Bool { left.rank < right.rank }

  private var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }

  /// The group and version.
  public var apiVersion: String { self == .networkPolicy ? "networking.k8s.io/v1" : "v1" }

  /// Quotas and limits are amounts; a policy's ports and names are not.
  var scalarRule: ScalarRule { self == .networkPolicy || self == .namespace ? .exact : .quantities }
}

/// An object's identity on one cluster.
public struct ObjectRef: Sendable, Hashable, CustomStringConvertible {
  /// The kind.
  public var kind: ManagedKind
  /// The namespace, or for a Namespace its own name.
  public var namespace: String
  /// The name.
  public var name: String

  /// An identity.
  public init(kind: ManagedKind, namespace: String, name: String) {
    self.kind = kind
    self.namespace = namespace
    self.name = name
  }

  /// `ResourceQuota/regie-quota`.
  public var description: String { "\(kind.rawValue)/\(name)" }
}

/// An object as it must be: exactly the fields that Régie owns.
public struct ManagedObject: Sendable, Hashable {
  /// Which object.
  public var ref: ObjectRef
  /// Labels; they mark the object as Régie's.
  public var labels: [String: String]
  /// Annotations.
  public var annotations: [String: String]
  /// The spec; nil for a Namespace.
  public var spec: ObjectTree?
  /// Where nothing may stand: what Régie sets in another phase. An apply takes it away only where nobody else has it, too.
  var unwanted: [[String]] = []

  /// An object.
  public init(
    ref: ObjectRef, labels: [String: String], annotations: [String: String] = [:], spec: ObjectTree? = nil
  ) {
    self.ref = ref
    self.labels = labels
    self.annotations = annotations
    self.spec = spec
  }

  /// The body of a server-side apply.
  public var body: ObjectTree { body(of: nil) }

  /// The body of a server-side apply to the very object that has this `uid`: the API server refuses it where another one, or
  /// none, bears the name. No ownership of the field comes of it.
  ///
  /// - Parameters:
  ///   - resourceVersion: the version of it that is meant; refused where it was written to since.
  ///   - isNew: whether it is to be made, and what bears the name already to be left alone: it names a version that no
  ///     object has. Where there is none nobody compares versions.
  func body(of uid: String?, resourceVersion: String? = nil, isNew: Bool = false) -> ObjectTree {
    var metadata: [String: ObjectTree] = ["name": .string(ref.name), "labels": Self.tree(labels)]
    if !annotations.isEmpty { metadata["annotations"] = Self.tree(annotations) }
    if let uid { metadata["uid"] = .string(uid) }
    if let resourceVersion { metadata["resourceVersion"] = .string(resourceVersion) }
    // The first that is written in an etcd has the version 2.
    if isNew { metadata["resourceVersion"] = "1" }
    if ref.kind != .namespace { metadata["namespace"] = .string(ref.namespace) }
    var members: [String: ObjectTree] = [
      "apiVersion": .string(ref.kind.apiVersion), "kind": .string(ref.kind.rawValue), "metadata": .object(metadata),
    ]
    members["spec"] = spec
    return .object(members)
  }

  /// The object without the fields that stand at these paths, written as an API server does in conflicts (`.spec.hard.pods`): what
  /// is not applied is left as it is.
  func leaving(_ paths: Set<String>) -> Self {
    func rest(of tree: ObjectTree, at path: String) -> ObjectTree? {
      guard !paths.contains(path) else { return nil }
      guard case .object(let members) = tree else { return tree }
      let left = members.compactMap { name, member in rest(of: member, at: "\(path).\(name)").map { (name, $0) } }
      return .object(Dictionary(uniqueKeysWithValues: left))
    }
    var object = self
    object.labels = labels.filter { !paths.contains(".metadata.labels.\($0.key)") }
    object.annotations = annotations.filter { !paths.contains(".metadata.annotations.\($0.key)") }
    object.spec = spec.flatMap { rest(of: $0, at: ".spec") }
    return object
  }

  /// The object with a digest of all that it says (``Labels/form``). It guards against no forger; 64 bits of FNV-1a tell one
  /// form from the next.
  var formed: Self {
    var digest: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in body.description.utf8 { digest = (digest ^ UInt64(byte)) &* 0x100_0000_01b3 }
    var object = self
    object.labels[Labels.form] = String(digest, radix: 16)
    return object
  }

  /// What of `live` is not as wanted.
  public func differences(from live: LiveObject) -> [FieldDifference] {
    var marks: [String: ObjectTree] = ["labels": Self.tree(labels)]
    if !annotations.isEmpty { marks["annotations"] = Self.tree(annotations) }
    let there: ObjectTree = [
      "metadata": ["labels": Self.tree(live.labels), "annotations": Self.tree(live.annotations)]
    ]
    let marked = ObjectTree.object(["metadata": .object(marks)]).differences(from: there, comparing: .exact)
    let left = remnants(in: live).map { remnant in
      FieldDifference(path: remnant.path.joined(separator: "."), live: remnant.live, wanted: .null)
    }
    guard let spec else { return marked + left }
    let specified: ObjectTree = ["spec": spec]
    let inside = specified.differences(from: live.spec.map { ["spec": $0] }, comparing: ref.kind.scalarRule)
    return marked + inside + left
  }

  /// What stands where nothing may.
  private func remnants(in live: LiveObject) -> [(path: [String], live: ObjectTree)] {
    guard !unwanted.isEmpty else { return [] }
    return unwanted.compactMap { path in live.member(at: path).map { (path: path, live: $0) } }
  }

  /// The body of a merge patch that takes away what stands where nothing may, of this very object as it was seen: the API server
  /// refuses it where somebody has written to it since. Nil where nothing stands there.
  func clearance(of live: LiveObject) -> ObjectTree? {
    clearance(of: remnants(in: live).map { $0.path }, uid: live.uid, resourceVersion: live.resourceVersion)
  }

  /// The same, of an object of which it is known what stands at these paths.
  func clearance(of standing: [[String]], uid: String, resourceVersion: String) -> ObjectTree? {
    let remnants = unwanted.filter { standing.contains($0) }
    guard !remnants.isEmpty else { return nil }
    var body: ObjectTree = ["metadata": ["uid": .string(uid), "resourceVersion": .string(resourceVersion)]]
    for path in remnants { body = body.emptied(at: path[...]) }
    return body
  }

  /// The limits that a quota may not have.
  var unwantedLimits: [String] { unwanted.filter { $0.starts(with: ["spec", "hard"]) }.compactMap(\.last) }

  private static func tree(_ texts: [String: String]) -> ObjectTree { .object(texts.mapValues { .string($0) }) }
}

/// An object as a cluster shows it, cut down to what is compared.
public struct LiveObject: Sendable, Hashable {
  /// Who wrote what, from `metadata.managedFields`.
  public struct Writer: Sendable, Hashable {
    /// The field manager.
    public var manager: String
    /// `Apply` or `Update`.
    public var operation: String
    /// RFC 3339, to the second.
    public var time: String?
    /// `status` for controllers that keep it; nil for who writes the object itself.
    public var subresource: String?
    /// The fields that it has, nested by name as `f:NAME`; nil where they are not known.
    public var fields: ObjectTree?

    /// A writer.
    public init(
      manager: String, operation: String, time: String?, subresource: String? = nil, fields: ObjectTree? = nil
    ) {
      self.manager = manager
      self.operation = operation
      self.time = time
      self.subresource = subresource
      self.fields = fields
    }

    /// Whether it has the field at a dotted path, something in it, or what it is part of as a whole.
    func owns(_ path: String) -> Bool { fields.map { Self.holds($0, path[...]) } ?? false }

    /// Names have dots in them too: whichever of them fits is followed.
    private static func holds(_ fields: ObjectTree, _ path: Substring) -> Bool {
      guard case .object(let members) = fields, !path.isEmpty, !members.isEmpty else { return true }
      return members.contains { member, inner in
        guard member.hasPrefix("f:") else { return false }
        let name = member.dropFirst(2)
        if path == name { return true }
        return path.hasPrefix("\(name).") && holds(inner, path.dropFirst(name.count + 1))
      }
    }
  }

  /// Which object.
  public var ref: ObjectRef
  /// Differs between an object and its successor of the same name.
  public var uid: String
  /// Grows with each write; compared only within one `uid`.
  public var resourceVersion: String
  /// Whether deletion has begun.
  public var isTerminating: Bool
  /// All labels.
  public var labels: [String: String]
  /// Régie's own annotations.
  public var annotations: [String: String]
  /// The spec.
  public var spec: ObjectTree?
  /// `status.hard` of a quota.
  public var statusHard: [String: String]
  /// `status.used` of a quota.
  public var statusUsed: [String: String]
  /// Who wrote to it.
  public var writers: [Writer]
  /// What holds its deletion up, as the cluster says; nil where that is not said.
  public var hindrance: String?

  /// A live object.
  public init(
    ref: ObjectRef, uid: String, resourceVersion: String, isTerminating: Bool = false, labels: [String: String] = [:],
    annotations: [String: String] = [:], spec: ObjectTree? = nil, statusHard: [String: String] = [:],
    statusUsed: [String: String] = [:], writers: [Writer] = [], hindrance: String? = nil
  ) {
    self.ref = ref
    self.uid = uid
    self.resourceVersion = resourceVersion
    self.isTerminating = isTerminating
    self.labels = labels
    self.annotations = annotations
    self.spec = spec
    self.statusHard = statusHard
    self.statusUsed = statusUsed
    self.writers = writers
    self.hindrance = hindrance
  }

  /// What stands at a path of members.
  func member(at path: [String]) -> ObjectTree? {
    let tree: ObjectTree = [
      "metadata": [
        "labels": .object(labels.mapValues { .string($0) }),
        "annotations": .object(annotations.mapValues { .string($0) }),
      ],
      "spec": spec ?? .null,
    ]
    return tree.member(at: path)
  }

  /// Where something stands that Régie sets in some phase only.
  var passing: [[String]] { (DesiredObjects.passing[ref.kind] ?? []).filter { member(at: $0) != nil } }

  /// Whether it is a quota that counts some pods only: it limits none of the others.
  var isScoped: Bool {
    guard ref.kind == .resourceQuota else { return false }
    return [spec?["scopes"], spec?["scopeSelector"]].contains { $0?.isHollow == false }
  }

  /// Whether the agent has applied it once, whatever marks were taken off since.
  var isApplied: Bool { writers.contains { $0.manager == Labels.fieldManager && $0.operation == "Apply" } }

  /// Who writes quotas' status and never their limits. Before Kubernetes 1.22 nothing else tells such writes apart.
  private static let statusKeepers: Set = ["kube-apiserver", "kube-controller-manager"]

  /// The manager that wrote last, other than `manager` and the controllers that keep the status.
  public func lastWriter(otherThan manager: String) -> String? { Self.latest(others(than: manager)) }

  /// The manager, other than `manager`, that has the field at `path`; where none is known to, as of a field that was taken away, the
  /// one that wrote last.
  public func writer(of path: String, otherThan manager: String) -> String? {
    let others = others(than: manager)
    return Self.latest(others.filter { $0.owns(path) }) ?? Self.latest(others)
  }

  /// Whether a manager's writes may be changes by hand.
  static func isOther(_ writer: String?, through subresource: String?, than manager: String) -> Bool {
    subresource == nil && writer != manager && writer.map { !statusKeepers.contains($0) } ?? true
  }

  private func others(than manager: String) -> [Writer] {
    writers.filter { Self.isOther($0.manager, through: $0.subresource, than: manager) }
  }

  private static func latest(_ writers: [Writer]) -> String? {
    writers.max { ($0.time ?? "") < ($1.time ?? "") }?.manager
  }
}
