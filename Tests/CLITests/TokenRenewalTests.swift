import Contract
import Foundation
import NIOCore
import Testing

@testable import CLI

/// Stored tokens are renewed in time, once, and nobody notices.
@Suite(.timeLimit(.minutes(2))) struct TokenRenewalTests {
  /// A login that is stored, and an issuer and service to use it with.
  private func with(
    expiring seconds: Int64,
    _ body: @Sendable (StubIssuer, StubService, String, [String: String]) async throws -> Void
  ) async throws {
    let issuer = StubIssuer()
    try await withFolder { folder in
      try await StubService.with({ try issuer.answer($0) }) { stub, server in
        let environment = ["HOME": folder, "REGIE_SERVER": server, "REGIE_CREDENTIALS": "\(folder)/c.json"]
        try await StoredLogins.set(
          issuer.login(expiring: seconds, at: "\(server)/token"), for: server, environment)
        try await body(issuer, stub, server, environment)
      }
    }
  }

  /// Just near enough to its end to be renewed: on a slow machine it has to be good for the rest of a test.
  private static let nearly: Int64 = 29

  private func whoami(_ environment: [String: String]) async throws -> Run {
    try await Run.regie("whoami", environment: environment)
  }

  @Test(arguments: [-10, 5])
  func `a token that is over, or about to be, is renewed before it is shown, and the next refresh token kept`(
    seconds: Int64
  ) async throws {
    try await with(expiring: seconds) { issuer, stub, server, environment in
      let run = try await whoami(environment)
      #expect(run.code == 0 && run.output.contains("Bearer a-1"), "\(run.output)")
      let kept = try StoredLogins.load(environment).grant(for: server)
      #expect(kept?.token == "a-1" && kept?.renewal?.token == "r-1")
      let mode = try FileManager.default.attributesOfItem(atPath: "\(environment["HOME"] ?? "")/c.json")[
        .posixPermissions]
      #expect((mode as? NSNumber)?.intValue == 0o600)
      // Good for a while: nobody is asked again.
      #expect(try await whoami(environment).code == 0)
      #expect(issuer.renewals == 1 && stub.requests.filter { $0.path == "/token" }.count == 1)
      // And on from there, each by the one before.
      issuer.set(lifetime: 1)
      for _ in 0..<2 {
        var grant = try #require(try StoredLogins.load(environment).grant(for: server))
        grant.expires = 0
        try await StoredLogins.set(grant, for: server, environment)
        #expect(try await whoami(environment).code == 0)
      }
      #expect(try StoredLogins.load(environment).grant(for: server)?.renewal?.token == "r-3")
    }
  }

  @Test func `a token that is good for a while is shown as it is`() async throws {
    try await with(expiring: 200) { issuer, stub, _, environment in
      let run = try await whoami(environment)
      #expect(run.output.contains("Bearer a-0"))
      #expect(issuer.renewals == 0 && stub.requests.count == 1)
    }
  }

  @Test func `an issuer that keeps its refresh token is asked with the same again`() async throws {
    try await with(expiring: -1) { issuer, _, server, environment in
      issuer.set(lifetime: 1, rotates: false)
      for _ in 0..<2 {
        let run = try await whoami(environment)
        #expect(run.code == 0)
      }
      let kept = try StoredLogins.load(environment).grant(for: server)
      #expect(issuer.renewals == 2 && kept?.renewal?.token == "r-0")
    }
  }

  @Test func `a refresh token that somebody else has used ends the login, and says so`() async throws {
    try await with(expiring: -1) { issuer, stub, server, environment in
      issuer.steal("r-0")
      let refused = try await Run.regie("whoami", "--lang", "en", environment: environment)
      #expect(refused.code == 1 && refused.output.contains("log in again"), "\(refused.output)")
      #expect(stub.requests.map(\.path) == ["/token"], "nothing is shown to the service")
      let kept = try StoredLogins.load(environment).grant(for: server)
      #expect(kept?.renewal == nil, "what was refused is not tried again")
      // The thief has no use of it either.
      #expect(
        try issuer.answer(
          .init(
            method: "POST", path: "/token", query: "", headers: [:],
            body: "client_id=regie&grant_type=refresh_token&refresh_token=r-1")
        ).status == 400)
      _ = try await whoami(environment)
      #expect(stub.requests.filter { $0.path == "/token" }.count == 1)
    }
  }

  @Test func `several commands at once renew it once`() async throws {
    try await with(expiring: -1) { issuer, stub, server, environment in
      try await withThrowingTaskGroup(of: Run.self) { group in
        for _ in 0..<6 { group.addTask { try await whoami(environment) } }
        for try await run in group {
          #expect(run.code == 0 && run.output.contains("Bearer a-1"), "\(run.output)")
        }
      }
      #expect(issuer.renewals == 1 && stub.requests.filter { $0.path == "/token" }.count == 1)
      #expect(try StoredLogins.load(environment).grant(for: server)?.renewal?.token == "r-1")
    }
  }

  @Test func `an issuer that is away stops nobody whose token is not over, and nobody logs in again for it`()
    async throws
  {
    try await with(expiring: Self.nearly) { issuer, _, server, environment in
      issuer.set(away: true)
      #expect(try await whoami(environment).output.contains("Bearer a-0"))
      var grant = try #require(try StoredLogins.load(environment).grant(for: server))
      grant.expires = 0
      try await StoredLogins.set(grant, for: server, environment)
      let away = try await whoami(environment)
      #expect(away.code == ExitStatus.unavailable && away.output.contains("/token"), "\(away.output)")
      issuer.set()
      #expect(try await whoami(environment).output.contains("Bearer a-1"))
    }
  }

  @Test func `an issuer that begins an answer and does not go on stops nobody, and holds up no other command`()
    async throws
  {
    try await with(expiring: Self.nearly) { issuer, _, server, environment in
      issuer.set(silent: true)
      let renewal = TokenRenewal(server: server, language: .fr, environment: environment, limit: .seconds(1))
      #expect(try await renewal.token() == "a-0")
      try await LoginLock.take(environment, patience: .zero).release()
    }
  }

  @Test func `a command that holds the file for too long is told`() async throws {
    try await withFolder { folder in
      let environment = ["REGIE_CREDENTIALS": "\(folder)/c.json"]
      let lock = try await LoginLock.take(environment)
      await #expect(throws: (any Error).self) {
        try await LoginLock.take(environment, patience: .milliseconds(50)).release()
      }
      lock.release()
      try await LoginLock.take(environment, patience: .zero).release()
    }
  }

  @Test func `what was let go can be had, though what is being started has a copy of it`() async throws {
    try await withFolder { folder in
      let environment = ["REGIE_CREDENTIALS": "\(folder)/c.json"]
      let lock = try await LoginLock.take(environment)
      let copy = dup(lock.descriptor)
      defer { close(copy) }
      lock.release()
      try await LoginLock.take(environment, patience: .zero).release()
    }
  }

  @Test func `an answer says when its token ends, or the token does`() throws {
    let now = Date(timeIntervalSince1970: 1000)
    func grant(_ json: String) -> TokenGrant? {
      TokenGrant(answer: Data(json.utf8), from: "https://x/token", client: "c", earlier: "old", now: now)
    }
    #expect(grant(#"{"access_token": "a", "expires_in": 60}"#)?.expires == 1060)
    let endless = try #require(grant(#"{"access_token": "a", "expires_in": 9223372036854775807}"#))
    #expect(endless.expires == .max && endless.isFresh() && !endless.isOver())
    let claims = Data(#"{"exp": 4102444800.5}"#.utf8).base64EncodedString().replacing("=", with: "")
    let byToken = try #require(grant(#"{"access_token": "h.\#(claims).s", "refresh_token": "next"}"#))
    #expect(byToken.expires == 4_102_444_800 && byToken.renewal?.token == "next")
    let opaque = try #require(grant(#"{"access_token": "a"}"#))
    #expect(opaque.expires == nil && opaque.isFresh() && !opaque.isOver() && opaque.renewal?.token == "old")
    #expect(grant(#"{"access_token": ""}"#) == nil && grant("[]") == nil)
  }
}
