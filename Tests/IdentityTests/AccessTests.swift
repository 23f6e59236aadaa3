import Testing

@testable import Identity

@Suite struct AccessTests {
  private func caller(_ roles: Role..., readOnly: Bool = false) -> Caller {
    Caller(principal: "oidc:x", credential: .token, roles: roles, isReadOnly: readOnly)
  }

  @Test func `what is not granted is refused`() {
    let access = Access.read([.auditor], own: [.operator])
    #expect(access.scope(for: caller(.console)) == nil)
    #expect(access.scope(for: caller()) == nil)
    #expect(access.scope(for: caller(.auditor)) == .everything)
  }

  @Test func `a role that reaches its own reaches nothing else`() throws {
    let access = Access.read([.auditor], own: [.operator, .projectTeam])
    let scope = try #require(
      access.scope(for: caller(.operator("a"), .projectTeam("p"), .boardMember(operator: "b"))))
    #expect(scope == .own(operators: ["a"], projects: ["p"]))
    #expect(scope.covers(operator: "a") && scope.covers(project: "p"))
    // What a role is for that the route grants nothing to does not count.
    #expect(!scope.covers(operator: "b") && !scope.covers(operator: nil) && !scope.covers(project: "a"))
  }

  @Test func `the widest role counts, and one for everyone is wide`() {
    let access = Access.read([.auditor], own: [.operator])
    #expect(access.scope(for: caller(.operator("a"), .auditor)) == .everything)
    let each = access.scope(for: caller(.operator("a"), .operator(Role.everyone)))
    #expect(each == .own(operators: .all, projects: []))
  }

  @Test func `a role for everyone is each of its kind, and reaches nothing of another kind`() throws {
    let access = Access.read([.auditor], own: [.operator, .projectTeam])
    let each = try #require(access.scope(for: caller(.operator(Role.everyone), .projectTeam("p"))))
    #expect(each.covers(operator: "any") && !each.covers(operator: nil))
    #expect(each.covers(project: "p") && !each.covers(project: "q"))
    let teams = try #require(access.scope(for: caller(.projectTeam(Role.everyone))))
    #expect(teams.covers(project: "any") && !teams.covers(operator: "any"))
    let both = access.scope(for: caller(.operator(Role.everyone), .projectTeam(Role.everyone)))
    #expect(both == .own(operators: .all, projects: .all), "what is nobody's is still for whoever reads everything")
  }

  @Test func `who may only read changes nothing, in whatever role`() {
    let roles = Caller.local.roles
    let reader = Caller(principal: "key:1", credential: .key("1"), roles: roles, isReadOnly: true)
    #expect(Access.change([.console]).scope(for: reader) == nil)
    #expect(Access.read([.console]).scope(for: reader) == .everything)
  }

  @Test func `what changes something is never answered from memory`() {
    #expect(Access.read([.console]).answeredFromMemory.isAnsweredFromMemory)
    #expect(Access.anyRole.answeredFromMemory.grants == Access.anyRole.grants)
    #expect(!Access.read([.console]).isAnsweredFromMemory)
    #expect(!Access.change([.console]).answeredFromMemory.isAnsweredFromMemory)
  }

  @Test func `whoever sits at the machine of a demo is in every role`() {
    let own: [RoleKind.Subject: Scope] = [
      .operator: .own(operators: .all, projects: []), .project: .own(operators: [], projects: .all),
      .organisation: .own(operators: [], projects: []),
    ]
    for kind in RoleKind.allCases {
      #expect(Access.change([kind]).scope(for: .local) == .everything)
      let expected = kind.subject.flatMap { own[$0] }
      #expect(Access.change([], own: [kind]).scope(for: .local) == expected, "\(kind)")
    }
    #expect(Caller.local.has(.operator("any")) && Caller.local.has(.boardMember))
  }

  @Test func `nobody need be known where anyone may`() {
    #expect(Access.anyone.scope(for: Caller(principal: "", credential: .local, roles: [])) == .everything)
    #expect(!Access.anyone.needsCaller && Access.known.needsCaller)
    #expect(Access.known.scope(for: Caller(principal: "oidc:x", credential: .token, roles: [])) == .everything)
    #expect(Access.anyRole.scope(for: Caller(principal: "oidc:x", credential: .token, roles: [])) == nil)
  }
}
