import Model

/// What all environments of one stage have in common.
final class StageView: Sendable {
  /// Why a chain delivers nothing of the stage, whatever the place.
  enum ChainFault: Sendable {
    case audience
    case rule(CompiledRule)
  }

  let stage: String
  /// The sites that keep away what is there already, too.
  let always: SiteSet
  /// The sites that take nothing new, capacity apart.
  let closed: SiteSet
  /// The sites that take nothing new, capacity and heartbeats apart.
  let lasting: SiteSet
  /// By chain, the sites that it may deliver to.
  let delivered: [SiteSet]
  /// By chain, why it delivers nothing at all.
  let chainFaults: [ChainFault?]
  /// By site, what the preferences add to the score, where anything may be placed at all.
  let preference: [Int64]
  /// By site, the most that may be promised.
  let limits: [ResourceAmounts]
  /// By site, what makes shares of the limits; nil where they are too large for it.
  let shares: [LimitShares]?
  private let subject: Subject
  private let lifted: Set<Source>
  /// The rules on places that restrict in the stage, by their places among those in force.
  private let restrictions: [Int]
  /// The rules on places that prefer and avoid in the stage.
  private let wishes: [Int]
  private let undelivered: SiteSet

  /// - Parameter lifted: Sources that are left out, when asking what would help.
  init(_ stage: String, of subject: Subject, without lifted: Set<Source> = []) {
    let (compiled, table) = (subject.compiled, subject.compiled.ruleTable)
    (self.stage, self.subject, self.lifted) = (stage, subject, lifted)
    let holding = table.holds(in: stage)
    var (restrictions, wishes, special): ([Int], [Int], [Int]) = ([], [], [])
    wishes.reserveCapacity(subject.ruleNumbers.count)
    for rule in subject.ruleNumbers where holding[rule] && !table.rows[rule].isOnChains {
      if subject.isWaived(compiled.rules[rule], in: stage) { continue }
      if table.rows[rule].isRestriction {
        restrictions.append(rule)
      } else if table.rows[rule].weight != 0 {
        wishes.append(rule)
        if !table.holdsEverywhere[rule] { special.append(rule) }
      }
    }
    (self.restrictions, self.wishes) = (restrictions, wishes)
    let faults = compiled.chains.chains.indices.map {
      Self.fault(of: $0, in: stage, for: subject, without: lifted)
    }
    let delivered = zip(compiled.chains.chains, faults).map { chain, fault in
      if lifted.contains(.code(.chainCannotDeliver)) { return compiled.resolved }
      return fault == nil ? chain.reach : compiled.table.none
    }
    undelivered = delivered.reduce(into: compiled.resolved) { $0.subtract($1) }
    (self.delivered, chainFaults) = (delivered, faults)
    limits = compiled.limits.limits(in: stage)
    shares = compiled.limits.shares(in: stage)
    let weights = compiled.weights
    guard lifted.isEmpty else {
      let barriers = Self.barriers(subject, restrictions, undelivered, stage).filter { !lifted.contains($0.source) }
      let unheard = barriers.filter { $0.code == .staleHeartbeat }
      let (always, newOnly) = Barrier.unions(
        of: barriers.filter { $0.code != .staleHeartbeat }, none: compiled.table.none)
      self.always = always
      lasting = newOnly.union(always)
      closed = unheard.reduce(lasting) { $0.union($1.sites) }
      // What the project as a whole makes of its wishes leaves out sites that may be open now.
      let open = compiled.resolved.subtracting(always)
      var preference = [Int64](repeating: 0, count: compiled.sites.count)
      table.weigh(wishes, by: 100 * weights.affinity, where: open, into: &preference)
      weights.add(subject.wishes + subject.softTaints, where: open, to: &preference)
      self.preference = preference
      return
    }
    var always = subject.always
    for rule in restrictions { table.add(rule, to: &always) }
    always.formUnion(undelivered)
    always.formUnion(Self.notAdmitted(compiled, stage))
    self.always = always
    lasting = subject.newOnly.union(always)
    closed = subject.state.stale.map(lasting.union) ?? lasting
    guard !special.isEmpty else {
      preference = subject.preference
      return
    }
    var preference = subject.preference
    table.weigh(special, by: 100 * weights.affinity, where: compiled.resolved.subtracting(always), into: &preference)
    self.preference = preference
  }

  /// What keeps environments of the stage away, capacity apart.
  var barriers: [Barrier] {
    let all = Self.barriers(subject, restrictions, undelivered, stage)
    return lifted.isEmpty ? all : all.filter { !lifted.contains($0.source) }
  }

  /// What speaks for and against sites.
  var preferences: [Barrier] {
    wishes.flatMap { subject.compiled.rules[$0].barriers } + subject.wishes + subject.softTaints
  }

  /// What the preferences come to at a site, before they are weighed.
  func liking(_ site: Int) -> (affinity: Int64, taints: Int64) {
    let table = subject.compiled.ruleTable
    var (affinity, taints): (Int64, Int64) = (0, 0)
    for rule in wishes where table.means(rule, site) { affinity += 100 * table.rows[rule].weight }
    for wish in subject.wishes where wish.sites.contains(site) { affinity += 100 * wish.weight }
    for taint in subject.softTaints where taint.sites.contains(site) { taints -= 1000 }
    return (affinity, taints)
  }

  private static func barriers(
    _ subject: Subject, _ restrictions: [Int], _ undelivered: SiteSet, _ stage: String
  ) -> [Barrier] {
    subject.barriers + restrictions.flatMap { subject.compiled.rules[$0].barriers } + [
      Barrier(.chainCannotDeliver, .site, undelivered),
      Barrier(.stageNotAdmitted, .site, notAdmitted(subject.compiled, stage)),
    ]
  }

  private static func notAdmitted(_ compiled: Compiled, _ stage: String) -> SiteSet {
    compiled.table.stages[stage].map(compiled.resolved.subtracting) ?? compiled.resolved
  }

  private static func fault(of chain: Int, in stage: String, for subject: Subject, without lifted: Set<Source>)
    -> ChainFault?
  {
    guard subject.admitting[chain] else { return .audience }
    let rule = subject.chainRules.first { rule in
      rule.isRestriction && rule.chains?[chain] == true && subject.holds(rule, in: stage)
        && !lifted.contains(.rule(rule.number))
    }
    return rule.map { .rule($0) }
  }
}
