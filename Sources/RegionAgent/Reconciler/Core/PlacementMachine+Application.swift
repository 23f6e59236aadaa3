internal import Events
internal import Model

/// Mode `gitops`, where Argo CD is asked: its own words about the placement's Application, beside what the cluster shows.
/// Nothing depends on them: what may be removed, and whether a revision is in place, is read from the cluster.
extension PlacementMachine {
  mutating func takeApplication(_ sighting: ApplicationSighting, at now: Timestamp) -> [Action] {
    guard application != sighting else { return [] }
    application = sighting
    return desired?.mode == .gitops ? advance(at: now) : []
  }

  mutating func noteApplication(of desired: DesiredState, at now: Timestamp) {
    switch application {
    case nil, .unread: return
    case .seen(let words): note(words, of: desired, at: now)
    case .missing(let name):
      // With the folder its Application goes too.
      if desired.phase == .removed, repository.standing == .removed { return status.forgetApplication() }
      status.noteApplication(reason: "ApplicationMissing", "there is no Application \(name)", at: now)
    case .unavailable(let reason, let message):
      status.noteApplication(reason: reason, message, at: now)
    }
  }

  private mutating func note(_ words: ApplicationStatus, of desired: DesiredState, at now: Timestamp) {
    let commit = words.revision.map { "commit \($0)" }
    if words.sync == .synced, !isSpokenOf(words, desired) {
      let message = "Argo CD says Synced of \(commit ?? "no commit"), which does not show revision \(desired.version)"
      status.noteSync(.unknown, "AnotherCommit", nil, message, at: now)
    } else {
      status.noteSync(words.sync.status, words.sync.rawValue, commit, words.syncDetail, at: now)
    }
    status.noteHealth(words.health.status, words.health.rawValue, words.healthMessage ?? "", at: now)
  }

  /// Whether what Argo CD compared holds the accepted revision, as far as can be told: it is the very commit, or the cluster
  /// shows the revision. Later commits are others' as a rule, and earlier ones do not hold it.
  private func isSpokenOf(_ words: ApplicationStatus, _ desired: DesiredState) -> Bool {
    if desired.phase == .removed { return true }
    if case .written(let commit) = repository.standing, words.revision == commit { return true }
    let differing = differing
    return differing.isEmpty || differing.contains { isDrift($0.ref) }
  }
}

extension ApplicationStatus.Sync {
  fileprivate var status: Condition.Status {
    switch self {
    case .synced: .yes
    case .outOfSync: .no
    case .unknown: .unknown
    }
  }
}

extension ApplicationStatus.Health {
  fileprivate var status: Condition.Status {
    switch self {
    case .healthy: .yes
    case .progressing, .degraded, .suspended, .missing: .no
    case .unknown: .unknown
    }
  }
}
