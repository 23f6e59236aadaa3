import Model

/// Something that keeps an environment away from a set of sites, or that speaks for or against them: a reason before
/// it is put into words. A class, as all that a judgement is made of: what is passed on is never copied.
final class Barrier: Sendable {
  /// What the words of the reason depend on, besides the site.
  enum Cause: Sendable {
    /// The site says it all, or the code does.
    case site
    case dataClass(String)
    case sensitivity(Sensitivity, dataClass: String)
    case qualification(String, dataClass: String)
    /// Allowed countries or subdivisions.
    case residency(source: String, allowed: [String], attribute: String)
    case attribute(String, source: String)
    case demand(dataClass: String, text: String)
    case organisation
    case scope
    /// The rule's number in the policy.
    case rule(Int)
    case taint(Taint, onRegion: Bool)
    case service(String, version: String?)
    case network(String)
    case resource(CountedResource)
    /// The wish's number in the project.
    case wish(Int)
  }

  let code: ReasonCode
  let cause: Cause
  /// Where it holds.
  let sites: SiteSet
  /// Whether it keeps away only what is new.
  let isNewOnly: Bool
  /// The weight of a preference, with its sign.
  let weight: Int64
  /// What would have to be lifted.
  let source: Source

  init(
    _ code: ReasonCode, _ cause: Cause = .site, _ sites: SiteSet, isNewOnly: Bool = false, weight: Int64 = 0,
    source: Source? = nil
  ) {
    self.source = source ?? Source(code, cause)
    self.code = code
    self.cause = cause
    self.sites = sites
    self.isNewOnly = isNewOnly
    self.weight = weight
  }

  /// Where barriers keep away everything, and where only what is new.
  static func unions(of barriers: [Barrier], none: SiteSet) -> (always: SiteSet, newOnly: SiteSet) {
    var (always, newOnly) = (none, none)
    for barrier in barriers {
      if barrier.isNewOnly { newOnly.formUnion(barrier.sites) } else { always.formUnion(barrier.sites) }
    }
    return (always, newOnly)
  }

  /// Where data may be: what is not declared is refused.
  static func residency(
    _ wanted: ProjectSpec.Residency, of source: String, on index: AttributeIndex, resolved: SiteSet
  ) -> [Barrier] {
    var barriers: [Barrier] = []
    for (attribute, allowed) in [("region.country", wanted.countries), ("region.subdivision", wanted.subdivisions)]
    where !allowed.isEmpty {
      let declared = index.declared(attribute).intersection(resolved)
      barriers.append(
        Barrier(
          .residencyRefused, .residency(source: source, allowed: allowed, attribute: attribute),
          declared.subtracting(index.places(attribute, among: allowed))))
      barriers.append(
        Barrier(
          .attributeUndeclared, .attribute(attribute, source: source), resolved.subtracting(declared),
          source: .residency(source)))
    }
    return barriers
  }
}
