import Testing

@testable import Kafka

@Suite(.timeLimit(.minutes(2))) struct ConfigurationTests {
  private let secret = "s3cr3t-9f2"

  private func environment(_ more: [String: String]) -> [String: String] {
    ["KAFKA_BOOTSTRAP_SERVERS": "a:1,b:2"].merging(more) { $1 }
  }

  @Test func `variables become the library's properties`() throws {
    let configuration = try KafkaConfiguration(
      environment: environment([
        "KAFKA_CLIENT_ID": "agent", "KAFKA_SECURITY_PROTOCOL": "SASL_SSL", "KAFKA_SASL_MECHANISM": "SCRAM-SHA-512",
        "KAFKA_SASL_USERNAME": "u", "KAFKA_SASL_PASSWORD": secret, "KAFKA_SSL_CA_LOCATION": "/ca.pem",
        "KAFKA_PROPERTY_FETCH_WAIT_MAX_MS": "7", "KAFKA_PROPERTY_message_timeout_ms": "1500", "PATH": "/bin",
      ]))
    #expect(configuration.bootstrapServers == "a:1,b:2")
    #expect(configuration.clientID == "agent")
    #expect(
      configuration.properties == [
        "security.protocol": "SASL_SSL", "sasl.mechanism": "SCRAM-SHA-512", "sasl.username": "u",
        "sasl.password": secret, "ssl.ca.location": "/ca.pem", "fetch.wait.max.ms": "7", "message.timeout.ms": "1500",
      ])
    #expect(configuration.fetchWait == .milliseconds(7))
    #expect(configuration.messageTimeout == .milliseconds(1500))
  }

  @Test(arguments: [
    ([:], "KAFKA_BOOTSTRAP_SERVERS"),
    (["KAFKA_BOOTSTRAP_SERVERS": "  "], "KAFKA_BOOTSTRAP_SERVERS"),
    (["KAFKA_BOOTSTRAP_SERVERS": "a", "KAFKA_PROPERTY_NO_SUCH_THING": "1"], "KAFKA_PROPERTY_NO_SUCH_THING"),
    (["KAFKA_BOOTSTRAP_SERVERS": "a", "KAFKA_SECURITY_PROTOCOL": "TLS"], "KAFKA_SECURITY_PROTOCOL"),
    (["KAFKA_BOOTSTRAP_SERVERS": "a", "KAFKA_PROPERTY_LINGER_MS": "soon"], "KAFKA_PROPERTY_LINGER_MS"),
    (["KAFKA_BOOTSTRAP_SERVERS": "a", "KAFKA_PROPERTY_ACKS": "1"], "durability"),
    (["KAFKA_BOOTSTRAP_SERVERS": "a", "KAFKA_PROPERTY_PARTITIONER": "random"], "murmur2_random"),
    (["KAFKA_BOOTSTRAP_SERVERS": "a", "KAFKA_PROPERTY_AUTO_OFFSET_RESET": "latest"], "lost history"),
  ])
  func `an environment at fault is refused by the name of the variable`(environment: [String: String], says: String) {
    let error = #expect(throws: KafkaError.self) { try KafkaConfiguration(environment: environment) }
    #expect(error?.code == .configuration)
    #expect(error?.message.contains(says) == true, "\(error?.message ?? "")")
  }

  @Test func `a variable that is set to the empty text is not set`() throws {
    let configuration = try KafkaConfiguration(
      environment: environment([
        "KAFKA_CLIENT_ID": "", "KAFKA_SECURITY_PROTOCOL": "", "KAFKA_SASL_MECHANISM": "", "KAFKA_SSL_CA_LOCATION": "",
        "KAFKA_PROPERTY_LINGER_MS": "", "KAFKA_PROPERTY_ACKS": "",
      ]))
    #expect(configuration.properties.isEmpty)
    #expect(configuration.clientID == "regie")
  }

  @Test(arguments: ["KAFKA_PROPERTY_LINGER_MS", "KAFKA_PROPERTY_linger_ms"])
  func `what the program has a variable of its own for is refused, and that variable named`(variable: String) {
    let given = environment([variable: "5"])
    let error = #expect(throws: KafkaError.self) {
      try KafkaConfiguration(environment: given, settings: ["linger.ms": "REGIE_LINGER"])
    }
    #expect(error?.code == .configuration)
    #expect(error?.message == "\(variable) is refused: REGIE_LINGER says it")
  }

  @Test func `no way of printing shows a secret`() throws {
    let configuration = try KafkaConfiguration(
      environment: environment(["KAFKA_SASL_PASSWORD": secret, "KAFKA_SASL_USERNAME": "u"]))
    var dumped = ""
    dump(configuration, to: &dumped)
    for text in ["\(configuration)", String(reflecting: configuration), dumped, "\([configuration])"] {
      #expect(!text.contains(secret))
      #expect(text.contains("sasl.password") || text.contains("KafkaConfiguration"))
    }
    let error = #expect(throws: KafkaError.self) {
      try KafkaConfiguration(environment: environment(["KAFKA_PROPERTY_SSL_KEY_PASSWORDX": secret]))
    }
    #expect(error?.description.contains(secret) == false)
  }

  @Test func `one configuration with everything makes each kind of client`() throws {
    var configuration = KafkaConfiguration(bootstrapServers: "127.0.0.1:1")
    configuration.messageTimeout = .seconds(3)
    configuration.linger = .milliseconds(2)
    configuration.transactionalID = "id"
    configuration.properties["transaction.timeout.ms"] = "10000"
    configuration.groupID = "group"
    configuration.statisticsInterval = .zero
    configuration.queuedMinMessages = 5
    configuration.queuedMaxKilobytes = 64
    _ = try KafkaHandle(configuration, role: .producer)
    _ = try KafkaHandle(configuration, role: .consumer)
    _ = try KafkaHandle(configuration, role: .admin)
    #expect(configuration.queuedMinMessages == 5 && configuration.queuedMaxKilobytes == 64)
    #expect(configuration.linger == .milliseconds(2) && configuration.statisticsInterval == .zero)
    #expect(configuration.transactionalID == "id" && configuration.groupID == "group")
  }

  @Test func `a value the library refuses only when it begins is an error of configuration`() {
    var configuration = KafkaConfiguration(bootstrapServers: "127.0.0.1:1")
    configuration.properties["max.in.flight"] = "100"
    let error = #expect(throws: KafkaError.self) { try KafkaHandle(configuration, role: .producer) }
    #expect(error?.code == .configuration)
  }

  @Test func `durations become whole milliseconds, rounded up and never negative`() {
    #expect(Duration.microseconds(1).wholeMilliseconds == 1)
    #expect(Duration.seconds(2).wholeMilliseconds == 2000)
    #expect(Duration.seconds(-2).wholeMilliseconds == 0)
    #expect(Duration.zero.wholeMilliseconds == 0)
  }
}
