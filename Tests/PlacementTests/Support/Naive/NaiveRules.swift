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
    let facts = NaiveFacts.of(scenario.project)
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
    let waived = derogationsInForce.flatMap(\.spec.rules)
    return rulesInForce.filter { rule in
      (rule.stages.isEmpty || rule.stages.contains(stage)) && (rule.notWaivable || !waived.contains(rule.id))
    }
  }

  /// The names of the derogations that waive something.
  var usedDerogations: [String] {
    let waivable = rulesInForce.filter { !$0.notWaivable }.map(\.id)
    return derogationsInForce.filter { $0.spec.rules.contains(where: waivable.contains) }.map(\.name).sorted()
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
