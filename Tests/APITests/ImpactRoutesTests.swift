import Contract
import Foundation
import HTTPTypes
import Identity
import Model
import Policy
import Store
import Testing

@testable import API

/// What a policy says otherwise, and what it would change, over HTTP.
struct ImpactRoutesTests {
  /// The example's policy, with a rule that keeps everybody off the only cluster.
  private static let stricter = Offered.policy.replacing(
    "  rules:\n",
    with: """
        rules:
          - id: not-here
            motive: {fr: Ailleurs., en: Elsewhere.}
            effect: forbid
            places: {matchLabels: {cluster.name: nord-1}}

      """)

  private static func place(_ api: APIFixture) async throws {
    try await api.offer(projects: ["vigie"])
    try #require(try await api.place("vigie").status == 201)
  }

  /// Where who asks says in which role.
  ///
  /// - Returns: The headers of who administers.
  @discardableResult
  private static func placeAsSpoken(_ api: APIFixture) async throws -> [String: String] {
    let admin = APIFixture.being(try #require(Role(.governanceAdmin, subject: nil)))
    for (path, text) in Offered.all + [("projects/vigie", Offered.project("vigie"))] {
      try #require(try await api.send(.put, "/api/v1/\(path)", text, headers: admin).status == 201)
    }
    let console = APIFixture.being(try #require(Role(.console, subject: nil)))
    try #require(try await api.place("vigie", headers: console).status == 201)
    return admin
  }

  private static func workOut(_ api: APIFixture) async throws {
    let claim = try #require(try await api.store.claimImpact(by: "test"))
    #expect(try await api.store.workOut(claim) { _ in })
  }

  @Test func `a document and a version are compared with the policy in force, and with any version`() async throws {
    try await APIFixture.run { api in
      let without = try await api.send(.post, "/api/v1/policy:difference", Offered.policy)
      _ = try without.problem(409, .noPolicy)
      try await api.offer()
      let same = try await api.send(.post, "/api/v1/policy:difference", Offered.policy).decode(DifferenceView.self)
      #expect(same.entries.isEmpty && same.from == 1 && same.to == nil)
      let answer = try await api.send(.post, "/api/v1/policy:difference?lang=en", Self.stricter)
      let added = try answer.decode(DifferenceView.self)
      #expect(answer.header("content-language") == "en")
      #expect(added.entries.map(\.name) == ["not-here"] && added.entries.map(\.change) == [.added])
      #expect(added.entries[0].sentence.hasPrefix("The rule “not-here” is added: effect: forbids; places: "))
      #expect(try await api.send(.put, "/api/v1/policies/regie", Self.stricter).status == 200)
      let back = try await api.send(.get, "/api/v1/policy/versions/2/difference/1").decode(DifferenceView.self)
      #expect(back.entries.map(\.change) == [.removed] && back.from == 2 && back.to == 1)
      #expect(back.entries[0].sentence.hasPrefix("La règle « not-here » est retirée"))
      let base = try await api.send(.post, "/api/v1/policy:difference?base=1", Self.stricter)
      #expect(try base.decode(DifferenceView.self).entries.count == 1)
      for path in ["/api/v1/policy/versions/9/difference/1", "/api/v1/policy/versions/1/difference/9"] {
        _ = try await api.send(.get, path).problem(404, .notFound)
      }
      _ = try await api.send(.get, "/api/v1/policy/versions/x/difference/1").problem(400, .badParameter)
      _ = try await api.refuse(.post, "/api/v1/policy:difference", Offered.op, with: 422, .invalid)
    }
  }

  @Test func `a difference is worked out in line with what else takes long, and not for somebody who has gone`()
    async throws
  {
    let policy = PolicySpec(title: LocalizedText(fr: "Politique"), dataClasses: [])
    #expect(try await DifferenceRoutes.view(policy, policy, from: 1, to: 2, .fr).entries.isEmpty)
    let late = Task {
      while !Task.isCancelled { await Task.yield() }
      _ = try await DifferenceRoutes.view(policy, policy, from: 1, to: 2, .fr)
    }
    late.cancel()
    await #expect(throws: CancellationError.self) { try await late.value }
  }

  @Test func `an impact is asked for, followed, and read in pages`() async throws {
    try await APIFixture.run { api in
      try await Self.place(api)
      let accepted = try await api.send(.post, "/api/v1/policy/impacts", Self.stricter)
      #expect(accepted.status == 202)
      let asked = try accepted.decode(ImpactView.self)
      let path = try #require(accepted.header("location"))
      #expect(path == "/api/v1/policy/impacts/\(asked.id.uuidString.lowercased())")
      #expect(asked.state == .waiting && asked.result == nil)
      _ = try await api.send(.get, "\(path)/migrations").problem(404, .notFound)
      try await Self.workOut(api)
      let done = try await api.send(.get, path).decode(ImpactView.self)
      let summary = try #require(done.result?.summary)
      #expect(done.state == .done && summary.nonCompliant == summary.placements && summary.placements > 1)
      #expect(summary.noLongerPlaceable == 1 && summary.migrationsThatDoNotFit == summary.placements)
      var found: [NonComplianceView] = []
      var cursor: String?
      repeat {
        let more = cursor.map { "&cursor=\($0)" } ?? ""
        let page = try await api.send(.get, "\(path)/non-compliances?limit=1\(more)")
          .decode(ListView<NonComplianceView>.self)
        #expect(page.items.count == 1)
        found += page.items
        cursor = page.next
      } while cursor != nil
      #expect(found.count == summary.nonCompliant && found.allSatisfy { $0.rules == ["not-here"] })
      #expect(found[0].reasons.first?.sentence == "La règle not-here l’interdit : Ailleurs.")
      for section in ImpactSection.allCases {
        #expect(try await api.send(.get, "\(path)/\(section.rawValue)").status == 200)
      }
      _ = try await api.send(.get, "\(path)/nothing").problem(400, .badParameter)
      let list = try await api.send(.get, "/api/v1/policy/impacts").decode(ListView<ImpactView>.self)
      #expect(list.items == [done])
    }
  }

  @Test func `impacts are listed page by page, and whoever reads one goes on with the result that he began with`()
    async throws
  {
    try await APIFixture.run { api in
      try await Self.place(api)
      var asked: [UUID] = []
      for _ in 0..<5 {
        asked.append(try await api.send(.post, "/api/v1/policy/impacts", Self.stricter).decode(ImpactView.self).id)
      }
      var listed: [UUID] = []
      var cursor: String?
      repeat {
        let more = cursor.map { "&cursor=\($0)" } ?? ""
        let page = try await api.send(.get, "/api/v1/policy/impacts?limit=2\(more)").decode(ListView<ImpactView>.self)
        listed += page.items.map(\.id)
        cursor = page.next
      } while cursor != nil
      #expect(listed == asked.reversed())
      try await Self.workOut(api)
      let id = asked[0].uuidString.lowercased()
      let first = try await api.send(.get, "/api/v1/policy/impacts/\(id)/non-compliances?limit=1")
        .decode(ListView<NonComplianceView>.self)
      let next = try #require(first.next)
      let other = try await api.send(.get, "/api/v1/policy/impacts/\(id)/migrations?cursor=\(next)")
      _ = try other.problem(400, .badCursor)
      _ = try await api.send(.get, "/api/v1/policy/impacts/\(id)/migrations?cursor=1").problem(400, .badCursor)
      _ = try await api.send(.get, "/api/v1/policy/impacts?cursor=x").problem(400, .badCursor)
      _ = try await api.send(.get, "/api/v1/policy/impacts/\(UUID())/capacity").problem(404, .notFound)
    }
  }

  @Test func `one that nobody wants any more is cancelled`() async throws {
    try await APIFixture.run { api in
      try await Self.place(api)
      let asked = try await api.send(.post, "/api/v1/policy/impacts", Self.stricter).decode(ImpactView.self)
      let path = "/api/v1/policy/impacts/\(asked.id.uuidString.lowercased())"
      #expect(try await api.send(.delete, path).decode(ImpactView.self).state == .cancelled)
      #expect(try await api.store.claimImpact(by: "test") == nil)
      _ = try await api.send(.delete, "/api/v1/policy/impacts/\(UUID().uuidString)").problem(404, .notFound)
    }
  }

  @Test func `of a question that nobody votes on, an operator is told nothing of others' placements`() async throws {
    try await APIFixture.run(authentication: .required(SpokenRoles())) { api in
      try await Self.placeAsSpoken(api)
      let other = APIFixture.being(try #require(Role(.boardMember, subject: "autre")))
      let asked = try await api.send(.post, "/api/v1/policy/impacts", Self.stricter, headers: other)
        .decode(ImpactView.self)
      var policy = try #require(try await api.store.policyInForce()).spec
      policy.rules = [
        PolicySpec.Rule(
          id: "not-here", motive: LocalizedText(fr: "Ailleurs."), effect: .forbid,
          places: LabelSelector(matchLabels: ["cluster.name": "nord-1"]))
      ]
      let voted = try await api.store.requestImpact(
        of: policy, subject: "vote", context: RequestContext(principal: "test"))
      try await Self.workOut(api)
      try await Self.workOut(api)
      func page<Item: Codable & Sendable>(
        _ id: UUID, _ section: ImpactSection, to kind: RoleKind, _ subject: String?, of type: Item.Type
      ) async throws -> ImpactItemsView<Item> {
        let role = APIFixture.being(try #require(Role(kind, subject: subject)))
        let path = "/api/v1/policy/impacts/\(id.uuidString.lowercased())/\(section.rawValue)"
        return try await api.send(.get, path, headers: role).decode(ImpactItemsView<Item>.self)
      }
      func told(_ id: UUID, to kind: RoleKind, _ subject: String?) async throws -> [String] {
        let broken = try await page(id, .nonCompliances, to: kind, subject, of: NonComplianceView.self)
        let moves = try await page(id, .migrations, to: kind, subject, of: Impact.Migration.self)
        return [
          "\(broken.items.count) \(broken.withheld == true)", "\(moves.items.count) \(moves.withheld == true)",
        ]
      }
      #expect(try await told(asked.id, to: .boardMember, "autre") == ["0 true", "0 true"])
      // Whether there is anything else it is not told either.
      #expect(try await told(asked.id, to: .boardMember, "dtnum") == ["2 true", "2 true"])
      let all: [(RoleKind, String?)] = [(.boardMember, "*"), (.governanceAdmin, nil), (.auditor, nil)]
      for (kind, subject) in all {
        #expect(try await told(asked.id, to: kind, subject) == ["2 false", "2 false"], "\(kind)")
      }
      #expect(try await told(voted.id, to: .boardMember, "autre") == ["2 false", "2 false"])
    }
  }

  @Test func `whether a question finds anything of others does not show to whoever represents an operator`()
    async throws
  {
    try await APIFixture.run(authentication: .required(SpokenRoles())) { api in
      let admin = try await Self.placeAsSpoken(api)
      let other = APIFixture.being(try #require(Role(.boardMember, subject: "autre")))
      var (own, whole): ([[String]], [[String]]) = ([], [])
      for text in [Self.stricter, Offered.policy] {
        let asked = try await api.send(.post, "/api/v1/policy/impacts", text, headers: other).decode(ImpactView.self)
        let path = "/api/v1/policy/impacts/\(asked.id.uuidString.lowercased())"
        try await Self.workOut(api)
        func told(_ headers: [String: String]) async throws -> [String] {
          let result = try await api.send(.get, path, headers: headers).decode(ImpactView.self).result
          var texts = [result?.digest ?? "none", result?.summary.map { "\($0)" } ?? "none"]
          for section in ImpactSection.allCases {
            texts.append(try await api.send(.get, "\(path)/\(section.rawValue)?limit=1", headers: headers).text)
          }
          return texts
        }
        own.append(try await told(other))
        whole.append(try await told(admin))
        let listed = try await api.send(.get, "/api/v1/policy/impacts", headers: other)
          .decode(ListView<ImpactView>.self)
        let cancelled = try await api.send(.delete, path, headers: other).decode(ImpactView.self)
        let results = (listed.items + [cancelled]).compactMap(\.result)
        let isBare = results.allSatisfy { $0.digest == nil && $0.summary == nil && !$0.snapshotDigest.isEmpty }
        #expect(results.count == own.count + 1 && isBare)
      }
      #expect(own[0] == own[1] && own[0].prefix(2) == ["none", "none"])
      let differs = zip(whole[0], whole[1]).map { $0 != $1 }
      #expect(differs.prefix(3) == [true, true, true], "there is something to be seen")
    }
  }

  @Test func `a cursor opens no other question, whoever may read that whole`() async throws {
    try await APIFixture.run(authentication: .required(SpokenRoles())) { api in
      let admin = try await Self.placeAsSpoken(api)
      let other = APIFixture.being(try #require(Role(.boardMember, subject: "autre")))
      let asked = try await api.send(.post, "/api/v1/policy/impacts", Self.stricter, headers: other)
        .decode(ImpactView.self)
      let present = try #require(try await api.store.policyInForce()).spec
      let voted = try await api.store.requestImpact(
        of: present, subject: "vote", context: RequestContext(principal: "test"))
      try await Self.workOut(api)
      try await Self.workOut(api)
      func read(_ id: UUID, _ cursor: String?, _ headers: [String: String]) async throws -> Answer {
        let more = cursor.map { "&cursor=\($0)" } ?? ""
        let path = "/api/v1/policy/impacts/\(id.uuidString.lowercased())/non-compliances?limit=1\(more)"
        return try await api.send(.get, path, headers: headers)
      }
      // It is no more than a digest in other letters: whoever knows that makes it up.
      let first = try await read(asked.id, nil, admin).decode(ImpactItemsView<NonComplianceView>.self)
      let next = try #require(first.next)
      _ = try await read(voted.id, next, other).problem(400, .badCursor)
      _ = try await read(voted.id, next, admin).problem(400, .badCursor)
      #expect(try await read(asked.id, next, admin).decode(ImpactItemsView<NonComplianceView>.self).items.count == 1)
    }
  }

  @Test func `findings are seen by those whose they are, and by those who see everything`() async throws {
    try await APIFixture.run(authentication: .required(SpokenRoles())) { api in
      let admin = try await Self.placeAsSpoken(api)
      try #require(try await api.send(.put, "/api/v1/policies/regie", Self.stricter, headers: admin).status == 200)
      let opened = try await api.store.judgeEverything(always: false).opened
      #expect(opened > 1)
      func seen(_ kind: RoleKind, _ subject: String?, _ query: String = "") async throws -> [FindingView] {
        let role = try #require(Role(kind, subject: subject))
        return try await api.send(.get, "/api/v1/findings\(query)", headers: APIFixture.being(role))
          .decode(ListView<FindingView>.self).items
      }
      let all = try await seen(.auditor, nil)
      #expect(all.count == opened && all.allSatisfy { $0.state == .open && $0.policyVersion == 2 })
      #expect(try await seen(.projectTeam, "vigie") == all)
      #expect(try await seen(.operator, "dtnum") == all)
      #expect(try await seen(.projectTeam, "autre").isEmpty)
      #expect(try await seen(.operator, "autre").isEmpty)
      #expect(try await seen(.auditor, nil, "?rule=not-here&operator=dtnum&project=vigie") == all)
      #expect(try await seen(.auditor, nil, "?rule=other").isEmpty)
      #expect(try await seen(.auditor, nil, "?state=resolved").isEmpty)
      let path = "/api/v1/findings/\(all[0].id.uuidString.lowercased())"
      let team = APIFixture.being(try #require(Role(.projectTeam, subject: "vigie")))
      let other = APIFixture.being(try #require(Role(.projectTeam, subject: "autre")))
      #expect(try await api.send(.get, path, headers: team).decode(FindingView.self) == all[0])
      _ = try await api.send(.get, path, headers: other).problem(404, .notFound)
      _ = try await api.send(.get, "/api/v1/findings?state=late", headers: team).problem(400, .badParameter)
      #expect(all.allSatisfy { $0.mayStay == nil })
    }
  }

  @Test func `what only has the wrong chain says that it may stay, in findings, impacts and placements`() async throws {
    try await APIFixture.run { api in
      try await Self.place(api)
      let second = Offered.chain.replacing("forge", with: "atelier")
      #expect(try await api.send(.put, "/api/v1/chains/atelier", second).status == 201)
      let zone = Offered.zone.replacing(", chain: forge", with: "")
      #expect(try await api.send(.put, "/api/v1/zones/nord-usuel", zone).status == 200)
      let placed = try await api.send(.get, "/api/v1/placements").decode(ListView<PlacementView>.self).items
      #expect(placed.count > 1 && placed.allSatisfy { $0.spec.chain == "forge" })
      let policy = Offered.policy.replacing(
        "  rules:\n",
        with: """
            rules:
              - id: closed
                motive: {fr: Fermée.}
                effect: forbid
                chains: {matchLabels: {chain.name: forge}}

          """)
      let accepted = try await api.send(.post, "/api/v1/policy/impacts", policy)
      let path = try #require(accepted.header("location"))
      try await Self.workOut(api)
      let found = try await api.send(.get, "\(path)/non-compliances").decode(ListView<NonComplianceView>.self).items
      #expect(found.count == placed.count && found.allSatisfy { $0.mayStay == true && $0.rules == ["closed"] })
      #expect(found.first?.reasons.first?.sentence == "La règle closed interdit la chaîne « forge » : Fermée.")
      #expect(try await api.send(.put, "/api/v1/policies/regie", policy).status == 200)
      #expect(try await api.store.judgeEverything(always: false).opened == placed.count)
      let findings = try await api.send(.get, "/api/v1/findings").decode(ListView<FindingView>.self).items
      #expect(findings.count == placed.count && findings.allSatisfy { $0.mayStay == true })
    }
  }
}
