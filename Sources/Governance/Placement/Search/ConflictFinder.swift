import Model

/// Finds what stands in the way of a project that can not be placed: which constraint, lifted alone, would make a full
/// assignment exist; or, where none does, an irreducible set of them.
///
/// Its searches have one budget of their own: the same is found whatever the request allows for. What could not be found
/// out within it is told.
struct ConflictFinder {
  /// Something that could be lifted.
  private enum Item {
    case source(Source)
    /// A group that is to be kept apart or together, by number.
    case group(Int)
    /// That one chain delivers to all.
    case commonChain
    /// That there is room for all together, and not only for each.
    case jointCapacity
  }

  /// What a source says of one site.
  private struct Example {
    var site: Int
    /// What is said, without names; shorter numbers come first.
    var key: String
    var reason: Reason

    static func key(_ reason: Reason) -> String {
      let told = reason.parameters.filter { !["name", "zone"].contains($0.key) }.sorted { $0.key < $1.key }
      let padded = told.map { String(repeating: "0", count: max(0, 24 - $0.value.count)) + $0.value }
      return ([String(1000 + reason.code.position)] + padded).joined(separator: "\n")
    }
  }

  /// The most nodes of everything that is asked, and of one search.
  static let (budget, budgetOfOne) = (200_000, 20_000)
  /// What asking costs beside the search, counted in nodes: what is lifted is judged anew.
  private static let costOfAsking = 100

  private let problem: SearchProblem
  private let abandoned: [Int]
  private let subject: Subject
  /// By profile, what keeps its environments away.
  private let findings: [Findings]
  /// What is easiest to change first: the way in which a project is spread, then room, then what the law demands.
  private let items: [Item]
  /// What is left to spend.
  private(set) var left: Int
  /// Whether every question was answered.
  private var isProven = true

  init(_ problem: SearchProblem, abandoned: [Int], budget: Int) {
    self.problem = problem
    self.abandoned = abandoned
    left = budget
    subject = problem.judgement.subject
    findings = problem.judgement.profiles.map { Findings(problem.judgement, $0) }
    let refusals = findings.flatMap(\.refusals).filter { $0.code != .unresolvedReference }
    let positions = Dictionary(refusals.map { ($0.source, $0.code.position) }, uniquingKeysWith: min)
    var sources = Source.ordered(positions)
    // A rule on chains keeps no place away by itself.
    for rule in subject.rules where rule.isRestriction && rule.isOnChains { sources.append(.rule(rule.number)) }
    let groups = problem.groups.indices.filter { problem.groups[$0].isHard }
    items =
      groups.map(Item.group) + [.jointCapacity, .commonChain] + sources.reversed().map(Item.source)
  }

  /// The reasons, and how they go together; no reasons where nothing that can be lifted would help.
  mutating func find() -> (reasons: [Reason], conflict: Plan.Conflict?) {
    let helping = items.indices.filter { mayHelp(items[$0]) && search(without: [$0]).sites != nil }
    let isComplete = isProven
    // Which example stands for a reason is a matter of taste: what was found holds without having found the best one.
    var alone = helping.compactMap { reason(items[$0], alone: $0) }
    if alone.isEmpty { alone = helping.compactMap { reason(items[$0], alone: nil) } }
    guard alone.isEmpty else { return (alone, isComplete ? .alone : .aloneUnproven) }
    let outcome = QuickXplain.explain(items.count, budget: left, isKnownInfeasible: true) { kept, _ in
      let before = left
      let found = search(without: kept.indices.filter { !kept[$0] }, like: problem)
      if found.sites != nil { return Feasibility(.feasible, nodes: before - left) }
      return Feasibility(found.isExhausted ? .undecided : .infeasible, nodes: before - left)
    }
    guard case .obstructed(let obstacles) = outcome, !obstacles.together.isEmpty else {
      return ([], isProven ? nil : .unproven)
    }
    isProven = isProven && obstacles.isProven
    // Where nothing was left to ask with, everything is blamed, which tells nobody anything.
    guard isProven || obstacles.together.count < items.count else { return ([], .unproven) }
    let together = obstacles.together.compactMap { reason(items[$0], alone: nil) }
    return (together, isProven ? .together : .togetherUnproven)
  }

  /// Whether lifting something could help at all: it must open a place to every environment that has none. This spares
  /// most of the searches.
  private func mayHelp(_ item: Item) -> Bool {
    guard case .source(let source) = item else { return abandoned.isEmpty }
    let isOnPlaces = findings.contains { $0.refusals.contains { $0.source == source } }
    guard subject.request.existing.isEmpty, isOnPlaces else { return true }
    guard !abandoned.isEmpty else { return findings.contains { opens(source, $0) } }
    return abandoned.allSatisfy { environment in
      opens(source, findings[problem.judgement.environments[environment].profile])
    }
  }

  /// Whether some site is refused by this source and by no other.
  private func opens(_ source: Source, _ findings: Findings) -> Bool {
    let (own, others) = (
      findings.refusals.filter { $0.source == source }, findings.refusals.filter { $0.source != source }
    )
    let none = subject.compiled.table.none
    let refused = others.reduce(into: none) { $0.formUnion($1.sites) }
    return !own.reduce(into: none) { $0.formUnion($1.sites) }.subtracting(refused).isEmpty
  }

  /// The sites of a full assignment without some of the items, if there is one.
  private mutating func search(
    without lifted: [Int], among admitted: SiteSet? = nil, like base: SearchProblem? = nil
  ) -> (sites: [Int]?, isExhausted: Bool) {
    guard left > Self.costOfAsking else {
      isProven = false
      return (nil, true)
    }
    left -= Self.costOfAsking
    var relaxation = Search.Relaxation()
    var sources = Set<Source>()
    for number in lifted {
      switch items[number] {
      case .source(let source): sources.insert(source)
      case .group(let group): relaxation.groups.insert(group)
      case .commonChain: relaxation.chains = true
      case .jointCapacity: relaxation.capacity = true
      }
    }
    let relaxed = sources.isEmpty ? problem : SearchProblem(Judgement(subject, without: sources), like: base)
    var search = Search(
      relaxed, budget: min(left, Self.budgetOfOne), relaxation: relaxation, stopsAtFirst: true)
    search.run(among: admitted, keepsAnyway: true)
    left -= search.nodes
    // The first that is found ends the search: what ran out of nodes has found nothing.
    if search.isExhausted { isProven = false }
    return (search.best.map { $0.candidates.map(\.site) }, search.isExhausted)
  }

  /// The reason that stands for an item; `number` is the item's, if lifting it alone helps.
  private mutating func reason(_ item: Item, alone number: Int?) -> Reason? {
    switch item {
    case .commonChain: return Reason(.noCommonChain)
    case .jointCapacity: return Reason(.jointCapacityShort)
    case .group(let number):
      let group = problem.groups[number]
      return group.isTogether ? colocationReason(group) : spreadReason(group)
    case .source(let source):
      let examples = examples(of: source)
      guard let number else { return examples.first?.reason ?? chainRule(source) }
      return needed(of: examples, without: number) ?? chainRule(source)
    }
  }

  /// All that a source says of all sites, in an order that names have no part in as long as anything else differs.
  private func examples(of source: Source) -> [Example] {
    var profiles = Set<Int>()
    var examples: [Example] = []
    for (number, environment) in problem.judgement.environments.enumerated()
    where profiles.insert(environment.profile).inserted {
      let writer = ReasonWriter(judgement: problem.judgement, environment: number)
      for barrier in findings[environment.profile].refusals where barrier.source == source {
        for site in barrier.sites.sites {
          let reason = writer.reason(barrier, at: site)
          examples.append(Example(site: site, key: Example.key(reason), reason: named(reason, barrier, site)))
        }
      }
    }
    return examples.sorted { ($0.key, $0.site) < ($1.key, $1.site) }
  }

  /// What a source says of a site that a full assignment needs once the source is lifted: the first in the order of the
  /// examples such that it does with this one and those before it. Nil if it needs none of them.
  private mutating func needed(of examples: [Example], without number: Int) -> Reason? {
    let keys = examples.indices.filter { $0 == 0 || examples[$0 - 1].key < examples[$0].key }
    guard !keys.isEmpty, sites(keys, upTo: 0, of: examples, without: number) == nil else { return nil }
    var (tooFew, enough) = (0, keys.count)
    while enough - tooFew > 1 {
      let middle = (tooFew + enough) / 2
      if sites(keys, upTo: middle, of: examples, without: number) == nil { tooFew = middle } else { enough = middle }
    }
    let last = examples[keys[tooFew]..<(enough < keys.count ? keys[enough] : examples.count)]
    let used = sites(keys, upTo: enough, of: examples, without: number) ?? []
    return (last.first { used.contains($0.site) } ?? last.first)?.reason
  }

  /// The sites of a full assignment without an item that needs no more of the examples than the first ones.
  private mutating func sites(
    _ keys: [Int], upTo count: Int, of examples: [Example], without number: Int
  ) -> [Int]? {
    guard count < keys.count else { return search(without: [number]).sites }
    var admitted = SiteSet.all(subject.compiled.sites.count)
    for example in examples { admitted.remove(example.site) }
    for example in examples[..<keys[count]] { admitted.insert(example.site) }
    return search(without: [number], among: admitted).sites
  }

  /// The reason, with the cluster that it speaks of, unless it would be the same everywhere.
  private func named(_ reason: Reason, _ barrier: Barrier, _ site: Int) -> Reason {
    switch barrier.cause {
    case .rule, .dataClass, .demand: reason
    default:
      Reason(reason.code, reason.parameters.merging(["cluster": subject.compiled.index.clusters[site]]) { $1 })
    }
  }

  private func chainRule(_ source: Source) -> Reason? {
    guard case .rule(let number) = source else { return nil }
    let rule = subject.compiled.policy.spec.rules[number]
    return Reason(rule.effect == .require ? .ruleRequires : .ruleForbids, ReasonWriter.parameters(of: rule))
  }

  private func colocationReason(_ group: SearchGroup) -> Reason {
    Reason(
      .colocationUnsatisfiable,
      ["environments": group.environments.joined(separator: ", "), "topology": group.topology.rawValue])
  }

  private func spreadReason(_ group: SearchGroup) -> Reason {
    let available = CandidateOrders(problem, among: nil, keepsAnyway: true, chain: nil).map { orders in
      group.maxSkew.map { Search.mostEven(group, $0, in: problem, orders) }
        ?? Search.mostApart(group, in: problem, orders)
    }
    return Reason(
      .spreadUnsatisfiable,
      [
        "environments": group.environments.joined(separator: ", "), "topology": group.topology.rawValue,
        "wanted": String(group.slots.count), "atMost": String(group.atMost), "available": String(available ?? 0),
      ])
  }
}
