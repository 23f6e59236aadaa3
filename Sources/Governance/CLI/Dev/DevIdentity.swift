import Crypto
import Foundation

/// The issuer of `regie dev`: a key that lives as long as the demo, one token by it, and the files by which governance
/// believes it. It is in this program only: governance itself can not issue anything.
struct DevIdentity: Sendable {
  /// Nobody answers there: the keys are in a file.
  static let issuer = "http://127.0.0.1/regie-dev"
  static let audience = "regie-dev"
  /// Longer than anybody leaves a demo running.
  private static let lifetime: Double = 30 * 86_400

  /// What governance is told.
  let environment: [String: String]
  /// What the demo's user shows.
  let token: String

  /// Makes a key and what goes with it in a folder, and throws the key itself away.
  init(in folder: String, now: Date = Date()) throws {
    let key = P256.Signing.PrivateKey()
    let keys = "\(folder)/issuer-keys.json"
    let roles = "\(folder)/roles.yaml"
    try Self.keySet(key.publicKey).write(to: URL(fileURLWithPath: keys))
    try Data(Self.roles.utf8).write(to: URL(fileURLWithPath: roles))
    token = try Self.token(by: key, now: now)
    environment = [
      "REGIE_AUTHENTICATION": "oidc", "REGIE_OIDC_ISSUER": Self.issuer, "REGIE_OIDC_AUDIENCE": Self.audience,
      "REGIE_OIDC_KEYS_FILE": keys, "REGIE_OIDC_ROLES_FILE": roles,
    ]
  }

  /// Leaves the token where `regie` finds it by itself, or by `REGIE_TOKEN_FILE`, and curl by `CURL_HOME`.
  func leave(for server: String, in folder: String) throws {
    try DevLogin.write(token, for: server, in: folder)
    try PrivateFile.write(Data(token.utf8), to: "\(folder)/token")
    try PrivateFile.write(Data("header = \"Authorization: Bearer \(token)\"\n".utf8), to: "\(folder)/.curlrc")
  }

  /// Whoever plays the demo is everybody.
  private static let roles = """
    roles:
      - {subject: dev, role: governance-admin}
      - {subject: dev, role: console}
      - {subject: dev, role: auditor}
      - {subject: dev, role: "operator(*)"}
      - {subject: dev, role: "board-member(*)"}
      - {subject: dev, role: "project-team(*)"}

    """

  private static func keySet(_ key: P256.Signing.PublicKey) throws -> Data {
    let bytes = key.rawRepresentation
    return try encoder.encode([
      "keys": [
        [
          "kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "kid": "dev", "x": encode(bytes.prefix(32)),
          "y": encode(bytes.suffix(32)),
        ]
      ]
    ])
  }

  private static func token(by key: P256.Signing.PrivateKey, now: Date) throws -> String {
    struct Claims: Encodable {
      var iss = DevIdentity.issuer
      var aud = DevIdentity.audience
      var sub = "dev"
      var iat: Int64
      var exp: Int64
    }
    let seconds = now.timeIntervalSince1970
    let header = try encoder.encode(["alg": "ES256", "kid": "dev", "typ": "at+jwt"])
    let claims = try encoder.encode(Claims(iat: Int64(seconds), exp: Int64(seconds + lifetime)))
    let signed = "\(encode(header)).\(encode(claims))"
    return "\(signed).\(encode(try key.signature(for: Data(signed.utf8)).rawRepresentation))"
  }

  private static let encoder: JSONEncoder = {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return encoder
  }()

  private static func encode(_ data: Data) -> String {
    data.base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
  }
}
