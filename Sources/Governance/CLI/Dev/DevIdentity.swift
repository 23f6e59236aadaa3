import Crypto
import Foundation

/// The issuer of `regie dev`: a key that lives as long as the demo, a token by it for each of its people, and the files
/// by which governance believes them. It is in this program only: governance itself can not issue anything.
struct DevIdentity: Sendable {
  /// Nobody answers there: the keys are in a file.
  static let issuer = "http://127.0.0.1/regie-dev"
  static let audience = "regie-dev"
  /// Where the issuer's keys are below the data folder.
  static let keysName = "issuer-keys.json"
  /// Where it is said who may do what.
  static let rolesName = "roles.yaml"
  /// Longer than anybody leaves a demo running.
  private static let lifetime: Double = 30 * 86_400

  /// What governance is told.
  let environment: [String: String]
  /// What the demo's user shows.
  let token: String
  /// What each of the demo's people shows, by name.
  let people: [String: String]

  /// Makes a key and what goes with it in a folder, and throws the key itself away.
  ///
  /// - Parameter operators: those that somebody represents, and nobody besides.
  init(in folder: String, operators: [String] = [], now: Date = Date()) throws {
    let key = P256.Signing.PrivateKey()
    let keys = "\(folder)/\(Self.keysName)"
    let roles = "\(folder)/\(Self.rolesName)"
    let people = Self.roles(of: operators)
    try Self.keySet(key.publicKey).write(to: URL(fileURLWithPath: keys))
    try Data(Self.rules(people).utf8).write(to: URL(fileURLWithPath: roles))
    let represented = people.filter { $0.roles.contains("board-member(\($0.name))") }.map(\.name)
    token = try Self.token(for: Self.everybody, in: represented, by: key, now: now)
    self.people = try Dictionary(
      uniqueKeysWithValues: people.map { person in
        (person.name, try Self.token(for: person.name, in: represented.filter { $0 == person.name }, by: key, now: now))
      }
    ).merging([Self.everybody: token]) { $1 }
    environment = [
      "REGIE_AUTHENTICATION": "oidc", "REGIE_OIDC_ISSUER": Self.issuer, "REGIE_OIDC_AUDIENCE": Self.audience,
      "REGIE_OIDC_KEYS_FILE": keys, "REGIE_OIDC_ROLES_FILE": roles,
    ]
  }

  /// Leaves the token where `regie` finds it by itself, or by `REGIE_TOKEN_FILE`, and curl by `CURL_HOME`; and beside
  /// it those of all people, of which `regie login --as NAME` makes one that token.
  func leave(for server: String, in folder: String) throws {
    try DevLogin.write(people: people, for: server, in: folder)
    try DevLogin.leave(token, for: server, in: folder)
  }

  /// Whoever plays the demo is everybody; the others have one part each.
  static let everybody = "dev"
  /// Who answers for the projects.
  static let team = "equipe"
  /// Who administers.
  static let administrator = "admin"

  /// By name: an administrator, an auditor, the homologation authority, the teams of projects, and who represents an operator and is
  /// called like it.
  private static func roles(of operators: [String]) -> [(name: String, roles: [String])] {
    let all = [
      "governance-admin", "console", "auditor", "homologation-authority", "operator(*)", "board-member(*)",
      "project-team(*)", "organisation(*)",
    ]
    let fixed = [
      (everybody, all), (administrator, ["governance-admin"]), ("auditor", ["auditor"]),
      ("homologation", ["homologation-authority"]), (team, ["project-team(*)"]),
    ]
    let names = Set(operators).subtracting(fixed.map(\.0)).sorted()
    return fixed + names.map { ($0, ["board-member(\($0))", "operator(\($0))"]) }
  }

  private static func rules(_ people: [(name: String, roles: [String])]) -> String {
    "roles:\n"
      + people.flatMap { person in
        person.roles.map { "  - {subject: \(person.name), role: \"\($0)\"}\n" }
      }.joined()
  }

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

  /// - Parameter operators: whose groups he is in, as the examples of operators name them.
  private static func token(
    for subject: String, in operators: [String], by key: P256.Signing.PrivateKey, now: Date
  ) throws -> String {
    struct Claims: Encodable {
      var iss = DevIdentity.issuer
      var aud = DevIdentity.audience
      var sub: String
      var groups: [String]
      var iat: Int64
      var exp: Int64
    }
    let seconds = now.timeIntervalSince1970
    let header = try encoder.encode(["alg": "ES256", "kid": "dev", "typ": "at+jwt"])
    let claims = try encoder.encode(
      Claims(
        sub: subject, groups: operators.map { "/regie/operators/\($0)/board" }, iat: Int64(seconds),
        exp: Int64(seconds + lifetime)))
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
