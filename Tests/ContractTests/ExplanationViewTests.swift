import Contract
import Events
import Foundation
import Model
import Placement
import Testing

struct ExplanationViewTests {
  /// What the engine says of one cluster that is chosen, one like it with less room, and one that refuses for two reasons.
  private func explanation(cpu: Int64 = 2) throws -> Explanation { try asked(cpu: cpu).explanation }

  /// - Parameter foreign: clusters that are another project's own.
  /// - Parameter change: What is asked for otherwise.
  private func asked(
    cpu: Int64 = 2, foreign: [String] = [], change: (inout DecisionRequest) -> Void = { _ in }
  ) throws -> (explanation: Explanation, offer: Offer) {
    let everyone = Audience(organisations: ["*"], scopes: AudienceScope.allCases)
    func cluster(_ name: String, cores: Int64, _ stages: [String], _ state: RegionSpec.State = .open)
      -> Resource<ClusterSpec>
    {
      Resource(
        name,
        ClusterSpec(
          zone: "nord-usuel", dataCenters: ["dc1"], stages: stages,
          capacity: ResourceList(cpu: Quantity(cores), memory: Quantity("64Gi")),
          console: ClusterSpec.Console(label: "Label \(name)"), state: state))
    }
    let offer = Offer(
      operators: [Resource("dtnum", OperatorSpec(displayName: "DTNUM"))],
      regions: [
        Resource(
          "nord",
          RegionSpec(
            operator: "dtnum", location: RegionSpec.Location(country: "FR"),
            dataCenters: [RegionSpec.DataCenter(name: "dc1")], audience: everyone))
      ],
      zones: [Resource("nord-usuel", ZoneSpec(region: "nord", sensitivity: .usuel, slug: "nord", chain: "forge"))],
      clusters: [
        cluster("nord-1", cores: 64, ["prod"]), cluster("nord-2", cores: 8, ["prod"]),
        cluster("sud-1", cores: 64, ["dev"], .cordoned),
      ]
        + foreign.map { name in
          var own = cluster(name, cores: 64, ["dev"])
          (own.spec.privacy, own.spec.projects) = (.dedicated, ["annuaire"])
          return own
        },
      chains: [
        Resource(
          "forge", ChainSpec(displayName: "Forge", sensitivities: [.usuel], regions: ["nord"], audience: everyone))
      ])
    let policy = PolicySpec(
      title: LocalizedText(fr: "Politique"),
      dataClasses: [PolicySpec.DataClass(name: "public", sensitivity: .usuel)])
    let project = Resource(
      "vigie",
      ProjectSpec(
        organisation: "mi", audience: .ministerial, dataClasses: ["public"],
        environments: [
          ProjectSpec.Environment(
            name: "prod", stage: "prod", quota: ResourceList(cpu: Quantity(cpu), memory: Quantity("1Gi")))
        ]))
    let day = try #require(CalendarDay("2026-11-23"))
    let engine = Engine(offer: offer, policy: EffectivePolicy(version: 3, spec: policy), day: day)
    var request = DecisionRequest(project: project, now: Date(timeIntervalSince1970: 1_795_000_000))
    change(&request)
    let explanation = engine.explain(request, on: PlacementState(ledger: Ledger(), staleZones: [], for: engine))
    return (explanation, offer)
  }

  private func view(
    _ language: Language, _ extent: ExplanationExtent = .full, cpu: Int64 = 2
  ) throws -> ExplanationView {
    ExplanationView(try explanation(cpu: cpu), to: .everything, language: language, extent: extent) { name in
      name == "sud-1" ? nil : ClusterSpec.Console(label: "Label \(name)")
    }
  }

  @Test func `every verdict comes through, with its sentence and its remedy`() throws {
    let view = try view(.fr)
    #expect(view.project == "vigie" && view.outcome == .placed && view.chain == "forge")
    #expect(view.preferenceTerm == nil && view.derogations == [] && view.reasons == [] && view.conflict == nil)
    #expect(view.chains.map(\.chain) == ["forge"] && view.chains[0].accepted && view.chains[0].chosen)
    #expect(view.chains[0].score == 0 && view.chains[0].reasons.isEmpty)
    let environment = try #require(view.environments.first)
    #expect(environment.environment == "prod" && environment.stage == "prod" && environment.replicas == 1)
    #expect(environment.accepted == 2 && environment.refused == 1 && environment.omitted == 0)
    #expect(environment.lost.map(\.count) == [1])
    #expect(environment.candidates.map(\.cluster) == ["nord-1", "nord-2", "sud-1"])
    let chosen = environment.candidates[0]
    #expect(chosen.chosen == [0] && chosen.score != nil && chosen.components != nil)
    #expect(chosen.clusterLabel == "Label nord-1" && chosen.operator == "dtnum" && chosen.zone == "nord")
    let refused = environment.candidates[2]
    #expect(!refused.accepted && refused.clusterLabel == nil && refused.score == nil)
    let reason = try #require(refused.reasons.first { $0.code == .stageNotAdmitted })
    #expect(reason.category == "fit" && reason.parameters["stage"] == "prod" && !reason.temporary)
    #expect(reason.sentence == "Le cluster n’admet pas l’étape « prod » (il admet : dev).")
    #expect(reason.remedy == "L’opérateur doit ouvrir le cluster à l’étape « prod ».")
    #expect(refused.reasons.first { $0.code == .clusterCordoned }?.temporary == true)
  }

  /// Of this version of the engine, and of one that is known by what it stored.
  @Test func `somebody of the project is not told of others' clusters, but how many there are`() throws {
    let (explanation, offer) = try asked(foreign: ["autrui-1", "zone-9"])
    func views(to reader: ExplanationReader, _ extent: ExplanationExtent) throws -> [ExplanationView.Environment] {
      let views = [
        ExplanationView(explanation, to: reader, language: .fr, extent: extent) { _ in nil },
        ExplanationView(
          stored: explanation.record, offer: offer, to: reader, language: .fr, extent: extent),
      ]
      return try views.map { try #require($0.environments.first) }
    }
    for environment in try views(to: .everything, .full) {
      #expect(environment.withheld == nil && environment.refused == 3 && environment.omitted == 0)
      #expect(environment.candidates.map(\.cluster) == ["nord-1", "nord-2", "autrui-1", "sud-1", "zone-9"])
      #expect(environment.lost.map(\.count).reduce(0, +) == 3)
    }
    for environment in try views(to: .project, .full) {
      #expect(environment.withheld == 2 && environment.refused == 1 && environment.omitted == 0)
      #expect(environment.candidates.map(\.cluster) == ["nord-1", "nord-2", "sud-1"])
      #expect(environment.lost.map(\.code) == [.clusterCordoned] && environment.lost.map(\.count) == [1])
    }
    for environment in try views(to: .project, .page(1)) {
      #expect(environment.withheld == 2 && environment.omitted == 2 && environment.candidates.count == 1)
    }
    let alone = ExplanationView(try self.explanation(), to: .project, language: .fr, extent: .full) { _ in nil }
    #expect(alone.environments.first?.withheld == nil)
  }

  @Test func `how many clusters are others' is told as that, whether or not their names are known`() throws {
    let (explanation, _) = try asked(foreign: ["autrui-1", "zone-9"])
    for form in [DecisionDocument.Form.ranked, .verdicts] {
      func environment(to reader: ExplanationReader) throws -> ExplanationView.Environment {
        let view = ExplanationView(
          stored: explanation.record(in: form), offer: Offer(), to: reader, language: .fr, extent: .full)
        return try #require(view.environments.first)
      }
      let own = try environment(to: .project)
      #expect(own.withheld == 2 && own.refused == 1)
      #expect(own.lost.map(\.code) == [.clusterCordoned] && own.lost.map(\.count) == [1])
      let all = try environment(to: .everything)
      #expect(all.withheld == nil && all.refused == 3 && all.lost.map(\.count).reduce(0, +) == 3)
      let known = form == .ranked ? [] : ["nord-1", "nord-2"]
      for told in [own, all] {
        let named = told.candidates.map(\.cluster)
        #expect(named == known)
      }
    }
  }

  @Test func `the term that only what is new holds is told, of this engine and of what was stored`() throws {
    let (explanation, offer) = try asked { request in
      request.project.spec.environments[0].replicas = 2
      request.project.spec.environments[0].distinct = .cluster
      request.project.spec.preferences.terms = ["sud-1", "nord-1"].map { name in
        LabelSelector(matchLabels: ["cluster.name": name])
      }
      request.existing = [
        ExistingPlacement(
          environment: "prod", replica: 1, cluster: "nord-2", stage: "prod",
          quota: ResourceAmounts(request.project.spec.environments[0].quota))
      ]
    }
    #expect(explanation.plan.outcome == .placed)
    let views = [
      ExplanationView(explanation, to: .project, language: .fr, extent: .full) { _ in nil },
      ExplanationView(stored: explanation.record, offer: offer, to: .project, language: .fr, extent: .full),
    ]
    for view in views { #expect(view.preferenceTerm == nil && view.preferenceTermOfNew == 1) }
    // What was stored before that was noted tells none.
    var older = explanation.record
    older.plan.preferenceTermOfNew = nil
    let told = ExplanationView(stored: older, offer: offer, to: .project, language: .fr, extent: .full)
    #expect(told.preferenceTermOfNew == nil)
  }

  @Test func `what was stored of the best says what was said of them, in either form`() throws {
    let (explanation, offer) = try asked(foreign: [])
    let (record, older) = (explanation.record, explanation.record(in: .verdicts))
    #expect(older.environments.allSatisfy { $0.best.isEmpty && $0.verdicts?.isEmpty == false })
    let told = ExplanationView(explanation, to: .everything, language: .fr, extent: .full) { name in
      offer.clusters.first { $0.name == name }?.spec.console
    }
    for document in [record, older] {
      for extent in [ExplanationExtent.full, .page(1)] {
        let view = ExplanationView(
          stored: document, offer: offer, to: .everything, language: .fr, extent: extent)
        let accepting = try #require(view.environments.first).candidates.filter(\.accepted)
        let expected = try #require(told.environments.first).candidates.filter(\.accepted)
        #expect(accepting == (extent == .full ? expected : Array(expected.prefix(1))))
        #expect(!expected.isEmpty)
      }
    }
    // An offer that lacks what was decided on tells less, and nothing wrong.
    let less = Offer(regions: offer.regions, zones: offer.zones)
    let empty = ExplanationView(stored: record, offer: less, to: .everything, language: .fr, extent: .full)
    #expect(empty.environments.first?.candidates.isEmpty == true)
  }

  @Test func `a page holds the best, and counts what it leaves out`() throws {
    for (limit, shown) in [(1, ["nord-1"]), (2, ["nord-1", "nord-2"]), (20, ["nord-1", "nord-2", "sud-1"])] {
      let environment = try #require(try view(.fr, .page(limit)).environments.first)
      #expect(environment.candidates.map(\.cluster) == shown)
      #expect(environment.omitted == 3 - shown.count && environment.accepted == 2 && environment.refused == 1)
    }
    #expect(ExplanationExtent.standardCount == 20)
  }

  @Test func `the same decision speaks English where it is asked to`() throws {
    let (french, english) = (try view(.fr), try view(.en))
    let reasons = english.environments[0].candidates[2].reasons
    let reason = try #require(reasons.first { $0.code == .stageNotAdmitted })
    #expect(reason.sentence == "The cluster does not admit the stage “prod” (it admits: dev).")
    #expect(reason.remedy == "The operator must open the cluster to the stage “prod”.")
    #expect(reasons.map(\.code) == french.environments[0].candidates[2].reasons.map(\.code))
  }

  @Test func `what stands in the way of the whole is said too`() throws {
    let view = try view(.fr, cpu: 100)
    #expect(view.outcome == .unplaceable && !view.reasons.isEmpty && view.chain == nil)
    #expect(view.reasons.allSatisfy { !$0.sentence.isEmpty })
  }

  @Test func `a decision's answer survives the wire`() throws {
    let explanation = try view(.en)
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
