import Contract
import Foundation
import HTTPTypes
import Model
import Testing

@testable import API

/// What is said of a policy that is sent.
struct PolicyFindingsTests {
  private static let path = "/api/v1/policies/regie"

  /// A rule about a region that there is not: another offer may have it.
  private static let idle = Offered.policy.replacing("region.name: nord}}", with: "region.name: sud}}")
  /// A sensitivity that there never is.
  private static let wrong = Offered.policy.replacing("region.name: nord}}", with: "zone.sensitivity: secret}}")

  private static func warnings(_ answer: Answer) -> [String] {
    answer.headers.filter { $0.name.canonicalName == "warning" }.map(\.value)
  }

  @Test func `what only the present offer shows is accepted, and told in a header`() async throws {
    try await APIFixture.run { api in
      try await api.offer()
      let clean = try await api.send(.put, Self.path, Offered.policy)
      #expect(clean.status == 200 && !Self.warnings(clean).contains { $0.contains("[MatchesNothing]") })
      for (language, word) in [("fr", "spec.rules[0]"), ("en", "spec.rules[0]")] {
        let answer = try await api.send(.put, Self.path, Self.idle, headers: ["Accept-Language": language])
        #expect(answer.status == 200)
        let told = Self.warnings(answer)
        #expect(told.contains { $0.hasPrefix("299 - \"\(word)") && $0.contains("[MatchesNothing]") }, "\(told)")
      }
    }
  }

  @Test func `what the text alone shows is refused at its place, and nothing comes into force`() async throws {
    try await APIFixture.run { api in
      try await api.offer()
      let problem = try await api.refuse(.put, Self.path, Self.wrong, with: 422, .invalid)
      #expect(problem.errors?.first?.path.hasPrefix("spec.rules[0].places") == true, "\(problem)")
      #expect(problem.errors?.first?.messageFR.contains("[UnknownValue]") == true)
    }
  }

  @Test func `a policy may be the first thing there is`() async throws {
    try await APIFixture.run { api in
      let answer = try await api.send(.put, Self.path, Offered.policy)
      #expect(answer.status == 201)
    }
  }

  @Test func `a question that supposes a policy is told what is to be said of it where that is asked for`() async throws
  {
    try await APIFixture.run { api in
      try await api.offer(projects: ["vigie"])
      func ask(_ path: String, _ more: String) async throws -> Answer {
        try await api.send(.post, path, #"{"project": "vigie"\#(more)}"#, type: "application/json")
      }
      let choices = #", "choices": {"prod": ["nord-1"], "dev": ["nord-1"]}"#
      for (policy, code, severity) in [
        (Self.idle, "MatchesNothing", PolicyFinding.Severity.warning), (Self.wrong, "UnknownValue", .error),
      ] {
        let supposed = #", "policy": \#(try ProjectText.json(policy))"#
        let query = try await ask(Asked.query + "?findings=true", supposed)
        let view: QueryView = try query.decode()
        let written = String(decoding: try ModelJSON.encoder.encode(view), as: UTF8.self)
        let found = try #require(view.warnings)
        #expect(found.contains { $0.code == code && $0.severity == severity && $0.path.hasPrefix("spec.rules[0]") })
        #expect(query.text == written)
        let validation = try await ask(Asked.validate + "?findings=true", choices + supposed).decode(
          ValidationView.self)
        #expect(validation.warnings == found)
        #expect(try await ask(Asked.query, supposed).decode(QueryView.self).warnings == nil)
        #expect(try await ask(Asked.validate, choices + supposed).decode(ValidationView.self).warnings == nil)
      }
      let unsupposed = try await ask(Asked.query + "?findings=true", "")
      #expect(try unsupposed.decode(QueryView.self).warnings == nil)
      #expect(try await ask(Asked.query, #", "at": "2027-01-01""#).decode(QueryView.self).warnings == nil)
    }
  }
}
