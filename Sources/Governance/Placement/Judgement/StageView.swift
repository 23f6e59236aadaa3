import Model

/// What all environments of one stage have in common.
final class StageView: Sendable {
  /// Why a chain delivers nothing of the stage, whatever the place.
  enum ChainFault: Sendable {
    case audience
    case rule(CompiledRule)
  }

  let stage: String
  /// What keeps environments of the stage away, capacity apart.
  let barriers: [Barrier]
  /// What speaks for and against sites.
  let preferences: [Barrier]
  /// The sites that keep away what is there already, too.
  let always: SiteSet
  /// The sites that take nothing new, capacity apart.
  let closed: SiteSet
  /// By chain, the sites that it may deliver to.
  let delivered: [SiteSet]
  /// By chain, why it delivers nothing at all.
  let chainFaults: [ChainFault?]
  /// By site, what the preferences add to the score.
  let preference: [Int64]
  /// By site, the most that may be promised.
  let limits: [ResourceAmounts]

  /// - Parameter lifted: Sources that are left out, when asking what would help.
  init(_ stage: String, of subject: Subject, without lifted: Set<Source> = []) {
    let compiled = subject.compiled
    var barriers = subject.barriers
    var preferences: [Barrier] = []
    for rule in subject.rules where !rule.isOnChains && rule.holds(in: stage) {
      if rule.isRestriction { barriers += rule.barriers } else if rule.weight != 0 { preferences += rule.barriers }
    }
    let faults = compiled.chains.chains.indices.map {
      Self.fault(of: $0, in: stage, for: subject, without: lifted)
    }
    let delivered = zip(compiled.chains.chains, faults).map { chain, fault in
      if lifted.contains(.code(.chainCannotDeliver)) { return compiled.resolved }
      return fault == nil ? chain.reach : compiled.table.none
    }
    let undelivered = delivered.reduce(into: compiled.resolved) { $0.subtract($1) }
    barriers.append(Barrier(.chainCannotDeliver, .site, undelivered))
    let admitted = compiled.table.stages[stage] ?? compiled.table.none
    barriers.append(Barrier(.stageNotAdmitted, .site, compiled.resolved.subtracting(admitted)))
    var (always, closed) = (subject.always, subject.closed)
    if lifted.isEmpty {
      for barrier in barriers[subject.barriers.count...] { always.formUnion(barrier.sites) }
    } else {
      barriers = barriers.filter { !lifted.contains($0.source) }
      (always, closed) = Barrier.unions(of: barriers, none: compiled.table.none)
    }
    closed.formUnion(always)
    self.stage = stage
    self.barriers = barriers
    preferences += subject.wishes
    preferences += subject.softTaints
    self.preferences = preferences
    self.always = always
    self.closed = closed
    self.delivered = delivered
    chainFaults = faults
    preference = Self.preference(preferences, of: subject, where: compiled.resolved.subtracting(always))
    limits = compiled.limits.limits(in: stage)
  }

  private static func fault(of chain: Int, in stage: String, for subject: Subject, without lifted: Set<Source>)
    -> ChainFault?
  {
    guard subject.isAdmitted(by: subject.compiled.chains.chains[chain].audience) else { return .audience }
    let rule = subject.chainRules.first { rule in
      rule.isRestriction && rule.chains?[chain] == true && rule.holds(in: stage)
        && (lifted.isEmpty || !lifted.contains(.rule(rule.number)))
    }
    return rule.map { .rule($0) }
  }

  /// What the preferences add to the score, where anything may be placed at all.
  private static func preference(_ preferences: [Barrier], of subject: Subject, where open: SiteSet) -> [Int64] {
    var added = [Int64](repeating: 0, count: subject.compiled.sites.count)
    let weights = subject.compiled.weights
    // The buffer spares the checks of bounds and uniqueness for every site.
    added.withUnsafeMutableBufferPointer { added in
      for preference in preferences {
        let worth =
          preference.code == .softTaint ? weights.costs * -1000 : weights.affinity * 100 * preference.weight
        open.forEachCommon(preference.sites) { added[$0] += worth }
      }
    }
    return added
  }
}
