extension PostgresConfiguration {
  /// What others can do to the connections as they are configured, and what to set against it; `nil` where every server
  /// is on this machine or has to prove its name.
  ///
  /// What a service file (`PGSERVICE`) says is not known here, and not judged.
  ///
  /// - Parameter isLocal: whether a host's name or address can only be this machine's own.
  public func warning(isLocal: (_ host: String) -> Bool) -> String? {
    guard let risk = Self.risks[parameters["sslmode"] ?? "prefer"] else { return nil }
    let strangers = endpoints.compactMap { endpoint -> String? in
      guard let host = Self.networkHost(endpoint.parameters), !isLocal(host) else { return nil }
      return "\(host):\(endpoint.parameters["port"] ?? "5432")"
    }
    guard !strangers.isEmpty else { return nil }
    let mode = parameters["sslmode"].map { "sslmode=\($0)" } ?? "no sslmode, which means prefer"
    return "Postgres at \(strangers.joined(separator: ", ")) is reached with \(mode): \(risk). "
      + "Set sslmode=verify-full, in DATABASE_URL or by PGSSLMODE, and PGSSLROOTCERT"
  }

  /// By `sslmode`; `verify-full` has none.
  private static let risks = [
    "disable": "all that is read and written is in clear, and whoever answers is taken for the database",
    "allow": "all that is read and written may be in clear, and whoever answers is taken for the database",
    "prefer": "all that is read and written may be in clear, and whoever answers is taken for the database",
    "require": "whoever answers is taken for the database",
    "verify-ca": "whoever has any certificate of that authority is taken for the database",
  ]

  /// The host that one server is reached at over the network; `nil` for a socket's folder, or an abstract socket.
  private static func networkHost(_ parameters: [String: String]) -> String? {
    // libpq connects to the address, where one is given beside the name.
    let named = [parameters["hostaddr"], parameters["host"]].compactMap(\.self).first { !$0.isEmpty }
    guard let named, !named.hasPrefix("/"), !named.hasPrefix("@") else { return nil }
    return named
  }
}
