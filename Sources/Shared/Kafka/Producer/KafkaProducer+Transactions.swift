internal import CRdKafka

extension KafkaProducer {
  /// Registers the transactional id with the broker and fences every older producer that uses it. Once, before the
  /// first transaction.
  ///
  /// - Throws: ``KafkaError`` with code `state` without `transactionalID`; `timedOut` may be tried again.
  public func initTransactions(within limit: Duration) async throws {
    try await transact { rd_kafka_init_transactions($0.client, Int32(clamping: limit.wholeMilliseconds)) }
  }

  /// Begins a transaction: all sends from now on belong to it.
  public func beginTransaction() async throws {
    try await transact { rd_kafka_begin_transaction($0.client) }
  }

  /// Delivers what was sent and makes it visible to readers of committed data, all or nothing.
  ///
  /// - Throws: ``KafkaError``; when ``KafkaError/isTransactionAbortable`` is true, abort and try the whole again; when
  ///   ``KafkaError/isRetriable`` is true, call this again.
  public func commitTransaction(within limit: Duration) async throws {
    try await transact { rd_kafka_commit_transaction($0.client, Int32(clamping: limit.wholeMilliseconds)) }
  }

  /// Gives up the transaction: what was sent is never visible to readers of committed data.
  public func abortTransaction(within limit: Duration) async throws {
    try await transact { rd_kafka_abort_transaction($0.client, Int32(clamping: limit.wholeMilliseconds)) }
  }

  private func transact(_ call: @escaping @Sendable (KafkaHandle) -> OpaquePointer?) async throws {
    guard configuration.transactionalID != nil else {
      throw KafkaError(.state, "transactions need a transactionalID in the configuration")
    }
    let handle = try locked { (state) throws(KafkaError) in try state.openHandle() }
    try await handle.offloading { (handle) throws(KafkaError) in
      if let error = call(handle) { throw KafkaError(consuming: error) }
    }
  }
}
