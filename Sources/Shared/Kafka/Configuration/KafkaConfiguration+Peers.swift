extension KafkaConfiguration {
  /// What others can do to the connections as they are configured, and what to set against it; `nil` where all brokers
  /// that are named are on this machine, or have to prove their names.
  ///
  /// - Parameter isLocal: whether a host's name or address can only be this machine's own.
  public func warning(isLocal: (_ host: String) -> Bool) -> String? {
    guard let (risk, remedy) = exposure else { return nil }
    let strangers = bootstrapServers.filter { !$0.isWhitespace }.split(separator: ",").filter { server in
      !isLocal(Self.host(of: server))
    }
    guard !strangers.isEmpty else { return nil }
    return "Kafka at \(strangers.joined(separator: ", ")) is reached with \(risk). \(remedy)"
  }

  /// What is wrong with the transport, whoever the brokers are.
  private var exposure: (risk: String, remedy: String)? {
    let remedy = "Set KAFKA_SECURITY_PROTOCOL to ssl or sasl_ssl, and KAFKA_SSL_CA_LOCATION"
    let clear = "all that is sent and read is in clear, and whoever answers is taken for a broker"
    switch properties["security.protocol"]?.lowercased() {
    case nil: return ("no security.protocol, which means plaintext: \(clear)", remedy)
    case "plaintext": return ("security.protocol=plaintext: \(clear)", remedy)
    case "sasl_plaintext":
      return ("security.protocol=sasl_plaintext: \(clear), who may be told the password", remedy)
    default: break
    }
    // As the library reads what is true or false.
    let isUnchecked = ["false", "f", "0"].contains(
      properties["enable.ssl.certificate.verification"]?.lowercased() ?? "true")
    if isUnchecked {
      return (
        "enable.ssl.certificate.verification=false: whoever answers is taken for a broker",
        "Leave it unset, and set KAFKA_SSL_CA_LOCATION"
      )
    }
    if properties["ssl.endpoint.identification.algorithm"]?.lowercased() == "none" {
      return (
        "ssl.endpoint.identification.algorithm=none: whoever has any trusted certificate is taken for a broker",
        "Leave it unset, or set https"
      )
    }
    return nil
  }

  /// Of `host:port`, `[address]:port` or either with a protocol before it.
  private static func host(of server: Substring) -> String {
    var rest = server
    if let mark = rest.firstRange(of: "://") { rest = rest[mark.upperBound...] }
    if rest.hasPrefix("["), let end = rest.firstIndex(of: "]") {
      return String(rest[rest.index(after: rest.startIndex)..<end])
    }
    // More colons than one are an address of IPv6 without a port.
    guard let colon = rest.firstIndex(of: ":"), colon == rest.lastIndex(of: ":") else { return String(rest) }
    return String(rest[..<colon])
  }
}
