import ArgumentParser
import Contract
import Foundation
import NIOConcurrencyHelpers
import Testing

@testable import CLI

@Suite(.timeLimit(.minutes(2))) struct LoginTests {
  private static let caller = CallerView(principal: "oidc:u-1", roles: ["auditor"], readOnly: false)

  /// An issuer that answers the questions for a token one by one, and the client's way to it.
  private func ask(
    discovery: String = #""device_authorization_endpoint": "ISSUER/device", "#, answers: [StubService.Answer],
    _ body: @escaping @Sendable (StubService, DeviceLogin, NIOLockedValueBox<[Int]>) async throws -> Void
  ) async throws {
    let address = NIOLockedValueBox("")
    let left = NIOLockedValueBox(answers)
    try await StubService.with({ request in
      let issuer = address.withLockedValue { $0 }
      switch request.path {
      case "/.well-known/openid-configuration":
        return StubService.Answer(
          "{\(discovery)\"issuer\": \"ISSUER\", \"token_endpoint\": \"ISSUER/token\"}".replacing("ISSUER", with: issuer)
        )
      case "/device":
        return StubService.Answer(
          #"{"device_code": "d+c", "user_code": "ABCD", "verification_uri": "https://x", "expires_in": 600, "interval": 2}"#
        )
      default: return left.withLockedValue { $0.isEmpty ? StubService.Answer("{}", status: 500) : $0.removeFirst() }
      }
    }) { stub, server in
      address.withLockedValue { $0 = server }
      let pauses = NIOLockedValueBox<[Int]>([])
      let login = DeviceLogin(issuer: server, client: "regie", scope: "openid") { seconds in
        pauses.withLockedValue { $0.append(seconds) }
      }
      try await body(stub, login, pauses)
    }
  }

  private func refusal(_ error: String) -> StubService.Answer {
    StubService.Answer(#"{"error": "\#(error)"}"#, status: 400)
  }

  @Test func `a token comes once the person has confirmed, and the issuer sets the pace`() async throws {
    let answers = [
      refusal("authorization_pending"), refusal("slow_down"), StubService.Answer(#"{"access_token": "t.t.t"}"#),
    ]
    try await ask(answers: answers) { stub, login, pauses in
      let shown = NIOLockedValueBox<String?>(nil)
      let token = try await login.token { prompt in shown.withLockedValue { $0 = prompt.user_code } }
      #expect(token.token == "t.t.t" && token.renewal == nil && shown.withLockedValue { $0 } == "ABCD")
      #expect(pauses.withLockedValue { $0 } == [2, 2, 7])
      let polls = stub.requests.filter { $0.path == "/token" }
      #expect(polls.count == 3)
      #expect(
        polls.allSatisfy {
          $0.body
            == "client_id=regie&device_code=d%2Bc&grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Adevice_code"
        })
    }
  }

  @Test(arguments: ["access_denied", "expired_token", "invalid_client"])
  func `what the issuer refuses is told, and not asked again`(error: String) async throws {
    try await ask(answers: [refusal(error)]) { stub, login, _ in
      let told = await #expect(throws: LoginError.self) { try await login.token { _ in } }
      #expect(told?.description.contains(error) == true)
      #expect(stub.requests.filter { $0.path == "/token" }.count == 1)
    }
  }

  @Test func `an issuer without device flow, or that is another, is told`() async throws {
    try await ask(discovery: "", answers: []) { _, login, _ in
      let told = await #expect(throws: LoginError.self) { try await login.token { _ in } }
      #expect(told?.description.contains("--token-file") == true)
    }
    try await ask(answers: []) { _, login, _ in
      let other = DeviceLogin(issuer: login.issuer + "/", client: "regie", scope: "openid") { _ in }
      await #expect(throws: LoginError.self) { try await other.token { _ in } }
    }
  }

  @Test func `nothing is asked in clear of an issuer elsewhere`() async {
    let login = DeviceLogin(issuer: "http://issuer.example", client: "regie", scope: "openid") { _ in }
    let told = await #expect(throws: LoginError.self) { try await login.token { _ in } }
    #expect(told?.description.contains("https://") == true)
  }

  @Test(arguments: ["https://me:s3cret@issuer.example", "http://me:s3cret@issuer.example", "me:s3cret@ issuer.example"])
  func `an issuer's address with a password is refused, and not shown`(issuer: String) async {
    let login = DeviceLogin(issuer: issuer, client: "regie", scope: "openid") { _ in }
    let told = await #expect(throws: LoginError.self) { try await login.token { _ in } }
    #expect(told?.description.contains("REGIE_OIDC_ISSUER") == true && told?.description.contains("s3cret") == false)
  }

  @Test func `nobody becomes known to a service elsewhere in clear, and no issuer is asked for that`() async throws {
    try await withFolder { folder in
      try write("secret", to: "\(folder)/token")
      try await StubService.with({ _ in StubService.Answer("{}", status: 500) }) { issuer, address in
        for source in [["--token-file", "\(folder)/token"], ["--issuer", address]] {
          let login = try await Run.regie(
            ["login", "--server", "http://regie.example"] + source, environment: ["HOME": folder])
          #expect(login.code != 0 && login.output.contains("https://"), "\(login.output)")
        }
        #expect(issuer.requests.isEmpty)
        #expect(try StoredLogins.load(["HOME": folder]) == StoredLogins())
      }
      // Whoever builds a client, and however.
      let client = APIClient(server: "http://regie.example", language: .fr, credential: .key("secret"))
      await #expect(throws: ValidationError.self) { try await client.all("/api/v1/keys", of: CallerView.self) }
    }
  }

  @Test(arguments: [301, 302, 303, 307, 308])
  func `no redirection takes a key or a device's code elsewhere`(status: Int) async throws {
    try await StubService.with({ _ in StubService.Answer("{}") }) { elsewhere, other in
      try await StubService.with({ _ in
        var answer = StubService.Answer("", status: status)
        answer.location = "\(other)/there"
        return answer
      }) { _, server in
        let client = APIClient(server: server, language: .fr, credential: .key("secret"))
        let refused = await #expect(throws: ClientError.self) {
          try await client.all("/api/v1/keys", of: CallerView.self)
        }
        #expect(refused?.description.contains("\(other)/there") == true && refused?.exitStatus == ExitStatus.refused)
      }
      var moved = StubService.Answer("", status: status)
      moved.location = "\(other)/token"
      try await ask(answers: [moved]) { _, login, _ in
        await #expect(throws: LoginError.self) { try await login.token { _ in } }
      }
      #expect(elsewhere.requests.isEmpty)
    }
  }

  @Test func `a token that is given is kept once the service believes it, and shown from then on`() async throws {
    try await withFolder { folder in
      try write("good\n", to: "\(folder)/token")
      try await StubService.with({ request in
        request.headers["authorization"] == "Bearer good"
          ? try StubService.Answer(Self.caller)
          : try StubService.Answer(Problem(status: 401, .invalidToken, title: "Jeton refusé", detail: "non"))
      }) { stub, server in
        let environment = ["HOME": folder, "REGIE_SERVER": server]
        let before = try await Run.regie("whoami", environment: environment)
        #expect(before.code == 1 && before.output.contains("regie login"), "\(before.output)")
        let login = try await Run.regie("login", "--token-file", "\(folder)/token", environment: environment)
        #expect(login.code == 0 && login.output.contains("oidc:u-1: auditor"), "\(login.output)")
        let after = try await Run.regie("whoami", environment: environment)
        #expect(after.code == 0 && after.output.contains("oidc:u-1: auditor"), "\(after.output)")
        #expect(stub.requests.map { $0.headers["authorization"] } == [nil, "Bearer good", "Bearer good"])
        _ = try await Run.regie("login", "--forget", environment: environment)
        #expect(try await Run.regie("whoami", environment: environment).code == 1)
        try write("bad", to: "\(folder)/token")
        let refused = try await Run.regie("login", "--token-file", "\(folder)/token", environment: environment)
        #expect(refused.code == 1)
        #expect(try StoredLogins.load(environment).grant(for: server) == nil, "what is not believed is not kept")
      }
    }
  }
}
