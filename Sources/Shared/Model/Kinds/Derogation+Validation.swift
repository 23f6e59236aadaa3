extension DerogationSpec {
  /// Checks names, motive and period; warns of a decision without effect.
  public func validate(_ check: inout Validation) {
    check.at("project", project, .projectName)
    check.at("rules", rules, each: .dnsLabel, atLeastOne: true)
    if let stages { check.at("stages", stages, each: .stage, atLeastOne: true) }
    check.at("motive", motive, .sentence)
    check.at("requestedBy", requestedBy, .networkName)
    check.period(from: validFrom, until: validUntil)
    check.at("notifiedAt") { check in
      if decision == .granted, notifiedAt == nil {
        check.warning(
          "granted, but without effect until the decision is notified",
          fr: "accordée, mais sans effet tant que la décision n’est pas notifiée", accepted: "a date and time")
      }
      if decision ?? .pending == .pending, notifiedAt != nil {
        check.error(
          "there is no decision to notify", fr: "il n’y a pas de décision à notifier",
          value: (decision ?? .pending).rawValue, accepted: "decision: granted or refused")
      }
    }
  }
}
