import Model

/// When something holds, and for whom.
struct Scope: Sendable {
  /// What a project must satisfy for it to be meant.
  var subject: Clauses
  /// The stages; all where empty.
  var stages: [String] = []
  var first: CalendarDay?
  var last: CalendarDay?

  /// The scope of a rule. A soft rule needs a clear match; one that restricts is not escaped by keeping silent.
  init(_ rule: PolicySpec.Rule) {
    let isSoft = rule.effect == .prefer || rule.effect == .avoid
    subject = .every(isSoft ? rule.subject.strictly : rule.subject.subject)
    stages = rule.stages
    (first, last) = (rule.validFrom, rule.validUntil)
  }

  init(dataClasses: [String]) {
    subject = .every([
      Literal(
        term: .init(key: "project.dataClass", operator: .in, values: dataClasses), holdsUndeclared: false)
    ])
  }

  /// Whether it holds on `day` or later.
  func lasts(until day: CalendarDay) -> Bool { last.map { day <= $0 } ?? true }

  /// Whether some project, in some stage and on some day, is meant by all of them.
  static func meet(_ scopes: [Scope], _ theory: Satisfiability) -> Bool {
    let stages = scopes.filter { !$0.stages.isEmpty }.map { Set($0.stages) }
    if let first = stages.first, stages.reduce(first, { $0.intersection($1) }).isEmpty { return false }
    let (latest, earliest) = (scopes.compactMap(\.first).max(), scopes.compactMap(\.last).min())
    if let latest, let earliest, earliest < latest { return false }
    return theory.isPossible(Clauses(all: scopes.flatMap(\.subject.all)))
  }

  /// Whether this one means everything that `other` means.
  func covers(_ other: Scope, _ theory: Satisfiability) -> Bool {
    guard stages.isEmpty || (!other.stages.isEmpty && Set(stages).isSuperset(of: other.stages)) else { return false }
    if let first {
      guard let start = other.first, first <= start else { return false }
    }
    if let last {
      guard let end = other.last, end <= last else { return false }
    }
    return theory.implies(other.subject, subject)
  }
}
