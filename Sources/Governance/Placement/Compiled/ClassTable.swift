import Model

/// The data classes of a policy, and what each by itself demands of every place.
struct ClassTable: Sendable {
  /// A class that the policy knows.
  struct Class: Sendable {
    var name: String
    var parent: String?
    var sensitivity: Sensitivity
    var qualifications: [String]
    var residency: [Barrier]
    var requirement: [Barrier]
  }

  private let classes: [String: Class]

  /// Of two classes of a name the first one counts.
  init(_ known: [PolicySpec.DataClass], table: SiteTable, on index: AttributeIndex, resolved: SiteSet) {
    let compiled = known.map { dataClass in
      (
        dataClass.name,
        Class(
          name: dataClass.name, parent: dataClass.parent, sensitivity: dataClass.sensitivity,
          qualifications: dataClass.qualifications,
          residency: dataClass.residency.map {
            Barrier.residency($0, of: dataClass.name, on: index, resolved: resolved)
          } ?? [],
          requirement: dataClass.requires.map { Self.barriers($0, of: dataClass.name, on: index, resolved: resolved) }
            ?? [])
      )
    }
    classes = Dictionary(compiled, uniquingKeysWith: { first, _ in first })
  }

  subscript(name: String) -> Class? { classes[name] }

  /// The classes of a name, and all that they inherit from, each once; a circle is gone round once.
  func lineage(of names: [String]) -> [String] {
    var (found, waiting) = ([String](), names)
    while let name = waiting.popLast() {
      guard !found.contains(name) else { continue }
      found.append(name)
      if let parent = classes[name]?.parent { waiting.append(parent) }
    }
    return found
  }

  private static func barriers(
    _ selector: LabelSelector, of name: String, on index: AttributeIndex, resolved: SiteSet
  ) -> [Barrier] {
    let places = CompiledSelector(selector, on: index)
    let unclear = places.undeclared.map { ($0.attribute, $0.sites.intersection(resolved)) }
    let clear = unclear.reduce(resolved.subtracting(places.matching)) { $0.subtracting($1.1) }
    return [Barrier(.dataClassDemand, .demand(dataClass: name, text: selector.text), clear)]
      + unclear.map { Barrier(.attributeUndeclared, .attribute($0.0, source: name), $0.1) }
  }
}
