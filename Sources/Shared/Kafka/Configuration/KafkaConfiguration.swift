/// How to reach Kafka and how to behave towards it.
///
/// Everything but the connection is a librdkafka property in ``properties``; the typed members read and write the
/// same dictionary, so that there is one truth. Printing a configuration shows names, never values that could be
/// secret.
public struct KafkaConfiguration: Sendable {
  /// The brokers to start from, `host:port` separated by commas.
  public var bootstrapServers: String
  /// The name the brokers log us under; also the `client` label of the metrics.
  public var clientID: String
  /// librdkafka's properties by their own names (`sasl.password`, `fetch.min.bytes`…). They win over the defaults.
  /// Those the guarantees of this module rest on are refused when a client is made.
  public var properties: [String: String] = [:]
  /// How long a service that is asked to stop may take to deliver what it holds.
  public var closeTimeout: Duration = .seconds(10)

  /// A configuration without TLS or authentication.
  public init(bootstrapServers: String, clientID: String = "regie") {
    self.bootstrapServers = bootstrapServers
    self.clientID = clientID
  }

  /// The same under a name of its own, `<clientID>-<role>`: clients of one process that share a name would overwrite
  /// each other's metrics.
  public func named(_ role: String) -> KafkaConfiguration {
    var configuration = self
    configuration.clientID += "-\(role)"
    return configuration
  }

  /// How long a message may wait for its delivery before its send fails (`message.timeout.ms`).
  public var messageTimeout: Duration {
    get { duration("message.timeout.ms", default: .seconds(30)) }
    set { properties["message.timeout.ms"] = String(newValue.wholeMilliseconds) }
  }

  /// How long a message waits for others to share its batch (`linger.ms`).
  public var linger: Duration {
    get { duration("linger.ms", default: .milliseconds(1)) }
    set { properties["linger.ms"] = String(newValue.wholeMilliseconds) }
  }

  /// The name under which a newer producer fences an older one (`transactional.id`). Needs a real broker.
  public var transactionalID: String? {
    get { properties["transactional.id"] }
    set { properties["transactional.id"] = newValue }
  }

  /// How long the broker lets a transaction stand open whose producer fell silent (`transaction.timeout.ms`); readers of
  /// committed data wait for it. Never shorter than a message may wait, or the library would refuse it.
  public var transactionTimeout: Duration {
    get { max(duration("transaction.timeout.ms", default: .seconds(60)), messageTimeout + .seconds(1)) }
    set { properties["transaction.timeout.ms"] = String(newValue.wholeMilliseconds) }
  }

  /// The group whose committed offsets are kept by the broker (`group.id`), for those who want that.
  public var groupID: String? {
    get { properties["group.id"] }
    set { properties["group.id"] = newValue }
  }

  /// How often statistics become metrics (`statistics.interval.ms`); zero for never.
  public var statisticsInterval: Duration {
    get { duration("statistics.interval.ms", default: .seconds(10)) }
    set { properties["statistics.interval.ms"] = String(newValue.wholeMilliseconds) }
  }

  /// How many records a consumer tries to hold ready for its reader (`queued.min.messages`).
  public var queuedMinMessages: Int {
    get { number("queued.min.messages", default: 10_000) }
    set { properties["queued.min.messages"] = String(newValue) }
  }

  /// How many kilobytes a consumer holds ready at most (`queued.max.messages.kbytes`).
  public var queuedMaxKilobytes: Int {
    get { number("queued.max.messages.kbytes", default: 16_384) }
    set { properties["queued.max.messages.kbytes"] = String(newValue) }
  }

  /// How long a broker may hold a fetch for which it has no data yet (`fetch.wait.max.ms`).
  ///
  /// A real broker answers as soon as there is data. The mock always waits it out: 10 ms or less suit it.
  public var fetchWait: Duration {
    get { duration("fetch.wait.max.ms", default: .milliseconds(100)) }
    set { properties["fetch.wait.max.ms"] = String(newValue.wholeMilliseconds) }
  }

  private func number(_ name: String, default fallback: Int) -> Int {
    properties[name].flatMap(Int.init) ?? fallback
  }

  private func duration(_ name: String, default fallback: Duration) -> Duration {
    properties[name].flatMap(Int.init).map { .milliseconds($0) } ?? fallback
  }
}

extension KafkaConfiguration: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  /// Brokers, client and the names of the properties; no values, as some are secrets.
  public var description: String {
    let names = properties.keys.sorted().joined(separator: ", ")
    return "Kafka at \(bootstrapServers) as \(clientID), properties: [\(names)]"
  }

  /// The same as ``description``.
  public var debugDescription: String { description }

  /// No children: `dump` must not show secrets either.
  public var customMirror: Mirror { Mirror(self, children: []) }
}

extension Duration {
  /// Whole milliseconds, rounded up, never negative: what librdkafka's timeouts are counted in.
  var wholeMilliseconds: Int {
    guard self > .zero else { return 0 }
    let (seconds, attoseconds) = components
    return Int(
      clamping: min(seconds, 1_000_000_000) * 1000 + (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000)
  }
}
