internal import Events

/// The conditions and timeline of one placement, and what of them was last reported.
struct StatusBook: Sendable {
  private struct Entry: Sendable, Hashable {
    var status: Condition.Status
    var reason: String
    var message: String
    var since: Timestamp
  }

  private var entries: [String: Entry] = [:]
  private var lastReport: PlacementReport?
  private var lastReportAt: Timestamp?
  private(set) var timeline = ObservedState.Timeline()

  /// Whether all objects of the accepted revision are on the cluster, as far as is known.
  var isApplied: Bool { timeline.appliedAt != nil }

  /// A new revision is to be brought about.
  mutating func begin(revision: Int64, at now: Timestamp, timeline: ObservedState.Timeline) {
    self.timeline = timeline
    entries[ConditionType.refused] = nil
    set(ConditionType.applied, .no, "Progressing", "", at: now)
    set(ConditionType.ready, .no, "Progressing", "", at: now)
    lastReport = nil
  }

  /// A revision is not acted on.
  mutating func refuse(_ refusal: Refusal, at now: Timestamp, timeline: ObservedState.Timeline) {
    self.timeline = timeline
    set(ConditionType.refused, .yes, refusal.reason, refusal.message, at: now)
    set(ConditionType.applied, .no, refusal.reason, "", at: now)
    set(ConditionType.ready, .no, refusal.reason, "", at: now)
  }

  /// An attempt failed.
  mutating func fail(_ failure: ApplyFailure, at now: Timestamp) {
    set(ConditionType.applied, .no, failure.kind.rawValue, failure.message, at: now)
    set(ConditionType.ready, .no, failure.kind.rawValue, "", at: now)
  }

  /// All objects are as wanted.
  mutating func settle(isReady: Bool, at now: Timestamp) {
    if timeline.appliedAt == nil { timeline.appliedAt = now }
    set(ConditionType.applied, .yes, "Applied", "", at: now)
    if isReady {
      if timeline.readyAt == nil { timeline.readyAt = now }
      set(ConditionType.ready, .yes, "QuotaEnforced", "", at: now)
    } else {
      set(ConditionType.ready, .no, "QuotaPending", "the cluster has not filled the quota's status.hard yet", at: now)
    }
  }

  /// Says what hand-made changes there were.
  mutating func noteDrift(_ log: DriftLog, at now: Timestamp) {
    guard let last = log.entries.last else { return }
    let fields = "\(last.object) \(last.path)".trimmingSuffix(" ")
    if log.isContested {
      set(ConditionType.drifted, .yes, "Contested", "\(fields) is changed again and again: corrections slow down", at: now)
    } else if last.correctedAt == nil {
      set(ConditionType.drifted, .yes, "Correcting", fields, at: now)
    } else {
      set(ConditionType.drifted, .no, "Corrected", fields, at: now)
    }
  }

  func conditions(revision: Int64) -> [Condition] {
    [ConditionType.applied, ConditionType.ready, ConditionType.refused, ConditionType.drifted].compactMap { type in
      entries[type].map {
        Condition(
          type: type, status: $0.status, reason: $0.reason, message: $0.message, observedRevision: revision,
          lastTransitionTime: $0.since)
      }
    }
  }

  func isNews(_ report: PlacementReport) -> Bool {
    guard let lastReport else { return entries[ConditionType.applied]?.reason != "Progressing" }
    return lastReport != report
  }

  /// Whether nothing but the use of the quota changed.
  func isOnlyUsage(_ report: PlacementReport) -> Bool {
    guard var last = lastReport else { return false }
    last.used = report.used
    return last == report
  }

  /// Changes of use travel at most every two seconds; nil when one may go now.
  func usageDue(at now: Timestamp) -> Timestamp? {
    guard let lastReportAt, now.microseconds(since: lastReportAt) < 2_000_000 else { return nil }
    return Timestamp(microseconds: lastReportAt.microseconds + 2_000_000)
  }

  mutating func reported(_ report: PlacementReport, at now: Timestamp) {
    lastReport = report
    lastReportAt = now
  }

  private mutating func set(
    _ type: String, _ status: Condition.Status, _ reason: String, _ message: String, at now: Timestamp
  ) {
    let since = entries[type]?.status == status ? entries[type]?.since : nil
    entries[type] = Entry(status: status, reason: reason, message: message, since: since ?? now)
  }
}

extension String {
  fileprivate func trimmingSuffix(_ suffix: String) -> String {
    hasSuffix(suffix) ? String(dropLast(suffix.count)) : self
  }
}
