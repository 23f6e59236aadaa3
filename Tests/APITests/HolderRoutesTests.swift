import Contract
import Foundation
import HTTPTypes
import Model
import Placement
import Store
import Testing

@testable import API

/// Who holds what is short is named where somebody wants to know why.
struct HolderRoutesTests {
  /// Of the 57.6 cores that may be promised `alpha` and `beta` hold most: 12 and 20, and half a one each.
  private static func run(_ body: @escaping @Sendable (APIFixture) async throws -> Void) async throws {
    try await APIFixture.run { api in
      try await api.offer()
      for (name, cpu) in [("alpha", "12"), ("beta", "20"), ("gamma", "40")] {
        #expect(try await api.send(.put, "/api/v1/projects/\(name)", Offered.project(name, cpu: cpu)).status == 201)
      }
      for name in ["alpha", "beta"] { #expect(try await api.place(name).status == 201) }
      try await body(api)
    }
  }

  private static let french = "Promis à ce jour : 20 à beta/prod, 12 à alpha/prod, 500m à alpha/dev, 500m à un autre."
  private static let english =
    "Committed now: 20 to beta/prod, 12 to alpha/prod, 500m to alpha/dev, 500m to another one."

  private func short(_ view: ExplanationView) throws -> ExplanationView.ReasonView {
    let prod = try #require(view.environments.first { $0.environment == "prod" })
    let candidate = try #require(prod.candidates.first { $0.cluster == "nord-1" })
    return try #require(candidate.reasons.first { $0.code == .capacityShort })
  }

  @Test func `an explanation names them, in its sentences and beside them`() async throws {
    try await Self.run { api in
      #expect(try await api.place("gamma").status == 200)
      let path = "/api/v1/projects/gamma/explanation"
      let view: ExplanationView = try await api.send(.get, path).decode()
      let reason = try short(view)
      #expect(reason.sentence.hasSuffix(". " + Self.french), "\(reason.sentence)")
      let holders = try #require(reason.holders)
      #expect(
        holders.largest.map { "\($0.project)/\($0.environment)/\($0.replica) \($0.amount)" }
          == ["beta/prod/0 20", "alpha/prod/0 12", "alpha/dev/0 500m"])
      #expect(holders.others == 1 && holders.othersAmount == "500m")
      let inEnglish: ExplanationView = try await api.send(.get, path + "?lang=en").decode()
      #expect(try short(inEnglish).sentence.hasSuffix(". " + Self.english))
      let whole = try #require(view.reasons.first { $0.code == .capacityShort })
      #expect(whole.parameters["cluster"] == "nord-1" && whole.holders == holders)
    }
  }

  @Test func `a question names them where everything is asked for, and nothing is supposed`() async throws {
    try await Self.run { api in
      func ask(_ parameters: String, _ more: String = "") async throws -> (view: QueryView, text: String) {
        let answer = try await api.send(
          .post, Asked.query + parameters, #"{"project": "gamma"\#(more)}"#, type: "application/json")
        return (try answer.decode(), answer.text)
      }
      let full = try await ask("?explain=full")
      #expect(try short(full.view.explanation).sentence.hasSuffix(Self.french))
      #expect(full.text == String(decoding: try ModelJSON.encoder.encode(full.view), as: UTF8.self))
      #expect(try short(try await ask("").view.explanation).holders == nil)
      let supposed = try await ask("?explain=full", #", "at": "2027-01-01""#)
      #expect(try short(supposed.view.explanation).holders == nil)
    }
  }

  @Test func `as many as are asked for are told from memory, and else of the rest that they are left out`() async throws
  {
    let shortages = try (0...GovernanceStore.mostShortages).map { number in
      try #require(Shortage(.capacityShort, ["resource": "cpu"], of: "nord-\(number)"))
    }
    try await QueryMemoryTests.run { api in
      let found = await api.store.holders(of: shortages, quiet)
      #expect(found.count == shortages.count && found.values.allSatisfy { $0.omitted == nil })
    }
    try await APIFixture.run { api in
      let found = await api.store.holders(of: shortages, quiet)
      let left = shortages.filter { found[$0]?.omitted == true }
      #expect(found.count == shortages.count && left == [shortages[GovernanceStore.mostShortages]])
    }
  }

  @Test func `a validation names them for the clusters that are chosen`() async throws {
    try await Self.run { api in
      let view: ValidationView = try await api.send(
        .post, Asked.validate, #"{"project": "gamma", "choices": {"prod": ["nord-1"], "dev": ["nord-1"]}}"#,
        type: "application/json"
      ).decode()
      let choice = try #require(view.choices.first { $0.environment == "prod" })
      let reason = try #require(choice.reasons.first { $0.code == .capacityShort })
      #expect(reason.holders?.largest.first?.project == "beta" && reason.sentence.hasSuffix(Self.french))
    }
  }
}
