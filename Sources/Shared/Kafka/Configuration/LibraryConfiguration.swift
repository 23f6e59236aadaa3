internal import CRdKafka

/// Builds the library's configuration object for one kind of client.
enum LibraryConfiguration {
  /// What a client is for.
  enum Role {
    case producer, consumer, admin
  }

  /// Properties on which ordering, durability or history rest, or which have a member of their own: a value given
  /// for them would break a guarantee or be contradicted, so they are refused rather than ignored.
  private static let reserved: [String: String] = [
    "bootstrap.servers": "set the bootstrap servers instead",
    "metadata.broker.list": "set the bootstrap servers instead",
    "client.id": "set the client id instead",
    "delivery.timeout.ms": "say message.timeout.ms",
    "queue.buffering.max.ms": "say linger.ms",
    "enable.idempotence": "always true: order and durability rest on it",
    "acks": "always all: durability rests on it",
    "request.required.acks": "always all: durability rests on it",
    "partitioner": "always murmur2_random: keys must fall where Java clients put them",
    "enable.auto.commit": "always false: offsets are committed after processing",
    "auto.commit.enable": "always false: offsets are committed after processing",
    "enable.auto.offset.store": "always false: offsets are stored after processing",
    "auto.offset.reset": "always error: lost history must be told",
    "enable.partition.eof": "always true: snapshots rest on it",
    "isolation.level": "always read_committed: what a transaction gave up must not be acted on",
    "log.queue": "always true: logs go to the program's own log",
  ]

  /// Checks one property's name and value with the library.
  static func check(_ name: String, _ value: String) throws(KafkaError) {
    let conf = rd_kafka_conf_new()
    defer { rd_kafka_conf_destroy(conf) }
    try setGiven(name, value, on: conf)
  }

  /// A configuration object, which `rd_kafka_new` takes over.
  static func make(_ configuration: KafkaConfiguration, role: Role) throws(KafkaError) -> OpaquePointer {
    guard let conf = rd_kafka_conf_new() else {
      throw KafkaError(.other, "librdkafka gave no configuration object")
    }
    do {
      try set("bootstrap.servers", configuration.bootstrapServers, on: conf)
      try set("client.id", configuration.clientID, on: conf)
      for (name, value) in defaults(for: role) { try set(name, value, on: conf) }
      let statistics = role == .admin ? .zero : configuration.statisticsInterval
      try set("statistics.interval.ms", String(statistics.wholeMilliseconds), on: conf)
      for (name, value) in configuration.properties.sorted(by: { $0.key < $1.key })
      where isOfUse(name, to: role) {
        try setGiven(name, value, on: conf)
      }
      if role == .producer {
        try set("message.timeout.ms", String(configuration.messageTimeout.wholeMilliseconds), on: conf)
        try set("linger.ms", String(configuration.linger.wholeMilliseconds), on: conf)
        if configuration.transactionalID != nil {
          try set("transaction.timeout.ms", String(configuration.transactionTimeout.wholeMilliseconds), on: conf)
        }
      } else if role == .consumer {
        try set("group.id", configuration.groupID ?? "\(configuration.clientID)-direct", on: conf)
      }
    } catch {
      rd_kafka_conf_destroy(conf)
      throw error
    }
    rd_kafka_conf_set_events(conf, events)
    return conf
  }

  private static let events =
    RD_KAFKA_EVENT_DR | RD_KAFKA_EVENT_FETCH | RD_KAFKA_EVENT_LOG | RD_KAFKA_EVENT_ERROR
    | RD_KAFKA_EVENT_STATS | RD_KAFKA_EVENT_OFFSET_COMMIT

  private static func defaults(for role: Role) -> [(String, String)] {
    let common = [
      ("log.queue", "true"),
      // Ten seconds is the library's own: far too long to find out that a broker is back.
      ("reconnect.backoff.max.ms", "500"),
      ("socket.keepalive.enable", "true"),
    ]
    switch role {
    case .producer:
      return common + [
        ("enable.idempotence", "true"),
        ("acks", "all"),
        ("partitioner", "murmur2_random"),
      ]
    case .consumer:
      return common + [
        ("enable.auto.commit", "false"),
        ("enable.auto.offset.store", "false"),
        ("auto.offset.reset", "error"),
        ("enable.partition.eof", "true"),
        ("isolation.level", "read_committed"),
        ("queued.min.messages", "10000"),
        ("queued.max.messages.kbytes", "16384"),
        ("fetch.wait.max.ms", "100"),
        ("fetch.error.backoff.ms", "100"),
      ]
    case .admin:
      return common
    }
  }

  /// Whether a given property concerns this kind of client: one configuration serves all three, and the library
  /// would otherwise warn about, or choke on, those of the others.
  private static func isOfUse(_ name: String, to role: Role) -> Bool {
    switch name {
    case "statistics.interval.ms": false
    case "transactional.id", "transaction.timeout.ms", "message.timeout.ms", "linger.ms": role == .producer
    case "group.id", "queued.min.messages", "queued.max.messages.kbytes", "fetch.wait.max.ms": role == .consumer
    default: true
    }
  }

  private static func setGiven(_ name: String, _ value: String, on conf: OpaquePointer?) throws(KafkaError) {
    if let why = reserved[name] { throw KafkaError(.configuration, "property \(name) is refused: \(why)") }
    try set(name, value, on: conf)
  }

  private static func set(_ name: String, _ value: String, on conf: OpaquePointer?) throws(KafkaError) {
    var text = [CChar](repeating: 0, count: 512)
    let result = rd_kafka_conf_set(conf, name, value, &text, text.count)
    guard result != RD_KAFKA_CONF_OK else { return }
    // The library's sentence repeats the value: only what is surely no secret may be shown.
    let isSecret = ["password", "secret", "key", "pem", "config", "token"].contains { name.contains($0) }
    throw KafkaError(
      .configuration,
      isSecret ? "property \(name) is unknown or its value is not acceptable" : String(ofCharacters: text))
  }
}

extension String {
  /// The text of a C buffer up to its terminating zero.
  init(ofCharacters buffer: [CChar]) {
    self.init(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}
