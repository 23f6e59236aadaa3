import Events
import Model
import Requests

extension QualificationBook {
  /// What is said of the qualifications of a region that is written; nothing is of other kinds.
  ///
  /// - Throws: ``StoreError`` of kind `invalid` where what is declared anew can not be judged, and is not answered for.
  func following(
    _ resource: AnyResource, after before: AnyResource?, byAdministrator isAdministrator: Bool, isFirstOffer: Bool,
    at moment: Timestamp
  ) throws -> QualificationBook {
    guard case .region(let region) = resource else { return self }
    let declared = region.spec.qualifications
    var former: [RegionSpec.Qualification] = []
    if case .region(let old)? = before { former = old.spec.qualifications }
    if !isAdministrator {
      let problems = self.problems(in: declared, after: former)
      guard problems.isEmpty else { throw StoreError.invalid(problems) }
    }
    var next = self
    // What was acknowledged was a place: another one, or more of it, waits anew.
    if !isAdministrator, case .region(let old)? = before, region.spec.isElsewhere(than: old.spec) {
      next = next.withoutAcknowledgements
    }
    next.follow(
      declared, after: former, owner: region.spec.operator, byAdministrator: isAdministrator,
      isFirstOffer: isFirstOffer, at: moment)
    return next
  }

  /// What a write has acknowledged though it can not be judged, by name; nil where there is nothing.
  func unproven(after before: QualificationBook) -> [String]? {
    let fresh = verdicts.filter { verdict in
      verdict.outcome == .acknowledged && !verdict.qualification.lacking.isEmpty
        && before.standing(of: verdict.qualification) != .acknowledged
    }
    return fresh.isEmpty ? nil : fresh.map(\.qualification.name)
  }

  /// Which of a region's qualifications do not count.
  func warnings(of resource: AnyResource) -> [FieldProblem] {
    guard case .region(let region) = resource else { return [] }
    return region.spec.qualifications.enumerated().compactMap { index, qualification in
      guard standing(of: qualification) != .acknowledged else { return nil }
      return FieldProblem(
        path: "spec.qualifications[\(index)]", message: "declared, not acknowledged: it does not count",
        messageFR: "déclarée, non reconnue : elle ne compte pas", value: qualification.name,
        accepted: "regie qualification acknowledge", severity: .warning, resource: resource.label)
    }
  }
}

extension RegionSpec {
  /// Whether it is somewhere else, or in data centres in which it was not.
  fileprivate func isElsewhere(than before: RegionSpec) -> Bool {
    location != before.location || !placedCenters.isSubset(of: before.placedCenters)
  }

  /// The data centres, each with its city: under its name alone it could be moved.
  private var placedCenters: Set<DataCenter> {
    Set(dataCenters.map { DataCenter(name: $0.name, city: $0.city ?? location.city) })
  }
}
