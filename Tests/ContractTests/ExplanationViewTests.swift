import Contract
import Events
import Foundation
import Model
import Placement
import Testing

struct ExplanationViewTests {
  /// A decision as the engine writes it: one cluster chosen, one refused for two reasons.
  private func decision() throws -> Decision {
    let quota = #"{"cpu":2000,"memory":1024,"gpu":0,"storage":0,"pods":10}"#
    let score = #"{"balance":40,"affinity":2,"stickiness":0,"locality":0,"taints":0,"spread":0}"#
    let text = """
      {"engineVersion":"1.0","policyVersion":3,"project":"vigie","day":"2026-11-23","outcome":"placed",
       "chain":"forge","preferenceTerm":0,"derogations":["d1"],"nodes":4,
       "assignments":[{"environment":"prod","replica":0,"stage":"prod","cluster":"nord-1","zone":"nord",
         "zoneName":"nord-usuel","region":"nord","operator":"dtnum","score":42,"components":\(score),
         "quota":\(quota),"limit":\(quota),"ledgerVersion":1,"kept":false}],
       "environments":[{"environment":"prod","stage":"prod","replicas":1,
         "candidates":[
           {"cluster":"nord-1","zone":"nord","region":"nord","operator":"dtnum","accepted":true,"chosen":[0],
            "reasons":[],"score":42,"components":\(score)},
           {"cluster":"sud-1","zone":"sud","region":"sud","operator":"autre","accepted":false,"chosen":[],
            "reasons":[{"code":"StageNotAdmitted","parameters":{"stage":"prod","allowed":"dev"}},
              {"code":"ClusterCordoned","parameters":{"name":"sud-1"}}]}],
         "lost":[{"code":"StageNotAdmitted","count":1}]}],
       "chains":[],"reasons":[{"code":"NoCommonChain","parameters":{}}]}
      """
    return try ModelJSON.decoder.decode(Decision.self, from: Data(text.utf8))
  }

  @Test func `every verdict comes through, with its sentence and its remedy`() throws {
    let view = ExplanationView(try decision(), language: .fr)
    #expect(view.project == "vigie")
    #expect(view.outcome == .placed)
    #expect(view.chain == "forge")
    #expect(view.preferenceTerm == 0)
    #expect(view.derogations == ["d1"])
    #expect(view.reasons.map(\.code) == [.noCommonChain])
    let environment = try #require(view.environments.first)
    #expect(environment.environment == "prod")
    #expect(environment.stage == "prod")
    #expect(environment.replicas == 1)
    #expect(environment.lost.map(\.count) == [1])
    let chosen = try #require(environment.candidates.first)
    #expect(chosen.chosen == [0])
    #expect(chosen.score == 42)
    #expect(chosen.components?.balance == 40)
    let refused = try #require(environment.candidates.last)
    #expect(!refused.accepted)
    #expect(refused.operator == "autre")
    let reason = try #require(refused.reasons.first)
    #expect(reason.category == "fit")
    #expect(reason.parameters["stage"] == "prod")
    #expect(reason.sentence == "Le cluster n’admet pas l’étape « prod » (il admet : dev).")
    #expect(reason.remedy == "L’opérateur doit ouvrir le cluster à l’étape « prod ».")
    #expect(!reason.temporary)
    #expect(refused.reasons.last?.temporary == true)
  }

  @Test func `the same decision speaks English where it is asked to`() throws {
    let french = ExplanationView(try decision(), language: .fr)
    let english = ExplanationView(try decision(), language: .en)
    let reason = try #require(english.environments.first?.candidates.last?.reasons.first)
    #expect(reason.sentence == "The cluster does not admit the stage “prod” (it admits: dev).")
    #expect(reason.remedy == "The operator must open the cluster to the stage “prod”.")
    #expect(
      english.environments.first?.candidates.last?.reasons.map(\.code)
        == french.environments.first?.candidates.last?.reasons.map(\.code))
  }

  @Test func `a decision's answer survives the wire`() throws {
    let explanation = ExplanationView(try decision(), language: .en)
    let view = DecisionView(
      decision: DecisionIdentity(
        id: UUID(), project: "vigie", placed: true, engineVersion: "1.0", policyVersion: 3, snapshotDigest: "ab",
        attempts: 1, principal: "local", decidedAt: try #require(.init("2026-11-23T10:00:00Z"))),
      changed: true, placements: [],
      pendingMoves: [DecisionView.PendingMove(placement: UUID(), from: "nord-1", to: "sud-1")],
      explanation: explanation)
    let bytes = try ModelJSON.encoder.encode(view)
    #expect(try ModelJSON.decoder.decode(DecisionView.self, from: bytes) == view)
  }
}
