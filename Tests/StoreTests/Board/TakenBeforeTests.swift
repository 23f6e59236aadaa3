import Board
import Foundation
import Model
import Testing

@testable import Store

/// A version of before selectors had an end: what goes on from it, or brings it back, may have what it has.
struct TakenBeforeTests {
  private static func rule(_ id: String, values: Int = 1) -> PolicySpec.Rule {
    PolicySpec.Rule(
      id: id, motive: LocalizedText(fr: id), effect: .forbid,
      places: LabelSelector(matchExpressions: [
        .init(key: "region.name", operator: .in, values: (0..<values).map { "\(id)-\($0)" })
      ]))
  }

  private static func policy(_ rules: PolicySpec.Rule...) -> PolicySpec {
    var policy = StoreFixture.boardPolicy()
    policy.rules = rules
    return policy
  }

  private static let long = rule("longue", values: 501)

  /// The second version says what none may say any more.
  private static func withFixture(_ body: (StoreFixture) async throws -> Void) async throws {
    try await StoreFixture.run { fixture in
      try await fixture.board()
      let text = String(decoding: try ModelJSON.encoder.encode(policy(long)), as: UTF8.self)
        .replacingOccurrences(of: "'", with: "''")
      try await fixture.tamper("UPDATE policy_versions SET document = '\(text)' WHERE version = 2")
      try await body(fixture)
    }
  }

  @Test func `it is restricted in an emergency`() async throws {
    try await Self.withFixture { fixture in
      let restricted = Self.policy(Self.long, Self.rule("nouvelle"))
      let open = try await fixture.propose(restricted, kind: .emergency)
      #expect(open.proposal.state == .open && open.proposal.base == 2)
    }
  }

  @Test func `it is brought back`() async throws {
    try await Self.withFixture { fixture in
      let short = try await fixture.propose(Self.policy(Self.rule("courte"))).proposal.id
      try await fixture.vote(.for, on: short, "dtnum", "anfsi")
      let open = try await fixture.propose(nil, restores: 2)
      #expect(open.proposal.state == .open && open.proposal.base == 3 && open.proposal.restores == 2)
    }
  }

  @Test func `what else is wrong beside it is refused`() async throws {
    try await Self.withFixture { fixture in
      func refused(_ rule: PolicySpec.Rule) async throws -> [String] {
        let text = Self.policy(Self.long, rule)
        let refused = try await refusal { _ = try await fixture.propose(text) }
        #expect(refused?.kind == .invalid)
        return refused?.problems.map(\.path) ?? []
      }
      #expect(
        try await refused(Self.rule("autre", values: 501)) == ["spec.rules[1].places.matchExpressions[0].values"])
      // As many others at its very place have been looked at by nobody.
      let instead = try await refusal { _ = try await fixture.propose(Self.policy(Self.rule("autre", values: 501))) }
      #expect(instead?.problems.map(\.path) == ["spec.rules[0].places.matchExpressions[0].values"])
      var misspelt = Self.rule("autre")
      misspelt.places = LabelSelector(matchLabels: ["region.nmae": "x"])
      let paths = try await refused(misspelt)
      #expect(paths.count == 1 && paths[0].hasPrefix("spec.rules[1].places.matchLabels"))
    }
  }
}
