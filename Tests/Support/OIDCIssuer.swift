internal import Foundation

/// The independent OIDC issuer of `Tests/Issuer`, on loopback: it signs, rotates, forges and fails as it is told.
public final class OIDCIssuer: Sendable {
  /// `http://127.0.0.1:PORT`, which is also what tokens name.
  public let address: String
  private let program: SystemUnderTestProgram

  /// Whether the issuer can be run, for `.enabled(if:)` beside ``needs``.
  public static let isAvailable = FileManager.default.isExecutableFile(atPath: python)

  /// What to say when ``isAvailable`` is false.
  public static let needs = "not run: needs scripts/issuer.sh to have run"

  private static let python: String = {
    let environment = ProcessInfo.processInfo.environment
    let folder =
      environment["REGIE_ISSUER_PYTHON"] ?? "\(environment["HOME"] ?? "")/.cache/regie/issuer-joserfc-1.8.0"
    return "\(folder)/bin/python"
  }()

  private static let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("Issuer/oidc_issuer.py").path

  /// Starts an issuer with an RS256 key; on the port of one that was stopped where it is to come back.
  public static func start(at address: String? = nil) async throws -> OIDCIssuer {
    if let port = address.flatMap({ $0.split(separator: ":").last.map(String.init) }) {
      return try await start(on: port)
    }
    // A port that was free may be somebody else's by the time that it is taken.
    for _ in 0..<3 {
      do { return try await start(on: String(FreePort.find())) } catch {}
    }
    return try await start(on: String(FreePort.find()))
  }

  private static func start(on port: String) async throws -> OIDCIssuer {
    let program = try SystemUnderTestProgram.start(executable: python, [script, port], as: "issuer")
    try await program.waitForOutput("listening", within: .seconds(60))
    return OIDCIssuer(address: "http://127.0.0.1:\(port)", program: program)
  }

  private init(address: String, program: SystemUnderTestProgram) {
    self.address = address
    self.program = program
  }

  /// Takes the issuer away.
  public func stop() async throws {
    try await program.killNow()
  }

  /// A token, right or forged: `ok`, `none`, `hs256-pub`, `foreign-key`, `tampered`.
  ///
  /// - Parameters:
  ///   - claims: JSON, over those that are right; `null` takes one away.
  ///   - header: JSON, over the header of a token that is right.
  public func mint(_ mode: String = "ok", claims: String = "{}", header: String = "{}") async throws -> String {
    struct Minted: Decodable {
      var token: String
    }
    let body = #"{"mode": "\#(mode)", "claims": \#(claims), "header": \#(header)}"#
    return try JSONDecoder().decode(Minted.self, from: try await post("/ctl/mint", body)).token
  }

  /// Signs with a new key from now on; publishes the ones before still, or no longer.
  public func rotate(to algorithm: String, keepsOld: Bool = true) async throws {
    _ = try await post("/ctl/rotate?kty=\(algorithm)&keep=\(keepsOld ? 1 : 0)", "")
  }

  /// The next `count` requests for keys are answered by 503.
  public func failKeys(_ count: Int) async throws {
    _ = try await post("/ctl/fail", #"{"jwks": 503, "n": \#(count)}"#)
  }

  /// How often keys were asked for.
  public func keyRequests() async throws -> Int {
    struct Stats: Decodable {
      var jwks: Int
    }
    return try JSONDecoder().decode(Stats.self, from: try await curl("/ctl/stats")).jwks
  }

  private func post(_ path: String, _ body: String) async throws -> Data {
    try await curl(path, "-X", "POST", "--data-binary", body)
  }

  private func curl(_ path: String, _ arguments: String...) async throws -> Data {
    guard let curl = ChildProcess.locate("curl") else { throw TestSupportError("curl is missing") }
    return Data(try await ChildProcess.run(curl, ["-fsS", "--max-time", "30"] + arguments + [address + path]).utf8)
  }
}
