extension OperatorSpec {
  /// Checks texts, representatives and the delay.
  public func validate(_ check: inout Validation) {
    check.at("displayName", displayName, .sentence)
    check.at("contact", contact, .sentence)
    check.at("representatives", each: representatives) { $0.validate(&$1) }
    check.at("representatives") { $0.unique(representatives.map { $0.group ?? $0.subject ?? "" }) }
    check.at("flowOpening") { $0.at("maximumDelayDays", flowOpening?.maximumDelayDays, in: 1...30) }
  }
}

extension OperatorSpec.Representative {
  func validate(_ check: inout Validation) {
    check.at("subject", subject, .networkName)
    if let group, !group.hasPrefix("/") || !TextForm.sentence.isValid(group) || group.count < 2 {
      check.at("group") {
        $0.error(
          "not the full path of a group", fr: "ce n’est pas le chemin complet d’un groupe", value: group,
          accepted: "/regie/operators/dtnum")
      }
    }
    if (group == nil) == (subject == nil) {
      check.error(
        "exactly one of group and subject is needed", fr: "il faut group ou subject, et un seul des deux",
        value: group == nil ? "neither" : "both", accepted: "group or subject")
    }
  }
}
