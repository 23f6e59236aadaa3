import Model

/// All that keeps an environment away, and all that speaks for and against sites, in the order of the codes.
struct Findings: Sendable {
  /// What keeps new replicas away.
  let refusals: [Barrier]
  /// What speaks for and against sites; it is told of those that are accepted.
  let preferences: [Barrier]

  init(_ judgement: Judgement, _ profile: Profile) {
    let view = judgement.views[profile.stage]
    let capacity = Self.capacity(judgement, view, profile)
    refusals = Self.ordered(view.barriers.filter { !$0.sites.isEmpty } + capacity)
    preferences = Self.ordered(view.preferences)
  }

  /// The clusters that take nothing new, counted by their first reason, in the order of the codes.
  var lost: [EnvironmentExplanation.LostCount] {
    guard let first = refusals.first else { return [] }
    var counts: [EnvironmentExplanation.LostCount] = []
    var seen = first.sites.subtracting(first.sites)
    for barrier in refusals {
      let count = barrier.sites.subtracting(seen).count
      seen.formUnion(barrier.sites)
      guard count > 0 else { continue }
      if let last = counts.last, last.code == barrier.code {
        counts[counts.count - 1].count += count
      } else {
        counts.append(EnvironmentExplanation.LostCount(code: barrier.code, count: count))
      }
    }
    return counts
  }

  /// Stable: what has one code stays as it came.
  private static func ordered(_ barriers: [Barrier]) -> [Barrier] {
    barriers.indices.map { barriers[$0].code.position << 32 | $0 }.sorted().map { barriers[$0 & (1 << 32 - 1)] }
  }

  /// What is short where, resource by resource; structure or not, every resolved site is asked that is not known to have
  /// enough of everything.
  private static func capacity(_ judgement: Judgement, _ view: StageView, _ profile: Profile) -> [Barrier] {
    let compiled = judgement.subject.compiled
    // Mostly there is room: it is found in one pass where there is not.
    let (limits, committed) = (view.limits, judgement.subject.state.committed)
    var lacking = compiled.table.none
    compiled.resolved.subtracting(profile.open).forEach { site in
      if !Room(limit: limits[site], committed: committed[site]).holds(profile.need) { lacking.insert(site) }
    }
    guard !lacking.isEmpty else { return [] }
    return CountedResource.allCases.filter { profile.need[$0] > 0 }.flatMap { resource -> [Barrier] in
      let needed = profile.need[resource]
      var (never, short) = (compiled.table.none, compiled.table.none)
      lacking.forEach { site in
        let limit = limits[site][resource]
        if needed > limit {
          never.insert(site)
        } else if needed > limit - max(0, committed[site][resource]) {
          short.insert(site)
        }
      }
      return [
        Barrier(.capacityNeverFits, .resource(resource), never, isNewOnly: true),
        Barrier(.capacityShort, .resource(resource), short, isNewOnly: true),
      ].filter { !$0.sites.isEmpty }
    }
  }
}
