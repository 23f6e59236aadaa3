import ArgumentParser
import Contract
import Foundation
import Testing

@testable import CLI

@Suite struct CredentialTests {
  private static let server = "https://regie.example"

  /// A folder of its own, and an environment in which it is the home.
  private func withHome(_ body: (String, [String: String]) throws -> Void) throws {
    let home = FileManager.default.temporaryDirectory.appending(path: "regie-home-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: home, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: home) }
    try body(home, ["HOME": home])
  }

  private func mode(_ path: String) throws -> Int {
    try #require(FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? NSNumber).intValue
  }

  @Test func `what the environment says goes before what is stored, and a file is as good as a text`() throws {
    try withHome { home, environment in
      #expect(try Credential.find(for: Self.server, environment) == nil)
      try StoredLogins.replace(TokenGrant(token: "stored"), for: Self.server, environment)
      #expect(try Credential.find(for: Self.server, environment) == .token("stored"))
      #expect(try Credential.find(for: "https://other.example", environment) == nil)
      try Data("from-file\n".utf8).write(to: URL(fileURLWithPath: "\(home)/t"))
      for (more, wanted) in [
        (["REGIE_TOKEN": "t"], Credential.token("t")), (["REGIE_API_KEY": "k"], .key("k")),
        (["REGIE_TOKEN_FILE": "\(home)/t"], .token("from-file")),
        (["REGIE_API_KEY_FILE": "\(home)/t", "REGIE_TOKEN": ""], .key("from-file")),
      ] {
        #expect(try Credential.find(for: Self.server, environment.merging(more) { $1 }) == wanted)
      }
    }
  }

  @Test(
    arguments: [
      ["REGIE_TOKEN": "t", "REGIE_API_KEY": "k"], ["REGIE_TOKEN_FILE": "/nowhere"], ["REGIE_API_KEY_FILE": "/dev/null"],
    ])
  func `two at once, and files that hold nothing, are refused`(environment: [String: String]) {
    #expect(throws: ValidationError.self) { try Credential.find(for: Self.server, environment) }
  }

  @Test func `the line end that a mounted secret brings along is no part of it`() throws {
    for (name, wanted) in [("REGIE_TOKEN", Credential.token("t")), ("REGIE_API_KEY", .key("t"))] {
      #expect(try Credential.given([name: "t\n"]) == wanted)
    }
  }

  @Test(arguments: ["s3cret\nmore", "s3cret more", "s3cret\u{E9}", " \n"])
  func `what can be in no header is refused by the name of its variable, and not repeated`(text: String) throws {
    try withHome { home, _ in
      try write(text, to: "\(home)/t")
      for (name, value) in [("REGIE_TOKEN", text), ("REGIE_API_KEY", text), ("REGIE_TOKEN_FILE", "\(home)/t")] {
        let error = #expect(throws: ValidationError.self) { try Credential.given([name: value]) }
        let told = error?.message ?? ""
        #expect(told.hasPrefix("\(name) :") && !told.contains("s3cret"))
      }
    }
  }

  @Test func `a stored token that can be in no header is refused by the name of what has stored it, and not repeated`()
    async throws
  {
    try await withFolder { home in
      let server = "http://127.0.0.1:9"
      let environment = ["HOME": home]
      try StoredLogins.replace(TokenGrant(token: "s3cret\u{1}"), for: server, environment)
      let run = try await Run.regie("whoami", "--server", server, environment: environment)
      #expect(run.code == 64 && run.output.contains("« regie login » : \(home)/"), "\(run.code)")
      #expect(!run.output.contains("s3cret"))
      try FileManager.default.createDirectory(atPath: "\(home)/.regie", withIntermediateDirectories: true)
      try DevLogin.write("s3cret\u{1}", for: server, in: "\(home)/.regie")
      let dev = try await Run.shell("cd '\(home)' && HOME=/nowhere exec \"$0\" whoami --server \(server)")
      #expect(dev.code == 64 && dev.output.contains("« regie dev » : .regie/login.json"), "\(dev.code)")
      #expect(!dev.output.contains("s3cret"))
    }
  }

  @Test func `a token that nobody has looked at, as one that was renewed, is not repeated either`() async throws {
    let client = APIClient(server: "http://127.0.0.1:9", language: .fr, credential: .token("s3cret\u{1}"))
    let refused = await #expect(throws: ClientError.self) {
      try await client.all("/api/v1/keys", of: CallerView.self)
    }
    let told = refused?.description ?? ""
    #expect(told.contains("un en-tête ne peut être envoyé") && !told.contains("s3cret"), "\(told.count)")
  }

  @Test func `what is stored is for this user alone, and is not used where others could have written it`() throws {
    try withHome { home, environment in
      try StoredLogins.replace(TokenGrant(token: "secret"), for: Self.server, environment)
      let path = "\(home)/.config/regie/credentials.json"
      #expect(try mode(path) == 0o600 && mode("\(home)/.config/regie") == 0o700)
      #expect(try FileManager.default.contentsOfDirectory(atPath: "\(home)/.config/regie") == ["credentials.json"])
      try StoredLogins.replace(TokenGrant(token: "next"), for: Self.server, environment)
      #expect(try StoredLogins.load(environment).grant(for: Self.server) == TokenGrant(token: "next"))
      try StoredLogins.replace(nil, for: Self.server, environment)
      #expect(try StoredLogins.load(environment).grant(for: Self.server) == nil)
      for mode in [0o644, 0o620, 0o604] {
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
        #expect(throws: ValidationError.self, "\(mode)") { try StoredLogins.load(environment) }
      }
    }
  }

  @Test(
    arguments: [
      ("https://regie.example", true), ("http://127.0.0.1:8080", true), ("http://localhost", true),
      ("http://[::1]:8080", true), ("http://regie.example", false), ("http://127.0.0.1.example", false),
      ("http://127.1.example.1", false), ("ftp://127.0.0.1", false), ("regie", false),
    ])
  func `a secret goes over TLS, or to this machine`(address: String, isGood: Bool) throws {
    #expect(ServerAddress.mayCarrySecrets(address) == isGood)
    guard address.hasPrefix("http") else { return }
    let options = try ClientOptions.parse(["--server", address])
    if isGood {
      #expect(try options.client(environment: ["REGIE_TOKEN": "t"]).credential == .token("t"))
    } else {
      #expect(throws: ValidationError.self) { try options.client(environment: ["REGIE_TOKEN": "t"]) }
      #expect(throws: Never.self) { try options.client(environment: [:]) }
    }
  }

  @Test func `whoever plays the demo becomes one of its people, and everybody again`() async throws {
    try await withFolder { home in
      let server = "http://127.0.0.1:8080"
      let identity = try DevIdentity(in: home, operators: ["dtnum", "anfsi", "admin"])
      try identity.leave(for: server, in: home)
      #expect(identity.people.keys.sorted() == ["admin", "anfsi", "auditor", "dev", "dtnum", "equipe", "homologation"])
      #expect(Set(identity.people.values).count == 7 && identity.people["dev"] == identity.token)
      let environment = ["REGIE_TOKEN_FILE": "\(home)/token", "REGIE_CREDENTIALS": "\(home)/stored/credentials.json"]
      try await StoredLogins.set(TokenGrant(token: "of another day"), for: server, environment)
      for name in ["anfsi", "dev"] {
        let credential = try await Login.become(name, for: server, environment)
        #expect(identity.people[name].map(Credential.token) == credential)
        #expect(DevLogin.token(for: server, in: home) == identity.people[name])
        #expect(try String(contentsOfFile: "\(home)/.curlrc", encoding: .utf8).contains(identity.people[name] ?? "?"))
        #expect(try StoredLogins.load(environment).grant(for: server) == nil)
      }
      let roles = try String(contentsOfFile: "\(home)/roles.yaml", encoding: .utf8)
      #expect(roles.contains(#"{subject: anfsi, role: "board-member(anfsi)"}"#))
      let claims = try #require(identity.people["anfsi"]?.split(separator: ".").dropFirst().first)
      let padded = claims.replacing("-", with: "+").replacing("_", with: "/")
      let body = Data(base64Encoded: padded + String(repeating: "=", count: (4 - padded.count % 4) % 4))
      #expect(String(decoding: body ?? Data(), as: UTF8.self).contains(#""groups":["/regie/operators/anfsi/board"]"#))
      #expect(!roles.contains("board-member(admin)"), "an operator gets nobody's name who is there already")
      let unknown = await #expect(throws: ValidationError.self) {
        try await Login.become("nobody", for: server, environment)
      }
      #expect(unknown?.message.contains("admin, anfsi, auditor, dev, dtnum") == true)
      await #expect(throws: ValidationError.self) {
        try await Login.become("anfsi", for: "http://127.0.0.1:8081", environment)
      }
      await #expect(throws: ValidationError.self) { try await Login.become("anfsi", for: Self.server, environment) }
      let given = ["REGIE_TOKEN": "t", "REGIE_CREDENTIALS": "\(home)/stored/credentials.json"]
      await #expect(throws: ValidationError.self) { try await Login.become("anfsi", for: server, given) }
      try FileManager.default.setAttributes([.posixPermissions: 0o640], ofItemAtPath: "\(home)/people.json")
      await #expect(throws: ValidationError.self) { try await Login.become("anfsi", for: server, environment) }
      #expect(throws: (any Error).self) { _ = try Login.parse(["--as", "anfsi", "--forget"]) }
    }
  }

  @Test func `the demo's token is for the demo's address only`() throws {
    try withHome { home, _ in
      let identity = try DevIdentity(in: home)
      try identity.leave(for: "http://127.0.0.1:8080", in: home)
      #expect(DevLogin.token(for: "http://127.0.0.1:8080", in: home) == identity.token)
      #expect(DevLogin.token(for: "http://127.0.0.1:8081", in: home) == nil)
      // Somebody else's folder: the file may say anything, but it sends nothing off this machine.
      try DevLogin.write("theirs", for: Self.server, in: home)
      #expect(DevLogin.token(for: Self.server, in: home) == nil)
      try identity.leave(for: "http://127.0.0.1:8080", in: home)
      for others in [0o644, 0o620, 0o604] {
        try FileManager.default.setAttributes([.posixPermissions: others], ofItemAtPath: "\(home)/login.json")
        #expect(DevLogin.token(for: "http://127.0.0.1:8080", in: home) == nil, "\(others)")
      }
      try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: "\(home)/login.json")
      for name in ["login.json", "people.json", "token", ".curlrc"] {
        #expect(try mode("\(home)/\(name)") == 0o600, "\(name)")
      }
      let all = try FileManager.default.contentsOfDirectory(atPath: home).map {
        try String(contentsOfFile: "\(home)/\($0)", encoding: .utf8)
      }
      #expect(!all.contains { $0.contains("\"d\"") }, "the key itself is nowhere")
    }
  }
}
