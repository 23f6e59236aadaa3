import Model

/// Which roles the holder of a token has, by the groups it is in and by who it is. What no rule names gives no role.
public struct RoleMapping: Sendable, Hashable {
  /// The claims that hold groups, each a path of names.
  public let claims: [[String]]
  /// The rules. All that apply count.
  public let rules: [RoleRule]

  /// A mapping.
  public init(claims: [[String]], rules: [RoleRule]) {
    self.claims = claims
    self.rules = rules
  }

  /// Reads a mapping, in YAML or JSON:
  /// `{claims: [groups], roles: [{group: /console/admin, role: governance-admin}]}`.
  ///
  /// - Throws: `DocumentErrors` for what is no such document, ``RoleMappingError`` for a rule that can not be meant.
  public init(_ text: String) throws {
    let form: Form = try DocumentText(text).decode()
    guard !form.roles.isEmpty else { throw RoleMappingError("roles", "no rule at all: nobody would have any role") }
    rules = try form.roles.enumerated().map { index, rule in
      switch (rule.group, rule.subject) {
      case (let group?, nil): try RoleRule(group: group, role: rule.role, at: "roles[\(index)]")
      case (nil, let subject?): try RoleRule(subject: subject, role: rule.role, at: "roles[\(index)]")
      default: throw RoleMappingError("roles[\(index)]", "one of group and subject is wanted")
      }
    }
    claims = try (form.claims ?? ["groups"]).enumerated().map { index, path in
      let names = path.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
      guard !names.contains("") else {
        throw RoleMappingError("claims[\(index)]", "“\(path)” is no path of names such as groups or realm_access.roles")
      }
      return names
    }
  }

  /// The roles of the bearer of a token.
  public func roles(of token: TokenClaims) -> Set<Role> {
    let groups = groups(of: token)
    return Set(rules.flatMap { rule in rule.roles(subject: token.subject, groups: groups) })
  }

  /// The roles that being in a group gives by itself.
  public func roles(inGroup group: String) -> Set<Role> {
    Set(rules.flatMap { $0.roles(subject: "", groups: [group]) })
  }

  /// The groups that a token names, where this mapping looks for them.
  public func groups(of token: TokenClaims) -> [String] { claims.flatMap { token.claims[path: $0]?.texts ?? [] } }

  private struct Form: Codable {
    var claims: [String]?
    var roles: [Rule]

    struct Rule: Codable {
      var group: String?
      var subject: String?
      var role: String
    }
  }
}

/// What is wrong with a mapping of roles.
public struct RoleMappingError: Error, Sendable, Hashable, CustomStringConvertible {
  /// Where, and what.
  public let description: String

  init(_ path: String, _ message: String) {
    description = "\(path): \(message)"
  }
}
