import Model

/// Turns what keeps away, or speaks for or against, into a reason of one site.
struct ReasonWriter {
  let judgement: Judgement
  let environment: Int

  private var subject: Subject { judgement.subject }
  private var compiled: Compiled { subject.compiled }
  private var view: StageView { judgement.views[judgement.environments[environment].view] }

  /// The reason that a barrier is to a site. The site must be one of the barrier's.
  func reason(_ barrier: Barrier, at site: Int) -> Reason {
    Reason(barrier.code, parameters(barrier, compiled.sites[site], site))
  }

  private func parameters(_ barrier: Barrier, _ site: Site, _ number: Int) -> [String: String] {
    switch barrier.cause {
    case .site: return parameters(of: barrier.code, site, number)
    case .dataClass(let name): return ["dataClass": name]
    case .sensitivity(let wanted, let dataClass):
      let actual = site.zone?.spec.sensitivity.rawValue ?? ""
      return ["dataClass": dataClass, "wanted": wanted.rawValue, "actual": actual]
    case .qualification(let name, let dataClass):
      return qualification(barrier.code, name, dataClass, site)
    case .residency(let source, let allowed, let attribute):
      let location = site.region?.spec.location
      let actual = (attribute == "region.country" ? location?.country : location?.subdivision) ?? ""
      return ["source": source, "allowed": Self.list(allowed), "actual": actual]
    case .attribute(let name, let source):
      var parameters = ["attribute": name, "source": source]
      // That a cluster was probed, and that the probes said nothing, is another thing to mend than that it was not.
      parameters["finding"] = site.facts?.inconclusive(name)?.rawValue
      return parameters
    case .demand(let dataClass, let text): return ["dataClass": dataClass, "demand": text]
    case .organisation:
      let allowed = site.region?.spec.audience.organisations ?? []
      return ["wanted": subject.project.organisation, "allowed": Self.list(allowed)]
    case .scope:
      let allowed = site.region?.spec.audience.scopes.map(\.rawValue) ?? []
      return ["wanted": subject.project.audience.rawValue, "allowed": Self.list(allowed)]
    case .rule(let number): return Self.parameters(of: compiled.policy.spec.rules[number])
    case .taint(let taint, let onRegion):
      let value = taint.value.map { "=" + $0 } ?? ""
      let name = onRegion ? site.region?.name ?? "" : site.cluster.name
      return ["name": name, "taint": "\(taint.key)\(value):\(taint.effect.rawValue)"]
    case .service(let name, let version):
      guard barrier.code == .serviceVersion else { return ["service": name] }
      let offered = site.region?.spec.services.filter { $0.name == name }.map { $0.version ?? "–" } ?? []
      return ["service": name, "wanted": version ?? "", "offered": Self.list(offered)]
    case .network(let name): return ["network": name]
    case .resource(let resource): return shortfall(barrier.code, resource, number)
    case .wish(let number):
      let wish = subject.project.preferences.weighted[number]
      return ["target": wish.target.text, "weight": String(wish.weight)]
    }
  }

  /// What the site alone tells.
  private func parameters(of code: ReasonCode, _ site: Site, _ number: Int) -> [String: String] {
    switch code {
    case .unresolvedReference: return site.unresolved?.parameters ?? [:]
    case .regionClosed, .regionDraining, .regionCordoned: return ["name": site.region?.name ?? ""]
    case .clusterClosed, .clusterDraining, .clusterCordoned: return ["name": site.cluster.name]
    case .chainCannotDeliver: return chain(site, number)
    case .stageNotAdmitted: return ["stage": view.stage, "allowed": Self.list(site.cluster.spec.stages)]
    case .modeContradictory: return ["mode": site.cluster.spec.mode.rawValue]
    case .staleHeartbeat: return ["zone": site.zone?.name ?? ""]
    default: return ["project": subject.request.project.name]
    }
  }

  private func qualification(
    _ code: ReasonCode, _ name: String, _ dataClass: String, _ site: Site
  ) -> [String: String] {
    var parameters = ["qualification": name, "dataClass": dataClass]
    if site.unacknowledged.contains(name) { parameters["declared"] = "unacknowledged" }
    let held = site.region?.spec.qualifications.filter { $0.name == name } ?? []
    if code == .qualificationNotYetValid {
      parameters["validFrom"] = held.compactMap(\.validFrom).filter { $0 > compiled.day }.min()?.description
    } else if code == .qualificationExpired {
      parameters["validUntil"] = held.compactMap(\.validUntil).max()?.description
    }
    return parameters
  }

  /// What is to be told of a rule on places or chains.
  static func parameters(of rule: PolicySpec.Rule) -> [String: String] {
    var parameters = ["rule": rule.id, "motive": rule.motive.fr, "motiveEN": rule.motive.en ?? rule.motive.fr]
    switch rule.effect {
    case .require, .forbid:
      parameters["demand"] = (rule.places ?? rule.chains)?.text
      if rule.notWaivable { parameters["notWaivable"] = "true" }
    case .prefer, .avoid: parameters["weight"] = String(rule.signedWeight)
    }
    return parameters
  }

  private func chain(_ site: Site, _ number: Int) -> [String: String] {
    let wanted = compiled.chains.wanted[number]
    guard wanted >= 0 else {
      return wanted == ChainTable.any
        ? ["chain": "", "cause": "none"] : ["chain": site.zone?.spec.chain ?? "", "cause": "unknown"]
    }
    let chain = compiled.chains.chains[wanted]
    func fault(_ cause: String) -> [String: String] { ["chain": chain.name, "cause": cause] }
    if !chain.sensitivity.contains(number) { return fault("sensitivity") }
    if !chain.region.contains(number) { return fault("region") }
    guard case .rule(let rule) = view.chainFaults[wanted] else { return fault("audience") }
    return fault("rule").merging(["rule": rule.id]) { $1 }
  }

  private func shortfall(_ code: ReasonCode, _ resource: CountedResource, _ site: Int) -> [String: String] {
    let room = judgement.room(environment, at: site)
    let needed = judgement.environments[environment].quota[resource]
    var parameters = ["resource": resource.rawValue]
    func state(_ name: String, _ amount: Int64) { parameters[name] = ResourceAmounts.text(amount, of: resource) }
    state("needed", needed)
    state("limit", room.limit[resource])
    guard code == .capacityShort else {
      state("short", needed - room.limit[resource])
      return parameters
    }
    // On a cluster that has promised too much already, that has to be made up for as well.
    let missing = Int128(needed) - Int128(room.limit[resource]) + Int128(max(0, room.committed[resource]))
    state("short", Int64(clamping: missing))
    state("free", room.free[resource])
    state("committed", room.committed[resource])
    return parameters
  }

  static func list(_ names: [String]) -> String { names.sorted().joined(separator: ", ") }
}
