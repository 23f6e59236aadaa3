import Identity

@testable import API

/// Believes whatever a token says: `operator(dtnum)+auditor`, or `nobody` who is in no role. A key may only read.
struct SpokenRoles: Authenticator {
  func caller(token: String) throws -> Caller {
    let roles = try roles(token)
    // Who has a role for an operator is in the group that it names; everybody is in all of them.
    let operators = roles.flatMap { role in
      guard role.kind == .boardMember, let name = role.subject else { return [String]() }
      return name == Role.everyone ? ["alize", "anfsi", "ants", "dtnum"] : [name]
    }
    return Caller(
      principal: "oidc:someone", credential: .token, roles: roles, subject: "someone",
      groups: Set(operators.map { "/regie/operators/\($0)" }))
  }

  func caller(key: String) throws -> Caller {
    Caller(principal: "key:some", credential: .key("some"), roles: try roles(key), isReadOnly: true)
  }

  private func roles(_ text: String) throws -> [Role] {
    guard text != "nobody" else { return [] }
    return try text.split(separator: "+").map {
      guard let role = Role(String($0)) else { throw AuthenticationRefusal.token("not a role") }
      return role
    }
  }
}

extension APIFixture {
  /// The headers of somebody in these roles.
  static func being(_ roles: Role...) -> [String: String] {
    ["authorization": "Bearer \(roles.map(\.description).joined(separator: "+"))"]
  }

  /// Everybody at once, who may do everything.
  static let all = ["authorization": "Bearer \(Caller.local.roles.map(\.description).joined(separator: "+"))"]
}
