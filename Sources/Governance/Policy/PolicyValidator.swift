public import Model
public import Placement

/// Finds what is wrong with a policy: from its text alone, and on the present offer.
public enum PolicyValidator {
  /// What the text alone shows. Rules that are over are found where a `day` is given.
  public static func findings(in policy: PolicySpec, day: CalendarDay? = nil) -> [Finding] {
    TextualChecks(policy: policy, day: day).findings
  }

  /// What the text shows, and what the present offer shows on `day`.
  ///
  /// - Parameter presumesConformity: Whether all clusters are taken to keep the rules that agents probe. Files do not say what
  ///   was found on clusters: whoever has nothing but files asks for this. Where the offer's own findings are at hand, what
  ///   is not among them is not known, and refused, as by the engine.
  public static func findings(
    in policy: PolicySpec, on offer: Offer, day: CalendarDay, presumesConformity: Bool = false
  ) -> [Finding] {
    let found = findings(in: policy, day: day)
    guard policy.isOfUsualSize else { return found }
    return found + OfferChecks(policy, on: presumesConformity ? offer.conforming : offer, day: day).findings
  }
}

extension Offer {
  /// The same with every cluster found to keep every rule: to look at a policy, not at the clusters.
  fileprivate var conforming: Offer {
    let all = Dictionary(uniqueKeysWithValues: ConformityFinding.rules.map { ($0, ConformityFinding.enforced) })
    return Offer(
      operators: operators, regions: regions, zones: zones, clusters: clusters, chains: chains,
      facts: clusters.map { ClusterFacts(cluster: $0.name, conformity: all) })
  }
}
