import Model

/// True, false, or not known: what a selector says of something of which not all is declared.
enum NaiveTruth: Comparable {
  case no
  case unknown
  case yes

  /// The least true of all.
  static func all(_ parts: [NaiveTruth]) -> NaiveTruth { parts.min() ?? .yes }
}

/// Evaluates a selector by the book, over names that have values, have none (an empty list), or are not declared (nil).
struct NaiveSelector {
  let terms: [LabelSelector.Requirement]

  init(_ selector: LabelSelector) {
    terms =
      selector.matchLabels.sorted { $0.key < $1.key }
      .map { LabelSelector.Requirement(key: $0.key, operator: .in, values: [$0.value]) } + selector.matchExpressions
  }

  /// For a restriction: what is not declared makes it unknown, except that whoever asks whether something exists knows.
  func truth(_ facts: [String: [String]]) -> NaiveTruth { .all(terms.map { Self.truth($0, facts) }) }

  /// The first name that decides nothing because it is not declared.
  func undeclared(_ facts: [String: [String]]) -> String? {
    terms.first { Self.truth($0, facts) == .unknown }?.key
  }

  /// For what forbids: keeping silent does not help. Only a label that is absent is not there, and so in no list.
  func couldHold(_ facts: [String: [String]]) -> Bool {
    terms.allSatisfy { term in
      if facts[term.key] == nil, term.operator == .in, term.key.contains(".label/") { return false }
      return Self.truth(term, facts) != .no
    }
  }

  /// For the subjects of restrictions: whoever does not declare a thing is not in a list of it, and may be anything
  /// else.
  func couldMean(_ facts: [String: [String]]) -> Bool {
    terms.allSatisfy { term in
      if facts[term.key] == nil, term.operator == .in { return false }
      return Self.truth(term, facts) != .no
    }
  }

  /// For preferences: only what is known counts.
  func holds(_ facts: [String: [String]]) -> Bool { truth(facts) == .yes }

  private static func truth(_ term: LabelSelector.Requirement, _ facts: [String: [String]]) -> NaiveTruth {
    let values = facts[term.key]
    switch term.operator {
    case .exists: return (values ?? []).isEmpty ? .no : .yes
    case .doesNotExist: return (values ?? []).isEmpty ? .yes : .no
    case .in: return values.map { $0.contains { term.values.contains($0) } ? .yes : .no } ?? .unknown
    case .notIn:
      let declared = facts[NaiveFacts.named(term.key)] ?? values
      return declared.map { $0.contains { term.values.contains($0) } ? .no : .yes } ?? .unknown
    case .greaterThan: return number(values, term) { $0 > $1 }
    case .lessThan: return number(values, term) { $0 < $1 }
    }
  }

  private static func number(
    _ values: [String]?, _ term: LabelSelector.Requirement, _ holds: (Int64, Int64) -> Bool
  ) -> NaiveTruth {
    guard let values else { return .unknown }
    guard let bound = term.values.first.flatMap({ Int64($0) }) else { return .no }
    return values.compactMap { Int64($0) }.contains { holds($0, bound) } ? .yes : .no
  }
}
