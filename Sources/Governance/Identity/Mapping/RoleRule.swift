/// One rule of a ``RoleMapping``: who is in a group, or is somebody, has a role.
///
/// A group is a full path, as Keycloak writes it. A part `{name}` stands for any one part, and may be named in the role:
/// `/{project}/console/devops` gives `project-team({project})`.
public struct RoleRule: Sendable, Hashable {
  enum Part: Sendable, Hashable {
    case fixed(String)
    case variable(String)
  }

  private enum Condition: Sendable, Hashable {
    case subject(String)
    case group([Part])
  }

  private enum Result: Sendable, Hashable {
    case role(Role)
    case named(RoleKind, by: String)
  }

  private let condition: Condition
  private let result: Result

  /// A rule on a group.
  ///
  /// - Throws: ``RoleMappingError``.
  public init(group: String, role: String, at path: String) throws(RoleMappingError) {
    guard group.hasPrefix("/"), group.utf8.count > 1 else {
      throw RoleMappingError("\(path).group", "“\(group)” is no full path such as /console/admin")
    }
    var parts: [Part] = []
    var names: [String] = []
    for text in group.dropFirst().split(separator: "/", omittingEmptySubsequences: false) {
      if text.hasPrefix("{"), text.hasSuffix("}"), text.count > 2 {
        let name = String(text.dropFirst().dropLast())
        guard !names.contains(name) else { throw RoleMappingError("\(path).group", "{\(name)} is there twice") }
        names.append(name)
        parts.append(.variable(name))
      } else {
        guard !text.isEmpty, !text.contains(where: { "{}*".contains($0) }) else {
          throw RoleMappingError("\(path).group", "“\(group)”: a part is a text, or {name} for any one")
        }
        parts.append(.fixed(String(text)))
      }
    }
    condition = .group(parts)
    result = try Self.result(role, names: names, at: path)
  }

  /// A rule on one person or program.
  ///
  /// - Throws: ``RoleMappingError``.
  public init(subject: String, role: String, at path: String) throws(RoleMappingError) {
    guard !subject.isEmpty else { throw RoleMappingError("\(path).subject", "a subject is wanted") }
    condition = .subject(subject)
    result = try Self.result(role, names: [], at: path)
  }

  private static func result(
    _ text: String, names: [String], at path: String
  ) throws(RoleMappingError) -> Result {
    if let role = Role(text) { return .role(role) }
    for kind in RoleKind.allCases where kind.subject != nil {
      for name in names where text == "\(kind.rawValue)({\(name)})" { return .named(kind, by: name) }
    }
    let accepted = RoleKind.allCases.map { $0.subject == nil ? $0.rawValue : "\($0.rawValue)(NAME)" }
    throw RoleMappingError(
      "\(path).role",
      "“\(text)” is no role; accepted: \(accepted.joined(separator: ", ")), NAME being a name, * or a {name} of the group"
    )
  }

  func roles(subject: String, groups: [String]) -> [Role] {
    switch condition {
    case .subject(let wanted): wanted == subject ? [role([:])].compactMap(\.self) : []
    case .group(let parts): groups.compactMap { match(parts, $0).flatMap(role) }
    }
  }

  /// What the variables stand for where `group` is of this form; nil where it is not.
  private func match(_ parts: [Part], _ group: String) -> [String: String]? {
    let found = group.split(separator: "/", omittingEmptySubsequences: false)
    guard found.first?.isEmpty == true, found.count == parts.count + 1 else { return nil }
    var values: [String: String] = [:]
    for (part, text) in zip(parts, found.dropFirst()) {
      switch part {
      case .fixed(let wanted): guard text == wanted else { return nil }
      case .variable(let name): values[name] = String(text)
      }
    }
    return values
  }

  /// A group that somebody has called `*` is one group, and not all.
  private func role(_ values: [String: String]) -> Role? {
    switch result {
    case .role(let role): role
    case .named(let kind, let name):
      values[name].flatMap { $0 == Role.everyone ? nil : Role("\(kind.rawValue)(\($0))") }
    }
  }
}
