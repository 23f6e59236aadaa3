import NIOConcurrencyHelpers

/// The named checks of a process, each kept up to date by its owner: asking for health never makes anyone wait.
public final class HealthRegistry: Sendable {
  /// The program's name.
  public let component: String
  private let version: String
  private let clock: TelemetryClock
  private let board = NIOLockedValueBox(HealthBoard())

  /// No check yet, which passes.
  public init(component: String, version: String, clock: TelemetryClock = .system) {
    self.component = component
    self.version = version
    self.clock = clock
  }

  /// Declares a check. It counts as failed until its first report.
  ///
  /// - Parameters:
  ///   - name: unique, as in `postgres`.
  ///   - component: the part of the system it speaks of, as in `database`.
  ///   - staleAfter: a silence longer than this counts as failed, so that a dead owner shows.
  /// - Throws: ``HealthError/duplicateCheck(_:)``.
  public func register(
    _ name: String, component: String, role: HealthRole, staleAfter: Duration? = nil
  ) throws(HealthError) -> HealthCheck {
    let (wall, uptime) = (clock.wall(), clock.uptime())
    let added = board.withLockedValue { board -> Result<Void, HealthError> in
      Result { () throws(HealthError) in
        try board.add(name, component: component, role: role, staleAfter: staleAfter, wall: wall, uptime: uptime)
      }
    }
    try added.get()
    return HealthCheck(name: name, registry: self)
  }

  /// All checks as they stand now.
  public func report() -> HealthReport {
    let (wall, uptime) = (clock.wall(), clock.uptime())
    return HealthReport(
      component: component, version: version,
      checks: board.withLockedValue { $0.checks(wall: wall, uptime: uptime) })
  }

  func record(_ name: String, _ status: HealthStatus, _ message: String?) {
    let (wall, uptime) = (clock.wall(), clock.uptime())
    board.withLockedValue { $0.report(name, status, message, wall: wall, uptime: uptime) }
  }

  func remove(_ name: String) {
    board.withLockedValue { $0.remove(name) }
  }
}

/// What a check's owner holds to report with. Messages are shown to whoever may read `/health`: no secrets in them.
public struct HealthCheck: Sendable {
  /// Its name.
  public let name: String
  private let registry: HealthRegistry

  init(name: String, registry: HealthRegistry) {
    self.name = name
    self.registry = registry
  }

  /// It works.
  public func pass(_ message: String? = nil) { registry.record(name, .pass, message) }

  /// It works less well than it should.
  public func degraded(_ message: String) { registry.record(name, .degraded, message) }

  /// It does not work.
  public func fail(_ message: String) { registry.record(name, .fail, message) }

  /// Takes the check away: what it spoke of is no longer there.
  public func remove() { registry.remove(name) }
}
