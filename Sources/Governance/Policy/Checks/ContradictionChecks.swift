import Model

/// Sets of restrictions that no place, or no chain, can satisfy together.
struct ContradictionChecks {
  let policy: PolicySpec
  let theory: Satisfiability
  let restrictions: [Restriction]
  let kind: Finding.Kind
  /// Questions that may be asked, for places and for chains; see ``ConflictSearch``.
  static let budget = 5_000

  /// What the text alone shows: whatever the places are.
  func textual() -> [Finding] {
    findings(isSatisfiable: { !theory.isImpossible(demands($0)) }, leavingOut: { _ in false })
  }

  /// What the places and chains that there are show, as far as the text alone does not.
  func onOffer(_ places: [Attributes], _ chains: [Attributes]) -> [Finding] {
    let fits = restrictions.map { restriction in
      let known = restriction.target == .places ? places : chains
      return known.map { restriction.demands.hold(of: $0) }
    }
    func isSatisfiable(_ members: [Int]) -> Bool {
      guard let first = members.first else { return true }
      return fits[first].indices.contains { place in members.allSatisfy { fits[$0][place] } }
    }
    return findings(isSatisfiable: isSatisfiable) { theory.isImpossible(demands($0)) }
  }

  /// A restriction on chains and one on places that leave no place with a chain that delivers to it. Of larger sets that
  /// hold some of both nothing is said.
  ///
  /// - Parameter deliveries: by number, places and the chains that deliver to them.
  func across(
    _ places: [Attributes], _ chains: [Attributes], deliveries: [(place: Int, chain: Int)]
  ) -> [Finding] {
    func holding(_ target: Restriction.Target, _ known: [Attributes]) -> [(restriction: Restriction, fits: [Bool])] {
      restrictions.filter { $0.target == target }.map { one in (one, known.map { one.demands.hold(of: $0) }) }
    }
    // What nothing satisfies by itself is told elsewhere.
    let onChains = holding(.chains, chains).filter { one in deliveries.contains { one.fits[$0.chain] } }
    let onPlaces = holding(.places, places).filter { one in deliveries.contains { one.fits[$0.place] } }
    return onChains.flatMap { chain in
      onPlaces.filter { place in
        !deliveries.contains { chain.fits[$0.chain] && place.fits[$0.place] }
          && Scope.meet([chain.restriction.scope, place.restriction.scope], theory)
      }.map {
        finding(
          [chain.restriction, $0.restriction], fr: "Aucun lieu", en: "No place",
          with: (fr: ", avec une chaîne qui y livre,", en: ", with a chain that delivers to it,"))
      }
    }
  }

  private func demands(_ members: [Int]) -> Clauses { Clauses(all: members.flatMap { restrictions[$0].demands.all }) }

  private func findings(isSatisfiable: ([Int]) -> Bool, leavingOut: ([Int]) -> Bool) -> [Finding] {
    // What is left out is told once.
    var isComplete = restrictions.count < Restriction.mostCompared
    let found = [Restriction.Target.places, .chains].flatMap { target -> [Finding] in
      // What nothing satisfies by itself is told elsewhere.
      let members = restrictions.indices.filter { restrictions[$0].target == target && isSatisfiable([$0]) }
      return withoutActuallyEscaping(isSatisfiable) { isSatisfiable in
        var search = ConflictSearch(
          budget: Self.budget, isSatisfiable: isSatisfiable,
          meet: { members in Scope.meet(members.map { restrictions[$0].scope }, theory) })
        search.search(members)
        isComplete = isComplete && !search.isExhausted
        return search.conflicts
          .filter { conflict in conflict.contains { restrictions[$0].rule != nil } && !leavingOut(conflict) }
          .map { conflict in
            let isPlace = target == .places
            return finding(
              conflict.map { restrictions[$0] }, fr: isPlace ? "Aucun lieu" : "Aucune chaîne",
              en: isPlace ? "No place" : "No chain")
          }
      }
    }
    return found.sorted { ($0.path, $0.message.fr) < ($1.path, $1.message.fr) } + (isComplete ? [] : [notExamined])
  }

  private func finding(
    _ conflict: [Restriction], fr none: String, en noneEN: String, with more: (fr: String, en: String) = ("", "")
  ) -> Finding {
    // Some member's whole public is hit where all others mean it, too; otherwise only who is meant by all of them.
    let isTotal = conflict.contains { one in conflict.allSatisfy { $0.scope.covers(one.scope, theory) } }
    let last = conflict.compactMap(\.rule).max() ?? 0
    let names = (fr: conflict.map(\.nameFR).joined(separator: ", "), en: conflict.map(\.nameEN).joined(separator: ", "))
    let offer = kind == .textual ? (fr: "", en: "") : (fr: " de l’offre actuelle", en: " of the present offer")
    let who =
      isTotal
      ? (fr: "aucun projet concerné ne peut être placé.", en: "no project concerned can be placed.")
      : (
        fr: "un projet qui relève de tout cela n’irait nulle part.",
        en: "a project subject to all of it would go nowhere."
      )
    return Finding(
      isTotal ? .error : .warning, kind, .contradiction, "spec.rules[\(last)]",
      fr: "\(none)\(offer.fr)\(more.fr) ne satisfait à la fois \(names.fr) : \(who.fr)",
      en: "\(noneEN)\(offer.en)\(more.en) satisfies all of \(names.en): \(who.en)")
  }

  private var notExamined: Finding {
    Finding(
      .warning, kind, .notExamined, "spec.rules",
      fr: "Trop de règles s’excluent : il peut y avoir plus de contradictions que celles trouvées ici.",
      en: "Too many rules exclude each other: there may be more contradictions than were found here.")
  }
}

extension Restriction {
  var nameFR: String { rule == nil ? "la classe « \(name) »" : "la règle « \(name) »" }
  var nameEN: String { rule == nil ? "class “\(name)”" : "rule “\(name)”" }
}
