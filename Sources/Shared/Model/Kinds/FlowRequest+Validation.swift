extension FlowRequestSpec {
  /// Checks names, peer, ports and motive.
  public func validate(_ check: inout Validation) {
    check.at("project", project, .projectName)
    check.at("environment", environment, .environmentName)
    check.at("peer", peer, .peer)
    check.at("motive", motive, .sentence)
    check.at("ports") { check in
      check.notEmpty(ports)
      check.unique(ports.map(String.init))
      for (position, port) in ports.enumerated() where !(1...65_535).contains(port) {
        check.index(position) {
          $0.error("not a port", fr: "ce n’est pas un port", value: "\(port)", accepted: "1 … 65535")
        }
      }
    }
  }
}
