internal import CRdKafka
internal import NIOConcurrencyHelpers

extension KafkaProducer {
  /// Sends a message and waits until all replicas have it.
  ///
  /// Waits for room first when the client's queue is full. Messages sent one after the other to one partition keep
  /// their order; concurrent sends have none.
  /// - Throws: ``KafkaError``; look at ``KafkaError/mayHaveBeenWritten``. `CancellationError` when the task is
  ///   cancelled: the message may then be written all the same.
  public func send(_ message: KafkaMessage) async throws -> KafkaDelivery {
    try await enqueue(message).value()
  }

  /// Sends messages in the given order, as one stream, and waits for all of them. One that fails does not stop the
  /// others.
  ///
  /// - Parameter latest: when sending a message ceases to make sense: one that is not with the client library by then is
  ///   refused with code `timedOut` and was not written. Looked at immediately before each message is handed over, so
  ///   that a process that was stopped in between sends nothing old when it goes on.
  /// - Returns: One result per message, in the same order.
  public func send(
    _ messages: [KafkaMessage], notAfter latest: ContinuousClock.Instant? = nil
  ) async -> [Result<KafkaDelivery, any Error>] {
    var tickets: [Result<ProducerState.Ticket, any Error>] = []
    for message in messages {
      do {
        tickets.append(.success(try await enqueue(message, notAfter: latest)))
      } catch {
        tickets.append(.failure(error))
      }
    }
    var results: [Result<KafkaDelivery, any Error>] = []
    for ticket in tickets {
      do { results.append(.success(try await ticket.get().value())) } catch { results.append(.failure(error)) }
    }
    return results
  }

  /// Gives a message to the library, waiting for room.
  private func enqueue(
    _ message: KafkaMessage, notAfter latest: ContinuousClock.Instant? = nil
  ) async throws -> ProducerState.Ticket {
    try Self.check(message)
    let ticket = ProducerState.Ticket()
    var hasTurn = false
    while true {
      do {
        let generation = try attempt(message, ticket, notAfter: latest)
        guard let generation else { return ticket }
        let room = ProducerState.Room()
        guard state.withLockedValue({ $0.awaitRoom(room, since: generation) }) else {
          // Reports came in between: look again, after those they woke.
          try Task.checkCancellation()
          await Task.yield()
          continue
        }
        hasTurn = false
        try await room.value()
        hasTurn = true
      } catch {
        if hasTurn { admitAnother() }
        throw error
      }
    }
  }

  /// One try; `nil` when the library took the message, else how far the reports were when it found no room.
  private func attempt(
    _ message: KafkaMessage, _ ticket: ProducerState.Ticket, notAfter latest: ContinuousClock.Instant?
  ) throws(KafkaError) -> UInt64? {
    let (handle, id, generation) = try locked { (state) throws(KafkaError) in
      (try state.openHandle(), state.issue(ticket), state.reportGeneration)
    }
    if let latest, ContinuousClock.now >= latest {
      _ = state.withLockedValue { $0.redeem(id) }
      throw KafkaError(.timedOut, "the time in which the message might be sent is over", isRetriable: true)
    }
    guard let error = handle.produce(message, opaque: id) else { return nil }
    _ = state.withLockedValue { $0.redeem(id) }
    guard error.code == .queueFull else { throw error }
    return generation
  }

  private static func check(_ message: KafkaMessage) throws(KafkaError) {
    guard !message.key.isEmpty else {
      throw KafkaError(
        .invalidMessage, "a message for topic \(message.topic) has an empty key; every record needs one")
    }
    guard !message.topic.isEmpty else { throw KafkaError(.invalidMessage, "a message has no topic") }
  }
}
