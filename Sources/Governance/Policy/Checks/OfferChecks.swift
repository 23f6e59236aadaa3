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
  /// By number, places and the chains that deliver to them.
  private let deliveries: [(place: Int, chain: Int)]

  init(_ policy: PolicySpec, on offer: Offer, day: CalendarDay) {
    self.policy = policy
    self.offer = offer
    self.day = day
    let facts = Dictionary(uniqueKeysWithValues: offer.facts.map { ($0.cluster, $0) })
    let zones = Dictionary(uniqueKeysWithValues: offer.zones.map { ($0.name, $0) })
    let regions = Dictionary(uniqueKeysWithValues: offer.regions.map { ($0.name, $0) })
    let found = offer.clusters.compactMap { cluster -> (place: Attributes, zone: Resource<ZoneSpec>)? in
      guard let zone = zones[cluster.spec.zone], let region = regions[zone.spec.region] else { return nil }
      let place = AttributeCatalogue.place(
        region: region, zone: zone, cluster: cluster, facts: facts[cluster.name], on: day)
      return (place, zone)
    }
    places = found.map(\.place)
    chains = offer.chains.map(AttributeCatalogue.chain)
    let reached = Dictionary(
      found.map(\.zone).map { zone in
        (zone.name, offer.chains.indices.filter { ChainChecks.delivers(offer.chains[$0], to: zone, in: offer) })
      }, uniquingKeysWith: { first, _ in first })
    deliveries = found.enumerated().flatMap { place, one in (reached[one.zone.name] ?? []).map { (place, $0) } }
  }

  var findings: [Finding] {
    let found =
      hostless + emptyRules + labelsLeftOut + contradictions + emptyCapacityRules + emptyStages
      + ChainChecks(policy: policy, offer: offer, day: day).findings + votes
    return found + DisclosureChecks(policy: policy).onOffer(offer)
  }

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

  /// The rules that hold on the day or later, with their numbers: one that is over refuses nothing, and misses nothing.
  private var lastingRules: [(offset: Int, element: PolicySpec.Rule)] {
    policy.rules.enumerated().filter { Scope($0.element).lasts(until: day) }
  }

  /// Rules whose selector matches nothing (a `require` then refuses everything), or that forbid all there is, or only what
  /// does not declare what they ask about.
  private var emptyRules: [Finding] {
    lastingRules.compactMap { index, rule in
      let (field, known, name) = targets(of: rule)
      guard let selector = rule.places ?? rule.chains else { return nil }
      let path = "spec.rules[\(index)].\(field)"
      if rule.effect == .forbid, !known.isEmpty, !known.contains(where: Clauses.notEvery(selector.possibly).hold) {
        return finding(
          .error, .refusesEverything, path, "La règle « \(rule.id) » interdit tout ce qu’il y a dans l’offre actuelle.",
          "Rule “\(rule.id)” forbids everything on the present offer.")
      }
      guard !known.contains(where: selector.matches) else { return nil }
      let refused = known.filter(Clauses.every(selector.possibly).hold)
      if rule.effect == .forbid, !refused.isEmpty {
        let told = Self.told(refused, by: name)
        return finding(
          .warning, .refusesUndeclared, path,
          "La règle « \(rule.id) » n’interdit que ce qui ne déclare pas ce qu’elle vise : \(told.fr).",
          "Rule “\(rule.id)” forbids only what does not declare what it asks about: \(told.en).")
      }
      return finding(
        rule.effect == .require ? .error : .warning, .matchesNothing, path,
        "La règle « \(rule.id) » ne désigne rien dans l’offre actuelle.",
        "Rule “\(rule.id)” matches nothing on the present offer.")
    }
  }

  /// Rules that forbid some values of a label which has others on the offer, and what escapes them only because it lacks that
  /// label. One that has no other values is a mark, which most things are meant to lack.
  private var labelsLeftOut: [Finding] {
    lastingRules.compactMap { index, rule in
      let (field, known, name) = targets(of: rule)
      guard rule.effect == .forbid, let selector = rule.places ?? rule.chains else { return nil }
      let literals = selector.possibly
      // Nothing else than a label is lacked: what a prohibition asks about and is not declared could match.
      let classes = literals.filter { literal in known.contains { literal.isDenied(by: $0) } }
      let escaped = known.filter { one in
        let failed = literals.filter { !$0.holds(of: one) }
        return !failed.isEmpty && failed.allSatisfy { classes.contains($0) && one[$0.term.key] == nil }
      }
      guard !escaped.isEmpty else { return nil }
      let told = Self.told(escaped, by: name)
      return finding(
        .warning, .labelLeftOut, "spec.rules[\(index)].\(field)",
        "La règle « \(rule.id) » n’interdit pas ce qui ne porte pas son étiquette : \(told.fr).",
        "Rule “\(rule.id)” does not forbid what lacks its label: \(told.en).")
    }
  }

  /// What a rule is about: the field that says so, what there is of it, and the attribute that names each.
  private func targets(of rule: PolicySpec.Rule) -> (field: String, known: [Attributes], name: String) {
    rule.places == nil ? ("chains", chains, "chain.name") : ("places", places, "cluster.name")
  }

  /// Places or chains by their names; of many only the first.
  private static func told(_ known: [Attributes], by name: String) -> (fr: String, en: String) {
    let names = known.flatMap { ($0[name] ?? []).prefix(1) }.sorted()
    let (told, more) = (names.prefix(5).joined(separator: ", "), names.count - 5)
    return more > 0 ? ("\(told) et \(Counted.fr(more, "autre", "autres"))", "\(told) and \(more) more") : (told, told)
  }

  /// Sets of restrictions, in force on the day or later, that leave nothing of the offer.
  private var contradictions: [Finding] {
    let restrictions = Restriction.all(of: policy).filter { $0.scope.lasts(until: day) }
    let checks = ContradictionChecks(
      policy: policy, theory: Satisfiability(policy),
      restrictions: Array(restrictions.prefix(Restriction.mostCompared)), kind: .onPresentOffer)
    return checks.onOffer(places, chains) + checks.across(places, chains, deliveries: deliveries)
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
      stages.enumerated().filter { !admitted.contains($1) }.map { position, stage in
        finding(
          .warning, .matchesNothing, "\(path)[\(position)]",
          "Aucun cluster de l’offre actuelle n’admet l’étape « \(stage) ».",
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
    _ severity: Finding.Severity, _ code: FindingCode, _ path: String, _ fr: String, _ en: String
  ) -> Finding {
    Finding(severity, .onPresentOffer, code, path, fr: fr, en: en)
  }
}
