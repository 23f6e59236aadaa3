import Model

extension PublicOffer {
  /// Says in sentences what stands in an offer: for whoever logs in to the console, and looks for no field.
  enum Sentences {
    static func french(_ offer: PublicOffer) -> [String] {
      let regions = offer.regions.map { (region: Region) -> String in
        let place = [region.location.city, region.location.subdivision ?? region.location.country].compactMap(\.self)
        let centres = "\(region.dataCenters) centre\(region.dataCenters > 1 ? "s" : "") de données"
        var parts = [place.joined(separator: ", "), centres]
        parts += region.qualifications.map { qualification in
          "\(qualification.name)\(qualification.validUntil.map { " jusqu’au \($0)" } ?? "")"
        }
        if !region.services.isEmpty { parts.append("services : \(list(region.services))") }
        if !region.interconnections.isEmpty {
          parts.append("reliée à \(region.interconnections.joined(separator: ", "))")
        }
        if region.state != .open { parts.append(french(region.state)) }
        let zones = offer.zones.filter { $0.region == region.name }.map { (zone: Zone) -> String in
          let clusters = "\(zone.shared) cluster\(zone.shared > 1 ? "s" : "") partagé\(zone.shared > 1 ? "s" : "")"
          let own = zone.dedicated > 0 ? ", \(zone.dedicated) dédié\(zone.dedicated > 1 ? "s" : "")" : ""
          return "\(zone.slug) (\(zone.sensitivity.rawValue), \(clusters)\(own))"
        }
        let ending = zones.isEmpty ? "" : " Zones : \(zones.joined(separator: ", "))."
        let name = region.displayName ?? region.name
        return "Région « \(name) », \(offer.title(of: region.operator)) : \(parts.joined(separator: " ; ")).\(ending)"
      }
      guard let policy = offer.policy else {
        return regions + ["Aucune politique n’est en vigueur : rien ne peut être décidé."]
      }
      let classes = policy.dataClasses.map { (dataClass: PolicySpec.DataClass) -> String in
        let title = dataClass.title?.fr ?? dataClass.name
        let held = dataClass.qualifications.joined(separator: ", ")
        let demands = held.isEmpty ? "" : " ; exige \(held)"
        return "Données « \(title) » : zone \(dataClass.sensitivity.rawValue) au moins\(demands)."
      }
      var sentences: [String] = regions
      sentences.append("Politique : \(policy.title.fr).")
      sentences += classes
      sentences += policy.rules.map { "\($0.id) : \($0.motive.fr)" }
      let days = "\(policy.flowDelayDays) jour\(policy.flowDelayDays > 1 ? "s ouvrés" : " ouvré")"
      sentences.append("Un flux réseau est ouvert ou refusé sous \(days), sauf délai propre à l’opérateur.")
      return sentences
    }

    static func english(_ offer: PublicOffer) -> [String] {
      let regions = offer.regions.map { (region: Region) -> String in
        let place = [region.location.city, region.location.subdivision ?? region.location.country].compactMap(\.self)
        var parts = [
          place.joined(separator: ", "), "\(region.dataCenters) data centre\(region.dataCenters > 1 ? "s" : "")",
        ]
        parts += region.qualifications.map { qualification in
          "\(qualification.name)\(qualification.validUntil.map { " until \($0)" } ?? "")"
        }
        if !region.services.isEmpty { parts.append("services: \(list(region.services))") }
        if !region.interconnections.isEmpty {
          parts.append("connected to \(region.interconnections.joined(separator: ", "))")
        }
        if region.state != .open { parts.append(region.state.rawValue) }
        let zones = offer.zones.filter { $0.region == region.name }.map { (zone: Zone) -> String in
          let own = zone.dedicated > 0 ? ", \(zone.dedicated) dedicated" : ""
          let clusters = "\(zone.shared) shared cluster\(zone.shared > 1 ? "s" : "")"
          return "\(zone.slug) (\(zone.sensitivity.rawValue), \(clusters)\(own))"
        }
        let ending = zones.isEmpty ? "" : " Zones: \(zones.joined(separator: ", "))."
        let name = region.displayName ?? region.name
        return "Region “\(name)”, \(offer.title(of: region.operator)): \(parts.joined(separator: "; ")).\(ending)"
      }
      guard let policy = offer.policy else {
        return regions + ["No policy is in force: nothing can be decided."]
      }
      let classes = policy.dataClasses.map { (dataClass: PolicySpec.DataClass) -> String in
        let title = dataClass.title.map { $0.en ?? $0.fr } ?? dataClass.name
        let held = dataClass.qualifications.joined(separator: ", ")
        let demands = held.isEmpty ? "" : "; demands \(held)"
        return "Data “\(title)”: zone \(dataClass.sensitivity.rawValue) at least\(demands)."
      }
      var sentences: [String] = regions
      sentences.append("Policy: \(policy.title.en ?? policy.title.fr).")
      sentences += classes
      sentences += policy.rules.map { "\($0.id): \($0.motive.en ?? $0.motive.fr)" }
      let days = "\(policy.flowDelayDays) working day\(policy.flowDelayDays > 1 ? "s" : "")"
      sentences.append(
        "A network flow is opened or refused within \(days), unless the operator has a delay of its own.")
      return sentences
    }

    private static func list(_ services: [RegionSpec.Service]) -> String {
      services.map { service in service.version.map { "\(service.name) \($0)" } ?? service.name }
        .joined(separator: ", ")
    }

    private static func french(_ state: RegionSpec.State) -> String {
      switch state {
      case .open: "ouverte"
      case .cordoned: "ne prend plus de nouveaux placements"
      case .draining: "en cours d’évacuation"
      case .closed: "fermée"
      }
    }
  }

  /// The name that people know an operator by.
  fileprivate func title(of name: String) -> String { operators.first { $0.name == name }?.displayName ?? name }
}
