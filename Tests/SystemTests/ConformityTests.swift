import Contract
import Events
import Foundation
import Model
import NIOHTTP1
import Placement
import TestSupport
import Testing

extension SystemSuite {
  @Suite(.timeLimit(.minutes(6))) struct ConformityTests {}
}

extension SystemSuite.ConformityTests {
  private static func policy(demanding rule: String?) -> AnyResource {
    let demand = rule.map { LabelSelector(matchLabels: ["conformity.\($0)": "Enforced"]) }
    return .policy(
      Resource(
        "regie",
        PolicySpec(
          title: LocalizedText(fr: "Politique"),
          dataClasses: [PolicySpec.DataClass(name: "public", sensitivity: .usuel, requires: demand)])))
  }

  @Test func `what an agent's probes find on a cluster keeps projects away that demand otherwise, and moves none`()
    async throws
  {
    try await SystemUnderTest.run(.init(clusters: ["c1": Offered.large])) { system in
      let governance = try await system.startGovernance()
      _ = try await system.startAgent()
      try await system.declareOffer(to: governance.api)
      let before = try await governance.api.place(Offered.project("avant"))
      try #require(before.placements.count == 1)
      try await system.settle(governance.api, 1)
      // A simulated cluster lets everything in.
      try await eventually("the centre hears what was found") {
        try await governance.api.agents().first?.status.clusters.first?.conformity?.answers.first {
          $0.rule == ConformityRule.root.rawValue
        }?.result == .notEnforced
      }
      try await governance.api.put(Self.policy(demanding: "root"))
      try await eventually("a project that demands it is refused for what was found") {
        let view = try await governance.api.place(Offered.project("apres"))
        return view.explanation.environments.flatMap(\.candidates).flatMap(\.reasons).map(\.code) == [.dataClassDemand]
      }
      let refused = try await governance.api.place(Offered.project("apres"))
      #expect(refused.explanation.outcome == .unplaceable && refused.placements.isEmpty)
      for (language, words) in [("fr", "exige : conformity.root in"), ("en", "demands: conformity.root in")] {
        let answer = try await governance.api.send(
          .GET, "/api/v1/decisions/\(refused.decision.id.uuidString.lowercased())/explanation",
          headers: ["accept-language": language])
        #expect(answer.status == 200 && answer.text.contains(words), "\(language): \(answer.text.prefix(2000))")
      }
      let again = try await governance.api.place(Offered.project("avant"))
      #expect(!again.changed)
      let there = try await governance.api.placements()
      #expect(there.map(\.spec.project) == ["avant"] && there.first?.spec == before.placements.first?.spec)
    }
  }
}
