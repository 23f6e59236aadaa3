import Model

/// What a project may hold in all, whatever the room there is.
enum ContractJudge {
  /// The limits that the project exceeds with all it asks for, and all it holds beside, and by more than it holds already.
  /// What does not grow is never too much: so a project that a limit was lowered under may shrink, and change elsewhere.
  static func excesses(of subject: Subject) -> [Reason] {
    zip(subject.compiled.policy.spec.limits, subject.compiled.limited).filter { subject.answers.mayMatch($1) }
      .flatMap { limit, _ in
        excesses(limit.production, "prod", subject) { $0 == Stage.production }
          + excesses(limit.nonProduction, "non-prod", subject) { $0 != Stage.production }
      }
  }

  private static func excesses(
    _ limit: ResourceList?, _ scope: String, _ subject: Subject, in isMeant: (String) -> Bool
  ) -> [Reason] {
    guard let limit else { return [] }
    let amounts = ResourceAmounts(limit).fromZero
    let (needed, held) = (needed(by: subject, in: isMeant), held(by: subject, in: isMeant))
    let grown = CountedResource.allCases.filter {
      limit[$0] != nil && needed[$0] > amounts[$0] && needed[$0] > held[$0]
    }
    return grown.map { resource in
      Reason(
        .contractLimit,
        [
          "scope": scope, "resource": resource.rawValue,
          "needed": ResourceAmounts.text(needed[resource], of: resource),
          "limit": ResourceAmounts.text(amounts[resource], of: resource),
          "short": ResourceAmounts.text(needed[resource] - amounts[resource], of: resource),
        ])
    }
  }

  /// What is asked for, and what replicas hold that are not asked for any more.
  private static func needed(by subject: Subject, in isMeant: (String) -> Bool) -> ResourceAmounts {
    let environments = subject.project.environments
    let wanted = environments.filter { isMeant($0.stage) }.flatMap { environment in
      repeatElement(ResourceAmounts(environment.quota), count: environment.replicaCount)
    }
    let left = subject.request.existing.filter { isMeant($0.stage) && !isAsked($0, of: subject) }
    return (wanted + left.map(\.quota)).reduce(ResourceAmounts()) { $0.adding($1) }
  }

  /// What all replicas hold, and what a move leaves. One that is in several places counts once: what it leaves is not its own
  /// to grow by. One that goes and is asked for is asked for anew.
  private static func held(by subject: Subject, in isMeant: (String) -> Bool) -> ResourceAmounts {
    let held = subject.request.existing.filter { isMeant($0.stage) && !$0.isWish }
    let asked = subject.project.environments.flatMap { environment in
      (0..<environment.replicaCount).map { replica in
        held.filter { $0.replica == replica && $0.environment == environment.name && !$0.isGoing }
          .reduce(ResourceAmounts()) { $0.elementwiseMaximum($1.quota) }
      }
    }
    let left = held.filter { !isAsked($0, of: subject) } + subject.request.leaves.filter { isMeant($0.stage) }
    return (asked + left.map(\.quota)).reduce(ResourceAmounts()) { $0.adding($1) }
  }

  private static func isAsked(_ existing: ExistingPlacement, of subject: Subject) -> Bool {
    subject.project.environments.contains {
      $0.name == existing.environment && existing.replica < $0.replicaCount
    }
  }
}
