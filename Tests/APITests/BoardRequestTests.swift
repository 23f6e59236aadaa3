import Contract
import Foundation
import HTTPTypes
import Testing

@testable import API

/// What requests to the board bring and demand, as HTTP has it.
struct BoardRequestTests {
  private static let drafts = "/api/v1/policy/drafts"
  private static let policy = Offered.policy + "\n  governance: {quorum: 2}\n"
  private static let changed = policy.replacing("weight: 2", with: "weight: 3")

  /// An offer of three operators, and a policy with a board.
  private static func run(_ body: @escaping @Sendable (APIFixture) async throws -> Void) async throws {
    try await APIFixture.run { api in
      try await api.offer()
      for name in ["alize", "anfsi"] {
        let text = Offered.op.replacing("dtnum", with: name)
        try #require(try await api.send(.put, "/api/v1/operators/\(name)", text).status == 201)
      }
      try #require(try await api.send(.put, "/api/v1/policies/regie", policy).status == 200)
      try await body(api)
    }
  }

  @Test func `a text of no type is refused, and does not pass for none`() async throws {
    try await Self.run { api in
      let path = "\(Self.drafts)?operator=dtnum"
      _ = try await api.refuse(.post, path, Self.changed, type: nil, with: 415, .unsupportedMediaType)
      let begun = try await api.send(.post, path)
      #expect(begun.status == 201, "without a body it begins as the text in force: \(begun.text)")
      let draft: ProposalView = try begun.decode()
      _ = try await api.refuse(
        .put, "\(Self.drafts)/\(draft.id)?operator=dtnum", Self.changed, type: nil, headers: ["If-Match": "*"],
        with: 415, .unsupportedMediaType)
    }
  }

  @Test func `whoever votes, comments or withdraws may demand that the proposal is as he has read it`() async throws {
    try await Self.run { api in
      let draft: ProposalView = try await api.send(
        .post, "\(Self.drafts)?operator=dtnum", Self.changed
      ).decode()
      func ask(
        _ method: HTTPRequest.Method, _ path: String, _ body: String, at tag: String
      ) async throws -> Answer {
        try await api.send(method, path, body, type: "application/json", headers: ["If-Match": tag])
      }
      let motive = #"{"motive": {"fr": "Il le faut"}, "operator": "dtnum"}"#
      let proposed = try await ask(.post, "\(Self.drafts)/\(draft.id)/propose", motive, at: "\"1\"")
      let read = try #require(proposed.header("etag"))
      let path = "/api/v1/policy/proposals/\(draft.id)"
      let remark = #"{"text": "attendez", "operator": "anfsi"}"#
      let said = try await ask(.post, "\(path)/comments", remark, at: read)
      #expect(said.status == 201, "\(said.text)")
      let now = try #require(said.header("etag"))
      #expect(now != read)
      let acts: [(HTTPRequest.Method, String, String)] = [
        (.put, "votes/dtnum", #"{"choice": "for", "withoutImpact": true}"#),
        (.post, "comments", #"{"text": "non", "operator": "dtnum"}"#), (.post, "withdraw", #"{"operator": "dtnum"}"#),
      ]
      for (method, act, body) in acts {
        _ = try await api.refuse(
          method, "\(path)/\(act)", body, type: "application/json", headers: ["If-Match": read], with: 412,
          .versionMismatch)
      }
      let (method, vote, body) = acts[0]
      let voted = try await ask(method, "\(path)/\(vote)", body, at: now)
      #expect(voted.status == 200, "\(voted.text)")
    }
  }
}
