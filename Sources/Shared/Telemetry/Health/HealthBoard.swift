/// The registry's state as a plain value, with times passed in.
struct HealthBoard {
  private struct Entry {
    let component: String
    let role: HealthRole
    let staleAfter: Duration?
    var status: HealthStatus
    var message: String?
    var since: WallTime
    /// On the clock that never jumps.
    var reportedAt: Duration
  }

  static let unreported = "pas encore de nouvelles"

  private var entries: [String: Entry] = [:]

  mutating func add(
    _ name: String, component: String, role: HealthRole, staleAfter: Duration?, wall: WallTime, uptime: Duration
  ) throws(HealthError) {
    guard entries[name] == nil else { throw HealthError.duplicateCheck(name) }
    entries[name] = Entry(
      component: component, role: role, staleAfter: staleAfter, status: .fail, message: Self.unreported,
      since: wall, reportedAt: uptime)
  }

  mutating func remove(_ name: String) {
    entries[name] = nil
  }

  /// `since` moves only when the status changes. A report for a removed check is ignored: its owner is going away.
  mutating func report(_ name: String, _ status: HealthStatus, _ message: String?, wall: WallTime, uptime: Duration) {
    guard var entry = entries[name] else { return }
    let before = check(name, entry, wall: wall, uptime: uptime)
    entry.since = before.status == status ? before.since : wall
    entry.status = status
    entry.message = message
    entry.reportedAt = uptime
    entries[name] = entry
  }

  /// The checks by name; a check whose owner has been silent too long counts as failed.
  func checks(wall: WallTime, uptime: Duration) -> [HealthReport.Check] {
    entries.sorted { $0.key < $1.key }.map { check($0.key, $0.value, wall: wall, uptime: uptime) }
  }

  private func check(_ name: String, _ entry: Entry, wall: WallTime, uptime: Duration) -> HealthReport.Check {
    var (status, since, message) = (entry.status, entry.since, entry.message)
    let silence = uptime - entry.reportedAt
    if let limit = entry.staleAfter, silence > limit {
      // It failed when its report was due, unless it had failed before.
      if status != .fail { since = wall.advanced(bySeconds: -(silence - limit).components.seconds) }
      status = .fail
      message = "pas de nouvelles depuis \(silence.components.seconds) s"
    }
    return HealthReport.Check(
      name: name, component: entry.component, role: entry.role, status: status, since: since, message: message)
  }
}

extension WallTime {
  func advanced(bySeconds seconds: Int64) -> WallTime {
    WallTime(seconds: self.seconds + seconds, nanoseconds: nanoseconds)
  }
}
