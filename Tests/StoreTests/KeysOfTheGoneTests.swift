import Events
import Foundation
import Identity
import Model
import Postgres
import Testing

@testable import Store

/// API keys of operators and projects that are deleted: whoever has the name next is another.
struct KeysOfTheGoneTests {
  private func key(_ number: UInt8, _ roles: [Role], in fixture: StoreFixture) async throws -> String {
    let made = APIKey(
      identifier: [UInt8](repeating: number, count: APIKey.identifierSize),
      secret: [UInt8](repeating: 0, count: APIKey.secretSize))
    let key = try #require(made)
    let order = APIKeyOrder(name: "\(number)", roles: roles, isReadOnly: false, seconds: 3600)
    return try await fixture.store.create(order, key: key, context: someone).grant.identifier
  }

  private func revoked(in fixture: StoreFixture) async throws -> [String] {
    try await fixture.store.apiKeys().items.filter { $0.revokedAt != nil }.map(\.grant.identifier)
  }

  @Test func `a key of a project or an operator is taken back when that is deleted, and no other one`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      for name in ["alpha", "alphabet"] {
        _ = try await fixture.store.put(.project(Offered.project(name)), context: someone)
      }
      let spec = OperatorSpec(displayName: "alpha")
      _ = try await fixture.store.put(.operator(Resource("alpha", spec)), context: someone)
      let team = try await key(1, [.projectTeam("alpha")], in: fixture)
      let both = try await key(2, [.projectTeam("alphabet"), .projectTeam("alpha")], in: fixture)
      let operating = try await key(3, [.operator("alpha")], in: fixture)
      for roles: [Role] in [[.projectTeam("alphabet")], [.console], [.projectTeam(Role.everyone)]] {
        _ = try await key(UInt8(4 + roles[0].description.utf8.count), roles, in: fixture)
      }

      try await fixture.store.delete(.project, "alpha", context: someone)
      let withProject = try await revoked(in: fixture)
      #expect(Set(withProject) == [team, both])
      let authors = try await fixture.store.apiKeys().items.compactMap(\.revokedBy)
      #expect(authors == [someone.principal, someone.principal])

      try await fixture.store.delete(.operator, "alpha", context: someone)
      let withOperator = try await revoked(in: fixture)
      #expect(Set(withOperator) == [team, both, operating])
      let told = try await fixture.pool.withConnection { connection in
        try await connection.query(
          "SELECT name FROM audit_entries WHERE kind = 'APIKey' AND action = 'revoked' ORDER BY id"
        ).map { try $0.decode(String.self, "name") }
      }
      #expect(Set(told) == [team, both, operating] && told.count == 3)
    }
  }
}
