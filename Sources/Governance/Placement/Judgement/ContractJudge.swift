import Model

/// What a project may hold in all, whatever the room there is.
enum ContractJudge {
  /// The limits that the project exceeds with all it asks for, and all it holds beside.
  static func excesses(of subject: Subject) -> [Reason] {
    zip(subject.compiled.policy.spec.limits, subject.compiled.limited).filter { subject.answers.mayMatch($1) }
      .flatMap { limit, _ in
        excesses(limit.production, "prod", held(by: subject) { $0 == Stage.production })
          + excesses(limit.nonProduction, "non-prod", held(by: subject) { $0 != Stage.production })
      }
  }

  private static func excesses(_ limit: ResourceList?, _ scope: String, _ held: ResourceAmounts) -> [Reason] {
    guard let limit else { return [] }
    let amounts = ResourceAmounts(limit).fromZero
    return CountedResource.allCases.filter { limit[$0] != nil && held[$0] > amounts[$0] }.map { resource in
      Reason(
        .contractLimit,
        [
          "scope": scope, "resource": resource.rawValue,
          "needed": ResourceAmounts.text(held[resource], of: resource),
          "limit": ResourceAmounts.text(amounts[resource], of: resource),
          "short": ResourceAmounts.text(held[resource] - amounts[resource], of: resource),
        ])
    }
  }

  /// What is asked for, and what replicas hold that are not asked for any more.
  private static func held(by subject: Subject, in isMeant: (String) -> Bool) -> ResourceAmounts {
    let environments = subject.project.environments
    let wanted = environments.filter { isMeant($0.stage) }.flatMap { environment in
      repeatElement(ResourceAmounts(environment.quota), count: environment.replicaCount)
    }
    let left = subject.request.existing.filter { existing in
      isMeant(existing.stage)
        && !environments.contains { $0.name == existing.environment && existing.replica < $0.replicaCount }
    }
    return (wanted + left.map(\.quota)).reduce(ResourceAmounts()) { $0.adding($1) }
  }
}
