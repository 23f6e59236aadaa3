import Model

extension LabelSelector {
  /// What is selected, written so that selectors that are only arranged in another way have the same text; nil where
  /// everything is.
  var meaning: LocalizedText? {
    let terms = Set(terms.map(\.arranged)).sorted {
      ($0.key, $0.operator.rawValue, $0.values.joined(separator: ",")) < (
        $1.key, $1.operator.rawValue, $1.values.joined(separator: ",")
      )
    }
    guard !terms.isEmpty else { return nil }
    return LocalizedText(
      fr: terms.map(\.sentence.fr).joined(separator: " et "),
      en: terms.map { $0.sentence.en ?? $0.sentence.fr }.joined(separator: " and "))
  }
}

extension LabelSelector.Requirement {
  /// The same term, its list sorted and without what stands in it twice.
  var arranged: Self {
    var term = self
    if isList { term.values = Set(values).sorted() }
    if !isList, !isNumeric { term.values = [] }
    return term
  }

  fileprivate var sentence: LocalizedText {
    let list = values.joined(separator: ", ")
    return switch `operator` {
    case .in where values.count == 1: LocalizedText(fr: "\(key) = \(list)", en: "\(key) = \(list)")
    case .in: LocalizedText(fr: "\(key) parmi (\(list))", en: "\(key) in (\(list))")
    case .notIn: LocalizedText(fr: "\(key) hors de (\(list))", en: "\(key) not in (\(list))")
    case .exists: LocalizedText(fr: "\(key) est déclaré", en: "\(key) is declared")
    case .doesNotExist: LocalizedText(fr: "\(key) n’est pas déclaré", en: "\(key) is not declared")
    case .greaterThan: LocalizedText(fr: "\(key) > \(list)", en: "\(key) > \(list)")
    case .lessThan: LocalizedText(fr: "\(key) < \(list)", en: "\(key) < \(list)")
    }
  }
}
