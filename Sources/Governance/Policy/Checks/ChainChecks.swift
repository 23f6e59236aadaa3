import Model
import Placement

/// Chains of the offer that no project can be delivered by.
struct ChainChecks {
  let policy: PolicySpec
  let offer: Offer
  let day: CalendarDay

  var findings: [Finding] {
    let occupied = Set(offer.clusters.map(\.spec.zone))
    let zones = offer.zones.filter { occupied.contains($0.name) }
    return offer.chains.compactMap { chain in
      if let rule = refusal(of: chain) {
        return Finding(
          .warning, .onPresentOffer, .unusableChain, "spec.rules[\(rule)].chains",
          fr:
            "La règle « \(policy.rules[rule].id) », qui vaut pour tous, exclut la chaîne « \(chain.name) » de l’offre "
            + "actuelle : aucun projet ne peut être livré par elle.",
          en:
            "Rule “\(policy.rules[rule].id)”, which means everyone, excludes the chain “\(chain.name)” of the present "
            + "offer: no project can be delivered by it.")
      }
      guard !zones.contains(where: { Self.delivers(chain, to: $0, in: offer) }) else { return nil }
      return Finding(
        .warning, .onPresentOffer, .unusableChain, "",
        fr:
          "La chaîne « \(chain.name) » de l’offre actuelle ne peut livrer à aucun cluster : ni région, sensibilité et "
          + "public communs, ni zone qui la nomme.",
        en: "The chain “\(chain.name)” of the present offer can deliver to no cluster: none shares its regions, "
          + "sensitivities and audience, and leaves it the choice.")
    }
  }

  /// Whether a chain may deliver to the clusters of a zone, for some project.
  static func delivers(_ chain: Resource<ChainSpec>, to zone: Resource<ZoneSpec>, in offer: Offer) -> Bool {
    guard let region = offer.regions.first(where: { $0.name == zone.spec.region }) else { return false }
    return (zone.spec.chain ?? chain.name) == chain.name && chain.spec.regions.contains(region.name)
      && chain.spec.sensitivities.contains(zone.spec.sensitivity)
      && chain.spec.audience.meets(region.spec.audience)
  }

  /// The first restriction on chains for every project, stage and class that keeps this one away.
  private func refusal(of chain: Resource<ChainSpec>) -> Int? {
    let attributes = AttributeCatalogue.chain(chain)
    return policy.rules.enumerated().first { number, rule in
      guard let restriction = Restriction(rule: rule, number: number), restriction.target == .chains,
        rule.subject.isEmpty, rule.stages.isEmpty, rule.validFrom.map({ $0 <= day }) ?? true,
        restriction.scope.lasts(until: day)
      else { return false }
      return !restriction.demands.hold(of: attributes)
    }?.offset
  }
}

extension Audience {
  /// Whether some project is admitted by both.
  fileprivate func meets(_ other: Audience) -> Bool {
    let organisations =
      self.organisations.contains("*") && !other.organisations.isEmpty
      || other.organisations.contains("*") && !self.organisations.isEmpty
      || !Set(self.organisations).isDisjoint(with: other.organisations)
    return organisations && !Set(scopes).isDisjoint(with: other.scopes)
  }
}
