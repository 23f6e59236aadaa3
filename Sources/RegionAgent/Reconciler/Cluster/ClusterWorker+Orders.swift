internal import Events
internal import Foundation
internal import Logging
internal import Metrics

extension ClusterWorker {
  nonisolated func carryOutOrders() async {
    await Self.each(of: orders.stream, atOnce: concurrency) { await self.carryOut($0) }
  }

  nonisolated func carryOutRemovals() async {
    await Self.each(of: removals.stream, atOnce: max(1, concurrency / 4)) { await self.carryOut($0) }
  }

  nonisolated func postNotes() async {
    await Self.each(of: notes.stream, atOnce: 1) {
      await self.waitForQuiet()
      await self.poster.post($0)
    }
  }

  /// What people are told takes no turn from what is to be applied, within reason.
  private nonisolated func waitForQuiet() async {
    for _ in 0..<100 where applying.standing.depth > 0 { try? await Task.sleep(for: .milliseconds(100)) }
  }

  private static func each<Element: Sendable>(
    of stream: AsyncStream<Element>, atOnce limit: Int, _ work: @escaping @Sendable (Element) async -> Void
  ) async {
    await withTaskGroup(of: Void.self) { group in
      var running = 0
      for await element in stream {
        if running == limit {
          await group.next()
          running -= 1
        }
        running += 1
        group.addTask { await work(element) }
      }
    }
  }

  private nonisolated func carryOut(_ order: ApplyOrder) async {
    let started = ContinuousClock.now
    applying.started(order.placement)
    do {
      let outcome = try await executor.carryOut(order)
      applying.finished(order.placement, isRetried: outcome.failure != nil)
      Timer(label: "regie.agent.apply").recordNanoseconds((ContinuousClock.now - started).nanoseconds)
      await note(outcome.failure, of: order.placement)
      await feed(order.placement, .finished(attempt: order.attempt, outcome))
    } catch {
      logger.debug("An order was abandoned at shutdown", metadata: ["placement": "\(order.placement)"])
    }
  }

  private nonisolated func carryOut(_ order: RemovalOrder) async {
    removing.started(order.placement)
    do {
      let others = await others(than: order.placement, in: order.namespace.name)
      let outcome = try await executor.remove(
        order, others: others, isStillWanted: { await self.isStillWanted(order) }, mayDelete: mayDelete)
      removing.finished(order.placement, isRetried: outcome.hasFailed)
      if case .failed(let failure) = outcome { await note(failure, of: order.placement) }
      await feed(order.placement, .removal(attempt: order.attempt, outcome))
    } catch {
      logger.debug("A removal was abandoned at shutdown", metadata: ["placement": "\(order.placement)"])
    }
  }

  private func others(than placement: UUID, in namespace: String) -> Set<UUID> {
    Set(tenants[namespace] ?? []).subtracting([placement])
  }

  /// Whether no newer state has come since the removal was ordered, be it one that is refused.
  private func isStillWanted(_ order: RemovalOrder) -> Bool {
    machines[order.placement]?.version == order.version
  }

  private func note(_ failure: ApplyFailure?, of placement: UUID) {
    guard let failure else { return }
    Counter(label: "regie.agent.apply_failures", dimensions: [("reason", failure.kind.rawValue)]).increment()
    logger.warning(
      "An order failed",
      metadata: ["cluster": "\(name)", "placement": "\(placement)", "error": "\(failure.message)"])
  }
}

extension Duration {
  fileprivate var nanoseconds: Int64 {
    components.seconds * 1_000_000_000 + components.attoseconds / 1_000_000_000
  }
}
