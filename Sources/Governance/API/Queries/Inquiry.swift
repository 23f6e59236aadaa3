import Contract
import Events
import Foundation
import Model
import Placement
import Policy
import Store

/// A question, and the world that it is answered for: as it is, or as it is supposed to be.
struct Inquiry: Sendable {
  let engine: Engine
  let state: PlacementState
  let request: DecisionRequest
  let basis: QueryBasis
  /// What is to be said of the policy supposed, where that was asked for, and of what is supposed and changes nothing; nil
  /// where there is neither.
  let warnings: [PolicyFinding]?
  /// How many clusters on offer the question is not answered on, because they are none of the asker's business.
  let withheld: Int

  /// The situation of the project that is asked about, with what the question supposes to be otherwise.
  ///
  /// - Parameter withheld: How many clusters were taken out of the situation.
  /// - Parameter tellsFindings: Whether to check the policy supposed: with many rules that takes far longer than to answer.
  /// - Throws: ``Problem`` 422 where something is supposed of what there is not.
  init(
    _ question: QueryQuestion, in situation: PlacementBasis, withheld: Int = 0, language: Language,
    tellsFindings: Bool = false
  ) throws {
    self.withheld = withheld
    let present = situation.engine
    // An engine of another offer takes it over by the names of clusters and zones.
    state = situation.state
    if question.supposed.isEmpty {
      engine = present
    } else {
      let offer = try question.offer?.applied(to: present.offer, language: language) ?? present.offer
      let policy = question.policy.map { EffectivePolicy(version: present.policy.version, spec: $0) }
      engine = Engine(offer: offer, policy: policy ?? present.policy, day: question.at ?? present.day)
    }
    let (offer, day) = (engine.offer, engine.day)
    let ofPolicy = (tellsFindings ? question.policy : nil).map { policy in
      PolicyValidator.findings(in: policy, on: offer, day: day).map { PolicyFinding($0, language) }
    }
    let ofOffer = question.offer?.warnings(on: offer, language: language) ?? []
    warnings = ofOffer.isEmpty ? ofPolicy : (ofPolicy ?? []) + ofOffer
    var request = situation.request
    // On another day, derogations are those that are notified by then.
    if let day = question.at, day != present.day, let noon = Timestamp("\(day)T12:00:00Z") { request.now = noon.date }
    self.request = request
    basis = QueryBasis(
      asOf: situation.asOf, day: engine.day, engineVersion: EngineVersion.current, policyVersion: engine.policy.version,
      offerVersion: situation.offerVersion, supposed: question.supposed, stale: situation.isStale ? true : nil)
  }

  /// How the console knows a cluster.
  func console(_ cluster: String) -> ClusterSpec.Console? { engine.console(cluster) }

  /// The places of a plan, as an answer shows them; of the project that is asked about unless said otherwise.
  func places(_ plan: Plan, of other: DecisionRequest? = nil) -> [PlaceView] {
    plan.assignments.map { assignment in
      let environment = (other ?? request).project.spec.environments.first { $0.name == assignment.environment }
      return PlaceView(
        assignment, environmentID: environment?.consoleID, console: console(assignment.cluster))
    }
  }
}
