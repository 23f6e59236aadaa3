import Board
import Contract
import Foundation
import HTTPTypes
import Identity
import Model
import Testing

@testable import API

/// The life of a policy over HTTP; the OpenAPI document judges every question and answer.
struct BoardRoutesTests {
  private static let base = "/api/v1/policy"
  private static let policy = Offered.policy + "\n  governance: {quorum: 2}\n"
  private static let motive = #"{"motive": {"fr": "Il le faut"}, "operator": "dtnum"}"#

  /// A text with one rule more.
  private static func text(_ rule: String) -> String {
    policy.replacing(
      "  rules:\n",
      with: """
          rules:
            - id: \(rule)
              motive: {fr: Interdit}
              effect: forbid
              places: {matchLabels: {region.name: sud}}

        """)
  }

  private static func run(_ body: @escaping @Sendable (APIFixture) async throws -> Void) async throws {
    try await APIFixture.run { api in
      try await api.offer()
      for name in ["alize", "anfsi"] {
        let text = """
          {"apiVersion": "regie.cloud-pi-native.fr/v1", "kind": "Operator", "metadata": {"name": "\(name)"},
           "spec": {"displayName": "\(name)"}}
          """
        let answer = try await api.send(.put, "/api/v1/operators/\(name)", text, type: "application/json")
        try #require(answer.status == 201)
      }
      try #require(try await api.send(.put, "/api/v1/policies/regie", policy).status == 200)
      try await body(api)
    }
  }

  private static func draft(_ api: APIFixture, _ rule: String = "nouvelle", _ query: String = "") async throws
    -> ProposalView
  {
    let answer = try await api.send(.post, "\(base)/drafts?operator=dtnum\(query)", text(rule))
    try #require(answer.status == 201, "\(answer.text)")
    return try answer.decode()
  }

  private static func post(
    _ api: APIFixture, _ path: String, _ body: String, _ method: HTTPRequest.Method = .post,
    headers: [String: String] = [:]
  ) async throws -> Answer {
    try await api.send(method, "\(base)/\(path)", body, type: "application/json", headers: headers)
  }

  private static func vote(_ api: APIFixture, _ id: UUID, _ name: String, _ choice: String) async throws -> Answer {
    try await post(
      api, "proposals/\(id)/votes/\(name)", #"{"choice": "\#(choice)", "reason": "vu", "withoutImpact": true}"#, .put)
  }

  @Test func `a policy goes from its draft to its effect`() async throws {
    try await Self.run { api in
      let draft = try await Self.draft(api)
      #expect(draft.state == .draft && draft.base == 2 && draft.spec?.rules.first?.id == "nouvelle")
      let path = "\(Self.base)/drafts/\(draft.id)"
      let edited = try await api.send(
        .put, "\(path)?operator=dtnum", Self.text("meilleure"), headers: ["If-Match": "\"1\""])
      #expect(edited.status == 200 && edited.header("etag") == "\"2\"")
      let late = try await api.refuse(
        .put, "\(path)?operator=dtnum", Self.text("perdue"), headers: ["If-Match": "\"1\""], with: 412,
        .versionMismatch)
      #expect(late.detail.contains("2"))
      let blind = try await api.refuse(
        .put, "\(path)?operator=dtnum", Self.text("perdue"), with: 428, .preconditionRequired)
      #expect(blind.detail.contains("If-Match"))
      let read = try await api.send(.get, path, headers: ["If-None-Match": "\"2\""])
      #expect(read.status == 200, "it may be outdated by now, and nobody has changed it")
      let list: ListView<ProposalView> = try await api.send(.get, "\(Self.base)/drafts").decode()
      #expect(list.items.map(\.id) == [draft.id] && list.items[0].spec == nil)
      let open = try await Self.post(
        api, "drafts/\(draft.id)/propose", Self.motive, headers: ["If-Match": "\"2\"", "Idempotency-Key": "p"])
      #expect(open.status == 201, "\(open.text)")
      #expect(open.header("location") == "/api/v1/policy/proposals/\(draft.id.uuidString.lowercased())")
      let impact = try #require(try open.decode(ProposalView.self).impact)
      #expect(impact.state == .waiting && impact.follows)
      _ = try await api.refuse(.delete, "\(Self.base)/impacts/\(impact.id)", with: 409, .conflict)
      let again = try await Self.post(
        api, "drafts/\(draft.id)/propose", Self.motive, headers: ["If-Match": "\"2\"", "Idempotency-Key": "p"])
      #expect(again.header("idempotency-replayed") == "true" && again.body == open.body)
      let said = try await Self.post(api, "proposals/\(draft.id)/comments", #"{"text": "ah", "operator": "alize"}"#)
      #expect(said.status == 201)
      #expect(try await Self.vote(api, draft.id, "anfsi", "against").status == 200)
      let changed: ProposalView = try await Self.vote(api, draft.id, "anfsi", "for").decode()
      #expect(changed.count?.for == 1 && changed.votes.map(\.operator) == ["anfsi"])
      let ratified: ProposalView = try await Self.vote(api, draft.id, "dtnum", "for").decode()
      #expect(ratified.state == .ratified && ratified.version == 3)
      #expect(ratified.impact?.id == impact.id && ratified.impact?.follows == false)
      let votes: ListView<Vote> = try await api.send(.get, "\(Self.base)/proposals/\(draft.id)/votes").decode()
      #expect(votes.items.count == 3)
      let comments: ListView<BoardComment> = try await api.send(
        .get, "\(Self.base)/proposals/\(draft.id)/comments"
      ).decode()
      #expect(comments.items.map(\.text) == ["ah"])
      let proposals: ListView<ProposalView> = try await api.send(
        .get, "\(Self.base)/proposals?state=ratified"
      ).decode()
      #expect(proposals.items.map(\.id) == [draft.id])
      #expect(try await api.send(.get, "\(Self.base)/proposals/\(draft.id)").status == 200)
      let versions: ListView<PolicyVersionView> = try await api.send(.get, "\(Self.base)/versions").decode()
      #expect(versions.items.map(\.origin) == [.ratified, .applied, .applied])
      let now: PolicyVersionView = try await api.send(.get, "\(Self.base)/in-force").decode()
      #expect(now.version == 3 && now.proposal == draft.id && now.spec?.rules.first?.id == "meilleure")
      let proposed: ProposalView = try open.decode()
      #expect(now.digest == ratified.digest && now.digest == proposed.digest && now.digest != draft.digest)
      let second: PolicyVersionView = try await api.send(.get, "\(Self.base)/versions/2").decode()
      let then: PolicyVersionView = try await api.send(
        .get, "\(Self.base)/in-force?at=\(second.effectiveAt)"
      ).decode()
      #expect(then == second && !then.inForce && then.supersededBy == 3)
    }
  }

  @Test func `whoever only runs a part of the offer is told who proposes and votes, and not by which persons`()
    async throws
  {
    try await APIFixture.run(authentication: .required(SpokenRoles())) { api in
      let others = ["alize", "anfsi"].map { ("operators/\($0)", Offered.op.replacing("dtnum", with: $0)) }
      for (path, text) in Offered.all + others + [("policies/regie", Self.policy)] {
        let answer = try await api.send(.put, "/api/v1/\(path)", text, headers: APIFixture.all)
        try #require([200, 201].contains(answer.status))
      }
      let member = APIFixture.being(.boardMember(operator: "dtnum"))
      let draft: ProposalView = try await api.send(
        .post, "\(Self.base)/drafts", Self.text("nouvelle"), headers: member
      ).decode()
      let path = "\(Self.base)/proposals/\(draft.id)"
      for (method, route, body) in [
        (HTTPRequest.Method.post, "\(Self.base)/drafts/\(draft.id)/propose", Self.motive),
        (.put, "\(path)/votes/dtnum", #"{"choice": "for", "withoutImpact": true}"#),
        (.post, "\(path)/comments", #"{"text": "ah"}"#),
      ] {
        let answer = try await api.send(method, route, body, type: "application/json", headers: member)
        try #require([200, 201].contains(answer.status), "\(route): \(answer.text)")
      }
      try await Self.expectNames(api, draft.id, isTold: true, for: .auditor)
      try await Self.expectNames(api, draft.id, isTold: false, for: .operator("dtnum"))
    }
  }

  private static func expectNames(_ api: APIFixture, _ id: UUID, isTold: Bool, for role: Role) async throws {
    let (path, reader) = ("\(base)/proposals", APIFixture.being(role))
    let whole: ProposalView = try await api.send(.get, "\(path)/\(id)", headers: reader).decode()
    let list: ListView<ProposalView> = try await api.send(.get, "\(path)?state=open", headers: reader).decode()
    let votes: ListView<Vote> = try await api.send(.get, "\(path)/\(id)/votes", headers: reader).decode()
    let comments: ListView<BoardComment> = try await api.send(
      .get, "\(path)/\(id)/comments", headers: reader
    ).decode()
    let shown = [whole] + list.items
    let names =
      shown.map(\.principal) + shown.flatMap(\.votes).map(\.principal) + votes.items.map(\.principal)
      + comments.items.map(\.principal)
    #expect(names.count == 6 && names.allSatisfy { ($0 == "person:unnamed") != isTold }, "\(role): \(names)")
  }

  @Test func `a policy with a board is not applied, and the problem says how it is proposed`() async throws {
    try await Self.run { api in
      let problem = try await api.refuse(.put, "/api/v1/policies/regie", Self.text("x"), with: 409, .boardDecides)
      #expect(problem.detail.contains("/api/v1/policy/drafts"))
      #expect(try await api.send(.put, "/api/v1/policies/regie", Self.policy).status == 200)
    }
  }

  @Test func `each refusal has its code`() async throws {
    try await Self.run { api in
      let unknown = "\(Self.base)/proposals/\(UUID())"
      _ = try await api.refuse(.get, unknown, with: 404, .notFound)
      _ = try await api.refuse(.get, "\(Self.base)/versions/9", with: 404, .notFound)
      _ = try await api.refuse(.get, "\(Self.base)/versions/zero", with: 400, .badParameter)
      _ = try await api.refuse(.get, "\(Self.base)/in-force?at=hier", with: 400, .badParameter)
      _ = try await api.refuse(.get, "\(Self.base)/in-force?at=2001-01-01T00:00:00Z", with: 404, .notFound)
      _ = try await api.refuse(.get, "\(Self.base)/proposals?state=draft", with: 400, .badParameter)
      _ = try await api.refuse(.post, "\(Self.base)/drafts?kind=loi", with: 400, .badParameter)
      _ = try await api.refuse(.post, "\(Self.base)/drafts?base=0", with: 400, .badParameter)
      _ = try await api.refuse(.post, "\(Self.base)/drafts?amends=x", with: 400, .badParameter)
      _ = try await api.refuse(.post, "\(Self.base)/drafts", Self.policy, with: 403, .forbidden)
      _ = try await api.refuse(.post, "\(Self.base)/drafts?operator=dtnum", Offered.project("p"), with: 400, .malformed)
      _ = try await api.refuse(.post, "\(Self.base)/drafts?operator=dtnum&restores=9", with: 404, .notFound)
      let draft = try await Self.draft(api)
      let (path, proposal) = ("\(Self.base)/drafts/\(draft.id)", "\(Self.base)/proposals/\(draft.id)")
      _ = try await api.refuse(.get, proposal, with: 404, .notFound)
      _ = try await api.refuse(
        .put, "\(path)?operator=dtnum", Self.text("y"), headers: ["If-Match": "\"7\""], with: 412, .versionMismatch)
      _ = try await api.refuse(
        .put, "\(path)?operator=alize", Self.text("y"), headers: ["If-Match": "*"], with: 403, .forbidden)
      for body in [
        #"{"motive": {"fr": " "}}"#, #"{"motive": "x"}"#, #"{"motive": {"fr": "x"}, "effectiveAt": "hier"}"#,
      ] {
        _ = try await api.refuse(.post, "\(path)/propose", body, type: "application/json", with: 400, .malformed)
      }
      _ = try await api.refuse(
        .put, "\(proposal)/votes/dtnum", #"{"choice": "for"}"#, type: "application/json", with: 409, .proposalState)
      #expect(try await Self.post(api, "drafts/\(draft.id)/propose", Self.motive).status == 201)
      _ = try await api.refuse(.get, path, with: 404, .notFound)
      _ = try await api.refuse(
        .put, "\(proposal)/votes/inconnu", #"{"choice": "for"}"#, type: "application/json", with: 403, .forbidden)
      let early = try await api.refuse(
        .put, "\(proposal)/votes/dtnum", #"{"choice": "for"}"#, type: "application/json", with: 409, .impactAwaited)
      #expect(early.errors?.map(\.path) == ["withoutImpact"])
      _ = try await api.refuse(
        .put, "\(proposal)/votes/dtnum", #"{"choice": "for", "withoutImpact": "oui"}"#, type: "application/json",
        with: 400, .malformed)
      _ = try await api.refuse(
        .put, "\(proposal)/votes/dtnum", #"{"choice": "oui"}"#, type: "application/json", with: 400, .malformed)
      _ = try await api.refuse(
        .post, "\(proposal)/comments", #"{"text": " ", "operator": "dtnum"}"#, type: "application/json", with: 400,
        .malformed)
      #expect(
        try await Self.post(api, "proposals/\(draft.id)/withdraw", #"{"reason": "non", "operator": "dtnum"}"#).status
          == 200)
      _ = try await api.refuse(
        .post, "\(proposal)/withdraw", "{}", type: "application/json", with: 409, .proposalState)
    }
  }

  @Test func `what is said on the board has an end, and turns no terminal of those who vote`() async throws {
    try await Self.run { api in
      let draft = try await Self.draft(api)
      let (path, proposal) = ("\(Self.base)/drafts/\(draft.id)/propose", "\(Self.base)/proposals/\(draft.id)")
      func refuse(
        _ path: String, _ body: String, at field: String, by method: HTTPRequest.Method = .post
      ) async throws {
        let refused = try await api.refuse(method, path, body, type: "application/json", with: 400, .malformed)
        #expect(refused.errors?.map(\.path) == [field] && refused.errors?.first?.accepted != nil)
      }
      let long = String(repeating: "x", count: 10_001)
      let unruly = [#"a\u001b[2Kb"#, #"a\u009b2Kb"#, #"a\u202eb"#, #"a\u2066b"#]
      for text in unruly + [long] {
        try await refuse(path, #"{"motive": {"fr": "\#(text)"}, "operator": "dtnum"}"#, at: "motive.fr")
        try await refuse(path, #"{"motive": {"fr": "a", "en": "\#(text)"}, "operator": "dtnum"}"#, at: "motive.en")
      }
      let motive = #"{"motive": {"fr": "Il le faut :\n\t\#(long.dropFirst(20))"}, "operator": "dtnum"}"#
      #expect(try await Self.post(api, "drafts/\(draft.id)/propose", motive).status == 201)
      for text in unruly {
        let vote = #"{"choice": "for", "withoutImpact": true, "reason": "\#(text)"}"#
        try await refuse("\(proposal)/votes/dtnum", vote, at: "reason", by: .put)
        try await refuse("\(proposal)/comments", #"{"text": "\#(text)", "operator": "dtnum"}"#, at: "text")
        try await refuse("\(proposal)/withdraw", #"{"reason": "\#(text)", "operator": "dtnum"}"#, at: "reason")
      }
    }
  }

  @Test func `a draft with something wrong is kept, says what, and is not proposed; one may be given up`() async throws
  {
    try await Self.run { api in
      let wrong = Self.text("fausse").replacing("effect: forbid", with: "effect: forbid\n      weight: 3")
      let answer = try await api.send(.post, "\(Self.base)/drafts?operator=dtnum", wrong)
      let draft: ProposalView = try answer.decode()
      #expect(draft.problems?.first?.path == "spec.rules[0].weight")
      let refused = try await api.refuse(
        .post, "\(Self.base)/drafts/\(draft.id)/propose", Self.motive, type: "application/json", with: 422, .invalid)
      #expect(refused.errors?.first?.path == "spec.rules[0].weight")
      let gone = try await api.send(.delete, "\(Self.base)/drafts/\(draft.id)?operator=dtnum")
      #expect(gone.status == 204)
      #expect(try await api.send(.get, "\(Self.base)/drafts").decode(ListView<ProposalView>.self).items.isEmpty)
    }
  }

  @Test func `who represents an operator acts for it and for no other, and needs not name it`() async throws {
    try await APIFixture.run(authentication: .required(SpokenRoles())) { api in
      for (path, text) in Offered.all {
        let answer = try await api.send(.put, "/api/v1/\(path)", text, headers: APIFixture.all)
        try #require([200, 201].contains(answer.status))
      }
      let anfsi = Offered.op.replacing("dtnum", with: "anfsi")
      try #require(try await api.send(.put, "/api/v1/operators/anfsi", anfsi, headers: APIFixture.all).status == 201)
      let member = APIFixture.being(.boardMember(operator: "dtnum"))
      let policy = try await api.send(.put, "/api/v1/policies/regie", Self.policy, headers: APIFixture.all)
      try #require(policy.status == 200)
      let begun = try await api.send(.post, "\(Self.base)/drafts", Self.text("nouvelle"), headers: member)
      let draft: ProposalView = try begun.decode()
      #expect(draft.author == "dtnum" && draft.principal == "oidc:someone")
      for (headers, query) in [
        (member, "?operator=anfsi"), (APIFixture.being(.boardMember(operator: "anfsi")), "?operator=dtnum"),
        (APIFixture.being(.boardMember(operator: "anfsi")), ""),
      ] {
        _ = try await api.refuse(
          .put, "\(Self.base)/drafts/\(draft.id)\(query)", Self.text("autre"),
          headers: headers.merging(["If-Match": "*"]) { $1 }, with: 403, .forbidden)
      }
      let other = try await api.send(
        .post, "\(Self.base)/drafts", Self.text("autre"), headers: APIFixture.being(.boardMember(operator: "anfsi")))
      #expect(other.status == 201)
      let named = anfsi.replacing("[{group: /regie/operators/anfsi}]", with: "[{subject: marie}]")
      let own = APIFixture.being(.operator("anfsi"))
      #expect(try await api.send(.put, "/api/v1/operators/anfsi", named, headers: own).status == 200)
      let late = try await api.refuse(
        .post, "\(Self.base)/drafts", Self.text("autre"), headers: APIFixture.being(.boardMember(operator: "anfsi")),
        with: 403, .forbidden)
      #expect(late.detail.contains("anfsi"))
      for (name, text) in [("anfsi", named.replacing("DTNUM", with: "Autre")), ("dtnum", Offered.op)] {
        _ = try await api.refuse(.put, "/api/v1/operators/\(name)", text, headers: own, with: 403, .forbidden)
      }
      _ = try await api.refuse(.delete, "/api/v1/operators/anfsi", headers: own, with: 403, .forbidden)
      _ = try await api.refuse(
        .get, "\(Self.base)/drafts", headers: APIFixture.being(.projectTeam("vigie")), with: 403, .forbidden)
      #expect(
        try await api.send(.get, "\(Self.base)/in-force", headers: APIFixture.being(.projectTeam("vigie"))).status
          == 200)
    }
  }

  @Test func `what of an emergency restriction would stay is shown before the vote`() async throws {
    try await Self.run { api in
      let urgent = try await Self.draft(api, "urgence", "&kind=emergency")
      #expect(urgent.makesPermanent == nil)
      #expect(try await Self.post(api, "drafts/\(urgent.id)/propose", Self.motive).status == 201)
      let closed: ProposalView = try await Self.vote(api, urgent.id, "anfsi", "for").decode()
      #expect(closed.state == .ratified)
      let draft: ProposalView = try await api.send(.post, "\(Self.base)/drafts?operator=dtnum").decode()
      #expect(draft.makesPermanent?.map(\.name) == ["urgence"])
      let open: ProposalView = try await Self.post(api, "drafts/\(draft.id)/propose", Self.motive).decode()
      #expect(open.votes.isEmpty && open.makesPermanent == draft.makesPermanent)
      let read: ProposalView = try await api.send(.get, "\(Self.base)/proposals/\(draft.id)").decode()
      #expect(read.makesPermanent?.first?.sentence.fr.contains("« urgence »") == true)
    }
  }

  @Test func `conflicts of a rebase are told rule by rule`() async throws {
    try await Self.run { api in
      let mine = try await Self.draft(api, "commune")
      let tag = try #require(
        try await api.send(.get, "\(Self.base)/drafts/\(mine.id)").header("etag"))
      let other = try await api.send(
        .post, "\(Self.base)/drafts?operator=anfsi", Self.text("commune").replacing("Interdit", with: "Autrement"))
      let rival: ProposalView = try other.decode()
      #expect(
        try await Self.post(
          api, "drafts/\(rival.id)/propose", Self.motive.replacing("dtnum", with: "anfsi")
        ).status == 201)
      _ = try await Self.vote(api, rival.id, "anfsi", "for")
      _ = try await Self.vote(api, rival.id, "dtnum", "for")
      let read = try await api.send(.get, "\(Self.base)/drafts/\(mine.id)", headers: ["If-None-Match": tag])
      #expect(read.status == 200)
      let outdated: ProposalView = try read.decode()
      #expect(outdated.outdated && outdated.replaces == 3)
      let problem = try await api.refuse(
        .post, "\(Self.base)/drafts/\(mine.id)/rebase?operator=dtnum", with: 409, .outdatedBase)
      #expect(problem.errors?.map(\.path) == ["spec.rules[commune]"])
      let free = try await Self.draft(api, "libre", "&base=2")
      let rebased = try await api.send(.post, "\(Self.base)/drafts/\(free.id)/rebase?operator=dtnum")
      #expect(try rebased.decode(ProposalView.self).spec?.rules.map(\.id).sorted() == ["commune", "libre", "near"])
    }
  }
}
