import Foundation

/// Everything a cluster holds, as a value: objects, their revisions, and the recent past for watches and pages.
///
/// Nothing here knows the time or draws a number: both come with each call or from `Identity`.
struct ClusterStore: Sendable {
  /// Where one object stands among those of its kind; the namespace is empty for cluster-wide kinds.
  struct Key: Hashable, Comparable, Sendable {
    var namespace: String
    var name: String

    /// As etcd orders `namespace/name`, in which a dash or a dot comes before the slash.
    static func < (left: Key, right: Key) -> Bool {
      if left.namespace == right.namespace { return left.name < right.name }
      return "\(left.namespace)/" < "\(right.namespace)/"
    }
  }

  /// One object before and after one revision.
  struct Change: Sendable {
    var revision: UInt64
    var kind: ResourceKind
    var key: Key
    var before: JSONValue?
    var after: JSONValue?
  }

  /// Limits and the pace of what the controller manager would do.
  struct Settings: Sendable {
    var historyLimit = 4_096
    var quotaDelay: TimeInterval = 0.05
    var namespaceDelay: TimeInterval = 0.5
    /// Whether Argo CD's definition of Applications is installed.
    var knowsApplications = false
  }

  /// Where new identities come from.
  struct Identity: Sendable {
    var uid: @Sendable () -> String
    /// Five characters behind a `generateName`.
    var suffix: @Sendable () -> String
  }

  /// Who asks, when, and whether it is only a trial.
  struct Caller: Sendable {
    var now: Date
    var manager: String
    var dryRun = false

    var time: String { RFC3339.text(now) }
  }

  /// What the controller manager has still to do.
  enum Job: Hashable, Sendable {
    case quotas(namespace: String)
    case termination(namespace: String)
  }

  static let initialNamespaces = ["default", "kube-node-lease", "kube-public", "kube-system"]

  let settings: Settings
  let identity: Identity
  private(set) var revision: UInt64 = 1
  /// The last revision of each kind that has one.
  private(set) var latest: [ResourceKind: UInt64] = [:]
  /// Changes at or before this revision are forgotten.
  private(set) var forgotten: UInt64 = 1
  private(set) var history: [Change] = []
  private(set) var objects: [ResourceKind: [Key: JSONValue]] = [:]
  private(set) var jobs: [Job: Date] = [:]

  init(settings: Settings = Settings(), identity: Identity, now: Date) {
    self.settings = settings
    self.identity = identity
    for name in Self.initialNamespaces {
      var object = ResourceKind.namespace.defaulted([
        "apiVersion": "v1", "kind": "Namespace", "metadata": ["name": .string(name)],
        "spec": ["finalizers": ["kubernetes"]],
      ])
      object[path: ["metadata", "uid"]] = .string(identity.uid())
      object[path: ["metadata", "creationTimestamp"]] = .string(RFC3339.text(now))
      commit(object, kind: .namespace, key: Key(namespace: "", name: name))
    }
  }

  /// Groups whose definitions are not installed.
  var absentGroups: Set<String> { settings.knowsApplications ? [] : [ResourceKind.application.group] }

  func object(_ kind: ResourceKind, _ key: Key) -> JSONValue? { objects[kind]?[key] }

  /// - Throws: `StatusError` 404.
  func get(_ kind: ResourceKind, _ key: Key) throws(StatusError) -> JSONValue {
    guard let object = object(kind, key) else { throw .notFound(kind, key.name) }
    return object
  }

  /// Stores or removes an object under the next revision and returns what watchers see of it.
  @discardableResult
  mutating func commit(_ object: JSONValue?, kind: ResourceKind, key: Key) -> JSONValue {
    revision += 1
    latest[kind] = revision
    let before = objects[kind]?[key]
    var seen = object ?? before ?? [:]
    seen[path: ["metadata", "resourceVersion"]] = .string(String(revision))
    let after = object == nil ? nil : seen
    objects[kind, default: [:]][key] = after
    history.append(Change(revision: revision, kind: kind, key: key, before: before, after: after))
    if history.count > settings.historyLimit + settings.historyLimit / 4 {
      forget(history.count - settings.historyLimit)
    }
    return seen
  }

  private mutating func forget(_ count: Int) {
    guard count > 0, let last = history.prefix(count).last else { return }
    forgotten = last.revision
    history.removeFirst(count)
  }

  /// Forgets the past, as a compaction does.
  mutating func compact() { forget(history.count) }

  mutating func schedule(_ job: Job, at date: Date) {
    jobs[job] = min(jobs[job] ?? date, date)
  }

  /// Takes the jobs that are due.
  mutating func takeJobs(dueAt now: Date) -> [Job] {
    let due = jobs.filter { $0.value <= now }.sorted { $0.value < $1.value }.map(\.key)
    for job in due { jobs[job] = nil }
    return due
  }

  mutating func cancel(_ job: Job) { jobs[job] = nil }

  /// When the next job is due.
  var nextJob: Date? { jobs.values.min() }
}
