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
  /// The rules that are about this project, in force, and not waived; in the order of the policy.
  let rules: [CompiledRule]
  /// Those of them that are on chains.
  let chainRules: [CompiledRule]
  /// The names of the derogations that waive one of them.
  let derogations: [String]
  /// What keeps every environment away.
  let barriers: [Barrier]
  /// The sites that keep away what is there already, too.
  let always: SiteSet
  /// The sites that take nothing new, but keep what is there.
  let closed: SiteSet
  /// The soft taints that the project does not tolerate.
  let softTaints: [Barrier]
  /// The project's weighted wishes.
  let wishes: [Barrier]

  init(_ request: DecisionRequest, _ state: PlacementState, in compiled: Compiled) {
    self.compiled = compiled
    self.request = request
    self.state = state
    project = request.project.spec
    let answers = compiled.subjects.answers(for: AttributeCatalogue.project(request.project))
    self.answers = answers
    let about = compiled.ruleSubjects.indices.filter { number in
      let (subject, isRestriction) = compiled.ruleSubjects[number]
      // A rule that restricts is not escaped by keeping silent; one that only prefers needs a clear match.
      return isRestriction ? answers.mayMatch(subject) : answers.matches(subject)
    }
    let (derogations, rules) = Self.waive(about.map { compiled.rules[$0] }, for: request, on: compiled.day)
    (self.derogations, self.rules) = (derogations, rules)
    chainRules = rules.filter(\.isOnChains)
    var judge = SubjectJudge(request, state, in: compiled)
    judge.judge()
    (barriers, softTaints) = (judge.barriers, judge.softTaints)
    (always, closed) = Barrier.unions(of: judge.barriers, none: compiled.table.none)
    wishes = project.preferences.weighted.enumerated().map { number, wish in
      Barrier(
        .wishMet, .wish(number), compiled.attributes.places(wish.target).intersection(compiled.resolved),
        weight: Weights.clamped(wish.weight))
    }
  }

  /// Whether an audience admits the project.
  func isAdmitted(by audience: Audience) -> Bool {
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

  /// The derogations in effect that waive any of the rules, and the rules that are left.
  private static func waive(
    _ about: [CompiledRule], for request: DecisionRequest, on day: CalendarDay
  ) -> (derogations: [String], rules: [CompiledRule]) {
    guard !request.derogations.isEmpty else { return ([], about) }
    let granted = request.derogations.filter { isInEffect($0.spec, for: request, on: day) }
    let waived = Set(granted.flatMap(\.spec.rules))
    let ids = Set(about.filter(\.isWaivable).map(\.id))
    let effective = Set(granted.filter { !ids.isDisjoint(with: $0.spec.rules) }.map(\.name)).sorted()
    return (effective, about.filter { !$0.isWaivable || !waived.contains($0.id) })
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
