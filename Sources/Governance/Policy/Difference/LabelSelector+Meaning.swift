import Model

extension LabelSelector {
  /// The terms, `matchLabels` among them, in one order and each once: those of selectors that are only arranged in another
  /// way are the same.
  var arrangedTerms: [Requirement] {
    Set(terms.map(\.arranged)).sorted { left, right in
      let (first, second) = ([left.key, left.operator.rawValue], [right.key, right.operator.rawValue])
      return first == second
        ? left.values.lexicographicallyPrecedes(right.values) : first.lexicographicallyPrecedes(second)
    }
  }

  /// What is selected, written so that selectors have the same text where they are only arranged in another way, and nowhere
  /// else; nil where everything is.
  var meaning: LocalizedText? {
    let terms = arrangedTerms
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
    let list = values.map { value in
      value.quoted { $0.isLetter || $0.isNumber || "-_./:=".contains($0) }
    }.joined(separator: ", ")
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

extension String {
  /// The same, in quotation marks where it holds anything that is not plain: so what stands around it is never taken for a
  /// part of it, nor a part of it for what stands around it.
  func quoted(unless isPlain: (Character) -> Bool) -> String {
    guard isEmpty || !allSatisfy(isPlain) else { return self }
    let escaped = replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
    return "\"\(escaped)\""
  }
}
