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
  /// Whether another answer may be right as soon as an agent says something else, or nothing, without memory being told.
  let isOfMoment: Bool

  /// The situation of the project that is asked about, with what the question supposes to be otherwise.
  ///
  /// - Parameter ground: What the situation is under the policy that the question supposes, or that will be in force on the day
  ///   it supposes; nil where the present one answers.
  /// - Parameter withheld: How many clusters were taken out of the situation.
  /// - Parameter tellsFindings: Whether to check the policy supposed: with many rules that takes far longer than to answer.
  /// - Throws: ``Problem`` 422 where something is supposed of what there is not.
  init(
    _ question: QueryQuestion, in situation: PlacementBasis, under ground: PolicyGround? = nil, withheld: Int = 0,
    language: Language, tellsFindings: Bool = false
  ) throws {
    self.withheld = withheld
    isOfMoment = ground?.isRead ?? false
    let present = situation.engine
    // An engine of another offer takes it over by the names of clusters and zones.
    var state = situation.state
    if let silent = ground?.silentZones { state.setStaleZones(silent) }
    self.state = state
    if question.supposed.isEmpty {
      engine = present
    } else {
      let counting = ground?.offer ?? present.offer
      let offer = try question.offer?.applied(to: counting, language: language) ?? counting
      engine = Engine(offer: offer, policy: ground?.policy ?? present.policy, day: question.at ?? present.day)
    }
    let (offer, day) = (engine.offer, engine.day)
    let ofPolicy = (tellsFindings ? question.policy : nil).map { policy in
      PolicyValidator.findings(in: policy, on: offer, day: day).map { PolicyFinding($0, language) }
    }
    let ofOffer = question.offer?.warnings(on: offer, language: language) ?? []
    warnings = ofOffer.isEmpty ? ofPolicy : (ofPolicy ?? []) + ofOffer
    var request = situation.request
    // On another day, derogations are those that are notified by then.
    if let day = question.at, day != present.day, let noon = day.noon { request.now = noon.date }
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
