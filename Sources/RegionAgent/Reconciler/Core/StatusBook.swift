internal import Events

/// The conditions and timeline of the accepted state of one placement, and what was last reported.
struct StatusBook: Sendable {
  private struct Entry: Sendable, Hashable {
    var status: Condition.Status
    var reason: String
    var message: String
    var since: Timestamp
  }

  private struct SyncWord: Sendable, Hashable {
    var status: Condition.Status
    var reason: String
    var detail: String?
  }

  /// Characters kept of a message: what an API server says must not make a report too large for the bus.
  static let longestMessage = 1024
  /// Changes of detail travel at most this often, in microseconds.
  static let detailInterval: Int64 = 2_000_000
  /// The reason while nothing is worth a report yet.
  static let progressing = "Progressing"

  /// The order in which conditions are told.
  private static let order = ConditionType.all.filter { $0 != ConditionType.refused }

  private var entries: [String: Entry] = [:]
  /// What Argo CD last said of the synchronisation, without the commit that it said it of.
  private var syncWord: SyncWord?
  private(set) var lastReport: PlacementReport?
  private var lastReportAt: Timestamp?
  private(set) var timeline = ObservedState.Timeline()

  /// Whether all objects of the accepted revision were once seen on the cluster.
  var isApplied: Bool { timeline.appliedAt != nil }

  /// A new revision is to be brought about.
  ///
  /// - Parameter isTold: whether what was reported last is of another revision, and goes on being so.
  mutating func begin(at now: Timestamp, timeline: ObservedState.Timeline, isTold: Bool = false) {
    self.timeline = timeline
    hinder(Self.progressing, "", at: now)
    entries[ConditionType.awaitingOwner] = nil
    entries[ConditionType.committed] = nil
    forgetApplication()
    if !isTold { lastReport = nil }
  }

  /// Something stands in the way.
  mutating func hinder(_ reason: String, _ message: String, at now: Timestamp) {
    set(ConditionType.applied, .no, reason, message, at: now)
    set(ConditionType.ready, .no, reason, "", at: now)
  }

  /// All objects are as wanted.
  mutating func settle(as reason: String = "Applied", isReady: Bool, at now: Timestamp) {
    if timeline.appliedAt == nil { timeline.appliedAt = now }
    set(ConditionType.applied, .yes, reason, "", at: now)
    if isReady {
      if timeline.readyAt == nil { timeline.readyAt = now }
      set(ConditionType.ready, .yes, "QuotaEnforced", "", at: now)
    } else {
      set(ConditionType.ready, .no, "QuotaPending", "the cluster has not filled the quota's status.hard yet", at: now)
    }
  }

  /// The placement has nothing on the cluster any more, as wanted.
  mutating func settleRemoval(at now: Timestamp) {
    if timeline.appliedAt == nil { timeline.appliedAt = now }
    set(ConditionType.applied, .yes, "Removed", "", at: now)
    set(ConditionType.ready, .no, "Removed", "", at: now)
  }

  /// Where the repository is with the accepted state.
  mutating func noteCommit(_ holds: Condition.Status, _ reason: String, _ message: String, at now: Timestamp) {
    set(ConditionType.committed, holds, reason, message, at: now)
  }

  /// What was last noted of it.
  var commit: (reason: String, message: String)? { entries[ConditionType.committed].map { ($0.reason, $0.message) } }

  /// What Argo CD says of the synchronisation. Each commit of anybody moves the one that it names for every Application: the
  /// commit is told as it was when the word was first given, or all placements would be reported at each.
  mutating func noteSync(
    _ holds: Condition.Status, _ reason: String, _ commit: String?, _ detail: String?, at now: Timestamp
  ) {
    let word = SyncWord(status: holds, reason: reason, detail: detail)
    guard word != syncWord else { return }
    syncWord = word
    let message = [commit, detail].compactMap { $0 }.joined(separator: ": ")
    set(ConditionType.synced, holds, reason, message, at: now)
  }

  /// What Argo CD says of how the objects fare.
  mutating func noteHealth(_ holds: Condition.Status, _ reason: String, _ message: String, at now: Timestamp) {
    set(ConditionType.healthy, holds, reason, message, at: now)
  }

  /// Why Argo CD's word is not known.
  mutating func noteApplication(reason: String, _ message: String, at now: Timestamp) {
    noteSync(.unknown, reason, nil, message, at: now)
    noteHealth(.unknown, reason, message, at: now)
  }

  /// There is no Application, and is to be none, or nothing is known of it for what is wanted now.
  mutating func forgetApplication() {
    syncWord = nil
    entries[ConditionType.synced] = nil
    entries[ConditionType.healthy] = nil
  }

  /// What others have to do, for which nothing can be done here; nil once there is nothing any more.
  mutating func leaveToOwner(_ task: OwnerTask?, _ message: String = "", at now: Timestamp) {
    if let task {
      set(ConditionType.awaitingOwner, .yes, task.rawValue, message, at: now)
    } else if entries[ConditionType.awaitingOwner] != nil {
      set(ConditionType.awaitingOwner, .no, "Done", "", at: now)
    }
  }

  /// Says what hand-made changes there were, and that the revision is not in place while their corrections are slowed down.
  mutating func noteDrift(_ log: DriftLog, at now: Timestamp) {
    let last = log.entries.last { $0.correctedAt == nil } ?? log.entries.last
    let fields = last?.subject ?? "what was applied"
    if log.isContested {
      let message = "\(fields) is changed again and again\(log.isSlowed ? ": corrections slow down" : "")"
      set(ConditionType.drifted, .yes, "Contested", message, at: now)
      if log.isSlowed { hinder("Contested", message, at: now) }
    } else if let last {
      let isOpen = last.correctedAt == nil
      set(ConditionType.drifted, isOpen ? .yes : .no, isOpen ? "Correcting" : "Corrected", fields, at: now)
    }
  }

  /// Says what hand-made changes there are that are left as they are for now, and why: the revision is not in place.
  mutating func noteDrift(_ log: DriftLog, resting reason: String, at now: Timestamp) {
    let last = log.entries.last { $0.correctedAt == nil }
    let fields = last?.subject ?? ""
    set(ConditionType.drifted, .yes, reason, fields, at: now)
    hinder("Drifted", fields, at: now)
  }

  /// What holds for the accepted state, or of the types asked for.
  func conditions(
    revision: Int64, of types: [String] = Self.order
  ) -> [Condition] {
    types.compactMap { type in
      entries[type].map {
        Condition(
          type: type, status: $0.status, reason: $0.reason, message: $0.message, observedRevision: revision,
          lastTransitionTime: $0.since)
      }
    }
  }

  func isNews(_ report: PlacementReport) -> Bool {
    guard let lastReport else {
      // Of what is done here only: Argo CD has a word of the same spelling.
      return !report.conditions.contains { $0.type == ConditionType.applied && $0.reason == Self.progressing }
    }
    return lastReport != report
  }

  /// Whether conditions stand as last reported, so that only their messages, the drifts or the use of the quota
  /// changed: what changes a hundred times a second on a cluster must not do so on the bus.
  func isOnlyDetail(_ report: PlacementReport) -> Bool {
    guard let lastReport, lastReport.version == report.version else { return false }
    return lastReport.conditions.map { [$0.type, $0.status.rawValue, $0.reason] }
      == report.conditions.map { [$0.type, $0.status.rawValue, $0.reason] }
  }

  /// When a change of detail may travel; nil when it may now, also when the clock was put back.
  func detailDue(at now: Timestamp) -> Timestamp? {
    guard let lastReportAt, (0..<Self.detailInterval).contains(now.microseconds(since: lastReportAt)) else {
      return nil
    }
    return Timestamp(microseconds: lastReportAt.microseconds + Self.detailInterval)
  }

  mutating func reported(_ report: PlacementReport, at now: Timestamp) {
    lastReport = report
    lastReportAt = now
  }

  private mutating func set(
    _ type: String, _ status: Condition.Status, _ reason: String, _ message: String, at now: Timestamp
  ) {
    let since = entries[type]?.status == status ? entries[type]?.since : nil
    entries[type] = Entry(
      status: status, reason: reason, message: message.cut(to: Self.longestMessage), since: since ?? now)
  }
}

/// What only a namespace's owner can do; the raw value is the condition's reason.
enum OwnerTask: String, Sendable, CaseIterable {
  /// The namespace is to be made.
  case makeNamespace = "NamespaceMissing"
  /// The namespace is to be removed.
  case removeNamespace = "NamespaceStands"
  /// The namespace's quotas are to be as decided.
  case setQuota = "QuotaDiffers"
  /// The namespace's quotas are to let no more pods in.
  case freeze = "NotFrozen"
}
