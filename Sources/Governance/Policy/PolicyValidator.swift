public import Model
public import Placement

/// Finds what is wrong with a policy: from its text alone, and on the present offer.
public enum PolicyValidator {
  /// What the text alone shows, in the order of the paths' fields in the document.
  public static func findings(in policy: PolicySpec) -> [Finding] {
    var check = Validation()
    policy.validate(&check)
    let invalid = check.problems.map { problem in
      let accepted = problem.accepted.map { (fr: " Accepté : \($0).", en: " Accepted: \($0).") }
      return Finding(
        severity: problem.severity == .error ? .error : .warning, kind: .textual, code: .invalidField,
        path: problem.path,
        message: LocalizedText(
          fr: "\(problem.messageFR).\(accepted?.fr ?? "")", en: "\(problem.message).\(accepted?.en ?? "")"))
    }
    return invalid + TextualChecks(policy).findings
  }

  /// What the text shows, and what the present offer shows on `day`.
  public static func findings(in policy: PolicySpec, on offer: Offer, day: CalendarDay) -> [Finding] {
    findings(in: policy) + OfferChecks(policy, on: offer, day: day).findings
  }
}
