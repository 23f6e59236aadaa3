import Model

/// What is wrong with selectors: values that attributes never have, selectors that nothing can satisfy, and classes of data
/// that are left out without those that inherit from them.
struct SelectorChecks {
  private struct Place {
    let path: String
    let selector: LabelSelector
    /// The selector as the engine reads it there.
    let literals: [Literal]
  }

  let policy: PolicySpec
  let theory: Satisfiability

  var findings: [Finding] {
    places.flatMap { place in
      let unknown = unknownValues(place)
      return unknown.isEmpty ? unsatisfiable(place) + heirsNotNamed(place) : unknown
    }
  }

  private var places: [Place] {
    var places: [Place] = []
    func add(_ path: String, _ selector: LabelSelector?, _ reading: (LabelSelector) -> [Literal]) {
      if let selector { places.append(Place(path: path, selector: selector, literals: reading(selector))) }
    }
    for (index, dataClass) in policy.dataClasses.enumerated() {
      add("spec.dataClasses[\(index)].requires", dataClass.requires, \.strictly)
    }
    for (index, rule) in policy.rules.enumerated() {
      let isSoft = rule.effect == .prefer || rule.effect == .avoid
      add("spec.rules[\(index)].subject", rule.subject, isSoft ? \.strictly : \.subject)
      let reading: (LabelSelector) -> [Literal] = rule.effect == .forbid ? \.possibly : \.strictly
      add("spec.rules[\(index)].places", rule.places, reading)
      add("spec.rules[\(index)].chains", rule.chains, reading)
    }
    for (index, rule) in policy.capacity.enumerated() {
      add("spec.capacity[\(index)].places", rule.places, \.strictly)
    }
    for (index, limit) in policy.limits.enumerated() {
      add("spec.limits[\(index)].subject", limit.subject, \.subject)
    }
    return places
  }

  private func unknownValues(_ place: Place) -> [Finding] {
    let labels = place.selector.matchLabels.sorted { $0.key < $1.key }.map { key, value in
      ("\(place.path).matchLabels[\"\(key)\"]", key, value)
    }
    let expressions = place.selector.matchExpressions.enumerated().flatMap { index, term in
      // The values of Gt and Lt are bounds.
      (term.isNumeric ? [] : term.values).enumerated().map { position, value in
        ("\(place.path).matchExpressions[\(index)].values[\(position)]", term.key, value)
      }
    }
    return (labels + expressions).compactMap { path, key, value in
      let domain = AttributeDomain(of: key, dataClasses: theory.dataClasses)
      guard case .closed(let values) = domain.values, !values.contains(value) else { return nil }
      let accepted = values.joined(separator: ", ")
      return Finding(
        .error, .textual, .unknownValue, path,
        fr: "« \(key) » ne vaut jamais « \(value) ». Accepté : \(accepted).",
        en: "“\(key)” is never “\(value)”. Accepted: \(accepted).")
    }
  }

  private func unsatisfiable(_ place: Place) -> [Finding] {
    guard theory.isImpossible(.every(place.literals)) else { return [] }
    return [
      Finding(
        .error, .textual, .unsatisfiableSelector, place.path,
        fr: "Rien ne peut satisfaire ce sélecteur : ses termes s’excluent.",
        en: "Nothing can satisfy this selector: its terms exclude each other.")
    ]
  }

  /// `NotIn` goes by what a project declares: whoever declares an heir only stays meant, which may not be what was thought.
  private func heirsNotNamed(_ place: Place) -> [Finding] {
    let terms = place.selector.matchExpressions
    let isLeavingOut = { (term: LabelSelector.Requirement) in
      term.key == "project.dataClass" && term.operator == .notIn
    }
    // All of them have to hold: what one names no other lets in.
    let heirs = theory.heirs(beside: terms.filter(isLeavingOut).flatMap(\.values))
    return terms.enumerated().flatMap { index, term -> [Finding] in
      guard isLeavingOut(term) else { return [] }
      return term.values.enumerated().compactMap { position, value in
        guard let left = heirs[value]?.sorted() else { return nil }
        let names = left.prefix(3).joined(separator: ", ") + (left.count > 3 ? ", …" : "")
        return Finding(
          .warning, .textual, .heirsNotNamed, "\(place.path).matchExpressions[\(index)].values[\(position)]",
          fr: "« \(value) » est exclue, mais non ce qui en hérite sans être nommé : \(names).",
          en: "“\(value)” is left out, but not what inherits from it and is not named: \(names).")
      }
    }
  }
}
