import Model
import Placement
import Testing

/// What is said to stand in the way alone, held against what happens once it is gone from the inputs.
@Suite struct PropertyObstacleTests {
  @Test("what stands in the way alone really does: with it gone from the inputs, there is an assignment")
  func alone() {
    var tried: [ReasonCode: Int] = [:]
    for seed in Scenario.seeds(300) {
      var scenario = Scenario.random(seed)
      scenario.nodeBudget = 200_000
      let decision = scenario.decide()
      guard decision.conflict == .alone else { continue }
      for reason in decision.reasons where reason.code != .noCandidate {
        guard let lifted = scenario.lifting(reason), lifted != scenario else { continue }
        tried[reason.code, default: 0] += 1
        // It may be one in which something has to move first.
        let after = lifted.decide()
        let isMoving = !after.reasons.isEmpty && after.reasons.allSatisfy { $0.code == .moveNeeded }
        #expect(after.outcome == .placed || isMoving, "seed \(seed): \(reason)")
      }
    }
    #expect(tried.count > 5 || Scenario.seeds(300).count < 300, "\(tried)")
  }
}

extension Scenario {
  /// The scenario without what a reason stands for, wherever it stands; nil where it is not one thing in the inputs, or
  /// where other things would change with it.
  fileprivate func lifting(_ reason: Reason) -> Scenario? {
    var scenario = self
    let parameters = reason.parameters
    switch reason.code {
    case .ruleRequires, .ruleForbids: scenario.policy.rules.removeAll { $0.id == parameters["rule"] }
    case .staleHeartbeat: scenario.staleZones = []
    case .regionCordoned where !mentions(["region.state"]):
      scenario.eachRegion { if $0.state == .cordoned { $0.state = .open } }
    case .clusterCordoned where !mentions(["cluster.state"]):
      scenario.eachCluster { if $0.state == .cordoned { $0.state = .open } }
    case .clusterClosed where !mentions(["cluster.state"]):
      scenario.eachCluster { if $0.state == .closed { $0.state = .open } }
    case .serviceMissing, .serviceVersion:
      guard !mentions(["project.service"]) else { return nil }
      scenario.project.spec.services.removeAll { $0.name == parameters["service"] }
    case .interconnectionMissing where !mentions(["project.interconnection"]):
      scenario.project.spec.interconnections.removeAll { $0 == parameters["network"] }
    case .audienceRefused where !mentions(["region.organisation", "region.audience"]):
      scenario.eachRegion { region in
        region.audience = Audience(organisations: ["*"], scopes: AudienceScope.allCases)
      }
    case .stageNotAdmitted where !mentions(["cluster.stage"]): scenario.eachCluster { $0.stages = Stage.wellKnown }
    case .dedicatedToOthers where !mentions(["cluster.privacy"]): scenario.eachCluster { $0.privacy = .public }
    case .qualificationMissing, .qualificationExpired, .qualificationNotYetValid:
      for index in scenario.policy.dataClasses.indices {
        scenario.policy.dataClasses[index].qualifications.removeAll { $0 == parameters["qualification"] }
      }
    case .contractLimit: scenario.policy.limits = []
    default: return nil
    }
    return scenario
  }
}
