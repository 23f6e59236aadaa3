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
  /// The names of the derogations that waive one of them.
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
    let answers = compiled.subjects.answers(for: request.project)
    self.answers = answers
    let (derogations, rules) = Self.waive(Self.rules(about: answers, in: compiled), for: request, in: compiled)
    (self.derogations, ruleNumbers) = (derogations, rules)
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

  /// The derogations in effect that waive any of the rules, and the rules that are left.
  private static func waive(
    _ about: [Int], for request: DecisionRequest, in compiled: Compiled
  ) -> (derogations: [String], rules: [Int]) {
    guard !request.derogations.isEmpty else { return ([], about) }
    let granted = request.derogations.filter { isInEffect($0.spec, for: request, on: compiled.day) }
    let waived = Set(granted.flatMap(\.spec.rules))
    let waivable = about.filter { compiled.rules[$0].isWaivable }
    let ids = Set(waivable.map { compiled.rules[$0].id })
    let effective = Set(granted.filter { !ids.isDisjoint(with: $0.spec.rules) }.map(\.name)).sorted()
    let left = about.filter { !compiled.rules[$0].isWaivable || !waived.contains(compiled.rules[$0].id) }
    return (effective, left)
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
