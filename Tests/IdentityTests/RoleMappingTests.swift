import Model
import Testing

@testable import Identity

@Suite struct RoleMappingTests {
  private static let text = """
    claims: [groups, realm_access.roles]
    roles:
      - {group: /console/admin, role: governance-admin}
      - {group: "/regie/operators/{name}/board", role: "board-member({name})"}
      - {group: "/regie/operators/{name}", role: "operator({name})"}
      - {group: "/{project}/console/devops", role: "project-team({project})"}
      - {group: /regie/audit, role: auditor}
      - {subject: service-account-console, role: console}
    """

  private func roles(_ groups: [String], subject: String = "x", more: [String: ClaimValue] = [:]) throws -> [Role] {
    let claims = ClaimValue.object(more.merging(["groups": .list(groups.map { .text($0) })]) { $1 })
    return try RoleMapping(Self.text).roles(of: TokenClaims(subject: subject, claims: claims)).sorted()
  }

  @Test(
    arguments: [
      (["/console/admin"], ["governance-admin"]),
      (["/regie/operators/dtnum/board"], ["board-member(dtnum)"]),
      (["/regie/operators/dtnum", "/regie/audit"], ["auditor", "operator(dtnum)"]),
      (["/ccaf/console/devops", "/candilib/console/devops"], ["project-team(candilib)", "project-team(ccaf)"]),
      // Not the whole path, another case, a part too many, names that are none.
      (["console/admin", "/console/admin/", "/Console/admin", "/x/console/admin", "/console"], []),
      (["/*/console/devops", "//console/devops", "/A b/console/devops", "/a)(b/console/devops"], []),
      ([], []),
    ])
  func `groups give the roles of the rules that they match`(groups: [String], wanted: [String]) throws {
    #expect(try roles(groups).map(\.description) == wanted)
  }

  @Test func `a group gives what its rules say, whoever is in it`() throws {
    let mapping = try RoleMapping(Self.text)
    #expect(mapping.roles(inGroup: "/regie/operators/dtnum/board") == [.boardMember(operator: "dtnum")])
    #expect(mapping.roles(inGroup: "/regie/operators/dtnum") == [.operator("dtnum")])
    #expect(mapping.roles(inGroup: "service-account-console") == [] && mapping.roles(inGroup: "") == [])
  }

  @Test func `a subject gives a role, and other claims are read too`() throws {
    #expect(try roles([], subject: "service-account-console") == [.console])
    let nested = ClaimValue.object(["roles": .list([.text("/regie/audit"), .number(1)])])
    #expect(try roles([], more: ["realm_access": nested]) == [.auditor])
    #expect(try roles([], more: ["realm_access": .text("/regie/audit")]) == [])
  }

  @Test(
    arguments: [
      "roles: []", "roles: [{role: auditor}]", "roles: [{group: /a, subject: b, role: auditor}]",
      "roles: [{group: a, role: auditor}]", "roles: [{group: /a, role: root}]",
      "roles: [{group: /a, role: operator}]", #"roles: [{group: /a, role: "operator({b})"}]"#,
      #"roles: [{group: "/{a}/{a}", role: auditor}]"#, #"roles: [{group: "/a*", role: auditor}]"#,
      "roles: [{group: /a//b, role: auditor}]", "{claims: [a..b], roles: [{group: /a, role: auditor}]}",
    ])
  func `a rule that can not be meant is named`(text: String) throws {
    let error = #expect(throws: RoleMappingError.self) { try RoleMapping(text) }
    #expect(error?.description.contains(":") == true)
  }

  @Test(arguments: ["", "roles", "{rules: []}", "roles: [{group: /a, role: auditor, x: 1}]"])
  func `what is no mapping is refused with its place`(text: String) {
    #expect(throws: DocumentErrors.self) { try RoleMapping(text) }
  }
}
