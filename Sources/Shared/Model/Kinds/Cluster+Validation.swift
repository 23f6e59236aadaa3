extension ClusterSpec {
  /// Checks names, capacity, label, and what goes together of privacy, management and mode.
  public func validate(_ check: inout Validation) {
    check.at("zone", zone, .dnsLabel)
    check.at("dataCenters", dataCenters, each: .dnsLabel, atLeastOne: true)
    check.at("stages", stages, each: .stage, atLeastOne: true)
    check.at("capacity") { capacity.validate(&$0, required: [.cpu, .memory]) }
    if let console, !(1...50).contains(console.label.count) || !TextForm.sentence.isValid(console.label) {
      check.at("console") {
        $0.at("label") {
          $0.error(
            "not a console label", fr: "ce n’est pas un label de la console", value: console.label,
            accepted: "1 to 50 characters")
        }
      }
    }
    check.at("taints") { $0.taints(taints) }
    validatePrivacy(&check)
    validateMode(&check)
  }

  private func validatePrivacy(_ check: inout Validation) {
    check.at("projects", projects, each: .projectName)
    check.at("projects") { check in
      switch privacy {
      case .dedicated where projects.isEmpty:
        check.error(
          "a dedicated cluster names its projects", fr: "un cluster dédié nomme ses projets", value: "[]",
          accepted: "≥ 1")
      case .public where !projects.isEmpty:
        check.error(
          "a public cluster names no project", fr: "un cluster public ne nomme aucun projet",
          value: projects.joined(separator: ", "), accepted: "[], or privacy: dedicated")
      case .dedicated, .public: break
      }
    }
  }

  private func validateMode(_ check: inout Validation) {
    guard mode != .observe else { return }
    check.at("mode") { check in
      if management == .application {
        check.error(
          "a cluster that the application runs is never written to",
          fr: "on n’écrit jamais sur un cluster géré par l’application", value: mode.rawValue,
          accepted: Mode.observe.rawValue)
      } else if external {
        check.warning(
          "an external cluster is usually only observed", fr: "un cluster externe est d’ordinaire seulement observé",
          value: mode.rawValue, accepted: Mode.observe.rawValue)
      }
    }
  }
}
