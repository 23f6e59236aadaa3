internal import Events
internal import Foundation
internal import Logging
internal import Metrics

extension ClusterWorker {
  func enqueue(_ work: Work, _ key: WorkKey, _ line: WorkQueue<WorkKey, Work>.Line) {
    let displaced = queue.add(work, of: key, to: line)
    if !key.isLook {
      if let displaced { meter(displaced).dropped(key.placement) }
      meter(line).added(key.placement)
    }
    workBell.continuation.yield()
  }

  /// Carries out what is ordered, so much at once and no more.
  nonisolated func carryOutWork() async {
    await withDiscardingTaskGroup { group in
      for await _ in workBell.stream {
        while let work = await begin() {
          group.addTask {
            await self.carryOut(work)
            await self.end()
          }
        }
      }
    }
  }

  nonisolated func postNotes() async {
    for await note in notes.stream {
      await waitForQuiet()
      await poster.post(note)
    }
  }

  /// What people are told takes no turn from what is to be applied, within reason.
  private nonisolated func waitForQuiet() async {
    for _ in 0..<100 where applying.standing.depth > 0 { try? await Task.sleep(for: .milliseconds(100)) }
  }

  private nonisolated func meter(_ line: WorkQueue<WorkKey, Work>.Line) -> WorkQueueMeter {
    line == .updates ? applying : removing
  }

  private func begin() -> Work? {
    guard running < concurrency, let work = queue.next() else { return nil }
    running += 1
    return work
  }

  private func end() {
    running -= 1
    workBell.continuation.yield()
  }

  private nonisolated func carryOut(_ work: Work) async {
    switch work {
    case .apply(let order): await carryOut(order)
    case .remove(let order): await carryOut(order)
    case .withdraw(let order): await carryOut(order)
    case .look(let order):
      guard let sighting = try? await executor.look(for: order) else { return }
      await feed(order.placement, .volumes(attempt: order.attempt, sighting))
    }
  }

  private nonisolated func carryOut(_ order: ApplyOrder) async {
    let started = ContinuousClock.now
    applying.started(order.placement)
    do {
      let others = await rivals(of: order.placement, in: order.objects.first?.ref.namespace ?? "")
      let outcome = try await executor.carryOut(order, others: others)
      applying.finished(order.placement, isRetried: !outcome.failures.isEmpty)
      Timer(label: "regie.agent.apply").recordNanoseconds((ContinuousClock.now - started).nanoseconds)
      for failure in outcome.failures { await note(failure, of: order.placement) }
      await feed(order.placement, .finished(attempt: order.attempt, outcome))
    } catch {
      logger.debug("An order was abandoned at shutdown", metadata: ["placement": "\(order.placement)"])
    }
  }

  private nonisolated func carryOut(_ order: WithdrawalOrder) async {
    removing.started(order.placement)
    do {
      let others = await others(than: order.placement, in: order.namespace)
      let outcome = try await executor.withdraw(
        order, others: others, isStillWanted: { await self.isStillWanted(order.version, of: order.placement) },
        mayDelete: { self.mayDelete(order.placement) })
      removing.finished(order.placement, isRetried: outcome.hasFailed)
      if case .failed(let failure) = outcome { await note(failure, of: order.placement) }
      await feed(order.placement, .removal(attempt: order.attempt, outcome))
    } catch {
      logger.debug("A removal was abandoned at shutdown", metadata: ["placement": "\(order.placement)"])
    }
  }

  private nonisolated func carryOut(_ order: RemovalOrder) async {
    removing.started(order.placement)
    do {
      let others = await others(than: order.placement, in: order.namespace.name)
      let outcome = try await executor.remove(
        order, others: others, isStillWanted: { await self.isStillWanted(order.version, of: order.placement) },
        mayDelete: { self.mayDelete(order.placement) })
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

  /// Who else has, had or wants the namespace.
  private func rivals(of placement: UUID, in namespace: String) -> Set<UUID> {
    others(than: placement, in: namespace).union(contenders[namespace] ?? [])
  }

  /// Whether no newer state has come since the removal was ordered, be it one that is refused.
  private func isStillWanted(_ version: StateVersion, of placement: UUID) -> Bool {
    machines[placement]?.machine.version == version
  }

  private func note(_ failure: ApplyFailure, of placement: UUID) {
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
