internal import CRdKafka

extension KafkaError {
  /// An error from a bare code of the library. `detail` replaces the library's standard sentence.
  init(
    rdKafka code: rd_kafka_resp_err_t, detail: String? = nil, isFatal: Bool = false, mayHaveBeenWritten: Bool = false
  ) {
    self.init(
      Self.classify(code), detail ?? String(cString: rd_kafka_err2str(code)), rdKafkaCode: code.rawValue,
      name: String(cString: rd_kafka_err2name(code)), isRetriable: !isFatal && Self.retriable.contains(code),
      isFatal: isFatal, mayHaveBeenWritten: mayHaveBeenWritten)
  }

  /// An error object of the library, which it takes over and frees.
  init(consuming error: OpaquePointer) {
    defer { rd_kafka_error_destroy(error) }
    let code = rd_kafka_error_code(error)
    self.init(
      Self.classify(code), String(cString: rd_kafka_error_string(error)), rdKafkaCode: code.rawValue,
      name: String(cString: rd_kafka_err2name(code)),
      isRetriable: rd_kafka_error_is_retriable(error) != 0 || Self.retriable.contains(code),
      isFatal: rd_kafka_error_is_fatal(error) != 0,
      isTransactionAbortable: rd_kafka_error_txn_requires_abort(error) != 0)
  }

  static func classify(_ code: rd_kafka_resp_err_t) -> Code {
    classes[code] ?? .other
  }

  private static let classes: [rd_kafka_resp_err_t: Code] = {
    let groups: [(Code, [rd_kafka_resp_err_t])] = [
      (.configuration, [RD_KAFKA_RESP_ERR__INVALID_ARG, RD_KAFKA_RESP_ERR_INVALID_CONFIG]),
      (.invalidMessage, [RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION, RD_KAFKA_RESP_ERR_INVALID_RECORD]),
      (.closed, [RD_KAFKA_RESP_ERR__DESTROY]),
      (.purged, [RD_KAFKA_RESP_ERR__PURGE_QUEUE, RD_KAFKA_RESP_ERR__PURGE_INFLIGHT]),
      (
        .timedOut,
        [
          RD_KAFKA_RESP_ERR__TIMED_OUT, RD_KAFKA_RESP_ERR__MSG_TIMED_OUT, RD_KAFKA_RESP_ERR__TIMED_OUT_QUEUE,
          RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT,
        ]
      ),
      (
        .transport,
        [
          RD_KAFKA_RESP_ERR__TRANSPORT, RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN, RD_KAFKA_RESP_ERR__RESOLVE,
          RD_KAFKA_RESP_ERR_NETWORK_EXCEPTION, RD_KAFKA_RESP_ERR_BROKER_NOT_AVAILABLE,
        ]
      ),
      (.queueFull, [RD_KAFKA_RESP_ERR__QUEUE_FULL]),
      (.messageTooLarge, [RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE]),
      (
        .unknownTopic,
        [
          RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC, RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART,
          RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION,
        ]
      ),
      (.topicExists, [RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS]),
      (.partitionCount, [RD_KAFKA_RESP_ERR_INVALID_PARTITIONS]),
      (.offsetOutOfRange, [RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE, RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET]),
      (
        .authentication,
        [
          RD_KAFKA_RESP_ERR__AUTHENTICATION, RD_KAFKA_RESP_ERR__SSL, RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED,
          RD_KAFKA_RESP_ERR_UNSUPPORTED_SASL_MECHANISM, RD_KAFKA_RESP_ERR_ILLEGAL_SASL_STATE,
        ]
      ),
      (
        .authorization,
        [
          RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED,
          RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED, RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
          RD_KAFKA_RESP_ERR_POLICY_VIOLATION,
        ]
      ),
      (
        .fenced,
        [
          RD_KAFKA_RESP_ERR__FENCED, RD_KAFKA_RESP_ERR_PRODUCER_FENCED, RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH,
          RD_KAFKA_RESP_ERR_TRANSACTION_COORDINATOR_FENCED,
        ]
      ),
      (
        .unsupported,
        [
          RD_KAFKA_RESP_ERR__UNSUPPORTED_FEATURE, RD_KAFKA_RESP_ERR_UNSUPPORTED_VERSION,
          RD_KAFKA_RESP_ERR__NOT_IMPLEMENTED,
        ]
      ),
      (.state, [RD_KAFKA_RESP_ERR__STATE, RD_KAFKA_RESP_ERR__CONFLICT, RD_KAFKA_RESP_ERR_INVALID_TXN_STATE]),
    ]
    return Dictionary(uniqueKeysWithValues: groups.flatMap { code, members in members.map { ($0, code) } })
  }()

  /// What passes by itself: outages, elections, overload, metadata that has not spread yet.
  private static let retriable: Set<rd_kafka_resp_err_t> = [
    RD_KAFKA_RESP_ERR__TRANSPORT, RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN, RD_KAFKA_RESP_ERR__RESOLVE,
    RD_KAFKA_RESP_ERR__TIMED_OUT, RD_KAFKA_RESP_ERR__MSG_TIMED_OUT, RD_KAFKA_RESP_ERR__TIMED_OUT_QUEUE,
    RD_KAFKA_RESP_ERR__QUEUE_FULL, RD_KAFKA_RESP_ERR__WAIT_COORD,
    RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE, RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION,
    RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT, RD_KAFKA_RESP_ERR_BROKER_NOT_AVAILABLE,
    RD_KAFKA_RESP_ERR_REPLICA_NOT_AVAILABLE, RD_KAFKA_RESP_ERR_NETWORK_EXCEPTION,
    RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS, RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE,
    RD_KAFKA_RESP_ERR_NOT_COORDINATOR, RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS,
    RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS_AFTER_APPEND, RD_KAFKA_RESP_ERR_NOT_CONTROLLER,
    RD_KAFKA_RESP_ERR_KAFKA_STORAGE_ERROR, RD_KAFKA_RESP_ERR_FENCED_LEADER_EPOCH,
    RD_KAFKA_RESP_ERR_UNKNOWN_LEADER_EPOCH, RD_KAFKA_RESP_ERR_OFFSET_NOT_AVAILABLE,
    RD_KAFKA_RESP_ERR_CONCURRENT_TRANSACTIONS, RD_KAFKA_RESP_ERR_THROTTLING_QUOTA_EXCEEDED,
  ]
}
