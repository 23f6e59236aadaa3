import Events
import Model

extension Proposal {
  /// What follows from an event. Where it is refused, nothing has changed.
  ///
  /// - Parameter actor: who acts; nobody for the clock.
  /// - Throws: ``BoardRefusal``.
  public mutating func handle(
    _ event: BoardEvent, by actor: BoardActor, at moment: BoardMoment
  ) throws(BoardRefusal) -> [BoardAction] {
    var next = self
    let actions: [BoardAction]
    switch event {
    case .edited(let spec, let base):
      try next.mayWrite(actor, in: [.draft], at: moment)
      guard spec != next.spec || base != next.base else { return [] }
      // Another text brings nothing back any more.
      if spec != next.spec { next.restores = nil }
      (next.spec, next.base) = (spec, base)
      next.note(editor: actor)
      actions = [.tell(.edited)]
    case .discarded:
      try next.mayWrite(actor, in: [.draft], at: moment)
      (next.state, next.closedAt) = (.discarded, moment.at)
      actions = [.tell(.discarded)]
    case .proposed(let motive, let effectiveAt):
      actions = try next.propose(motive, effectiveAt, by: actor, at: moment)
    case .voted(let choice, let reason, let withoutImpact):
      // A restriction in an emergency waits for nothing.
      let isBlind = moment.isImpactAwaited && kind == .version
      actions = try next.vote(choice, reason, mayVote: withoutImpact || !isBlind, by: actor, at: moment)
    case .commented(let text):
      try next.mustBe([.open])
      let comment = BoardComment(
        operator: try moment.electorate.voice(of: actor), principal: actor.principal, text: text, at: moment.at)
      actions = [.say(comment), .tell(.commented)]
    case .withdrawn(let reason):
      try next.mayEnd(actor, at: moment)
      next.close(.withdrawn, at: moment)
      next.withdrawal = reason
      actions = [.tell(.withdrawn)]
    case .amended(let other):
      // Who administers the board may end a vote, but puts no text of another operator in its place.
      guard actor.operator == author else {
        try mustBe([.open])
        throw .notAuthor(author)
      }
      try next.mayEnd(actor, at: moment)
      _ = try moment.electorate.voice(of: actor)
      next.close(.amended, at: moment)
      next.amendedBy = other
      actions = [.tell(.amended)]
    case .clock:
      guard next.isClosing(at: moment.at) else { return [] }
      actions = next.conclude(at: moment)
    case .resumed(let since, let isRestored):
      guard next.prolong(since: since, isRestored: isRestored, at: moment) else { return [] }
      actions = [.tell(.prolonged)]
    }
    self = next
    return actions
  }

  /// Refuses to be amended as long as, or because, it was not proposed: a draft is its author's, and nobody has voted on it.
  public func mustBeCitable() throws(BoardRefusal) {
    try mustBe(State.allCases.filter { $0 != .draft && $0 != .discarded })
  }

  private func mustBe(_ states: [State]) throws(BoardRefusal) {
    guard states.contains(state) else { throw .wrongState(state, accepted: states) }
  }

  private func mayWrite(
    _ actor: BoardActor, in states: [State], at moment: BoardMoment
  ) throws(BoardRefusal) {
    try mustBe(states)
    guard try moment.electorate.voice(of: actor) == author else { throw .notAuthor(author) }
  }

  /// Its author's operator, or who administers the board, ends an open vote.
  private func mayEnd(_ actor: BoardActor, at moment: BoardMoment) throws(BoardRefusal) {
    try mustBe([.open])
    if !actor.isAdmin {
      guard actor.operator == author else { throw .notAuthor(author) }
      _ = try moment.electorate.voice(of: actor)
    }
    try mustNotBeClosing(at: moment)
  }

  private func mustNotBeClosing(at moment: BoardMoment) throws(BoardRefusal) {
    guard let closesAt, isClosing(at: moment.at) else { return }
    throw BoardRefusal(
      .deadlinePassed, path: "state", "the vote was closed at \(closesAt)",
      fr: "le vote est clos depuis le \(closesAt)",
      accepted: "a new proposal / une nouvelle proposition")
  }

  private mutating func close(_ state: State, at moment: BoardMoment) {
    (self.state, closedAt) = (state, moment.at)
    result = tally(among: moment.operators)
  }

  /// The time in which nobody could vote is no part of a vote's time. Where votes may be lost, there is all of it again to cast them.
  ///
  /// - Returns: Whether the deadline is another one now.
  private mutating func prolong(since: Timestamp?, isRestored: Bool, at moment: BoardMoment) -> Bool {
    guard state == .open, let rules, let closesAt else { return false }
    var latest = closesAt
    if let since, closesAt > since, moment.at > since {
      latest = Timestamp(microseconds: closesAt.microseconds + moment.at.microseconds(since: since))
    }
    if isRestored {
      latest = max(latest, moment.at.adding(days: kind == .emergency ? rules.emergencyDays : rules.votingDays))
    }
    self.closesAt = latest
    return latest != closesAt
  }

  private mutating func propose(
    _ motive: LocalizedText, _ wanted: Timestamp?, by actor: BoardActor, at moment: BoardMoment
  ) throws(BoardRefusal) -> [BoardAction] {
    try mayWrite(actor, in: [.draft], at: moment)
    guard let rules = moment.rulesInForce else {
      throw BoardRefusal(
        .noBoard, path: "spec.governance", "the policy in force says nothing of a board",
        fr: "la politique en vigueur ne prévoit pas d’instance", accepted: "PUT /api/v1/policies/{name}")
    }
    (self.motive, effectiveAt) = (motive, wanted)
    let days = kind == .emergency ? rules.emergencyDays : rules.votingDays
    (self.rules, proposedAt, closesAt) = (rules, moment.at, moment.at.adding(days: days))
    switch kind {
    case .version: try checkVersion(at: moment)
    case .emergency: try checkEmergency(rules, at: moment)
    }
    state = .open
    note(editor: actor)
    guard kind == .emergency else { return [.tell(.proposed)] }
    // Who proposes a restriction is for it: another operator is wanted.
    return [.tell(.proposed)] + (try vote(.for, nil, mayVote: true, by: actor, at: moment))
  }

  /// Days that a date may be ahead: a year that was mistyped is no date.
  static let longestNotice = 731

  private func checkVersion(at moment: BoardMoment) throws(BoardRefusal) {
    if let effectiveAt, effectiveAt < moment.at {
      throw BoardRefusal(
        .badDate, path: "effectiveAt", "\(effectiveAt) is past", fr: "le \(effectiveAt) est passé",
        accepted: "≥ \(moment.at)")
    }
    let latest = moment.at.adding(days: Self.longestNotice)
    if let effectiveAt, effectiveAt > latest {
      throw BoardRefusal(
        .badDate, path: "effectiveAt", "\(effectiveAt) is more than two years away",
        fr: "le \(effectiveAt) est à plus de deux ans", accepted: "≤ \(latest)")
    }
    if let next = moment.rules(of: spec), !next.mayDecide { throw .impossibleVote(next) }
    let effect: VersionLine.Effect
    do {
      effect = try moment.line.effect(of: base, from: self.effect(ratifiedAt: moment.at))
    } catch {
      let other = error.version
      guard error.isLeftOut else { throw .outdated(base: base, present: other.version) }
      throw BoardRefusal(
        .badDate, path: "effectiveAt",
        "version \(other.version) comes into force later, at \(other.effectiveAt)",
        fr: "la version \(other.version) entre en vigueur plus tard, le \(other.effectiveAt)",
        accepted: "≥ \(other.effectiveAt); base \(other.version)")
    }
    guard let replaced = effect.replaced else { return }
    // The text of an emergency restriction is there already, for a time: voting on it is what makes it stay. And one that
    // has its date may be wanted on another.
    guard replaced.spec != spec || replaced.origin == .emergency || effect.isTakingPlace else {
      throw BoardRefusal(
        .nothingChanges, path: "spec", "the text is that of version \(base)",
        fr: "le texte est celui de la version \(base)",
        accepted: "another text / un autre texte")
    }
  }

  private func checkEmergency(_ rules: VotingRules, at moment: BoardMoment) throws(BoardRefusal) {
    guard effectiveAt == nil else {
      throw BoardRefusal(
        .badDate, path: "effectiveAt", "an emergency restriction takes effect at once",
        fr: "une restriction d’urgence prend effet aussitôt", accepted: "no date / aucune date")
    }
    guard rules.voters.count >= VotingRules.emergencyQuorum else {
      throw BoardRefusal(
        .tooFewVoters, path: "spec.governance.voters", "an emergency restriction needs two voters",
        fr: "une restriction d’urgence demande deux votants", accepted: "≥ \(VotingRules.emergencyQuorum)")
    }
    guard let present = moment.line.inForce(at: moment.at) else { return }
    guard present.version == base else { throw .outdated(base: base, present: present.version) }
    guard present.spec != spec else {
      throw BoardRefusal(
        .nothingChanges, path: "spec", "the text is that of version \(base)",
        fr: "le texte est celui de la version \(base)",
        accepted: "a further restriction / une restriction de plus")
    }
    let loosened = EmergencyCheck.problems(from: present.spec, to: spec)
    guard loosened.isEmpty else {
      throw BoardRefusal(
        .notOnlyAdding, path: loosened[0].path, "an emergency restriction may only add restrictions",
        fr: "une restriction d’urgence ne peut qu’ajouter des restrictions", accepted: loosened[0].accepted,
        problems: loosened)
    }
    try EmergencyRenewal.check(self, on: present.spec, rules, at: moment)
    switch EmergencyTimeline.versions(spec, days: rules.emergencyDays, at: moment) {
    case .success: return
    case .failure(let failure): throw failure.refusal
    }
  }

  private mutating func vote(
    _ choice: Vote.Choice, _ reason: String?, mayVote: Bool, by actor: BoardActor, at moment: BoardMoment
  ) throws(BoardRefusal) -> [BoardAction] {
    try mustBe([.open])
    try mustNotBeClosing(at: moment)
    let rules = rules ?? VotingRules(.init(quorum: 1), operators: [])
    if let name = actor.operator, !rules.voters.contains(name) || !moment.operators.contains(name) {
      throw .notVoter(name, among: rules)
    }
    let name = try moment.electorate.voice(of: actor)
    // An operator that has left may come back, and its vote with it.
    let other = votes.first { $0.operator != name && $0.principal == actor.principal }
    if let other, actor.principal != BoardActor.anyone { throw .votedForAnother(other.operator) }
    // Whoever else speaks for the operator by now, and says the same, is the one who says it.
    if let held = votes.first(where: { $0.operator == name }), held.choice == choice, held.reason == reason,
      held.principal == actor.principal
    {
      // An operator that has left since may have been what the others waited for.
      return verdict(at: moment) == .open ? [] : conclude(at: moment)
    }
    guard mayVote else { throw .impactAwaited }
    let vote = Vote(operator: name, choice: choice, reason: reason, principal: actor.principal, at: moment.at)
    votes = (votes.filter { $0.operator != name } + [vote]).sorted { $0.operator < $1.operator }
    return [.keep(vote), .tell(.voted)] + (verdict(at: moment) == .open ? [] : conclude(at: moment))
  }

  private func verdict(at moment: BoardMoment) -> Tally.Verdict {
    rules.flatMap { tally(among: moment.operators)?.verdict(kind, $0) } ?? .open
  }

  /// The end of a vote: it is counted, and what carries becomes a version unless what it was based on is gone, or its board could
  /// decide nothing by now: after that, whoever administers would decide alone.
  private mutating func conclude(at moment: BoardMoment) -> [BoardAction] {
    close(.rejected, at: moment)
    rejection = .votes
    guard let rules, let result, result.carries(kind, rules) else { return [.tell(.rejected)] }
    if kind == .version, moment.rules(of: spec)?.mayDecide == false {
      rejection = .powerless
      return [.tell(.rejected)]
    }
    guard let written = versions(rules, at: moment) else {
      rejection = .outdated
      return [.tell(.rejected)]
    }
    (state, rejection, version) = (.ratified, nil, written[0].version)
    return [.write(written), .tell(.ratified)]
  }

  /// What it becomes; nil where it is based on what it would not replace.
  private func versions(_ rules: VotingRules, at moment: BoardMoment) -> [BoardVersion]? {
    switch kind {
    case .version:
      guard let effect = try? moment.line.effect(of: base, from: self.effect(ratifiedAt: moment.at)),
        effect.replaced != nil
      else { return nil }
      return [
        BoardVersion(version: moment.line.nextVersion, effectiveAt: effect.at, origin: .ratified, spec: spec)
      ]
    case .emergency:
      guard moment.line.inForce(at: moment.at)?.version == base else { return nil }
      return try? EmergencyTimeline.versions(spec, days: rules.emergencyDays, at: moment).get()
    }
  }
}
