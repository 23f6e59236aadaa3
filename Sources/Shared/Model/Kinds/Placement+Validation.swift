extension PlacementSpec {
  /// Checks names, quota and counters.
  public func validate(_ check: inout Validation) {
    check.at("project", project, .projectName)
    check.at("organisation", organisation, .dnsLabel)
    check.at("environment", environment, .environmentName)
    check.at("stage", stage, .stage)
    check.at("replica", replica, in: 0...7)
    check.at("zone", zone, .slug)
    check.at("cluster", cluster, .dnsLabel)
    check.at("namespace", namespace, .dnsLabel)
    check.at("quota") { quota.validate(&$0, required: [.cpu, .memory]) }
    for (field, number) in [("revision", revision), ("epoch", epoch)] where number < 1 {
      check.at(field) { $0.error("too small", fr: "trop petit", value: "\(number)", accepted: "≥ 1") }
    }
  }
}
