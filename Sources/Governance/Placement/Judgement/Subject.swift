import Foundation
import Model

/// A project as the offer and the policy see it on the day: what keeps it away from which sites, whatever the
/// environment.
final class Subject: Sendable {
  let compiled: Compiled
  let request: DecisionRequest
  let state: PlacementState
  let project: ProjectSpec
  let answers: SubjectTable.Answers
  /// The rules that are about this project, in force, and not waived, by their places among those in force; in the order
  /// of the policy.
  let ruleNumbers: [Int]
  /// Those of them that are on chains.
  let chainRules: [CompiledRule]
  /// By chain, whether its audience admits the project.
  let admitting: [Bool]
  /// By the id of a rule that restricts, the stages in which derogations for some stages only waive it.
  private let waivedIn: [String: Set<String>]
  /// The names of the derogations that waive one of the rules.
  let derogations: [String]
  /// What keeps every environment away.
  let barriers: [Barrier]
  /// The sites that keep away what is there already, too.
  let always: SiteSet
  /// The sites that take nothing new, but keep what is there, whether their agents are heard or not.
  let newOnly: SiteSet
  /// The soft taints that the project does not tolerate.
  let softTaints: [Barrier]
  /// The project's weighted wishes.
  let wishes: [Barrier]
  /// By site, what all that prefers and avoids in every stage adds to the score, where the project may be at all.
  let preference: [Int64]

  init(_ request: DecisionRequest, _ state: PlacementState, in compiled: Compiled) {
    self.compiled = compiled
    self.request = request
    self.state = state
    project = request.project.spec
    let answers = compiled.subjects.answers(for: request.project, classes: compiled.classes)
    self.answers = answers
    let waivers = Self.waive(Self.rules(about: answers, in: compiled), for: request, in: compiled)
    let rules = waivers.left
    (derogations, ruleNumbers, waivedIn) = (waivers.derogations, rules, waivers.inStages)
    let table = compiled.ruleTable
    chainRules = rules.filter { table.rows[$0].isOnChains }.map { compiled.rules[$0] }
    admitting = compiled.chains.chains.map { Self.isAdmitted(request.project.spec, by: $0.audience) }
    var judge = SubjectJudge(request, state, in: compiled)
    judge.judge()
    let (always, newOnly) = Barrier.unions(of: judge.barriers, none: compiled.table.none)
    (self.always, self.newOnly) = (always, newOnly)
    judge.judgeHeartbeats()
    (barriers, softTaints) = (judge.barriers, judge.softTaints)
    let wishes = project.preferences.weighted.enumerated().map { number, wish in
      Barrier(
        .wishMet, .wish(number), compiled.attributes.places(wish.target).intersection(compiled.resolved),
        weight: Weights.clamped(wish.weight))
    }
    self.wishes = wishes
    let open = compiled.resolved.subtracting(always)
    var preference = [Int64](repeating: 0, count: compiled.sites.count)
    let soft = rules.filter { table.holdsEverywhere[$0] && table.rows[$0].weight != 0 && !table.rows[$0].isOnChains }
    table.weigh(soft, by: 100 * compiled.weights.affinity, where: open, into: &preference)
    compiled.weights.add(wishes + judge.softTaints, where: open, to: &preference)
    self.preference = preference
  }

  /// The rules that are about this project, in force, and not waived; in the order of the policy.
  var rules: [CompiledRule] { ruleNumbers.map { compiled.rules[$0] } }

  /// Whether a rule that is about this project restricts in a stage, or prefers, or avoids.
  func holds(_ rule: CompiledRule, in stage: String) -> Bool { rule.holds(in: stage) && !isWaived(rule, in: stage) }

  /// Whether derogations that are for some stages only waive a rule in a stage.
  func isWaived(_ rule: CompiledRule, in stage: String) -> Bool {
    !waivedIn.isEmpty && waivedIn[rule.id]?.contains(stage) ?? false
  }

  /// Whether an audience admits a project.
  private static func isAdmitted(_ project: ProjectSpec, by audience: Audience) -> Bool {
    (audience.organisations.contains("*") || audience.organisations.contains(project.organisation))
      && audience.scopes.contains(project.audience)
  }

  /// What a replica holds on clusters already, by site.
  func existing(_ environment: String, replica: Int) -> [(site: Int, held: ResourceAmounts)] {
    var found: [(site: Int, held: ResourceAmounts)] = []
    for existing in request.existing where existing.replica == replica && existing.environment == environment {
      guard let site = compiled.index.site(named: existing.cluster) else { continue }
      if let known = found.firstIndex(where: { $0.site == site }) {
        found[known].held = found[known].held.elementwiseMaximum(existing.quota)
      } else {
        found.append((site, existing.quota))
      }
    }
    return found
  }

  /// Where a replica stands, and goes from only by a move, by site; and whether it is there for nobody yet: it is new, or
  /// what there is of it goes.
  func standing(_ environment: String, replica: Int) -> (sites: [Int], isNew: Bool) {
    guard !request.existing.isEmpty else { return ([], true) }
    let standing = request.existing.filter {
      $0.replica == replica && $0.environment == environment && !$0.isGoing
    }
    return (Set(standing.compactMap { site(of: $0) }).sorted(), standing.isEmpty)
  }

  /// Where a replica may be led back to; nil where nothing is said, or nobody knows the place any more.
  func mayReturn(_ environment: String, replica: Int) -> Int? {
    request.mayReturn.filter { $0.replica == replica && $0.environment == environment }.compactMap { site(of: $0) }
      .min()
  }

  /// The site of what is placed, where somebody knows it still.
  private func site(of existing: ExistingPlacement) -> Int? {
    compiled.index.site(named: existing.cluster).flatMap { compiled.resolved.contains($0) ? $0 : nil }
  }

  /// Where a replica is now, on offer or not, the first by name; nil where it is new, or only goes.
  func present(_ environment: String, replica: Int) -> String? {
    request.existing.filter { $0.replica == replica && $0.environment == environment && !$0.isGoing }
      .map(\.cluster).min()
  }

  /// The rules in force that are about a project, in the order of the policy.
  private static func rules(about answers: SubjectTable.Answers, in compiled: Compiled) -> [Int] {
    var about: [Int] = []
    about.reserveCapacity(32)
    for (number, rule) in compiled.ruleTable.rows.enumerated() {
      // A rule that restricts is not escaped by keeping silent; one that only prefers needs a clear match.
      let isMeant = rule.isRestriction ? answers.mayMatch(rule.subject) : answers.matches(rule.subject)
      if isMeant { about.append(number) }
    }
    return about
  }

  /// What derogations in effect make of the rules that are about a project.
  private struct Waivers {
    /// Those that waive any of the rules.
    var derogations: [String] = []
    /// The rules that are left in some stage.
    var left: [Int]
    /// By rule, the stages in which it is waived nevertheless.
    var inStages: [String: Set<String>] = [:]
  }

  private static func waive(_ about: [Int], for request: DecisionRequest, in compiled: Compiled) -> Waivers {
    guard !request.derogations.isEmpty else { return Waivers(left: about) }
    let granted = request.derogations.filter { isInEffect($0.spec, for: request, on: compiled.day) }
    let waived = Set(granted.filter { $0.spec.stages == nil }.flatMap(\.spec.rules))
    let waivable = about.filter { compiled.rules[$0].isWaivable }
    let ids = Set(waivable.map { compiled.rules[$0].id })
    // What is for some stages only waives what restricts there: what is liked is liked in all stages alike.
    let restricting = waivable.map { compiled.rules[$0] }.filter(\.isRestriction)
    let used = Set(request.project.spec.environments.map(\.stage))
    var inStages: [String: Set<String>] = [:]
    var effective: Set<String> = []
    for derogation in granted {
      guard let stages = derogation.spec.stages else {
        if !ids.isDisjoint(with: derogation.spec.rules) { effective.insert(derogation.name) }
        continue
      }
      for rule in restricting where derogation.spec.rules.contains(rule.id) {
        let meant = Set(stages.filter { used.contains($0) && rule.holds(in: $0) })
        guard !meant.isEmpty else { continue }
        effective.insert(derogation.name)
        inStages[rule.id, default: []].formUnion(meant)
      }
    }
    let left = about.filter { !compiled.rules[$0].isWaivable || !waived.contains(compiled.rules[$0].id) }
    return Waivers(derogations: effective.sorted(), left: left, inStages: inStages)
  }

  /// Only the notification of a granted derogation takes effect, within the period given.
  private static func isInEffect(
    _ derogation: DerogationSpec, for request: DecisionRequest, on day: CalendarDay
  ) -> Bool {
    guard derogation.project == request.project.name, derogation.decision == .granted,
      let notified = derogation.notifiedAt, notified <= request.now
    else { return false }
    return Period(derogation.validFrom, derogation.validUntil).contains(day)
  }
}
