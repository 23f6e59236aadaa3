import Model

extension LabelSelector {
  /// The terms one by one, `matchLabels` as `In`, sorted by attribute.
  var terms: [Requirement] {
    let labels = matchLabels.map { Requirement(key: $0.key, operator: .in, values: [$0.value]) }
    return labels.sorted { $0.key < $1.key } + matchExpressions
  }

  /// The first attribute that is not declared and on which a term fails, if nothing that *is* declared fails.
  func undeclared(in attributes: Attributes) -> String? {
    let failed = terms.filter { !$0.matches(attributes) }
    guard failed.allSatisfy({ attributes[$0.key] == nil && $0.operator != .exists }) else { return nil }
    return failed.first?.key
  }

  /// Whether the selector matches, or could match if what is not declared were known.
  ///
  /// A restriction that *forbids* must not be escaped by keeping silent. `unknownIsIn` says whether an absent
  /// attribute could be among the values of an `In`: an absent label is just not there, an absent city is unknown.
  func mayMatch(_ attributes: Attributes, unknownIsIn: (String) -> Bool) -> Bool {
    terms.allSatisfy { term in
      if attributes[term.key] != nil { return term.matches(attributes) }
      switch term.operator {
      case .in: return unknownIsIn(term.key)
      case .notIn, .greaterThan, .lessThan: return true
      case .exists, .doesNotExist: return term.matches(attributes)
      }
    }
  }

  /// The selector as people write it: `zone.sensitivity in (DR), region.city`.
  var text: String {
    terms.map { term in
      let values = "(" + term.values.joined(separator: ", ") + ")"
      return switch term.operator {
      case .in: "\(term.key) in \(values)"
      case .notIn: "\(term.key) notin \(values)"
      case .exists: term.key
      case .doesNotExist: "!\(term.key)"
      case .greaterThan: "\(term.key) > \(term.values.joined())"
      case .lessThan: "\(term.key) < \(term.values.joined())"
      }
    }.joined(separator: ", ")
  }
}
