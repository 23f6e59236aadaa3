import Logging
import Metrics
import NIOConcurrencyHelpers
import Postgres
import ServiceLifecycle
import Store

/// Reminds operators of network flows that they have to open, puts before the board what they are late with, and takes note of
/// environments that have moved and of systems that are reached elsewhere.
struct FlowsService: Service {
  let store: GovernanceStore
  let database: PostgresConfiguration
  let logger: Logger

  /// Commits that move environments come by the hundred: flows are compared once with all that came within this time, and
  /// where there are so many that it takes long, so much the seldomer.
  private static let (pace, share): (Duration, Int) = (.seconds(1), 20)

  func run() async throws {
    let earliest = NIOLockedValueBox(ContinuousClock.now)
    let told = NIOLockedValueBox<Set<String>>([])
    try await WakingService(
      database: database, channels: [GovernanceStore.requestsChannel] + GovernanceStore.judgedChannels,
      waits: WakingService.Waits(shortest: .milliseconds(100), longest: .seconds(60)),
      failure: "Network flows could not be looked after", logger: logger
    ) {
      let left = earliest.withLockedValue { $0 } - .now
      guard left <= .zero else { return left }
      let began = ContinuousClock.now
      earliest.withLockedValue { $0 = began + Self.pace }
      let result = try await store.tendFlows()
      earliest.withLockedValue { $0 = max($0, .now + (.now - began) * Self.share) }
      Counter(label: "regie.flows.tended").increment(by: result.changed.count)
      try await measure(after: told)
      return result.next
    }.run()
  }

  /// Tells of each operator with how much it is late. One that was deleted and has nothing to open any more is late
  /// with nothing: what was said of it last would stand for good.
  ///
  /// - Parameter told: the operators that were told of last.
  func measure(after told: NIOLockedValueBox<Set<String>>) async throws {
    let late = try await store.overdueFlows()
    let present = Set(late.map(\.operator))
    let gone = told.withLockedValue { told in
      defer { told = present }
      return told.subtracting(present)
    }
    for one in late { tell(one.operator, count: one.count, oldest: one.oldest) }
    for name in gone { tell(name, count: 0, oldest: .zero) }
  }

  private func tell(_ name: String, count: Int, oldest: Duration) {
    let whose = [("operator", name)]
    Gauge(label: "regie.flows.overdue", dimensions: whose).record(count)
    Gauge(label: "regie.flows.oldest_overdue_age_seconds", dimensions: whose).record(Double(oldest.components.seconds))
  }
}
