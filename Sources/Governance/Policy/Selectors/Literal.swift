import Model
import Placement

/// A term of a selector, or the contrary of one, and what it says of an attribute that nobody declared.
struct Literal: Sendable, Hashable {
  let term: LabelSelector.Requirement
  /// Whether the term, not turned round, holds of an attribute that is not declared.
  let holdsUndeclared: Bool
  private(set) var isNegated = false

  var negated: Literal {
    var literal = self
    literal.isNegated.toggle()
    return literal
  }

  func holds(of attributes: Attributes) -> Bool {
    (attributes[term.key] == nil ? holdsUndeclared : term.matches(attributes)) != isNegated
  }

  /// Whether it does not hold of what is declared.
  func isDenied(by attributes: Attributes) -> Bool { attributes[term.key] != nil && !holds(of: attributes) }

  /// Whether it holds of an attribute that is not declared.
  var acceptsUndeclared: Bool { holdsUndeclared != isNegated }

  /// Of a declared attribute every literal says either that one of its values is meant, or that none is.
  var wantsOne: Bool {
    switch term.operator {
    case .in, .exists, .greaterThan, .lessThan: !isNegated
    case .notIn, .doesNotExist: isNegated
    }
  }

  /// The number that values are compared with; nil where they are not, or where it is none: no value is meant then.
  var bound: Int64? {
    guard term.isNumeric, term.values.count == 1 else { return nil }
    return Int64(term.values[0])
  }

  /// Whether a value is meant.
  func means(_ value: String) -> Bool {
    switch term.operator {
    case .in, .notIn: term.values.contains(value)
    case .exists, .doesNotExist: true
    case .greaterThan: compares(value, >)
    case .lessThan: compares(value, <)
    }
  }

  /// Whether one of the values is meant.
  func meansOne(of values: Set<String>) -> Bool {
    term.isList ? term.values.contains(where: values.contains) : values.contains(where: means)
  }

  private func compares(_ value: String, _ order: (Int64, Int64) -> Bool) -> Bool {
    guard let bound, let number = Int64(value) else { return false }
    return order(number, bound)
  }
}

extension LabelSelector.Requirement {
  /// Whether it is about a list of values.
  var isList: Bool { `operator` == .in || `operator` == .notIn }

  /// Whether values are compared as numbers.
  var isNumeric: Bool { `operator` == .greaterThan || `operator` == .lessThan }
}

extension LabelSelector {
  /// The terms one by one, `matchLabels` as `In`, sorted by attribute.
  var terms: [Requirement] {
    let labels = matchLabels.sorted { $0.key < $1.key }
    return labels.map { Requirement(key: $0.key, operator: .in, values: [$0.value]) } + matchExpressions
  }

  /// The selector as it is read by `require`, wishes and demands: what is not declared does not match.
  var strictly: [Literal] {
    terms.map { Literal(term: $0, holdsUndeclared: $0.operator == .doesNotExist) }
  }

  /// The selector as it is read by `forbid`, where keeping silent does not help: what is not declared could match, but for
  /// a label, which is just not there.
  var possibly: [Literal] {
    literals { !AttributeCatalogue.isLabel($0) }
  }

  /// The selector as the subject of a restriction or limit: a project that says nothing about itself is meant by whatever
  /// only leaves somebody out.
  var subject: [Literal] { literals { _ in false } }

  private func literals(unknownIsIn: (String) -> Bool) -> [Literal] {
    terms.map { term in
      let holds =
        switch term.operator {
        case .in: unknownIsIn(term.key)
        case .notIn, .greaterThan, .lessThan, .doesNotExist: true
        case .exists: false
        }
      return Literal(term: term, holdsUndeclared: holds)
    }
  }
}
