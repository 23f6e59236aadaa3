import Glibc
import TestSupport
import Testing

@testable import Postgres

/// What the server keeps for a client that was stopped while it was sent to.
@Suite(.timeLimit(.minutes(2)))
struct StoppedClientTests {
  /// The server waits for the network then, and not for the next statement of an idle transaction.
  @Test func `who does not read what it has asked for keeps its locks as long as data may stay unread`() async throws {
    let server = try await PostgresServer.start()
    var patient = try PostgresServer.configuration(try await server.freshDatabase().url)
    patient.tcpUserTimeout = .seconds(2)
    // That is not what ends it.
    patient.idleInTransactionTimeout = .seconds(600)
    let configuration = patient
    try await PostgresConnection.withConnection(configuration) { connection in
      try await connection.script("CREATE TABLE account (id int); INSERT INTO account SELECT generate_series(1, 64)")
      let client = try StoppedClient(configuration)
      defer { client.close() }
      // It reads that it has the lock, and nothing from then on: else it might be ended before anybody has looked.
      try client.ask("BEGIN; SELECT FROM account WHERE id = 1 FOR UPDATE")
      try client.waitUntilReady(inTransaction: true)
      let free = try await connection.query("SELECT FROM account WHERE id = 1 FOR UPDATE SKIP LOCKED")
      #expect(free.isEmpty)
      try client.ask("SELECT id, repeat('x', 1000000) FROM account")
      let rows = try await connection.query(
        "SELECT FROM account WHERE id = 1 FOR UPDATE", deadline: .now + .seconds(60))
      #expect(rows.count == 1)
    }
    try await server.stop()
  }
}

/// A client that asks, and reads what it is answered only where it is told to. Its session is as this room's are.
private struct StoppedClient {
  private let descriptor: Int32

  /// Connects to a server of this machine that asks for no password.
  init(_ configuration: PostgresConfiguration) throws {
    let parameters = try #require(configuration.endpoints.first).parameters
    let port = try #require(UInt16(parameters["port"] ?? ""))
    let opened = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    descriptor = opened
    // What does not fit into the kernel stays with the server.
    var room: Int32 = 4096
    setsockopt(opened, SOL_SOCKET, SO_RCVBUF, &room, socklen_t(MemoryLayout<Int32>.size))
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    let status = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(opened, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    try #require(status == 0)
    var body: [UInt8] = [0, 3, 0, 0]
    for (name, keyword) in [("user", "user"), ("database", "dbname"), ("options", "options")] {
      let value = try #require(parameters[keyword])
      body += Array("\(name)\0\(value)\0".utf8)
    }
    try send(body)
    try waitUntilReady()
  }

  func ask(_ sql: String) throws {
    try send(Array(sql.utf8), as: "Q")
  }

  func close() {
    _ = Glibc.close(descriptor)
  }

  /// Reads up to the next `ReadyForQuery`.
  func waitUntilReady(inTransaction: Bool = false) throws {
    let end: [UInt8] = [UInt8(ascii: "Z"), 0, 0, 0, 5, inTransaction ? UInt8(ascii: "T") : UInt8(ascii: "I")]
    var seen: [UInt8] = []
    while !seen.suffix(end.count).elementsEqual(end) {
      var bytes = [UInt8](repeating: 0, count: 4096)
      let count = recv(descriptor, &bytes, 4096, 0)
      try #require(count > 0)
      seen += bytes.prefix(count)
    }
  }

  /// Sends one message, which ends with a zero; the first of a connection has no type.
  private func send(_ body: [UInt8], as type: Character? = nil) throws {
    var message: [UInt8] = type?.asciiValue.map { [$0] } ?? []
    message += [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: (body.count + 5) >> $0) }
    message += body
    message.append(0)
    let sent = Glibc.send(descriptor, message, message.count, Int32(MSG_NOSIGNAL))
    try #require(sent == message.count)
  }
}
