import Model
public import Placement

extension ExplanationView {
  /// Says in `language` to `reader` what was stored of a decision that another version of the engine made: what it came to, the
  /// counts, the best clusters, and what keeps the others away. Amounts that differ from cluster to cluster were not
  /// stored: sentences have a question mark in their place.
  ///
  /// - Parameter offer: what the decision was made on; an empty one, of whose clusters none is named, where that is not here.
  public init(
    stored document: DecisionDocument, offer: Offer, to reader: ExplanationReader, language: Language,
    extent: ExplanationExtent
  ) {
    let plan = document.plan
    let limit = extent.limit(environments: document.environments.count)
    let places = StoredPlaces(offer)
    // What else would have stood in the way can not be worked out any more, and what was stored may tell of others' clusters.
    let isTold = reader == .everything || plan.outcome == .placed
    self.init(
      engineVersion: plan.engineVersion, project: plan.project, outcome: plan.outcome, chain: plan.chain,
      chains: document.chains.map { Chain($0, language) }, preferenceTerm: plan.preferenceTerm,
      preferenceTermOfNew: plan.preferenceTermOfNew, derogations: plan.derogations,
      reasons: isTold ? plan.reasons.map { ReasonView($0, language) } : [],
      conflict: isTold ? plan.conflict : nil,
      environments: document.environments.map { environment in
        let accepting = places.accepting(environment, plan)
        let best = accepting.prefix(limit)
        // Those that accept come first: what refuses is told where none of them is left out.
        let isWhole = best.count == environment.accepted
        let refusals = places.refusals(environment, but: accepting)
        let foreign = reader == .everything ? [] : refusals.filter { $0.reasons.isForeign }
        let told = places.named(reader == .everything ? refusals : refusals.filter { !$0.reasons.isForeign })
        let others = isWhole ? told.prefix(limit - best.count).map { places.candidate($0, language) } : []
        let candidates = environment.candidates - foreign.count
        return Environment(
          environment: environment.environment, stage: environment.stage, replicas: environment.replicas,
          accepted: environment.accepted, refused: candidates - environment.accepted,
          omitted: candidates - best.count - others.count,
          candidates: best.map { Candidate($0, language, places.console($0.cluster)) } + others,
          lost: environment.lost.without(foreign.map(\.reasons)), withheld: foreign.isEmpty ? nil : foreign.count)
      })
  }
}

/// The clusters of an offer by number, as verdicts tell them.
private struct StoredPlaces {
  private let clusters: [Resource<ClusterSpec>]
  private let zones: [String: ZoneSpec]
  private let operators: [String: String]

  init(_ offer: Offer) {
    clusters = offer.clusters
    zones = Dictionary(offer.zones.map { ($0.name, $0.spec) }, uniquingKeysWith: { first, _ in first })
    operators = Dictionary(offer.regions.map { ($0.name, $0.spec.operator) }, uniquingKeysWith: { first, _ in first })
  }

  func console(_ cluster: String) -> ClusterSpec.Console? { clusters.first { $0.name == cluster }?.spec.console }

  /// What the best of the clusters say that accept an environment: chosen ones first, then by rank.
  func accepting(_ environment: DecisionDocument.Environment, _ plan: Plan) -> [CandidateVerdict] {
    if let verdicts = environment.verdicts { return verdicts }
    let replicas = Dictionary(
      grouping: plan.assignments.filter { $0.environment == environment.environment }, by: \.cluster)
    let chosen = Set(environment.best.map(\.site).filter { isKnown($0) && replicas[clusters[$0].name] != nil })
    return environment.best.filter { isKnown($0.site) }.map { ranked in
      let cluster = clusters[ranked.site]
      let place = place(of: cluster)
      return CandidateVerdict(
        cluster: cluster.name, zone: place.zone, region: place.region, operator: place.operator, accepted: true,
        chosen: (replicas[cluster.name] ?? []).map(\.replica).sorted(),
        reasons: environment.reasons(of: ranked, chosen: chosen), score: ranked.score, components: ranked.components)
    }
  }

  /// Whether the offer has a cluster of this number: it is the one that was decided on.
  private func isKnown(_ site: Int) -> Bool { clusters.indices.contains(site) }

  /// Where a cluster is, as verdicts tell it: the zone's slug, the region and the operator, empty where they are not known.
  private func place(of cluster: Resource<ClusterSpec>) -> (zone: String, region: String, operator: String) {
    let zone = zones[cluster.spec.zone]
    return (zone?.slug ?? "", zone?.region ?? "", zone.flatMap { operators[$0.region] } ?? "")
  }

  /// What a cluster says that refuses an environment: by its number, all of it.
  typealias Refusal = (site: Int, reasons: [Reason])

  /// The clusters that refuse an environment, in the order of their names, but for those that are told as accepting it. That
  /// one of them is none of a project's business its reasons say, whether or not its name is known.
  func refusals(_ environment: DecisionDocument.Environment, but told: [CandidateVerdict]) -> [Refusal] {
    let (accepting, best) = (Set(told.map(\.cluster)), Set(environment.best.map(\.site)))
    var reasons: [Int: [Reason]] = [:]
    for finding in environment.refusals {
      for site in finding.sites.sites { reasons[site, default: []].append(finding.reason) }
    }
    let sites = reasons.keys.filter { site in
      !best.contains(site) && !(isKnown(site) && accepting.contains(clusters[site].name))
    }
    return sites.sorted().map { site in (site, reasons[site, default: []].sorted()) }
  }

  /// Those that can be told by their names.
  func named(_ refusals: [Refusal]) -> [Refusal] { refusals.filter { isKnown($0.site) } }

  func candidate(_ refusal: Refusal, _ language: Language) -> ExplanationView.Candidate {
    let cluster = clusters[refusal.site]
    let place = place(of: cluster)
    return ExplanationView.Candidate(
      cluster: cluster.name, clusterLabel: cluster.spec.console?.label, clusterID: cluster.spec.console?.id,
      zone: place.zone, region: place.region, operator: place.operator,
      accepted: false, chosen: [], reasons: refusal.reasons.told.map { ExplanationView.ReasonView($0, language) })
  }
}
