import Model

/// An offer and a policy made ready for the decisions of a day. A class, so that sharing it costs one count of
/// references; nothing in it ever changes.
final class Compiled: Sendable {
  let offer: Offer
  let policy: EffectivePolicy
  let day: CalendarDay
  let index: SiteIndex
  let sites: [Site]
  /// The sites whose references lead somewhere: the others are refused whatever is asked.
  let resolved: SiteSet
  let unresolved: SiteSet
  let attributes: AttributeIndex
  let table: SiteTable
  let chains: ChainTable
  let limits: LimitTable
  let topologies: Topologies
  let classes: ClassTable
  /// The rules in force on the day, in the order of the policy.
  let rules: [CompiledRule]
  /// The same rules, as they are looked at for every project.
  let ruleTable: RuleTable
  /// The selectors of the contractual limits, in the order of the policy.
  let limited: [SubjectTable.Number]
  let subjects: SubjectTable
  let weights: Weights

  init(offer: Offer, policy: EffectivePolicy, day: CalendarDay) {
    self.offer = offer
    self.policy = policy
    self.day = day
    index = SiteIndex(offer)
    let sites = Site.all(of: offer)
    self.sites = sites
    let resolved = SiteSet(sites.indices.filter { sites[$0].place != nil }, of: sites.count)
    self.resolved = resolved
    unresolved = SiteSet.all(sites.count).subtracting(resolved)
    var attributes = AttributeIndex(capacity: sites.count)
    for (number, site) in sites.enumerated() {
      guard let place = site.place else { continue }
      attributes.add(
        AttributeCatalogue.place(
          region: place.region, zone: place.zone, cluster: site.cluster, facts: site.facts, on: day), at: number)
    }
    self.attributes = attributes
    table = SiteTable(sites, index: index, on: day)
    let chains = ChainTable(offer.chains, sites, on: attributes)
    self.chains = chains
    limits = LimitTable(sites, rules: policy.spec.capacity, on: attributes)
    topologies = Topologies(sites)
    classes = ClassTable(policy.spec.dataClasses, table: table, on: attributes, resolved: resolved)
    var subjects = SubjectTable()
    rules = policy.spec.rules.enumerated().compactMap { number, rule in
      guard Period(rule.validFrom, rule.validUntil).contains(day) else { return nil }
      return CompiledRule(
        rule, number: number, subjects: &subjects, on: attributes, resolved: resolved,
        chains: chains.chains.map(\.attributes))
    }
    ruleTable = RuleTable(rules, none: table.none)
    limited = policy.spec.limits.map { subjects.add($0.subject) }
    self.subjects = subjects
    weights = Weights(policy.spec.scoring)
  }
}
