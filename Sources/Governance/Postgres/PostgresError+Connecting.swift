extension PostgresError {
  /// Why no connection was made, told apart by the SQLSTATE that libpq puts into a verbose message, since it offers
  /// no other way to learn it.
  static func connecting(to place: String, verboseMessage: String) -> PostgresError {
    let lines = verboseMessage.split(whereSeparator: \.isNewline)
      .map { String($0.drop(while: \.isWhitespace)) }
      .filter { !$0.isEmpty && !$0.hasPrefix("LOCATION:") }
    let state = lines.lazy.compactMap(sqlState(in:)).last
    let words = lines.joined(separator: " ").trimmingSuffixDot
    let (kind, hint) = classify(state: state, words: words)
    return PostgresError(kind, "\(place): \(words)", hint: hint, sqlState: state)
  }

  static func connectingTimedOut(to place: String, after timeout: Duration) -> PostgresError {
    PostgresError(
      .unreachable, "\(place): no answer within \(timeout)",
      hint: "Check that the server runs there and that no firewall drops the connection")
  }

  static func tooOld(at place: String, version: Int32) -> PostgresError {
    PostgresError(
      .unsupportedServer, "\(place): the server is PostgreSQL \(version / 10_000).\(version % 10_000)",
      hint: "PostgreSQL 14 or newer is needed: upgrade the server, or point DATABASE_URL at a newer one")
  }

  /// Nil where a server takes what is written. A standby takes connections and refuses all of that, and the advisory
  /// locks that it lends nobody sees elsewhere: it must not stand in front of the server that has taken over.
  ///
  /// - Parameter told: What the server says of a setting.
  static func standby(at place: String, told: (_ setting: String) -> String?) -> PostgresError? {
    guard told("in_hot_standby") == "on" else { return nil }
    return PostgresError(
      .unreachable, "\(place): the server is a standby",
      hint: "Name the primary as well, in DATABASE_URL or PGHOST, or promote this one")
  }

  /// Nil where a session writes values in the forms that they are read in. These are asked for when it begins, but libpq
  /// lets its own variables go before that, and a pooler may leave it out: instants and days would then be others'.
  ///
  /// - Parameter told: What the server says of a setting.
  static func otherForms(at place: String, told: (_ setting: String) -> String?) -> PostgresError? {
    let wanted: [(setting: String, isGood: (String) -> Bool)] = [
      ("TimeZone", { ["UTC", "Etc/UTC"].contains($0) }), ("DateStyle", { $0.hasPrefix("ISO") }),
      ("IntervalStyle", { $0 == "iso_8601" }),
    ]
    for (setting, isGood) in wanted {
      guard let value = told(setting), !isGood(value) else { continue }
      return PostgresError(
        .configuration, "\(place): the session has \(setting) \(value), and not the one that was asked for",
        hint: "Unset PGTZ and PGDATESTYLE, which go before it, and connect without a pooler")
    }
    return nil
  }

  private static let checkCredentials = "Check user and password (DATABASE_URL, or PGUSER and PGPASSWORD)"

  private static func classify(state: PostgresSQLState?, words: String) -> (Kind, String) {
    if let state {
      switch state {
      case .undefinedDatabase:
        return (.noDatabase, "Create the database, or correct its name in DATABASE_URL or PGDATABASE")
      case _ where state.category == "28":
        return (.authentication, "\(checkCredentials), and the server's pg_hba.conf")
      case _ where state.category == "53":
        return (.unreachable, "The server has no connection left: raise max_connections or lower the pools' maximum")
      case .cannotConnectNow:
        return (.unreachable, "The server is starting or stopping; it is tried again")
      default:
        return (.unreachable, "See the server's log")
      }
    }
    let lower = words.lowercased()
    if lower.contains("ssl") || lower.contains("certificate") || lower.contains("tls") {
      return (.tls, "Check sslmode, sslrootcert, sslcert, sslkey (in DATABASE_URL or PGSSL*) and the server's own")
    }
    if lower.contains("password") || lower.contains("authentication") || lower.contains("scram") {
      return (.authentication, checkCredentials)
    }
    return (.unreachable, "Start the server, or correct its address in DATABASE_URL (or PGHOST and PGPORT)")
  }

  /// The code in `FATAL:  28P01: password authentication failed …`.
  private static func sqlState(in line: String) -> PostgresSQLState? {
    let words = line.split(separator: " ")
    for (word, next) in zip(words, words.dropFirst()) where word.hasSuffix(":") && next.hasSuffix(":") {
      let code = next.dropLast()
      let isCode = code.utf8.count == 5 && code.utf8.allSatisfy { isDigit($0) || (65...90).contains($0) }
      // Every code holds a digit, which tells it from `FATAL`.
      if isCode, code.utf8.contains(where: isDigit) { return PostgresSQLState(rawValue: String(code)) }
    }
    return nil
  }

  private static func isDigit(_ byte: UInt8) -> Bool { (48...57).contains(byte) }
}

extension String {
  fileprivate var trimmingSuffixDot: String { hasSuffix(".") ? String(dropLast()) : self }
}
