import Model

/// What classes of data inherit, and whether they can mean it.
struct ClassChecks {
  let policy: PolicySpec
  let theory: Satisfiability

  var findings: [Finding] {
    policy.dataClasses.indices.flatMap { isContradictory($0) ? contradictory($0) : wider($0) }
  }

  private func isContradictory(_ index: Int) -> Bool {
    let own = Restriction(dataClass: index, of: policy).demands
    return theory.isImpossible(ancestors(of: index).reduce(own) { $0 + Restriction(dataClass: $1, of: policy).demands })
  }

  private func ancestors(of index: Int) -> [Int] {
    policy.ancestors(of: policy.dataClasses[index].name).compactMap { name in
      policy.dataClasses.firstIndex { $0.name == name }
    }
  }

  /// Only the class where it starts is told, not those that inherit it.
  private func contradictory(_ index: Int) -> [Finding] {
    let dataClass = policy.dataClasses[index]
    guard !ancestors(of: index).contains(where: isContradictory) else { return [] }
    return [
      Finding(
        .error, .textual, .contradictoryClass, "spec.dataClasses[\(index)]",
        fr:
          "Aucun lieu ne peut satisfaire à la fois ce que la classe « \(dataClass.name) » exige et ce dont elle hérite.",
        en: "No place can satisfy both what the class “\(dataClass.name)” demands and what it inherits.")
    ]
  }

  /// Countries and subdivisions that a class admits and one that it inherits from does not.
  private func wider(_ index: Int) -> [Finding] {
    let dataClass = policy.dataClasses[index]
    return ancestors(of: index).map { policy.dataClasses[$0] }.flatMap { parent -> [Finding] in
      let (own, inherited) = (dataClass.residency, parent.residency)
      return beyond(own?.countries, inherited?.countries, "spec.dataClasses[\(index)].residency.countries", parent.name)
        + beyond(
          own?.subdivisions, inherited?.subdivisions, "spec.dataClasses[\(index)].residency.subdivisions", parent.name)
    }
  }

  private func beyond(_ own: [String]?, _ inherited: [String]?, _ path: String, _ parent: String) -> [Finding] {
    guard let own, let inherited, !inherited.isEmpty else { return [] }
    return own.enumerated().filter { !inherited.contains($1) }.map { position, value in
      Finding(
        .warning, .textual, .widerThanParent, "\(path)[\(position)]",
        fr: "La classe « \(parent) », dont celle-ci hérite, refuse « \(value) » : l’admettre ici n’a pas d’effet.",
        en: "The class “\(parent)”, from which this one inherits, refuses “\(value)”: admitting it here has no effect.")
    }
  }
}
