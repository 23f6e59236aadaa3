import API
import AsyncHTTPClient
import Identity
import Logging
import NIOConcurrencyHelpers
import Postgres
import Store
import Testing

@testable import Server

/// An issuer that takes its time.
@Suite(.timeLimit(.minutes(2)))
struct SlowIssuerTests {
  private static let quiet = Logger(label: "quiet") { _ in SwiftLogNoOpLogHandler() }

  /// Its header is `{"alg":"ES256","kid":"new"}`.
  private static let token = "eyJhbGciOiJFUzI1NiIsImtpZCI6Im5ldyJ9.e30.AA"

  /// Its keys would come after twenty seconds. No time is measured: by then there would be another answer.
  @Test func `an issuer that gives its keys by drops is not waited for`() async throws {
    let port = NIOLockedValueBox(0)
    try await Hook.with({ _, call in
      guard call.path != "/keys" else { return .drops(#"{"keys": []}"#) }
      let issuer = "http://127.0.0.1:\(port.withLockedValue { $0 })"
      return .status(200, body: #"{"issuer": "\#(issuer)", "jwks_uri": "\#(issuer)/keys"}"#)
    }) { _, bound in
      port.withLockedValue { $0 = bound }
      let client = try IssuerKeys.client(authority: nil)
      let refusal = try await Self.refusal(
        by: IssuerKeys(issuer: "http://127.0.0.1:\(bound)", client: client, limit: .milliseconds(300)))
      try? await client.shutdown()
      #expect(refusal == .issuerAway)
    }
  }

  /// Why a token by a key that is not known is refused.
  private static func refusal(by fetcher: IssuerKeys) async throws -> AuthenticationRefusal? {
    let keys = KeySource(fetcher: fetcher, logger: quiet)
    let pool = PostgresPool(
      configuration: try PostgresConfiguration(environment: ["PGDATABASE": "none"]), logger: quiet)
    let store = GovernanceStore(pool: pool, logger: quiet)
    let authenticator = CredentialAuthenticator(
      tokens: .init(
        verifier: TokenVerifier(issuer: fetcher.issuer, audiences: ["api"], skew: 30),
        mapping: try RoleMapping("roles: [{group: /a, role: auditor}]"), keys: keys), store: store,
      uses: KeyUses(store: store, logger: quiet))
    return await withTaskGroup(of: Void.self, returning: AuthenticationRefusal?.self) { group in
      group.addTask { try? await keys.run() }
      defer { group.cancelAll() }
      do {
        _ = try await authenticator.caller(token: token)
        return nil
      } catch {
        return error as? AuthenticationRefusal
      }
    }
  }
}
