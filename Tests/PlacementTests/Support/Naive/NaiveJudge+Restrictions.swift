import Model
import Placement

extension NaiveJudge {
  /// The union of what the project's classes demand, of what they inherit, and of the project's own residency.
  func data(_ place: NaivePlace, _ verdict: inout Verdict) {
    let (classes, unknown) = rules.classes
    for name in unknown { verdict.always.insert(NaiveReason(.unknownDataClass, ["dataClass": name])) }
    let wanted: Sensitivity = classes.contains { $0.sensitivity == .restricted } ? .restricted : .usuel
    let actual = place.zone.spec.sensitivity
    let about = ["wanted": wanted.rawValue, "actual": actual.rawValue]
    if wanted == .restricted, actual == .usuel { verdict.always.insert(NaiveReason(.sensitivityTooLow, about)) }
    if wanted == .usuel, actual == .restricted { verdict.always.insert(NaiveReason(.restrictedZoneReserved, about)) }
    for name in Set(classes.flatMap(\.qualifications)) { qualification(name, place, &verdict) }
    for demand in classes {
      residency(demand.residency, source: demand.name, place, &verdict)
      guard let selector = demand.requires.map(NaiveSelector.init) else { continue }
      requirement(
        selector, source: demand.name, place, &verdict,
        otherwise: NaiveReason(.dataClassDemand, ["dataClass": demand.name]))
    }
    residency(scenario.project.spec.residency, source: "project", place, &verdict)
  }

  private func qualification(_ name: String, _ place: NaivePlace, _ verdict: inout Verdict) {
    let periods = place.region.spec.qualifications.filter { $0.name == name }
    if periods.contains(where: { rules.covers($0.validFrom, $0.validUntil) }) { return }
    // It may come by itself, it may have to be renewed, or it never was.
    let coming = periods.compactMap(\.validFrom).filter { $0 > scenario.day }.min()
    let past = periods.compactMap(\.validUntil).filter { $0 < scenario.day }.max()
    if let coming {
      let about = ["qualification": name, "validFrom": coming.description]
      verdict.always.insert(NaiveReason(.qualificationNotYetValid, about))
    } else if let past {
      let about = ["qualification": name, "validUntil": past.description]
      verdict.always.insert(NaiveReason(.qualificationExpired, about))
    } else {
      verdict.always.insert(NaiveReason(.qualificationMissing, ["qualification": name]))
    }
  }

  private func residency(
    _ residency: ProjectSpec.Residency?, source: String, _ place: NaivePlace, _ verdict: inout Verdict
  ) {
    guard let residency else { return }
    let location = place.region.spec.location
    if !residency.countries.isEmpty, !residency.countries.contains(location.country) {
      verdict.always.insert(NaiveReason(.residencyRefused, ["source": source, "actual": location.country]))
    }
    guard !residency.subdivisions.isEmpty else { return }
    if let subdivision = location.subdivision {
      guard !residency.subdivisions.contains(subdivision) else { return }
      verdict.always.insert(NaiveReason(.residencyRefused, ["source": source, "actual": subdivision]))
    } else {
      let about = ["attribute": "region.subdivision", "source": source]
      verdict.always.insert(NaiveReason(.attributeUndeclared, about))
    }
  }

  private func requirement(
    _ selector: NaiveSelector, source: String, _ place: NaivePlace, _ verdict: inout Verdict,
    otherwise refused: NaiveReason
  ) {
    let facts = NaiveFacts.of(place, on: scenario.day)
    switch selector.truth(facts) {
    case .yes: break
    case .no: verdict.always.insert(refused)
    case .unknown:
      let about = ["attribute": selector.undeclared(facts) ?? "", "source": source]
      verdict.always.insert(NaiveReason(.attributeUndeclared, about))
    }
  }

  func audience(_ place: NaivePlace, _ verdict: inout Verdict) {
    for wanted in rules.notAdmitted(place.region.spec.audience) {
      verdict.always.insert(NaiveReason(.audienceRefused, ["wanted": wanted]))
    }
  }

  /// The rules on places that require or forbid.
  func placeRules(_ environment: ProjectSpec.Environment, _ place: NaivePlace, _ verdict: inout Verdict) {
    let facts = NaiveFacts.of(place, on: scenario.day)
    for rule in rules.rules(environment.stage) {
      guard let selector = rule.places.map(NaiveSelector.init) else { continue }
      switch rule.effect {
      case .require:
        requirement(
          selector, source: rule.id, place, &verdict, otherwise: NaiveReason(.ruleRequires, ["rule": rule.id]))
      case .forbid where selector.truth(facts) == .yes:
        verdict.always.insert(NaiveReason(.ruleForbids, ["rule": rule.id]))
      case .forbid where selector.couldHold(facts):
        let about = ["attribute": selector.undeclared(facts) ?? "", "source": rule.id]
        verdict.always.insert(NaiveReason(.attributeUndeclared, about))
      case .forbid, .prefer, .avoid: break
      }
    }
  }

  /// `closed` hosts nothing; `draining` is left when places are reconsidered; else only what is new is kept away.
  func states(_ place: NaivePlace, _ verdict: inout Verdict) {
    func judge(
      _ state: RegionSpec.State, _ name: String, _ closed: ReasonCode, _ draining: ReasonCode, _ cordoned: ReasonCode
    ) {
      switch state {
      case .open: break
      case .closed: verdict.always.insert(NaiveReason(closed, ["name": name]))
      case .cordoned: verdict.onlyNew.insert(NaiveReason(cordoned, ["name": name]))
      case .draining where scenario.keepExisting: verdict.onlyNew.insert(NaiveReason(draining, ["name": name]))
      case .draining: verdict.always.insert(NaiveReason(draining, ["name": name]))
      }
    }
    judge(place.region.spec.state, place.region.name, .regionClosed, .regionDraining, .regionCordoned)
    judge(place.cluster.spec.state, place.cluster.name, .clusterClosed, .clusterDraining, .clusterCordoned)
  }

  func taints(_ place: NaivePlace, _ verdict: inout Verdict) {
    for (name, taint) in Self.untolerated(place, by: scenario.project.spec) {
      let reason = NaiveReason(.taintNotTolerated, ["name": name, "taint": Self.text(taint)])
      switch taint.effect {
      case .noPlacement: verdict.always.insert(reason)
      case .noNewPlacement: verdict.onlyNew.insert(reason)
      case .preferNoPlacement: break
      }
    }
  }

  /// The taints of region and cluster that no toleration accepts, as on Kubernetes' nodes and pods: a region or a cluster
  /// has a taint or has it not, however often it is listed; what both have counts for each.
  static func untolerated(_ place: NaivePlace, by project: ProjectSpec) -> [(String, Taint)] {
    let all =
      Set(place.region.spec.taints).map { (place.region.name, $0) }
      + Set(place.cluster.spec.taints).map { (place.cluster.name, $0) }
    return all.filter { _, taint in
      !project.tolerations.contains { toleration in
        let isKey = toleration.key == taint.key || (toleration.key == nil && toleration.operator == .exists)
        let isEffect = toleration.effect == nil || toleration.effect == taint.effect
        let isValue = toleration.operator == .exists || (toleration.value ?? "") == (taint.value ?? "")
        return isKey && isEffect && isValue
      }
    }
  }

  static func text(_ taint: Taint) -> String {
    taint.key + (taint.value.map { "=" + $0 } ?? "") + ":" + taint.effect.rawValue
  }
}
