extension KafkaConfiguration {
  /// Reads the configuration from environment variables, and checks every name and value with the client library.
  ///
  /// `KAFKA_BOOTSTRAP_SERVERS` is required. `KAFKA_CLIENT_ID`, `KAFKA_SECURITY_PROTOCOL`, `KAFKA_SASL_…` and
  /// `KAFKA_SSL_…` are librdkafka's properties in capitals (`KAFKA_SSL_CA_LOCATION` is `ssl.ca.location`); any other
  /// one is given as `KAFKA_PROPERTY_…` (`KAFKA_PROPERTY_FETCH_MIN_BYTES` is `fetch.min.bytes`). What is set to the empty
  /// text is not set.
  ///
  /// - Parameter settings: Properties that the program has a variable of its own for, and that variable: they are
  ///   refused, or one of the two would be of no use.
  /// - Throws: ``KafkaError`` with code `configuration`, naming the variable at fault but not its value.
  public init(
    environment: [String: String], clientID: String = "regie", settings: [String: String] = [:]
  ) throws(KafkaError) {
    guard let servers = environment["KAFKA_BOOTSTRAP_SERVERS"], !servers.allSatisfy(\.isWhitespace) else {
      throw KafkaError(
        .configuration, "KAFKA_BOOTSTRAP_SERVERS is not set; it takes host:port, several separated by commas")
    }
    let given = environment["KAFKA_CLIENT_ID"].flatMap { $0.isEmpty ? nil : $0 }
    self.init(bootstrapServers: servers, clientID: given ?? clientID)
    for (variable, value) in environment.sorted(by: { $0.key < $1.key }) where !value.isEmpty {
      guard let property = Self.property(of: variable) else { continue }
      if let own = settings[property] {
        throw KafkaError(.configuration, "\(variable) is refused: \(own) says it")
      }
      guard property != "transactional.id" else {
        throw KafkaError(
          .configuration, "\(variable) is refused: a program names its transactions itself, or by a setting of its own")
      }
      properties[property] = value
      do {
        try LibraryConfiguration.check(property, value)
      } catch {
        throw KafkaError(.configuration, "\(variable): \(error.message)")
      }
    }
  }

  /// Whether a variable is one of those that ``init(environment:clientID:settings:)`` reads.
  public static func reads(_ variable: String) -> Bool {
    ["KAFKA_BOOTSTRAP_SERVERS", "KAFKA_CLIENT_ID"].contains(variable) || property(of: variable) != nil
  }

  /// The librdkafka property an environment variable stands for, if it stands for one.
  static func property(of variable: String) -> String? {
    let prefix = "KAFKA_PROPERTY_"
    let name: Substring
    if variable.hasPrefix(prefix) {
      name = variable.dropFirst(prefix.count)
    } else if variable == "KAFKA_SECURITY_PROTOCOL" || variable.hasPrefix("KAFKA_SASL_")
      || variable.hasPrefix("KAFKA_SSL_")
    {
      name = variable.dropFirst("KAFKA_".count)
    } else {
      return nil
    }
    return String(name.lowercased().map { $0 == "_" ? "." : $0 })
  }
}
