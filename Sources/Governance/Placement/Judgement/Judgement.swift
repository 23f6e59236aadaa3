import Model

/// Every environment of a project judged against every site.
struct Judgement {
  let subject: Subject
  let sites: [Site]
  let chains: ChainChoice
  let weights: Weights
  /// Sorted by name.
  let environments: [ProjectSpec.Environment]
  /// The attributes of each site; none where its references are not resolved.
  let attributes: [Attributes]
  /// By environment and site.
  let verdicts: [[Verdict]]

  init(
    _ request: DecisionRequest, _ state: PlacementState, sites: [Site], offer: Offer, policy: PolicySpec,
    day: CalendarDay
  ) {
    let subject = Subject(request, state, under: policy, on: day)
    let chains = ChainChoice(offer.chains, for: subject)
    let judged = sites.map { site -> SiteJudge? in
      guard let place = site.place else { return nil }
      let attributes = AttributeCatalogue.place(
        region: place.region, zone: place.zone, cluster: site.cluster, on: day)
      return SiteJudge(subject, site: site, place: place, attributes: attributes)
    }
    let environments = request.project.spec.environments.sorted { $0.name < $1.name }
    verdicts = environments.map { environment in
      let judge = EnvironmentJudge(environment, of: subject, under: policy)
      return zip(sites, judged).enumerated().map { number, pair in
        let (site, siteJudge) = pair
        guard let judged = siteJudge else {
          return Verdict(site: number, refusals: [site.unresolved].compactMap(\.self))
        }
        let chains = chains.options(for: judged.place, stage: environment.stage)
        return judge.verdict(of: judged, number: number, chains: chains)
      }
    }
    self.subject = subject
    self.sites = sites
    self.chains = chains
    self.environments = environments
    weights = Weights(policy.scoring)
    attributes = judged.map { $0?.attributes ?? Attributes() }
  }

  /// The clusters that take nothing new of an environment, counted by their first reason.
  func lost(_ environment: Int) -> [EnvironmentExplanation.LostCount] {
    let codes = verdicts[environment].compactMap(\.refusals.first?.code)
    return Dictionary(codes.map { ($0, 1) }, uniquingKeysWith: +)
      .map { EnvironmentExplanation.LostCount(code: $0.key, count: $0.value) }
      .sorted { $0.code < $1.code }
  }
}
