import API
import AsyncHTTPClient
import Foundation
import Identity
import Logging
import NIOConcurrencyHelpers
import Postgres
import Store
import TestSupport
import Testing

@testable import Server

/// Tokens of an issuer that others wrote, over HTTP.
@Suite(.timeLimit(.minutes(5)), .enabled(if: OIDCIssuer.isAvailable, Comment(rawValue: OIDCIssuer.needs)))
struct IssuerTests {
  private static let quiet = Logger(label: "quiet") { _ in SwiftLogNoOpLogHandler() }

  private static let mapping = """
    roles:
      - {group: /console/admin, role: governance-admin}
      - {group: "/{project}/console/devops", role: "project-team({project})"}
    """

  /// What a test has at hand.
  struct Parts: Sendable {
    let issuer: OIDCIssuer
    let authenticator: CredentialAuthenticator
    /// By how many seconds the service's clock is off.
    let offset: NIOLockedValueBox<Int64>

    func caller(_ token: String) async throws -> Caller { try await authenticator.caller(token: token) }

    /// Whose token it is, by a key that was made a moment ago. Keys that were being read meanwhile are read again only after a
    /// while.
    func callerByNewKey(_ token: String) async throws -> Caller {
      let deadline = ContinuousClock.now + .seconds(120)
      while (try? await caller(token)) == nil, .now < deadline { try await Task.sleep(for: .milliseconds(200)) }
      return try await caller(token)
    }

    /// Why a token is refused.
    func refusal(_ token: String) async -> AuthenticationRefusal? {
      do {
        let caller = try await authenticator.caller(token: token)
        Issue.record("it was believed: \(caller)")
        return nil
      } catch {
        return error as? AuthenticationRefusal
      }
    }
  }

  /// Limits with which nothing is waited for.
  private static let quick = KeySetMachine.Limits(
    refresh: .seconds(300), keep: .seconds(3600), pace: .zero, slowest: .zero)

  private func run(
    limits: KeySetMachine.Limits = quick, _ body: @escaping @Sendable (Parts) async throws -> Void
  ) async throws {
    let issuer = try await OIDCIssuer.start()
    let client = try IssuerKeys.client(authority: nil)
    let keys = KeySource(
      fetcher: IssuerKeys(issuer: issuer.address, client: client), limits: limits, logger: Self.quiet)
    let pool = PostgresPool(
      configuration: try PostgresConfiguration(environment: ["PGDATABASE": "none"]), logger: Self.quiet)
    let store = GovernanceStore(pool: pool, logger: Self.quiet)
    let offset = NIOLockedValueBox<Int64>(0)
    let authenticator = CredentialAuthenticator(
      tokens: .init(
        verifier: TokenVerifier(issuer: issuer.address, audiences: ["api"], skew: 30),
        mapping: try RoleMapping(Self.mapping), keys: keys), store: store,
      uses: KeyUses(store: store, logger: Self.quiet),
      now: { Int64(Date().timeIntervalSince1970) + offset.withLockedValue { $0 } })
    let result = await withTaskGroup(of: Void.self, returning: Result<Void, any Error>.self) { group in
      group.addTask { try? await keys.run() }
      defer { group.cancelAll() }
      do {
        return .success(try await body(Parts(issuer: issuer, authenticator: authenticator, offset: offset)))
      } catch {
        return .failure(error)
      }
    }
    try await client.shutdown()
    try await issuer.stop()
    try result.get()
  }

  @Test func `tokens of all three algorithms are believed, and their groups give roles`() async throws {
    try await run { parts in
      for algorithm in ["RS256", "ES256", "EdDSA"] {
        try await parts.issuer.rotate(to: algorithm)
        let token = try await parts.issuer.mint(
          claims: #"{"sub": "u-1", "groups": ["/console/admin", "/ccaf/console/devops", "/other"]}"#)
        #expect(try UnverifiedToken(token).algorithm.rawValue == algorithm)
        let caller = try await parts.callerByNewKey(token)
        #expect(caller.principal == "oidc:u-1" && caller.credential == .token, "\(algorithm)")
        #expect(caller.roles == [.governanceAdmin, .projectTeam("ccaf")])
      }
    }
  }

  @Test(
    arguments: ["RS256", "ES256", "EdDSA"],
    [
      ("none", AuthenticationRefusal.token(TokenRefusal.algorithm.text)),
      ("hs256-pub", .token(TokenRefusal.algorithm.text)),
      ("foreign-key", .token(TokenRefusal.signature.text)), ("tampered", .token(TokenRefusal.signature.text)),
    ])
  func `forged tokens are refused`(algorithm: String, forged: (String, AuthenticationRefusal)) async throws {
    try await run { parts in
      try await parts.issuer.rotate(to: algorithm)
      _ = try await parts.callerByNewKey(try await parts.issuer.mint())
      let token = try await parts.issuer.mint(forged.0)
      #expect(await parts.refusal(token) == forged.1)
    }
  }

  @Test func `each wrong claim is named`() async throws {
    let now = Int64(Date().timeIntervalSince1970)
    let cases: [(String, String, TokenRefusal)] = [
      (#"{"iss": "http://127.0.0.1:1"}"#, "{}", .issuer), (#"{"aud": "other"}"#, "{}", .audience),
      (#"{"aud": null}"#, "{}", .audience), (#"{"exp": \#(now - 60)}"#, "{}", .expired),
      (#"{"exp": null}"#, "{}", .times), (#"{"nbf": \#(now + 600)}"#, "{}", .notYetValid),
      (#"{"iat": \#(now + 600)}"#, "{}", .notYetValid), (#"{"sub": null}"#, "{}", .subject),
      ("{}", #"{"kid": "unknown"}"#, .unknownKey), ("{}", #"{"typ": "logout+jwt"}"#, .header("typ")),
    ]
    try await run { parts in
      for (claims, header, refusal) in cases {
        let token = try await parts.issuer.mint(claims: claims, header: header)
        #expect(await parts.refusal(token) == .token(refusal.text), "\(claims) \(header)")
      }
    }
  }

  @Test func `the clock may be off by the skew at both ends, and by no more`() async throws {
    try await run { parts in
      let now = Int64(Date().timeIntervalSince1970)
      let token = try await parts.issuer.mint(claims: #"{"nbf": \#(now), "iat": \#(now), "exp": \#(now + 600)}"#)
      // Some seconds pass in one trial: the edges themselves are tried without network. What passed before it does not count.
      for (offset, isGood) in [(0, true), (-20, true), (-45, false), (620, true), (645, false)] as [(Int64, Bool)] {
        let passed = Int64(Date().timeIntervalSince1970) - now
        parts.offset.withLockedValue { $0 = offset - passed }
        if isGood {
          _ = try await parts.caller(token)
        } else {
          let wanted: TokenRefusal = offset < 0 ? .notYetValid : .expired
          #expect(await parts.refusal(token) == .token(wanted.text), "\(offset)")
        }
      }
    }
  }

  @Test func `a new key is believed at once, and one that was withdrawn no longer is`() async throws {
    try await run { parts in
      let old = try await parts.issuer.mint()
      _ = try await parts.caller(old)
      try await parts.issuer.rotate(to: "ES256")
      _ = try await parts.caller(try await parts.issuer.mint())
      _ = try await parts.caller(old)
      try await parts.issuer.rotate(to: "EdDSA", keepsOld: false)
      _ = try await parts.caller(try await parts.issuer.mint())
      #expect(await parts.refusal(old) == .token(TokenRefusal.unknownKey.text))
    }
  }

  @Test func `a storm of tokens by keys that there are not asks the issuer no more often than the pace`() async throws {
    let limits = KeySetMachine.Limits(
      refresh: .seconds(3600), keep: .seconds(7200), pace: .seconds(3600), slowest: .seconds(3600))
    try await run(limits: limits) { parts in
      _ = try await parts.caller(try await parts.issuer.mint())
      let before = try await parts.issuer.keyRequests()
      let token = try await parts.issuer.mint(header: #"{"kid": "made-up"}"#)
      await withTaskGroup(of: AuthenticationRefusal?.self) { group in
        for _ in 0..<500 { group.addTask { await parts.refusal(token) } }
        for await refusal in group { #expect(refusal == .token(TokenRefusal.unknownKey.text)) }
      }
      #expect(try await parts.issuer.keyRequests() == before)
      _ = try await parts.caller(try await parts.issuer.mint())
    }
  }

  @Test func `many who come at once before any key is known are answered by one request`() async throws {
    let limits = KeySetMachine.Limits(
      refresh: .seconds(3600), keep: .seconds(7200), pace: .seconds(3600), slowest: .seconds(3600))
    try await run(limits: limits) { parts in
      let token = try await parts.issuer.mint()
      try await withThrowingTaskGroup(of: Caller.self) { group in
        for _ in 0..<200 { group.addTask { try await parts.caller(token) } }
        for try await caller in group { #expect(caller.principal == "oidc:x") }
      }
      #expect(try await parts.issuer.keyRequests() == 1)
    }
  }

  @Test func `an issuer that does not answer is no reason to believe or to refuse for good`() async throws {
    try await run { parts in
      // Its keys were read at the start: only a new one has to be asked for.
      _ = try await parts.caller(try await parts.issuer.mint())
      try await parts.issuer.failKeys(1_000)
      try await parts.issuer.rotate(to: "ES256")
      let token = try await parts.issuer.mint()
      #expect(await parts.refusal(token) == .issuerAway)
      try await parts.issuer.failKeys(0)
      _ = try await parts.caller(token)
      // Away from now on: what is known is believed, what is not can not be told.
      let unknown = try await parts.issuer.mint(header: #"{"kid": "new"}"#)
      try await parts.issuer.stop()
      _ = try await parts.caller(token)
      #expect(await parts.refusal(unknown) == .issuerAway)
      let back = try await OIDCIssuer.start(at: parts.issuer.address)
      _ = try await parts.caller(try await back.mint())
      #expect(await parts.refusal(token) == .token(TokenRefusal.unknownKey.text), "its key is no longer there")
      try await back.stop()
    }
  }
}
