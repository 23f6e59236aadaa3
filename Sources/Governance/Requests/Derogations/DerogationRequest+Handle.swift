import Events
public import Model

extension DerogationRequest {
  /// What follows from an event. Where it is refused, nothing has changed.
  ///
  /// - Throws: ``RequestRefusal``.
  public mutating func handle(
    _ event: DerogationEvent, by actor: RequestActor, at moment: DerogationMoment
  ) throws(RequestRefusal) -> [DerogationAction] {
    var next = self
    let actions: [DerogationAction]
    switch event {
    case .opined(let party, let position, let text, let author):
      actions = try next.opine(party, position, text, author, by: actor, at: moment)
    case .decided(let outcome, let reason):
      actions = try next.decide(outcome, reason, by: actor, at: moment)
    case .notified:
      actions = try next.notify(by: actor, at: moment)
    case .revoked(let reason):
      try next.mustBe([.notified])
      try actor.mustBeAdmin()
      try RequestText.check(reason, at: "reason")
      next.end(.revoked, reason, by: actor, at: moment)
      actions = [.end, .tell(.revoked)]
    case .withdrawn(let reason):
      try next.mustBe([.requested, .examined, .decided])
      try actor.mustBeApplicant()
      try RequestText.check(reason, at: "reason")
      next.end(.withdrawn, reason, by: actor, at: moment)
      actions = [.tell(.withdrawn)]
    case .clock:
      actions = next.passTime(at: moment)
    }
    self = next
    return actions
  }

  private func mustBe(_ states: [State]) throws(RequestRefusal) {
    guard !states.contains(state) else { return }
    throw RequestRefusal(
      .wrongState, path: "state", "this can not be done to a request that is \(state.name.en ?? state.rawValue)",
      fr: "ceci ne se fait pas d’une demande \(state.name.fr)",
      accepted: states.map(\.rawValue).joined(separator: ", "))
  }

  private mutating func end(_ state: State, _ reason: String?, by actor: RequestActor, at moment: DerogationMoment) {
    (self.state, endedAt) = (state, moment.at)
    ending = Ending(reason: reason, principal: actor.principal)
  }

  private mutating func opine(
    _ party: Opinion.Party, _ position: Opinion.Position, _ text: String, _ author: String?, by actor: RequestActor,
    at moment: DerogationMoment
  ) throws(RequestRefusal) -> [DerogationAction] {
    try mustBe([.requested, .examined])
    switch party {
    case .operator(let name):
      guard actor.operator == name, moment.operators.contains(name) else { throw .notOperator(name) }
      try actor.mustBeAnother(than: principal)
      try RequestText.check(author, at: "author")
    case .homologation:
      guard actor.isAuthority || actor.isAdmin else { throw .notAuthority }
      try actor.mustBeAnother(than: principal)
      // Whoever writes its opinion down for it says whose word it is.
      guard author != nil || actor.isAuthority else { throw .badText("author") }
      try RequestText.check(author, at: "author")
    }
    try RequestText.check(text, at: "text")
    opinions.append(
      Opinion(
        party: party, position: position, text: text, author: author, principal: actor.principal, at: moment.at))
    if missing.isEmpty { state = .examined }
    return [.tell(.opined)]
  }

  private mutating func decide(
    _ outcome: Verdict.Outcome, _ reason: String, by actor: RequestActor, at moment: DerogationMoment
  ) throws(RequestRefusal) -> [DerogationAction] {
    try mustBe([.requested, .examined])
    try actor.mustBeAdmin()
    guard missing.isEmpty else {
      throw RequestRefusal(
        .notExamined, path: "opinions",
        "there is no opinion of \(missing.map { $0.en ?? $0.fr }.joined(separator: ", "))",
        fr: "il manque l’avis de : \(missing.map(\.fr).joined(separator: ", "))",
        accepted: "POST …/opinions")
    }
    try actor.mustBeAnother(than: principal)
    try RequestText.check(reason, at: "reason")
    if outcome == .granted { try checkScope(at: moment) }
    verdict = Verdict(outcome, reason: reason, principal: actor.principal, at: moment.at)
    state = .decided
    return [.tell(.decided)]
  }

  private mutating func notify(
    by actor: RequestActor, at moment: DerogationMoment
  ) throws(RequestRefusal) -> [DerogationAction] {
    try mustBe([.decided])
    try actor.mustBeAdmin()
    (notifiedAt, notifiedBy) = (moment.at, actor.principal)
    guard verdict?.outcome == .granted else {
      (state, endedAt) = (.declined, moment.at)
      return [.tell(.notified)]
    }
    // What was waivable when it was decided may be so no more.
    try checkScope(at: moment)
    state = .notified
    noticeDays = moment.policy?.derogationNoticeDays ?? Self.standardNotice
    let spec = DerogationSpec(
      project: scope.project, rules: scope.rules, stages: scope.stages, motive: motive, validFrom: scope.validFrom,
      validUntil: scope.validUntil, decision: .granted, notifiedAt: moment.at.date)
    return [.apply(spec), .tell(.notified)]
  }

  private mutating func passTime(at moment: DerogationMoment) -> [DerogationAction] {
    guard let next, next <= moment.at else { return [] }
    if let periodEnd, periodEnd <= moment.at {
      let wasInEffect = state == .notified
      (state, endedAt) = (.expired, moment.at)
      return (wasInEffect ? [.end] : []) + [.tell(.expired)]
    }
    warnedAt = moment.at
    return [.tell(.expiring)]
  }
}

extension DerogationRequest {
  /// What the policy in force and the calendar say to what is asked for.
  func checkScope(at moment: DerogationMoment) throws(RequestRefusal) {
    try Self.check(scope.rules, at: "rules")
    if let stages = scope.stages { try Self.check(stages, at: "stages") }
    if let stage = scope.stages?.first(where: { !Stage.wellKnown.contains($0) }) {
      throw RequestRefusal(
        .badText, path: "stages", "there is no stage “\(stage)”", fr: "il n’y a pas d’étape « \(stage) »",
        accepted: Stage.wellKnown.joined(separator: ", "))
    }
    try checkPeriod(at: moment)
    guard let policy = moment.policy else {
      throw RequestRefusal(
        .noPolicy, path: "rules", "no policy is in force", fr: "aucune politique n’est en vigueur",
        accepted: "PUT /api/v1/policies/{name}")
    }
    for id in scope.rules { try Self.check(id, in: policy) }
  }

  private static func check(_ list: [String], at path: String) throws(RequestRefusal) {
    guard list.isEmpty || Set(list).count != list.count else { return }
    throw RequestRefusal(
      .badText, path: path, "is empty, or names something twice", fr: "est vide, ou nomme deux fois la même chose",
      accepted: "≥ 1, each once / chacun une fois")
  }

  private func checkPeriod(at moment: DerogationMoment) throws(RequestRefusal) {
    guard let last = scope.validUntil else { return }
    let first = max(scope.validFrom ?? ParisTime.day(of: moment.at), ParisTime.day(of: moment.at))
    guard last < first else { return }
    throw RequestRefusal(
      .badPeriod, path: "validUntil", "the period is over before it begins: \(last)",
      fr: "la période est finie avant de commencer : \(last)", accepted: "≥ \(first)")
  }

  private static func check(_ id: String, in policy: PolicySpec) throws(RequestRefusal) {
    guard let rule = policy.rules.first(where: { $0.id == id }) else {
      throw RequestRefusal(
        .unknownRule, path: "rules", "the policy in force has no rule “\(id)”",
        fr: "la politique en vigueur n’a pas de règle « \(id) »",
        accepted: policy.rules.filter(\.mayBeWaived).map(\.id).joined(separator: ", "))
    }
    guard !rule.notWaivable else {
      throw RequestRefusal(
        .notWaivable, path: "rules", "the policy says that nothing waives rule “\(id)”",
        fr: "la politique dit que rien ne déroge à la règle « \(id) »",
        accepted: policy.rules.filter(\.mayBeWaived).map(\.id).joined(separator: ", "))
    }
    guard rule.mayBeWaived else {
      throw RequestRefusal(
        .nothingToWaive, path: "rules", "rule “\(id)” only prefers or avoids: there is nothing to waive",
        fr: "la règle « \(id) » ne fait que préférer ou éviter : il n’y a pas à y déroger",
        accepted: policy.rules.filter(\.mayBeWaived).map(\.id).joined(separator: ", "))
    }
  }
}

extension PolicySpec.Rule {
  /// Whether a derogation may waive it: it restricts, and is not marked as one that nothing waives.
  public var mayBeWaived: Bool { !notWaivable && (effect == .require || effect == .forbid) }
}
