import Model

/// The attributes of all places, turned round: for each attribute and value the sites that have it. A selector then
/// costs as many operations on sets as it has terms.
struct AttributeIndex: Sendable {
  private struct Column: Sendable {
    var declared: SiteSet
    var valued: SiteSet
    var values: [String: SiteSet] = [:]
  }

  private var columns: [String: Column] = [:]
  private let none: SiteSet
  let capacity: Int

  /// An index of `capacity` places without attributes.
  init(capacity: Int) {
    self.capacity = capacity
    none = SiteSet(of: capacity)
  }

  /// Adds what is known of a place.
  mutating func add(_ attributes: Attributes, at site: Int) {
    for (key, values) in attributes.values {
      columns[key, default: Column(declared: none, valued: none)].declared.insert(site)
      for value in values {
        columns[key]?.valued.insert(site)
        columns[key]?.values[value, default: none].insert(site)
      }
    }
  }

  /// The places that have a value.
  func places(_ key: String, _ value: String) -> SiteSet { columns[key]?.values[value] ?? none }

  /// The places that have one of the values.
  func places(_ key: String, among values: [String]) -> SiteSet {
    guard let column = columns[key] else { return none }
    return values.reduce(into: none) { sites, value in
      if let more = column.values[value] { sites.formUnion(more) }
    }
  }

  /// The places of which the attribute is known.
  func declared(_ key: String) -> SiteSet { columns[key]?.declared ?? none }

  /// The places that satisfy a term.
  func places(_ term: LabelSelector.Requirement) -> SiteSet {
    guard let column = columns[term.key] else {
      return term.operator == .doesNotExist ? SiteSet.all(capacity) : none
    }
    switch term.operator {
    case .in: return places(term.key, among: term.values)
    case .notIn: return column.declared.subtracting(places(term.key, among: term.values))
    case .exists: return column.valued
    case .doesNotExist: return SiteSet.all(capacity).subtracting(column.valued)
    case .greaterThan, .lessThan:
      // The values are few and short; which of them are large enough is asked of the model itself.
      return column.values.reduce(into: none) { sites, entry in
        if term.matches(Attributes([term.key: [entry.key]])) { sites.formUnion(entry.value) }
      }
    }
  }

  /// The places that satisfy every term.
  func places(_ selector: LabelSelector) -> SiteSet {
    selector.terms.reduce(into: SiteSet.all(capacity)) { $0.formIntersection(places($1)) }
  }
}
