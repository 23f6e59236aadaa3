import Logging
import Metrics
import NIOConcurrencyHelpers
import Postgres
import Reactor
import ServiceLifecycle
import Store

/// Judges placements anew whenever what they are judged by has changed: a version of the policy takes effect, by time alone
/// too, a derogation or a qualification ends, the offer or a project is another one. On the instance that holds the
/// advisory lock; the lock only spares work, for judging twice writes the same.
struct FindingsService: Service {
  let store: GovernanceStore
  let database: PostgresConfiguration
  let logger: Logger

  /// It comes by after this long at the latest: the database's clock may be set, and its own may run apart from it.
  private static let longestWait: Duration = .seconds(60)
  /// Changes that come within this time are judged together: whoever declares an offer changes it a thousand times.
  private static let coalescing: Duration = .milliseconds(250)

  func run() async throws {
    await cancelWhenGracefulShutdown {
      await Campaign(
        store: store, database: database, lock: StoreLocks.judge, name: "judge of placements", logger: logger
      )
      .run { try await judge() }
    }
  }

  /// What listens and what judges share.
  private final class Mailbox: Sendable {
    let bell = Bell()
    private let inbox = NIOLockedValueBox(JudgingInbox())

    func put(_ body: (inout JudgingInbox) -> Void) {
      inbox.withLockedValue { body(&$0) }
      bell.ring()
    }

    func take() -> JudgingInbox.Work? { inbox.withLockedValue { $0.take() } }

    /// - Returns: whether a judgement has left anything out.
    func takeBack(_ work: JudgingInbox.Work, after result: JudgingResult) -> Bool {
      inbox.withLockedValue { $0.takeBack(work, after: result) }
    }
  }

  private func judge() async throws {
    let mailbox = Mailbox()
    // Whoever has the lock next counts them: the last word of this instance would stand beside his.
    defer { Self.tell(open: 0, overdue: 0, resolved: 0) }
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { await listen(mailbox) }
      group.addTask { try await follow(mailbox) }
      defer { group.cancelAll() }
      try await group.next()
    }
  }

  private func listen(_ mailbox: Mailbox) async {
    let listener = PostgresListener(configuration: database, channels: GovernanceStore.judgedChannels, logger: logger)
    for await event in listener {
      switch event {
      case .connected: mailbox.put { $0.reconnected() }
      case .notification(GovernanceStore.offerChannel, _): mailbox.put { $0.offerMayHaveChanged() }
      case .notification(_, let payload): mailbox.put { $0.projectsChanged(payload) }
      }
    }
  }

  private func follow(_ mailbox: Mailbox) async throws {
    var pause = Pause()
    var moment = ContinuousClock.now + Self.longestWait
    var countsAt = ContinuousClock.now
    while true {
      try Task.checkCancellation()
      if ContinuousClock.now >= moment {
        moment = .now + Self.longestWait
        mailbox.put { $0.offerMayHaveChanged() }
      }
      guard let work = mailbox.take() else {
        await mailbox.bell.wait(until: moment)
        if ContinuousClock.now < moment { try await Task.sleep(for: Self.coalescing) }
        continue
      }
      do {
        let result = try await perform(work)
        report(result)
        // All that ever were are counted: not after each judgement, of which there may be several a second.
        if ContinuousClock.now >= countsAt {
          countsAt = .now + Self.longestWait
          let forgotten = try await store.forgetFindings()
          if forgotten > 0 { logger.info("Ended findings were forgotten", metadata: ["findings": "\(forgotten)"]) }
          try await count()
        }
        if !result.hasMoved {
          pause.reset()
          if let next = result.next { moment = min(moment, .now + next) }
        }
        // Whoever moves it has said so, or will; it is not waited for, since the time alone may have.
        if mailbox.takeBack(work, after: result) { await pause.wait() }
      } catch let error as CancellationError {
        throw error
      } catch {
        logger.warning("Placements could not be judged; it is tried again", metadata: ["error": "\(error)"])
        mailbox.put { $0.putBack(work) }
        await pause.wait()
      }
    }
  }

  private func perform(_ work: JudgingInbox.Work) async throws -> JudgingResult {
    switch work {
    case .everything: return try await tellingEnds(try await store.judgeEverything(always: true))
    case .ifChanged: return try await tellingEnds(try await store.judgeEverything(always: false))
    case .projects(let names): return try await store.judge(projects: names)
    }
  }

  /// Tells of ends that are near, once everything is judged by what holds now; it spares nobody's findings where it fails.
  private func tellingEnds(_ result: JudgingResult) async throws -> JudgingResult {
    guard !result.hasMoved else { return result }
    do {
      let told = try await store.tellEnds()
      if told > 0 { logger.info("Owners were told of what ends soon", metadata: ["ends": "\(told)"]) }
    } catch let error as CancellationError {
      throw error
    } catch {
      logger.warning("Owners could not be told of what ends soon", metadata: ["error": "\(error)"])
    }
    return result
  }

  private func report(_ result: JudgingResult) {
    if result.opened + result.resolved > 0 {
      logger.info(
        "Placements were judged", metadata: ["opened": "\(result.opened)", "resolved": "\(result.resolved)"])
    }
  }

  private func count() async throws {
    let counts = try await store.findingCounts()
    Self.tell(open: counts.open, overdue: counts.overdue, resolved: counts.resolved)
  }

  private static func tell(open: Int64, overdue: Int64, resolved: Int64) {
    for (state, count) in [("open", open), ("overdue", overdue), ("resolved", resolved)] {
      Gauge(label: "regie.findings", dimensions: [("state", state)]).record(count)
    }
  }
}
