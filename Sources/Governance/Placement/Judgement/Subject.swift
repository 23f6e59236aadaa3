import Foundation
import Model

/// A project as the policy sees it on the day.
struct Subject: Sendable {
  let request: DecisionRequest
  let state: PlacementState
  let day: CalendarDay
  let project: ProjectSpec
  let attributes: Attributes
  let demands: DataDemands
  /// The rules that are about this project, in force, and not waived; in the order of the policy.
  let rules: [PolicySpec.Rule]
  /// The names of the derogations that waive one of them.
  let derogations: [String]

  init(_ request: DecisionRequest, _ state: PlacementState, under policy: PolicySpec, on day: CalendarDay) {
    self.request = request
    self.state = state
    self.day = day
    project = request.project.spec
    let attributes = AttributeCatalogue.project(request.project)
    self.attributes = attributes
    demands = DataDemands(of: project, under: policy)
    let about = policy.rules.filter { rule in
      Period(rule.validFrom, rule.validUntil).contains(day) && Self.concerns(rule, attributes)
    }
    let granted = request.derogations.filter { Self.isInEffect($0.spec, for: request, on: day) }
    let waived = Set(granted.flatMap(\.spec.rules))
    rules = about.filter { !waived.contains($0.id) }
    let ids = Set(about.map(\.id))
    derogations = Set(granted.filter { !ids.isDisjoint(with: $0.spec.rules) }.map(\.name)).sorted()
  }

  /// The rules that hold in a stage.
  func rules(in stage: String) -> [PolicySpec.Rule] {
    rules.filter { $0.stages.isEmpty || $0.stages.contains(stage) }
  }

  /// Whether the agent of a zone was not heard for too long.
  func isStale(_ zone: Resource<ZoneSpec>) -> Bool { state.isStale(zone: zone.name) }

  /// Whether an audience admits the project.
  func isAdmitted(by audience: Audience) -> Bool {
    (audience.organisations.contains("*") || audience.organisations.contains(project.organisation))
      && audience.scopes.contains(project.audience)
  }

  /// What a replica holds on clusters already, by cluster.
  func existing(_ environment: String, replica: Int) -> [String: ResourceAmounts] {
    let own = request.existing.filter { $0.environment == environment && $0.replica == replica }
    return Dictionary(own.map { ($0.cluster, $0.quota) }, uniquingKeysWith: { $0.elementwiseMaximum($1) })
  }

  /// A rule that restricts is not escaped by keeping silent; one that only prefers needs a clear match.
  private static func concerns(_ rule: PolicySpec.Rule, _ attributes: Attributes) -> Bool {
    switch rule.effect {
    case .require, .forbid: rule.subject.mayMatch(attributes) { _ in false }
    case .prefer, .avoid: rule.subject.matches(attributes)
    }
  }

  /// Only the notification of a granted derogation takes effect, within the period given.
  private static func isInEffect(_ derogation: DerogationSpec, for request: DecisionRequest, on day: CalendarDay)
    -> Bool
  {
    guard derogation.project == request.project.name, derogation.decision == .granted,
      let notified = derogation.notifiedAt, notified <= request.now
    else { return false }
    return Period(derogation.validFrom, derogation.validUntil).contains(day)
  }
}

/// A period of days, both included; an absent end is open.
struct Period {
  var first: CalendarDay?
  var last: CalendarDay?

  init(_ first: CalendarDay?, _ last: CalendarDay?) {
    self.first = first
    self.last = last
  }

  func contains(_ day: CalendarDay) -> Bool {
    if let first, day < first { return false }
    if let last, day > last { return false }
    return true
  }
}
