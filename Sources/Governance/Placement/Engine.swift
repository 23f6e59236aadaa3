import Model

/// The decision engine: pure, and always of the same answer for the same inputs.
///
/// A decision has three parts. *Restrictions* are fail-closed and relaxed by nothing but a notified derogation; *fit*
/// says whether the project can run there, all environments together; *preference* ranks what is left. Prepare one
/// engine for each version of offer and policy, and share it.
public struct Engine: Sendable {
  private let offer: Offer
  private let policy: EffectivePolicy
  private let sites: [Site]
  private let topologies: Topologies

  /// An engine for one offer under one policy.
  public init(offer: Offer, policy: EffectivePolicy) {
    self.offer = offer
    self.policy = policy
    sites = Site.all(of: offer)
    topologies = Topologies(sites)
  }

  /// Decides where a project goes: all its environments together, or none.
  public func decide(_ request: DecisionRequest) -> Decision {
    let judgement = Judgement(request, sites: sites, offer: offer, policy: policy.spec)
    let planner = Planner(judgement, topologies: topologies)
    let plan = planner.plan(ContractJudge.excesses(of: judgement.subject, under: policy.spec))
    return DecisionWriter(planner: planner, plan: plan).decision(policyVersion: policy.version)
  }
}
