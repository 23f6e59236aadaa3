import Foundation
import Glibc
import Postgres
import TestSupport
import Testing

@testable import CLI

/// The database of `regie dev`, as others on this machine find it.
@Suite(.timeLimit(.minutes(5)))
struct DevPostgresTests {
  @Test func `who has not the password is refused, and nobody else may read it`() async throws {
    try await withFolder { parent in
      // The user that PostgreSQL runs as may have to enter it.
      chmod(parent, 0o755)
      let programs = Programs(regie: "/bin/true", governance: "/bin/true", agent: "/bin/true")
      let folder = try await DevFolder.open("\(parent)/data", programs: programs)
      defer { folder.close() }
      let postgres = try DevPostgres(folder: folder)
      try await postgres.initialise()
      let tree = ProcessTree(logs: folder.logs, pids: folder.pids)
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await tree.supervise() }
        group.addTask { try await Self.look(at: try await postgres.start(in: tree), in: folder.path) }
        defer { group.cancelAll() }
        try await group.next()
      }
    }
  }

  private static func look(at url: String, in folder: String) async throws {
    let file = "\(folder)/postgres/password"
    let password = try String(contentsOfFile: file, encoding: .utf8)
    #expect(password.count > 32)
    let mode = try FileManager.default.attributesOfItem(atPath: file)[.posixPermissions] as? NSNumber
    #expect(mode?.intValue == 0o600)

    let answer = try await connect(url)
    #expect(answer == "regie")
    let without = url.replacing(":\(password)@", with: "@")
    #expect(without != url)
    await #expect(throws: PostgresError.self) { try await connect(without) }
    let wrong = url.replacing(":\(password)@", with: ":wrong@")
    let refusal = await #expect(throws: PostgresError.self) { try await connect(wrong) }
    #expect(refusal?.kind == .authentication)
  }

  private static func connect(_ url: String) async throws -> String? {
    try await PostgresConnection.withConnection(try PostgresServer.configuration(url)) { connection in
      try await connection.query("SELECT current_user::text").first?.decode(String.self, at: 0)
    }
  }
}
