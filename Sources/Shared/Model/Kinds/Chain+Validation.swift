extension ChainSpec {
  /// Checks texts, lists and audience.
  public func validate(_ check: inout Validation) {
    check.at("displayName", displayName, .sentence)
    check.at("sensitivities") { check in
      check.notEmpty(sensitivities)
      check.unique(sensitivities.map(\.rawValue))
    }
    check.at("regions", regions, each: .dnsLabel, atLeastOne: true)
    check.at("audience") { audience.validate(&$0) }
  }
}
