extension RegionSpec {
  /// Checks names, location, periods, services and taints.
  public func validate(_ check: inout Validation) {
    check.at("operator", self.operator, .dnsLabel)
    check.at("displayName", displayName, .sentence)
    check.at("location") { location.validate(&$0) }
    check.at("dataCenters", each: dataCenters) { center, check in
      check.at("name", center.name, .dnsLabel)
      check.at("city", center.city, .sentence)
    }
    check.at("dataCenters") { check in
      check.notEmpty(dataCenters)
      check.unique(dataCenters.map(\.name), field: "name")
    }
    validateQualifications(&check)
    check.at("services", each: services) { service, check in
      check.at("name", service.name, .labelValue)
      check.at("version", service.version, .version)
    }
    check.at("services") { $0.unique(services.map { [$0.name, $0.version ?? ""].joined(separator: " ") }) }
    check.at("interconnections", interconnections, each: .networkName)
    check.at("audience") { audience.validate(&$0) }
    check.at("taints") { $0.taints(taints) }
  }

  /// More than any region has: the period of each is looked at beside those of all others.
  private static let mostQualifications = 256

  private func validateQualifications(_ check: inout Validation) {
    guard check.sizes([("qualifications", qualifications.count, Self.mostQualifications)]) else { return }
    check.at("qualifications", each: qualifications) { qualification, check in
      check.at("name", qualification.name, .labelValue)
      check.period(from: qualification.validFrom, until: qualification.validUntil)
      if let evidence = qualification.evidence {
        check.at("evidence") { check in
          check.at("reference", evidence.reference, .sentence)
          check.at("digest", evidence.digest, .sha256)
        }
      }
    }
    // One name may stand several times: a qualification may be lost and held again. The periods must not overlap.
    check.at("qualifications") { check in
      for (position, later) in qualifications.enumerated() {
        guard qualifications[..<position].contains(where: { $0.name == later.name && $0.overlaps(later) })
        else { continue }
        check.index(position) {
          $0.error(
            "overlaps another period of the same qualification",
            fr: "chevauche une autre période de la même qualification", value: later.name)
        }
      }
    }
  }
}

extension RegionSpec.Qualification {
  func overlaps(_ other: Self) -> Bool {
    func ends(_ left: Self, before right: Self) -> Bool {
      guard let end = left.validUntil, let start = right.validFrom else { return false }
      return end < start
    }
    return !ends(self, before: other) && !ends(other, before: self)
  }
}

extension RegionSpec.Location {
  func validate(_ check: inout Validation) {
    check.at("country", country, .country)
    check.at("city", city, .sentence)
    check.at("subdivision", subdivision, .subdivision)
    if let subdivision, TextForm.subdivision.isValid(subdivision), !subdivision.hasPrefix(country + "-") {
      check.at("subdivision") {
        $0.error(
          "not in the country", fr: "n’est pas dans le pays", value: subdivision, accepted: country + "-…")
      }
    }
  }
}

extension Validation {
  /// Checks taints, and that there are no more than anyone has: every decision looks at all of them.
  mutating func taints(_ taints: [Taint]) {
    guard taints.count <= 64 else {
      return error("too many", fr: "trop nombreux", value: "\(taints.count)", accepted: "≤ 64")
    }
    for (position, taint) in taints.enumerated() { index(position) { taint.validate(&$0) } }
    unique(taints.map { "\($0.key):\($0.effect.rawValue)" }, field: "key")
  }
}
