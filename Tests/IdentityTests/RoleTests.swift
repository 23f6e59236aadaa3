import Foundation
import Testing

@testable import Identity

@Suite struct RoleTests {
  @Test(
    arguments: [
      ("auditor", Role.auditor), ("governance-admin", .governanceAdmin), ("console", .console),
      ("operator(dtnum)", .operator("dtnum")), ("board-member(dtnum)", .boardMember(operator: "dtnum")),
      ("project-team(ccaf)", .projectTeam("ccaf")), ("operator(*)", .operator(Role.everyone)),
      ("homologation-authority", .homologationAuthority), ("organisation(mi)", .organisation("mi")),
    ])
  func `a role is read as it is written`(text: String, role: Role) throws {
    #expect(Role(text) == role)
    #expect(role.description == text)
    #expect(try JSONDecoder().decode(Role.self, from: JSONEncoder().encode(role)) == role)
  }

  @Test(
    arguments: [
      "", "root", "operator", "operator()", "auditor(x)", "operator(a)(b)", "operator(a", "operator(A b)",
      "project-team(../x)", "Auditor", "operator(**)",
    ])
  func `what is no role is not read`(text: String) throws {
    #expect(Role(text) == nil)
    #expect(throws: DecodingError.self) { try JSONDecoder().decode(Role.self, from: JSONEncoder().encode(text)) }
  }

  @Test func `a role for everyone is one for each of its kind, and of no other`() {
    let all = Role.operator(Role.everyone)
    #expect(all.includes(.operator("dtnum")))
    #expect(!all.includes(.boardMember(operator: "dtnum")))
    #expect(!Role.operator("dtnum").includes(all))
    #expect(Role.auditor.includes(.auditor))
  }
}
