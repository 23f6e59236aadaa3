import Model
import Placement

/// What notifications have said and memory does not know yet: pure, and bounded, since it falls back to reading
/// everything again.
struct WorldInbox: Sendable {
  /// What is to be read or taken in.
  struct Work: Sendable {
    /// Everything is to be read: nothing is known, or notifications may have been lost.
    var everything = false
    /// Versions, clocks and silent zones, and the offer where its version is another.
    var head = false
    /// The projects to read, by name.
    var projects: Set<String> = []
    /// What others hold, as this instance has left it itself.
    var own: [String: OwnCommits.Change] = [:]
    /// The ledger's entries as they were committed.
    var ledger: [String: Ledger.Entry] = [:]

    /// Whether there is nothing to do.
    var isEmpty: Bool { !everything && !head && projects.isEmpty && own.isEmpty && ledger.isEmpty }
  }

  /// From so many projects on, reading everything is cheaper than asking for each.
  static let mostProjects = 10_000

  private(set) var pending = Work()
  /// What this instance commits itself.
  var commits = OwnCommits()

  /// Notifications may have been lost: a connection was made anew.
  mutating func reconnected() {
    pending = Work(everything: true)
    commits = OwnCommits()
  }

  /// The moment has come at which the head changes by itself: another day, another policy.
  mutating func momentHasCome() {
    pending.head = true
  }

  /// A notification of one of ``WorldChannel``.
  ///
  /// - Returns: the projects that are to be read.
  @discardableResult
  mutating func notified(_ channel: String, _ payload: String) -> [String] {
    guard !pending.everything else { return [] }
    switch channel {
    case WorldChannel.offer: pending.head = true
    case WorldChannel.projects:
      let changed = projectsChanged(payload.split(separator: "\n"))
      if pending.projects.count > Self.mostProjects { reconnected() }
      return changed
    case WorldChannel.ledger:
      for line in payload.split(separator: "\n") {
        guard let (cluster, entry) = Self.entry(line) else {
          reconnected()
          break
        }
        pending.ledger.keepNewer(entry, of: cluster)
      }
    default: break
    }
    return []
  }

  /// Names of projects, and last the transaction that has changed them. What was to be read anyway is read: it may have been
  /// changed by others since.
  private mutating func projectsChanged(_ lines: [Substring]) -> [String] {
    let transaction = lines.last.flatMap { $0.first == "#" ? String($0.dropFirst()) : nil }
    let own = transaction.map(commits.projects(of:)) ?? [:]
    var changed: [String] = []
    for name in transaction == nil ? lines[...] : lines.dropLast() {
      let name = String(name)
      if let change = own[name], !pending.projects.contains(name) {
        pending.own[name] = change
      } else {
        pending.own[name] = nil
        pending.projects.insert(name)
        changed.append(name)
      }
    }
    return changed
  }

  /// What there is to do; from now on it counts as done.
  ///
  /// - Parameter head: whether the head may be read again by now. Where it may not it stays to be done, unless everything
  ///   is to be read.
  mutating func take(head: Bool = true) -> Work {
    var work = pending
    pending = Work()
    if !head, !work.everything {
      pending.head = work.head
      work.head = false
    }
    return work
  }

  /// What was taken could not be done.
  mutating func putBack(_ work: Work) {
    if work.everything || pending.everything { return reconnected() }
    pending.head = pending.head || work.head
    pending.projects.formUnion(work.projects)
    for (name, change) in work.own where !pending.projects.contains(name) && pending.own[name] == nil {
      pending.own[name] = change
    }
    for name in work.projects { pending.own[name] = nil }
    for (cluster, entry) in work.ledger { pending.ledger.keepNewer(entry, of: cluster) }
  }

  /// One line: a cluster's name, its version and what is promised of its five resources.
  private static func entry(_ line: Substring) -> (String, Ledger.Entry)? {
    let words = line.split(separator: " ")
    let numbers = words.dropFirst().compactMap { Int64($0) }
    guard words.count == 7, numbers.count == 6 else { return nil }
    let committed = ResourceAmounts(
      cpu: numbers[1], memory: numbers[2], gpu: numbers[3], storage: numbers[4], pods: numbers[5])
    return (String(words[0]), Ledger.Entry(committed: committed, version: numbers[0]))
  }
}

/// What ``World`` listens to.
enum WorldChannel {
  static let offer = GovernanceStore.offerChannel
  static let projects = "regie_projects"
  static let ledger = "regie_ledger"
  /// Changes nothing: whoever has notified it knows, when it is heard, that all commits before it are.
  static let fence = "regie_fence"
  static let all = [offer, projects, ledger, fence]
}

extension [String: Ledger.Entry] {
  /// Versions of a cluster's entry only grow, so the higher one is what holds.
  mutating func keepNewer(_ entry: Ledger.Entry, of cluster: String) {
    if let present = self[cluster], present.version >= entry.version { return }
    self[cluster] = entry
  }
}
