import Events
import Model
import Placement

/// What ``World`` guards with its lock.
struct WorldState {
  /// A project of which a change is not in memory.
  struct Forgotten {
    /// Before the commit, or when it was heard of: an own change that is not older makes it known.
    var since: ContinuousClock.Instant
    /// After the commit: a reading that is not older makes it known.
    var settledAt: ContinuousClock.Instant
    /// Whether it was read, and is not known for all that.
    var isReadInVain = false
    /// Whether it is to be read already: nobody need ask for it again.
    var isAsked = false
    /// It was read, and what it holds is of a commit whose ledger has not been told: the versions to wait for, by cluster.
    var lacks: [String: Int64] = [:]

    init(at moment: ContinuousClock.Instant) { (since, settledAt) = (moment, moment) }
  }

  var snapshot: World.Snapshot?
  var projects = ProjectTable()
  /// Counts the connections that notifications came by; nil while there is none.
  var connection: Int?
  var connections = 0
  /// The connection whose notifications go on from where the last reading of everything was.
  var synced: Int?
  /// Projects that were changed here and were not read again yet: a writer sees what it has written.
  var forgotten: [String: Forgotten] = [:]
  /// How many transactions that leave a project otherwise are being committed.
  var committing: [String: Int] = [:]
  /// The same for all else.
  var headForgotten: ContinuousClock.Instant?
  /// When notifications arrived last.
  var heardLast: Timestamp?
  /// Notifications that somebody waits for, which say that all before them was heard.
  var fences: Set<String> = []
  /// Who waits until nothing is on its way.
  var watchers: [Int: AsyncStream<Void>.Continuation] = [:]
  var nextWatcher = 0
  /// Counts whatever may have changed of all this.
  var generation = 0

  /// Whether what is in memory is what is committed, but for what is on its way.
  var isLive: Bool { connection != nil && synced == connection && headForgotten == nil }

  /// Projects that nobody reads by himself: what is being committed is told, or given up, and what only waits for the
  /// ledger is told too.
  func toRead(_ projects: some Sequence<String>) -> [String] {
    projects.filter { name in
      forgotten[name].map { $0.lacks.isEmpty && !$0.isAsked } ?? false && committing[name] == nil
    }
  }

  /// Whether a project that was asked for at a moment is known by what was found.
  func isKnown(_ project: String, readAt moment: ContinuousClock.Instant) -> Bool {
    guard let forgotten = forgotten[project] else { return true }
    return committing[project] == nil && forgotten.settledAt <= moment
  }

  /// What of `versions` the ledger in memory has not come to.
  func lacking(_ versions: [String: Int64]) -> [String: Int64] {
    versions.filter { cluster, version in snapshot?.ledger[cluster].map { $0.version < version } ?? true }
  }

  /// Projects that have only waited for the ledger are known once it has come so far.
  mutating func remember(ledgerOf clusters: some Collection<String>) {
    let waiting = forgotten.filter { _, project in clusters.contains { project.lacks[$0] != nil } }
    for (name, project) in waiting {
      let lacks = lacking(project.lacks)
      forgotten[name]?.lacks = lacks
      if lacks.isEmpty { forgotten[name] = nil }
    }
  }

  /// A project was read too early, or is being committed: whatever it waited for, it is read again.
  mutating func hasReadInVain(_ project: String) {
    forgotten[project]?.isReadInVain = true
    forgotten[project]?.isAsked = false
    forgotten[project]?.lacks = [:]
  }

  /// What was read in vain and may be read again by now; from now on it counts as asked for.
  mutating func readInVain() -> [String] {
    let names = toRead(forgotten.filter { $0.value.isReadInVain }.keys)
    for name in names {
      forgotten[name]?.isReadInVain = false
      forgotten[name]?.isAsked = true
    }
    return names
  }

  /// Projects of these that are to be asked for; from now on they count as asked for.
  mutating func ask(for projects: some Sequence<String>) -> [String] {
    let names = toRead(projects)
    for name in names { forgotten[name]?.isAsked = true }
    return names
  }

  /// What was read later than it was forgotten is known again.
  mutating func remember(headReadAt moment: ContinuousClock.Instant) {
    if let forgotten = headForgotten, forgotten <= moment { headForgotten = nil }
  }
}
