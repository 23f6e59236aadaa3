import Model

/// Whether a text only adds restrictions to another. Decided on the documents, and with caution: what is not known to
/// restrict is refused, and can be voted on.
enum EmergencyCheck {
  /// All that does something else than restrict; empty for a text that may be an emergency restriction.
  static func problems(from before: PolicySpec, to after: PolicySpec) -> [FieldProblem] {
    var problems: [FieldProblem] = []
    compareRules(before, after, &problems)
    compareClasses(before, after, &problems)
    let same: [(String, Bool)] = [
      ("title", before.title == after.title), ("capacity", before.capacity == after.capacity),
      ("limits", before.limits == after.limits), ("scoring", before.scoring == after.scoring),
      ("governance", before.governance == after.governance),
      ("flowDelayDays", before.flowDelayDays == after.flowDelayDays),
      ("heartbeatLimitSeconds", before.heartbeatLimitSeconds == after.heartbeatLimitSeconds),
      ("capacityMaxAgeSeconds", before.capacityMaxAgeSeconds == after.capacityMaxAgeSeconds),
      ("complianceDays", before.complianceDays == after.complianceDays),
      ("derogationNoticeDays", before.derogationNoticeDays == after.derogationNoticeDays),
    ]
    let others = same.filter { !$0.1 }.map { "spec.\($0.0)" }
    problems += others.map { .unchangeable($0) }
    // A field that is named nowhere above is refused as well.
    var rest = after
    (rest.rules, rest.dataClasses) = (before.rules, before.dataClasses)
    if others.isEmpty, rest != before { problems.append(.unchangeable("spec")) }
    return problems
  }

  private static func compareRules(_ before: PolicySpec, _ after: PolicySpec, _ problems: inout [FieldProblem]) {
    let old = Dictionary(before.rules.map { ($0.id, $0) }) { first, _ in first }
    let new = Dictionary(after.rules.map { ($0.id, $0) }) { first, _ in first }
    for rule in before.rules where new[rule.id] == nil { problems.append(.removed("spec.rules[\(rule.id)]")) }
    for rule in after.rules {
      let path = "spec.rules[\(rule.id)]"
      guard let former = old[rule.id] else {
        if !rule.effect.restricts { problems.append(.noRestriction("\(path).effect", rule.effect.rawValue)) }
        continue
      }
      guard rule != former else { continue }
      let loosened = rule.effect.restricts ? rule.loosenedFields(from: former) : ["effect"]
      problems += loosened.map { .unchangeable("\(path).\($0)") }
    }
  }

  private static func compareClasses(_ before: PolicySpec, _ after: PolicySpec, _ problems: inout [FieldProblem]) {
    let old = Dictionary(before.dataClasses.map { ($0.name, $0) }) { first, _ in first }
    let new = Set(after.dataClasses.map(\.name))
    for dataClass in before.dataClasses where !new.contains(dataClass.name) {
      problems.append(.removed("spec.dataClasses[\(dataClass.name)]"))
    }
    for dataClass in after.dataClasses {
      let path = "spec.dataClasses[\(dataClass.name)]"
      // Data of a class that is not known goes nowhere: to name it opens places.
      guard let former = old[dataClass.name] else {
        problems.append(.unchangeable(path))
        continue
      }
      problems += dataClass.loosenedFields(from: former).map { .unchangeable("\(path).\($0)") }
    }
  }
}

extension PolicySpec.Effect {
  fileprivate var restricts: Bool { self == .require || self == .forbid }
}

extension PolicySpec.Rule {
  /// The fields whose change is not known to restrict: more projects, stages and days are meant, and fewer places left.
  fileprivate func loosenedFields(from former: Self) -> [String] {
    let mayRestrict: (LabelSelector?, LabelSelector?) -> Bool = { old, new in
      guard let old, let new else { return old == new }
      return effect == .require ? new.isNarrower(than: old) : old.isNarrower(than: new)
    }
    let kept: [(String, Bool)] = [
      ("title", title == former.title), ("motive", motive == former.motive), ("effect", effect == former.effect),
      ("subject", former.subject.isNarrower(than: subject)), ("places", mayRestrict(former.places, places)),
      ("chains", mayRestrict(former.chains, chains)), ("notWaivable", notWaivable || !former.notWaivable),
      ("stages", stages.isEmpty || (!former.stages.isEmpty && Set(stages).isSuperset(of: former.stages))),
      ("validFrom", validFrom.map { new in former.validFrom.map { new <= $0 } ?? false } ?? true),
      ("validUntil", validUntil.map { new in former.validUntil.map { new >= $0 } ?? false } ?? true),
    ]
    return kept.filter { !$0.1 }.map(\.0)
  }
}

extension PolicySpec.DataClass {
  /// The fields whose change is not known to restrict. A higher sensitivity opens the zones that are reserved for it.
  fileprivate func loosenedFields(from former: Self) -> [String] {
    let kept: [(String, Bool)] = [
      ("title", title == former.title), ("parent", parent == former.parent),
      ("sensitivity", sensitivity == former.sensitivity),
      ("qualifications", Set(qualifications).isSuperset(of: former.qualifications)),
      ("residency", former.residency.map { old in residency.map { $0.isNarrower(than: old) } ?? false } ?? true),
      ("requires", former.requires.map { old in requires.map { $0.isNarrower(than: old) } ?? false } ?? true),
    ]
    return kept.filter { !$0.1 }.map(\.0)
  }
}

extension ProjectSpec.Residency {
  /// Whether both lists hold no more than those of `other`, and one that bounds goes on bounding.
  fileprivate func isNarrower(than other: Self) -> Bool {
    Set(countries).isSubset(of: other.countries) && Set(subdivisions).isSubset(of: other.subdivisions)
      && countries.isEmpty == other.countries.isEmpty && subdivisions.isEmpty == other.subdivisions.isEmpty
  }
}

extension LabelSelector {
  /// Whether it says all that `other` says, and perhaps more: terms are joined by “and”.
  fileprivate func isNarrower(than other: LabelSelector) -> Bool {
    other.matchLabels.allSatisfy { matchLabels[$0.key] == $0.value }
      && Set(matchExpressions).isSuperset(of: other.matchExpressions)
  }
}

extension FieldProblem {
  private static let accepted = "new rules that require or forbid, further demands of classes, wider or longer rules"

  fileprivate static func removed(_ path: String) -> FieldProblem {
    FieldProblem(
      path: path, message: "was removed", messageFR: "a été retiré", accepted: accepted)
  }

  fileprivate static func unchangeable(_ path: String) -> FieldProblem {
    FieldProblem(
      path: path, message: "this change may loosen something", messageFR: "ce changement peut relâcher quelque chose",
      accepted: accepted)
  }

  fileprivate static func noRestriction(_ path: String, _ value: String) -> FieldProblem {
    FieldProblem(
      path: path, message: "restricts nothing", messageFR: "ne restreint rien", value: value,
      accepted: "require, forbid")
  }
}
