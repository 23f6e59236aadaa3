internal import CRdKafka
internal import Logging
internal import NIOConcurrencyHelpers
internal import Reactor

extension KafkaProducer {
  /// Takes back every message that has no report yet: each waiting send throws a ``KafkaError`` with code `purged`,
  /// whose ``KafkaError/mayHaveBeenWritten`` tells those that were already on their way.
  ///
  /// For the end of a leadership: a send that begins during the purge may escape it, so stop sending first.
  public func purge() async throws {
    let handle = try locked { (state) throws(KafkaError) in try state.openHandle() }
    dismissWaiters(KafkaError(.purged, "taken back before there was room for it", isRetriable: true))
    await purge(handle)
  }

  /// Delivers what is held, purges what can not be delivered in time, and frees the client. Later sends throw.
  ///
  /// Returns within the time given (and a fraction of a second), whatever the broker does.
  public func close(within limit: Duration) async {
    if beginClosing(within: limit, flushes: true) {
      await finishClosing()
    } else {
      // Not to be cut short by the caller's own cancellation: whoever closes relies on it being done.
      let closed = closed
      _ = await Task { await closed.wait(until: .now + limit + .seconds(1)) }.value
    }
  }

  /// Starts the end and tells whether the caller has to see to it.
  func beginClosing(within limit: Duration, flushes: Bool) -> Bool {
    let isOurs = state.withLockedValue { $0.beginClosing(until: .now + limit, flushes: flushes) }
    bell.ring()
    return isOurs
  }

  /// Sees the end through. In a task of its own, as the caller's may be cancelled and must not spin.
  func finishClosing() async {
    await Task {
      await drain(untilEmpty: true, leaving: .milliseconds(500))
      if outstanding > 0, let handle = state.withLockedValue({ $0.handleWhileItLasts }) {
        await purge(handle)
        await drain(untilEmpty: false, leaving: .milliseconds(250))
      }
      let error =
        fatalError ?? KafkaError(.closed, "the producer closed before the outcome was known", mayHaveBeenWritten: true)
      dismissWaiters(fatalError ?? .closed("producer"))
      for ticket in state.withLockedValue({ $0.abandonTickets() }) { ticket.complete(.failure(error)) }
      await release()
      observer.metrics.end()
      state.withLockedValue { $0.finish() }
      closed.open()
    }.value
  }

  /// Takes reports until there are none to come, or until `reserve` is left of the time to close in.
  private func drain(untilEmpty isFlush: Bool, leaving reserve: Duration) async {
    while outstanding > 0 {
      drain()
      guard case .closing(let deadline, let flushes) = state.withLockedValue({ $0.phase }) else { return }
      // Even without time left a purge deserves a moment, or its reports would be lost.
      let end = isFlush ? deadline - reserve : max(deadline - reserve, .now + .milliseconds(50))
      guard outstanding > 0, !isFlush || flushes, .now < end else { return }
      await bell.wait(until: end)
    }
  }

  private func purge(_ handle: KafkaHandle) async {
    await handle.offload { handle in
      _ = rd_kafka_purge(handle.client, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT)
    }
    bell.ring()
  }

  private func dismissWaiters(_ error: KafkaError) {
    for room in state.withLockedValue({ $0.dismissWaiters() }) { room.complete(.failure(error)) }
  }

  private func release() async {
    guard case .closing(let deadline, _) = state.withLockedValue({ $0.phase }) else { return }
    guard let destroyed = state.withLockedValue({ $0.releaseHandle() }) else { return }
    if await !destroyed.wait(until: max(deadline, .now + .milliseconds(250))) {
      observer.logger.error("Kafka: librdkafka did not let the producer go in time; it is left behind")
    }
  }
}
