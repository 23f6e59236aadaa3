extension PostgresConfiguration {
  /// One server of the list that `host` may hold, with all that libpq needs to reach it.
  struct Endpoint: Sendable {
    let place: String
    let parameters: [String: String]
  }

  /// The servers in the order to be tried. libpq could walk the list itself, but then one silent server would eat
  /// the whole connection deadline.
  var endpoints: [Endpoint] {
    let hosts = Self.list(parameters["host"])
    let addresses = Self.list(parameters["hostaddr"])
    let ports = Self.list(parameters["port"])
    return (0..<max(hosts.count, addresses.count, 1)).map { index in
      var single = session
      single["host"] = hosts.indices.contains(index) ? hosts[index] : nil
      single["hostaddr"] = addresses.indices.contains(index) ? addresses[index] : nil
      single["port"] = ports.indices.contains(index) ? ports[index] : ports.last
      let name = single["host"] ?? single["hostaddr"] ?? "local socket"
      return Endpoint(place: "\(name):\(single["port"] ?? "5432")", parameters: single)
    }
  }

  /// The parameters common to all servers, with what this room relies on in a session.
  private var session: [String: String] {
    let settings = [
      "-c DateStyle=ISO", "-c TimeZone=UTC", "-c IntervalStyle=iso_8601", "-c bytea_output=hex",
      "-c extra_float_digits=1", "-c standard_conforming_strings=on",
      "-c idle_in_transaction_session_timeout=\(idleInTransactionTimeout.milliseconds)",
      // A transaction is not idle while the server sends to a process that was stopped. Without effect over a Unix socket.
      "-c tcp_user_timeout=\(tcpUserTimeout.milliseconds)",
    ]
    var session = parameters
    session["application_name"] = applicationName
    session["client_encoding"] = "UTF8"
    // Its own buffer could hide input from the wait for the socket, as TLS does, but it can not be asked.
    session["gssencmode"] = "disable"
    session["options"] = ([parameters["options"]].compactMap { $0 } + settings).joined(separator: " ")
    let defaults = [
      "tcp_user_timeout": "\(tcpUserTimeout.milliseconds)", "keepalives": "1",
      "keepalives_idle": "\(max(1, keepaliveIdle.milliseconds / 1000))", "keepalives_interval": "5",
      "keepalives_count": "3",
    ]
    return session.merging(defaults) { given, _ in given }
  }

  private static func list(_ value: String?) -> [String] {
    value?.split(separator: ",", omittingEmptySubsequences: false).map(String.init) ?? []
  }
}

extension Duration {
  /// Whole milliseconds, cut.
  var milliseconds: Int64 {
    let (seconds, attoseconds) = components
    return seconds * 1000 + attoseconds / 1_000_000_000_000_000
  }

  /// Seconds, for metrics.
  var inSeconds: Double {
    let (seconds, attoseconds) = components
    return Double(seconds) + Double(attoseconds) / 1e18
  }
}
