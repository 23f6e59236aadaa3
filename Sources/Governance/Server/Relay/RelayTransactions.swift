import Kafka
import Logging

/// The relay's batches as transactions, so that the broker refuses an earlier leader (protocol rule 9). A record counts as
/// sent only once its transaction is committed.
struct RelayTransactions: Sendable {
  let producer: KafkaProducer
  /// How long one call to the broker may take.
  let patience: Duration
  let logger: Logger

  /// How often a call whose outcome is open is made again before leadership is given up.
  private static let attempts = 5

  /// Fences every earlier producer of this name, and ends what it left open.
  func begin() async throws {
    try await producer.initTransactions(within: patience)
  }

  /// Sends messages, each topic's in a transaction of its own: a topic that refuses its records takes no other one with it.
  ///
  /// - Returns: One result per message, in the same order; those of a transaction that was given up are failures.
  /// - Throws: what ends the leadership: ``TransactionLost``, or `CancellationError`.
  func send(_ messages: [KafkaMessage]) async throws -> [Result<KafkaDelivery, any Error>] {
    var results: [Int: Result<KafkaDelivery, any Error>] = [:]
    let byTopic = Dictionary(grouping: messages.indices) { messages[$0].topic }
    for (_, indices) in byTopic.sorted(by: { $0.key < $1.key }) {
      let outcome: [Result<KafkaDelivery, any Error>]
      do {
        outcome = try await transact(indices.map { messages[$0] })
      } catch let error as KafkaError {
        throw TransactionLost(cause: error)
      }
      for (index, result) in zip(indices, outcome) { results[index] = result }
    }
    return messages.indices.compactMap { results[$0] }
  }

  /// Leaves no open transaction behind for readers to wait on; if it can not, the next leader's fence ends it.
  func giveUp() async {
    do {
      try await producer.abortTransaction(within: .seconds(2))
    } catch {
      logger.debug("No transaction was given up", metadata: ["error": "\(error)"])
    }
  }

  private func transact(_ messages: [KafkaMessage]) async throws -> [Result<KafkaDelivery, any Error>] {
    try await producer.beginTransaction()
    let results = await producer.send(messages)
    // A cancelled send may be written all the same: stepping down ends this transaction.
    try Task.checkCancellation()
    for case .failure(let error) in results {
      if let fatal = producer.fatalError { throw fatal }
      try await abort()
      return failures(error, of: messages)
    }
    do {
      try await persist { try await producer.commitTransaction(within: patience) }
      return results
    } catch let error as KafkaError where error.isTransactionAbortable && !error.isFatal {
      try await abort()
      return failures(error, of: messages)
    }
  }

  private func abort() async throws {
    try await persist { try await producer.abortTransaction(within: patience) }
  }

  private func failures(_ error: any Error, of messages: [KafkaMessage]) -> [Result<KafkaDelivery, any Error>] {
    messages.map { _ in .failure(error) }
  }

  /// A call that timed out may have succeeded: only calling it again tells. Who is told to stop does not ask again: what is
  /// open is given up then.
  private func persist(_ call: () async throws -> Void) async throws {
    for attempt in 1... {
      do {
        return try await call()
      } catch let error as KafkaError
        where error.isRetriable && !error.isFatal && !error.isTransactionAbortable && attempt < Self.attempts
        && !Task.isCancelled
      {
        logger.warning("The outcome of a transaction is asked for again", metadata: ["error": "\(error)"])
      }
    }
  }
}

/// A transaction could not be begun or ended: a fence, or an outcome that can not be learnt. Its producer begins no other one,
/// so this is survived by no term, whatever was to be sent.
struct TransactionLost: Error, CustomStringConvertible {
  let cause: KafkaError

  var description: String { "the relay's transaction could not be begun or ended: \(cause)" }
}
