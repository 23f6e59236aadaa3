import Foundation
import Model
import Placement

/// What a policy means on the offer that there is.
struct OfferChecks {
  let policy: PolicySpec
  let offer: Offer
  let day: CalendarDay
  private let places: [Attributes]
  private let chains: [Attributes]

  init(_ policy: PolicySpec, on offer: Offer, day: CalendarDay) {
    self.policy = policy
    self.offer = offer
    self.day = day
    let zones = Dictionary(uniqueKeysWithValues: offer.zones.map { ($0.name, $0) })
    let regions = Dictionary(uniqueKeysWithValues: offer.regions.map { ($0.name, $0) })
    places = offer.clusters.compactMap { cluster in
      guard let zone = zones[cluster.spec.zone], let region = regions[zone.spec.region] else { return nil }
      return AttributeCatalogue.place(region: region, zone: zone, cluster: cluster, on: day)
    }
    chains = offer.chains.map(AttributeCatalogue.chain)
  }

  var findings: [Finding] { hostless + emptyRules + contradictions + emptyCapacityRules + emptyStages + votes }

  /// Classes whose demands no cluster meets; the engine itself is asked.
  private var hostless: [Finding] {
    let bare = PolicySpec(title: policy.title, dataClasses: policy.dataClasses)
    let engine = Engine(offer: offer, policy: EffectivePolicy(version: 1, spec: bare), day: day)
    let state = PlacementState(ledger: Ledger(), staleZones: [], for: engine)
    return policy.dataClasses.enumerated().compactMap { index, dataClass in
      let project = ProjectSpec(
        organisation: "*", audience: .interministerial, dataClasses: [dataClass.name],
        environments: [.init(name: "any", stage: Stage.production, quota: ResourceList())])
      let decision = engine.decide(
        DecisionRequest(project: Resource("any", project), now: Date(timeIntervalSince1970: 0)), on: state)
      let verdicts = decision.environments.flatMap(\.candidates)
      guard !verdicts.contains(where: { Self.dataReasons.isDisjoint(with: $0.reasons.map(\.code)) }) else { return nil }
      return finding(
        .error, .classWithoutHost, "spec.dataClasses[\(index)]",
        "Aucun lieu de l’offre actuelle ne peut héberger la classe « \(dataClass.name) ».",
        "No place of the present offer can host the class “\(dataClass.name)”.")
    }
  }

  /// The reasons that come from the data alone.
  private static let dataReasons: Set<ReasonCode> = [
    .unresolvedReference, .unknownDataClass, .sensitivityTooLow, .restrictedZoneReserved, .qualificationMissing,
    .qualificationExpired, .qualificationNotYetValid, .residencyRefused, .attributeUndeclared, .dataClassDemand,
  ]

  /// Rules whose selector matches nothing: a `require` then refuses everything.
  private var emptyRules: [Finding] {
    policy.rules.enumerated().compactMap { index, rule in
      let (field, known, selector) =
        rule.places == nil ? ("chains", chains, rule.chains) : ("places", places, rule.places)
      guard let selector, !known.contains(where: selector.matches) else { return nil }
      return finding(
        rule.effect == .require ? .error : .warning, .matchesNothing, "spec.rules[\(index)].\(field)",
        "La règle « \(rule.id) » ne désigne rien dans l’offre actuelle.",
        "Rule “\(rule.id)” matches nothing on the present offer.")
    }
  }

  /// Requirements that match something by themselves, all of which another rule takes away.
  private var contradictions: [Finding] {
    policy.rules.indices.flatMap { index in
      policy.rules.indices.compactMap { other in contradiction(index, other) }
    }
  }

  private func contradiction(_ index: Int, _ other: Int) -> Finding? {
    let (rule, against) = (policy.rules[index], policy.rules[other])
    guard rule.effect == .require, against.effect == .forbid || (against.effect == .require && index < other),
      rule.meets(against)
    else { return nil }
    let isEmpty =
      leavesNothing(rule.places, against.places, against.effect, places)
      || leavesNothing(rule.chains, against.chains, against.effect, chains)
    guard isEmpty else { return nil }
    return finding(
      .error, .contradiction, "spec.rules[\(max(index, other))]",
      "Aucun lieu ni chaîne de l’offre actuelle ne satisfait à la fois « \(rule.id) » et « \(against.id) ».",
      "No place or chain of the present offer satisfies both “\(rule.id)” and “\(against.id)”.")
  }

  /// Whether both selectors match something, and what is required by the first is none of what the second leaves.
  private func leavesNothing(
    _ required: LabelSelector?, _ second: LabelSelector?, _ effect: PolicySpec.Effect, _ known: [Attributes]
  ) -> Bool {
    guard let required, let second else { return false }
    let wanted = known.filter(required.matches)
    guard !wanted.isEmpty, known.contains(where: second.matches) else { return false }
    return wanted.allSatisfy { second.matches($0) == (effect == .forbid) }
  }

  private var emptyCapacityRules: [Finding] {
    policy.capacity.enumerated().compactMap { index, rule in
      guard let selector = rule.places, !places.contains(where: selector.matches) else { return nil }
      return finding(
        .warning, .matchesNothing, "spec.capacity[\(index)].places",
        "La règle de capacité « \(rule.id) » ne désigne aucun cluster de l’offre actuelle.",
        "Capacity rule “\(rule.id)” matches no cluster of the present offer.")
    }
  }

  /// Stages of rules that no cluster admits.
  private var emptyStages: [Finding] {
    let admitted = Set(offer.clusters.flatMap(\.spec.stages))
    let used =
      policy.rules.enumerated().map { ("spec.rules[\($0)].stages", $1.stages) }
      + policy.capacity.enumerated().map { ("spec.capacity[\($0)].stages", $1.stages) }
    return used.flatMap { path, stages in
      stages.filter { !admitted.contains($0) }.map { stage in
        finding(
          .warning, .matchesNothing, path, "Aucun cluster de l’offre actuelle n’admet l’étape « \(stage) ».",
          "No cluster of the present offer admits the stage “\(stage)”.")
      }
    }
  }

  private var votes: [Finding] {
    guard let governance = policy.governance else { return [] }
    let operators = Set(offer.operators.map(\.name))
    let strangers = governance.voters.enumerated().filter { !operators.contains($1) }.map { index, voter in
      finding(
        .error, .impossibleVote, "spec.governance.voters[\(index)]", "« \(voter) » n’est pas un opérateur de l’offre.",
        "“\(voter)” is not an operator of the offer.")
    }
    guard governance.voters.isEmpty, governance.quorum > operators.count else { return strangers }
    return [
      finding(
        .error, .impossibleVote, "spec.governance.quorum",
        "Le quorum (\(governance.quorum)) dépasse le nombre d’opérateurs (\(operators.count)).",
        "The quorum (\(governance.quorum)) exceeds the number of operators (\(operators.count)).")
    ]
  }

  private func finding(
    _ severity: Finding.Severity, _ code: Finding.Code, _ path: String, _ fr: String, _ en: String
  ) -> Finding {
    Finding(
      severity: severity, kind: .onPresentOffer, code: code, path: path, message: LocalizedText(fr: fr, en: en))
  }
}
