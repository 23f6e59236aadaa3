import Model

/// What each field of a policy says by itself.
struct FieldChecks {
  let policy: PolicySpec

  var findings: [Finding] {
    var check = Validation()
    policy.validate(&check)
    return check.problems.map(Self.finding)
  }

  private static func finding(_ problem: FieldProblem) -> Finding {
    let code: FindingCode =
      if problem.isUnknownAttribute { .unknownAttribute } else if problem.isDuplicate { .duplicateName } else {
        .invalidField
      }
    let found = problem.value.map { (fr: " Trouvé : « \($0) ».", en: " Found: “\($0)”.") }
    let accepted = problem.accepted.map { (fr: " Accepté : \($0).", en: " Accepted: \($0).") }
    return Finding(
      problem.severity == .error ? .error : .warning, .textual, code, problem.path,
      fr: "\(problem.messageFR.sentence)\(found?.fr ?? "")\(accepted?.fr ?? "")",
      en: "\(problem.message.sentence)\(found?.en ?? "")\(accepted?.en ?? "")")
  }
}

extension String {
  /// With a capital and a full stop.
  fileprivate var sentence: String { prefix(1).uppercased() + dropFirst() + (hasSuffix("?") ? "" : ".") }
}
