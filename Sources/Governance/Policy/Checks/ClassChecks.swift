import Model

/// What classes of data inherit, and whether they can mean it.
struct ClassChecks {
  private let tree: ClassTree
  /// Whether each class contradicts itself, all that it inherits included.
  private let isContradictory: [Bool]

  init(policy: PolicySpec, theory: Satisfiability) {
    let tree = ClassTree(policy)
    self.tree = tree
    isContradictory = tree.classes.indices.map { number in
      theory.isImpossible(tree.ancestors[number].reduce(.of(tree.classes[number])) { $0 + .of(tree.classes[$1]) })
    }
  }

  var findings: [Finding] {
    tree.classes.indices.flatMap { isContradictory[$0] ? contradictory($0) : wider($0) }
  }

  /// Only the class where it starts is told, not those that inherit it.
  private func contradictory(_ index: Int) -> [Finding] {
    let dataClass = tree.classes[index]
    guard !tree.ancestors[index].contains(where: { isContradictory[$0] }) else { return [] }
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
    let dataClass = tree.classes[index]
    return tree.ancestors[index].map { tree.classes[$0] }.flatMap { parent -> [Finding] in
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
