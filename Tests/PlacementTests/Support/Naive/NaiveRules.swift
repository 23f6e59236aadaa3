import Model
import Placement

/// The policy as it is for one project on one day.
struct NaiveRules {
  let scenario: Scenario

  /// Granted, notified, of this project, and within their days.
  var derogationsInForce: [Resource<DerogationSpec>] {
    scenario.derogations.filter { derogation in
      let spec = derogation.spec
      guard spec.decision == .granted, let notified = spec.notifiedAt, notified <= scenario.now else { return false }
      return spec.project == scenario.project.name && covers(spec.validFrom, spec.validUntil)
    }
  }

  /// The rules about this project that are in force on the day, waived or not.
  private var rulesInForce: [PolicySpec.Rule] {
    let facts = NaiveFacts.of(scenario.project, under: scenario.policy)
    return scenario.policy.rules.filter { rule in
      guard covers(rule.validFrom, rule.validUntil) else { return false }
      let subject = NaiveSelector(rule.subject)
      switch rule.effect {
      case .require, .forbid: return subject.couldMean(facts)
      case .prefer, .avoid: return subject.holds(facts)
      }
    }
  }

  /// The rules that hold for a stage.
  func rules(_ stage: String) -> [PolicySpec.Rule] {
    rulesInForce.filter { rule in
      (rule.stages.isEmpty || rule.stages.contains(stage))
        && !derogationsInForce.contains { waives($0.spec, rule, in: stage) }
    }
  }

  /// One that is for some stages only waives in these, and only what requires or forbids.
  private func waives(_ derogation: DerogationSpec, _ rule: PolicySpec.Rule, in stage: String) -> Bool {
    guard !rule.notWaivable, derogation.rules.contains(rule.id) else { return false }
    guard let stages = derogation.stages else { return true }
    return stages.contains(stage) && [.require, .forbid].contains(rule.effect)
  }

  /// The names of the derogations that waive something.
  var usedDerogations: [String] {
    let used = scenario.project.spec.environments.map(\.stage)
    return derogationsInForce.filter { derogation in
      rulesInForce.contains { rule in
        guard derogation.spec.stages != nil else { return waives(derogation.spec, rule, in: "") }
        return used.contains { stage in
          (rule.stages.isEmpty || rule.stages.contains(stage)) && waives(derogation.spec, rule, in: stage)
        }
      }
    }.map(\.name).sorted()
  }

  /// The classes of the project's data, with all that they inherit from.
  var classes: (known: [PolicySpec.DataClass], unknown: Set<String>) {
    var known: [PolicySpec.DataClass] = []
    var unknown: Set<String> = scenario.project.spec.dataClasses.isEmpty ? [""] : []
    var names = scenario.project.spec.dataClasses
    while let name = names.popLast() {
      guard let found = scenario.policy.dataClasses.first(where: { $0.name == name }) else {
        unknown.insert(name)
        continue
      }
      guard !known.contains(where: { $0.name == name }) else { continue }
      known.append(found)
      if let parent = found.parent { names.append(parent) }
    }
    return (known, unknown)
  }

  /// Whether a region or a chain is open to the project: what it is not open to.
  func notAdmitted(_ audience: Audience) -> [String] {
    let spec = scenario.project.spec
    var refused: [String] = []
    if !audience.organisations.contains(spec.organisation), !audience.organisations.contains("*") {
      refused.append(spec.organisation)
    }
    if !audience.scopes.contains(spec.audience) { refused.append(spec.audience.rawValue) }
    return refused
  }

  /// Whether the day lies within a period, both ends included.
  func covers(_ from: CalendarDay?, _ until: CalendarDay?) -> Bool {
    (from ?? scenario.day) <= scenario.day && scenario.day <= (until ?? scenario.day)
  }
}
