public import Model
public import Placement

/// Finds what is wrong with a policy: from its text alone, and on the present offer.
public enum PolicyValidator {
  /// What the text alone shows. Rules that are over are found where a `day` is given.
  public static func findings(in policy: PolicySpec, day: CalendarDay? = nil) -> [Finding] {
    TextualChecks(policy: policy, day: day).findings
  }

  /// What the text shows, and what the present offer shows on `day`.
  public static func findings(in policy: PolicySpec, on offer: Offer, day: CalendarDay) -> [Finding] {
    let found = findings(in: policy, day: day)
    return policy.isOfUsualSize ? found + OfferChecks(policy, on: offer, day: day).findings : found
  }
}
