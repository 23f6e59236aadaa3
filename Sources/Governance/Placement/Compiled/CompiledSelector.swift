import Model

/// What a selector says to every place: where it matches, where it might if more were known, and which attribute it
/// is that is not known.
struct CompiledSelector: Sendable {
  /// Where it matches.
  let matching: SiteSet
  /// Where it matches, or could if what is not declared were known.
  let possible: SiteSet
  /// Where it fails for what is not declared alone, by the first such attribute.
  let undeclared: [(attribute: String, sites: SiteSet)]

  init(_ selector: LabelSelector, on index: AttributeIndex) {
    let all = SiteSet.all(index.capacity)
    var (matching, possible) = (all, all)
    var (failing, hopeless) = (SiteSet(of: index.capacity), SiteSet(of: index.capacity))
    var failures: [(attribute: String, sites: SiteSet)] = []
    for term in selector.terms {
      let places = index.places(term)
      let unknown = all.subtracting(index.declared(term.key))
      matching.formIntersection(places)
      possible.formIntersection(Self.isPossible(term) ? places.union(unknown) : places)
      let failed = all.subtracting(places)
      hopeless.formUnion(term.operator == .exists ? failed : failed.subtracting(unknown))
      failures.append((term.key, failed.subtracting(failing)))
      failing.formUnion(failed)
    }
    self.matching = matching
    self.possible = possible
    undeclared = failures.map { ($0.attribute, $0.sites.subtracting(hopeless)) }.filter { !$0.sites.isEmpty }
  }

  /// Whether a term could match where its attribute is not known: an absent label is just not there, an absent city is
  /// unknown. A restriction that *forbids* must not be escaped by keeping silent.
  private static func isPossible(_ term: LabelSelector.Requirement) -> Bool {
    switch term.operator {
    case .in: !AttributeCatalogue.isLabel(term.key)
    case .notIn, .greaterThan, .lessThan: true
    case .exists, .doesNotExist: false
    }
  }
}
