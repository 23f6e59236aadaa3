import Logging
import NIOConcurrencyHelpers
import Reactor
import Telemetry

/// Asks the bus now and then, as long as nothing else would show whether it answers this instance: another does the
/// work, or there is none yet. Whoever adds an instance goes by what its checks say, and not by those of the one that
/// works.
struct BusProbe: Sendable {
  let topics: ZoneTopics
  let health: HealthCheck
  let logger: Logger

  /// While the bus answers.
  private static let interval: Duration = .seconds(30)

  private let isWanted = NIOLockedValueBox(false)
  private let bell = Bell()

  init(topics: ZoneTopics, health: HealthCheck, logger: Logger) {
    self.topics = topics
    self.health = health
    self.logger = logger
  }

  /// From now on the check says what is found here.
  func start() {
    isWanted.withLockedValue { $0 = true }
    bell.ring()
  }

  /// From now on the check says what whoever works finds: nothing of what is found here comes after that.
  func stop() {
    isWanted.withLockedValue { $0 = false }
  }

  /// Asks whenever that is wanted, until cancelled.
  func run() async {
    var pause = Pause()
    while !Task.isCancelled {
      guard isWanted.withLockedValue({ $0 }) else {
        await bell.wait()
        continue
      }
      do {
        try await topics.reach()
        tell { health.pass() }
        pause.reset()
        await bell.wait(until: .now + Self.interval * Double.random(in: 0.9...1.1))
      } catch {
        if Task.isCancelled { return }
        tell { health.degraded("le bus ne répond pas à cette instance") }
        logger.warning(
          "The bus does not answer this instance", metadata: ["check": "\(health.name)", "error": "\(error)"])
        await pause.wait()
      }
    }
  }

  private func tell(_ report: () -> Void) {
    isWanted.withLockedValue { isWanted in
      guard isWanted else { return }
      report()
    }
  }
}
