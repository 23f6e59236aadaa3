internal import CLibPQ

extension PostgresConfiguration {
  private static let variables = [
    "PGHOST": "host", "PGHOSTADDR": "hostaddr", "PGPORT": "port", "PGDATABASE": "dbname", "PGUSER": "user",
    "PGPASSWORD": "password", "PGPASSFILE": "passfile", "PGSERVICE": "service", "PGOPTIONS": "options",
    "PGAPPNAME": "application_name", "PGSSLMODE": "sslmode", "PGSSLCERT": "sslcert", "PGSSLKEY": "sslkey",
    "PGSSLROOTCERT": "sslrootcert", "PGSSLCRL": "sslcrl", "PGSSLSNI": "sslsni", "PGREQUIREPEER": "requirepeer",
    "PGSSLMINPROTOCOLVERSION": "ssl_min_protocol_version", "PGSSLMAXPROTOCOLVERSION": "ssl_max_protocol_version",
    "PGCHANNELBINDING": "channel_binding", "PGTARGETSESSIONATTRS": "target_session_attrs",
  ]

  /// Reads `DATABASE_URL` (`postgres://user:password@host:port/database?sslmode=…`) and libpq's own `PG*` variables;
  /// what the URL says goes first.
  ///
  /// - Throws: ``PostgresError/Kind/configuration`` when nothing names a server, or the URL is malformed.
  public init(environment: [String: String]) throws(PostgresError) {
    var parameters: [String: String] = [:]
    for (variable, keyword) in Self.variables {
      if let value = environment[variable], !value.isEmpty { parameters[keyword] = value }
    }
    if let url = environment["DATABASE_URL"], !url.isEmpty {
      parameters.merge(try Self.parse(url)) { _, fromURL in fromURL }
    }
    guard ["host", "hostaddr", "service", "dbname"].contains(where: { parameters[$0] != nil }) else {
      throw PostgresError(
        .configuration, "neither DATABASE_URL nor PGHOST names a PostgreSQL server",
        hint: "Set DATABASE_URL=postgres://user:password@host:5432/database, or PGHOST, PGUSER, PGPASSWORD, PGDATABASE")
    }
    try self.init(checked: parameters)
  }

  /// Reads one connection URL or libpq's `keyword=value` form.
  public init(url: String) throws(PostgresError) {
    try self.init(checked: try Self.parse(url))
  }

  private init(checked parameters: [String: String]) throws(PostgresError) {
    self.parameters = parameters
    if let mode = parameters["sslmode"] {
      let modes = ["disable", "allow", "prefer", "require", "verify-ca", "verify-full"]
      guard modes.contains(mode) else {
        throw PostgresError(.configuration, "sslmode \(mode) does not exist", hint: "Use one of \(modes)")
      }
    }
  }

  private static func parse(_ url: String) throws(PostgresError) -> [String: String] {
    guard let options = PQconninfoParse(url, nil) else {
      // libpq's own message quotes the URL, password included: it is not shown.
      throw PostgresError(
        .configuration, "DATABASE_URL can not be read",
        hint: "It has the form postgres://user:password@host:5432/database?sslmode=verify-full; "
          + "special characters of the password are written as %XX")
    }
    defer { PQconninfoFree(options) }
    var parameters: [String: String] = [:]
    var option = options
    while let keyword = option.pointee.keyword {
      if let value = option.pointee.val { parameters[String(cString: keyword)] = String(cString: value) }
      option += 1
    }
    return parameters
  }
}
