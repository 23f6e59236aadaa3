import Model

/// What a policy's text alone shows, in the order in which a reader would look.
struct TextualChecks {
  let policy: PolicySpec
  /// Rules whose period is over on that day are found where it is given.
  let day: CalendarDay?

  var findings: [Finding] {
    let fields = FieldChecks(policy: policy).findings
    guard policy.isOfUsualSize else { return fields }
    let theory = Satisfiability(policy)
    let all = Restriction.all(of: policy)
    let restrictions = Array(all.prefix(Restriction.mostCompared))
    // Rules that are over contradict nothing any more; nobody should have to take out what is past before anything is applied.
    let lasting = Array(all.filter { day.map($0.scope.lasts) ?? true }.prefix(Restriction.mostCompared))
    return fields
      + SelectorChecks(policy: policy, theory: theory).findings
      + ClassChecks(policy: policy, theory: theory).findings
      + ContradictionChecks(policy: policy, theory: theory, restrictions: lasting, kind: .textual).textual()
      + RedundancyChecks(policy: policy, theory: theory, restrictions: restrictions).findings
      + remarks
  }

  private var remarks: [Finding] { periodsOver + smallLimits + DisclosureChecks(policy: policy).textual }

  private var periodsOver: [Finding] {
    policy.rules.enumerated().compactMap { index, rule in
      guard let day, let last = rule.validUntil, last < day else { return nil }
      return Finding(
        .warning, .textual, .periodOver, "spec.rules[\(index)].validUntil",
        fr: "La règle « \(rule.id) » ne vaut plus depuis le \(last).", en: "Rule “\(rule.id)” ended on \(last).")
    }
  }

  /// Limits that not even the smallest size of environment keeps.
  private var smallLimits: [Finding] {
    policy.limits.enumerated().flatMap { index, limit in
      [("production", limit.production), ("nonProduction", limit.nonProduction)].flatMap { field, amounts in
        [(CountedResource.cpu, Quantity(2)), (.memory, Quantity(4 << 30, format: .binarySI))].compactMap {
          resource, least in
          guard let amount = amounts?[resource], amount < least else { return nil }
          return Finding(
            .warning, .textual, .limitTooSmall, "spec.limits[\(index)].\(field).\(resource.rawValue)",
            fr: "Sous la taille S (\(least)) : pas un environnement n’y tient.",
            en: "Below size S (\(least)): not one environment fits.")
        }
      }
    }
  }
}
