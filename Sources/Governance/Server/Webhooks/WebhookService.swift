import Foundation
import Logging
import Metrics
import Postgres
import ServiceLifecycle
import Store

/// Delivers what destinations are to be told. Any number of instances may do so at once: of each destination one thing is sent
/// at a time, and what somebody has claimed and not settled is sent again by somebody else.
struct WebhookService: Service {
  let store: GovernanceStore
  let database: PostgresConfiguration
  let sender: WebhookSender
  let logger: Logger

  /// How often it is looked for deadlines that are near, for what is over, and how things stand.
  var tendingPace: Duration = .seconds(15)

  /// How many destinations are spoken to at once: with more that are slow, each waits for its turn.
  static let crowd = 8

  /// What came of an attempt: a metric label.
  private enum Outcome: String, CaseIterable {
    case delivered
    /// It is tried again.
    case failed
    /// It was given up.
    case dead
    /// Somebody else tries it since, or it was settled: this one counts for nothing.
    case late
  }

  private static func count(_ outcome: Outcome, by amount: Int = 1) {
    Counter(label: "regie.webhooks.attempts", dimensions: [("outcome", outcome.rawValue)]).increment(by: amount)
  }

  /// Delivers, and looks after the rest beside that: there may always be something under way.
  func run() async throws {
    // That one has grown is only seen of a series that was there before.
    for outcome in Outcome.allCases { Self.count(outcome, by: 0) }
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await deliverAll() }
      group.addTask { try await tend() }
      // Where one fails the other is told to end.
      for try await _ in group {}
    }
  }

  private func deliverAll() async throws {
    try await WakingService(
      database: database, channels: [GovernanceStore.webhooksChannel],
      waits: WakingService.Waits(shortest: .milliseconds(200), longest: .seconds(15)),
      failure: "Webhooks could not be delivered", logger: logger
    ) {
      try await drain()
      return try await measure()
    }.run()
  }

  private func tend() async throws {
    try await WakingService(
      database: database, channels: [], waits: WakingService.Waits(shortest: tendingPace, longest: tendingPace),
      failure: "Webhooks could not be looked after", logger: logger
    ) {
      try await store.tendWebhooks()
      try await store.sealWebhooks()
      _ = try await measure()
      return nil
    }.run()
  }

  /// Delivers whatever may be delivered now. While something is slow, what has come meanwhile is looked for all the same.
  private func drain() async throws {
    enum Step {
      case sent
      case tick
    }
    try await withThrowingTaskGroup(of: Step.self) { group in
      var (running, isTicking) = (0, false)
      repeat {
        while running < Self.crowd, let claim = try await store.claimDelivery(lease: sender.limit + .seconds(20)) {
          group.addTask {
            try await deliver(claim)
            return .sent
          }
          running += 1
        }
        guard running > 0 else { break }
        if !isTicking {
          group.addTask {
            try await Task.sleep(for: .milliseconds(500))
            return .tick
          }
          isTicking = true
        }
        switch try await group.next() {
        case .sent: running -= 1
        case .tick: isTicking = false
        case nil: running = 0
        }
      } while running > 0
      group.cancelAll()
      while await group.nextResult() != nil {}
    }
  }

  private func deliver(_ claim: DeliveryClaim) async throws {
    let outcome = try await sender.send(claim)
    let state = try await store.settle(claim, outcome, jitter: .random(in: 0..<1))
    let known: Outcome =
      switch state {
      case .delivered: .delivered
      case .pending: .failed
      case .dead: .dead
      case nil: .late
      }
    Self.count(known)
    if state == .dead {
      logger.warning("A webhook was given up", metadata: ["delivery": "\(claim.id.uuidString.lowercased())"])
    }
  }

  private func measure() async throws -> Duration? {
    let counts = try await store.webhookCounts()
    Gauge(label: "regie.webhooks.pending").record(counts.pending)
    Gauge(label: "regie.webhooks.oldest_pending_age_seconds").record(Double(counts.oldest.components.seconds))
    return counts.next
  }
}
