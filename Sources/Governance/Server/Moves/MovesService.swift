import Foundation
import Logging
import Metrics
import Migration
import NIOConcurrencyHelpers
import Postgres
import Reactor
import ServiceLifecycle
import Store

/// Carries out migrations: has moves begin as their campaigns allow, finds targets their places, and makes both placements what
/// is wanted of them whenever an agent has reported, somebody has done something, or time has passed. On the instance that holds
/// the advisory lock; the lock only spares work, for what was done already is not done again.
struct MovesService: Service {
  let store: GovernanceStore
  let database: PostgresConfiguration
  let logger: Logger

  /// It comes by after this long at the latest: the database's clock may be set, and its own may run apart from it.
  private static let longestWait: Duration = .seconds(60)
  /// How often it is counted what stands how.
  private static let countingPace: Duration = .seconds(1)
  /// Moves that are looked after at the same time.
  private static let width = 4

  func run() async throws {
    await cancelWhenGracefulShutdown {
      await Campaign(store: store, database: database, lock: StoreLocks.mover, name: "mover", logger: logger)
        .run { try await move() }
    }
  }

  /// What listens and what works share.
  private final class Mailbox: Sendable {
    let bell = Bell()
    private let inbox = NIOLockedValueBox(MovesInbox())

    func put(_ body: (inout MovesInbox) -> Void) {
      inbox.withLockedValue { body(&$0) }
      bell.ring()
    }

    func take() -> MovesInbox.Work { inbox.withLockedValue { $0.take() } }
  }

  private func move() async throws {
    let mailbox = Mailbox()
    // Whoever has the lock next counts them: the last word of this instance would stand beside his.
    defer { tell([]) }
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { await listen(mailbox) }
      group.addTask { try await follow(mailbox) }
      defer { group.cancelAll() }
      try await group.next()
    }
  }

  private func listen(_ mailbox: Mailbox) async {
    let channels = [GovernanceStore.movesChannel, GovernanceStore.migrationsChannel, GovernanceStore.offerChannel]
    let listener = PostgresListener(configuration: database, channels: channels, logger: logger)
    for await event in listener {
      switch event {
      case .connected: mailbox.put { $0.reconnected() }
      case .notification(let channel, let payload): mailbox.put { $0.notified(channel, payload) }
      }
    }
  }

  private func follow(_ mailbox: Mailbox) async throws {
    var pause = Pause()
    var countsAt = ContinuousClock.now
    while true {
      try Task.checkCancellation()
      let work = mailbox.take()
      do {
        let (next, failed) = try await perform(work)
        if ContinuousClock.now >= countsAt {
          countsAt = .now + Self.countingPace
          tell(try await store.moveCounts())
        }
        guard failed.isEmpty else {
          mailbox.put { $0.putBack(failed) }
          await pause.wait()
          continue
        }
        pause.reset()
        let wait = min(max(next ?? Self.longestWait, .milliseconds(20)), Self.longestWait)
        await mailbox.bell.wait(until: .now + wait)
      } catch let error as CancellationError {
        throw error
      } catch {
        logger.warning("Migrations could not be carried on; it is tried again", metadata: ["error": "\(error)"])
        mailbox.put { $0.putBack(work) }
        await pause.wait()
      }
    }
  }

  /// - Returns: How long it is until time alone may change something, and what could not be looked after.
  private func perform(_ work: MovesInbox.Work) async throws -> (next: Duration?, failed: MovesInbox.Work) {
    var (dueMoves, nextMove) = try await store.dueMoves()
    var moves = work.moves.union(dueMoves)
    if work.everything { moves.formUnion(try await store.movesUnderWay()) }
    if work.placeless { moves.formUnion(try await store.movesToLookAtAgain()) }
    var failed = MovesInbox.Work()
    failed.moves = try await tend(moves)
    let campaigns = try await store.migrationsUnderWay()
    // What becomes of a move tells its migration, and those that wait for it: another move may begin.
    let touched = work.everything ? Set(campaigns.ids) : work.migrations.union(campaigns.due)
    var begun: Set<UUID> = []
    for id in campaigns.ids where touched.contains(id) {
      do {
        begun.formUnion(try await store.tendMigration(id))
      } catch let error as CancellationError {
        throw error
      } catch {
        failed.migrations.insert(id)
        logger.warning(
          "A migration could not be carried on",
          metadata: ["migration": "\(id.uuidString.lowercased())", "error": "\(error)"])
      }
    }
    if !begun.isEmpty {
      failed.moves.formUnion(try await tend(begun))
      nextMove = .zero
    }
    let isBusy = dueMoves.count == 500
    return (isBusy ? .zero : [nextMove, campaigns.next].compactMap(\.self).min(), failed)
  }

  /// Looks after moves, a few at a time, in the order of their plans. One that can not be looked after keeps no other from being
  /// looked after.
  ///
  /// - Returns: Those that could not be.
  private func tend(_ ids: Set<UUID>) async throws -> Set<UUID> {
    guard !ids.isEmpty else { return [] }
    var waiting = try await store.inPlanOrder(ids).makeIterator()
    return try await withThrowingTaskGroup(of: (UUID, Result<Bool, any Error>).self) { group in
      func add(_ id: UUID) {
        group.addTask {
          do {
            return (id, .success(try await store.tendMove(id)))
          } catch {
            return (id, .failure(error))
          }
        }
      }
      for _ in 0..<Self.width { if let id = waiting.next() { add(id) } }
      var changed = 0
      var failed: Set<UUID> = []
      while let (id, result) = try await group.next() {
        switch result {
        case .success(let isChanged): changed += isChanged ? 1 : 0
        case .failure(let error):
          failed.insert(id)
          logger.warning(
            "A move could not be looked after",
            metadata: ["move": "\(id.uuidString.lowercased())", "error": "\(error)"])
        }
        try Task.checkCancellation()
        if let id = waiting.next() { add(id) }
      }
      Counter(label: "regie.moves.tended").increment(by: changed)
      return failed
    }
  }

  /// Tells how many moves stand how. Steps that no move is at any more are told as well.
  private func tell(_ counts: [MoveCount]) {
    for step in MigrationStep.allCases where step.isEnd {
      let count = counts.first { $0.step == step }
      Gauge(label: "regie.moves.ended", dimensions: [("step", step.rawValue)]).record(count?.count ?? 0)
    }
    for step in MigrationStep.allCases where !step.isEnd {
      for standing in EnvironmentMigration.Standing.allCases where standing != .ended {
        let count = counts.first { $0.step == step && $0.standing == standing }
        let dimensions = [("step", step.rawValue), ("standing", standing.rawValue)]
        Gauge(label: "regie.moves", dimensions: dimensions).record(count?.count ?? 0)
        Gauge(label: "regie.moves.oldest_age_seconds", dimensions: dimensions)
          .record((count?.oldest ?? .zero) / .seconds(1))
      }
    }
  }
}
