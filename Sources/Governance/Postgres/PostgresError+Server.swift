internal import CLibPQ

extension PostgresError {
  /// The error that a failed result carries.
  init(result: OpaquePointer) {
    func field(_ code: Character) -> String? {
      guard let ascii = code.asciiValue, let text = PQresultErrorField(result, Int32(ascii)) else { return nil }
      return String(cString: text)
    }
    let state = field("C").map(PostgresSQLState.init(rawValue:))
    let message = field("M") ?? String(cString: PQresultErrorMessage(result)).trimmedLine
    self.init(Self.kind(of: state), message, hint: field("H"), sqlState: state)
    detail = field("D")
    constraint = field("n")
    table = field("t")
    column = field("c")
  }

  private static func kind(of state: PostgresSQLState?) -> Kind {
    guard let state else { return .connectionLost }
    if state.endsConnection { return .connectionLost }
    return state == .queryCanceled ? .deadlineExceeded : .server
  }

  /// The connection's end, in libpq's words.
  static func lost(_ connection: OpaquePointer) -> PostgresError {
    let words = String(cString: PQerrorMessage(connection)).trimmedLine
    return PostgresError(.connectionLost, words.isEmpty ? "the server closed the connection" : words)
  }
}

extension String {
  /// The first line that says something.
  var trimmedLine: String {
    split(whereSeparator: \.isNewline).lazy.map { $0.drop(while: \.isWhitespace) }.first { !$0.isEmpty }
      .map(String.init) ?? ""
  }
}
