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
}
