import Identity
import Postgres
import Store

@testable import API

/// The public router with callers who come by API key, judged as in production, or by a token that is believed.
enum KeyedAPI {
  /// An issuer that has no keys: everybody comes by key.
  private struct NoKeys: KeySetFetcher {
    func keySet() -> KeySet { KeySet() }
  }

  /// Tokens are what they say; keys are judged.
  private struct Both: Authenticator {
    let keys: CredentialAuthenticator

    func caller(token: String) async throws -> Caller { try SpokenRoles().caller(token: token) }
    func caller(key: String) async throws -> Caller { try await keys.caller(key: key) }
    func caller(recallingKey key: String) async throws -> Caller { try await keys.caller(recallingKey: key) }
    func forget(key identifier: String) { keys.forget(key: identifier) }
    func doubt(key identifier: String) { keys.doubt(key: identifier) }
    func isOnBoard(group: String, for name: String) -> Bool? { keys.isOnBoard(group: group, for: name) }
  }

  /// - Parameter given: The database, where it is not one of the test's own.
  static func run(
    on given: PostgresConfiguration? = nil, _ body: @escaping @Sendable (APIFixture, KeyUses) async throws -> Void
  ) async throws {
    let database: PostgresConfiguration
    if let given { database = given } else { database = try await APIFixture.database() }
    try await PostgresPool.withPool(database, logger: quiet) { pool in
      let store = GovernanceStore(pool: pool, logger: quiet)
      let uses = KeyUses(store: store, logger: quiet)
      let keys = CredentialAuthenticator(
        tokens: .init(
          verifier: TokenVerifier(issuer: "https://issuer.example", audiences: ["x"], skew: 0),
          mapping: try RoleMapping(
            """
            roles:
              - {group: /a, role: auditor}
              - {group: "/regie/operators/{name}/board", role: "board-member({name})"}
            """),
          keys: KeySource(fetcher: NoKeys(), logger: quiet)), store: store, uses: uses)
      try await APIFixture.run(on: database, authentication: .required(Both(keys: keys))) { api in
        try await body(api, uses)
      }
    }
  }
}
