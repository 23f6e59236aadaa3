public import Events
import Model

extension MigrationCampaign {
  /// What follows from an event. Where it is refused, nothing has changed.
  ///
  /// - Parameter now: by the database's clock.
  /// - Throws: ``MigrationRefusal``.
  public mutating func handle(
    _ event: CampaignEvent, by actor: MigrationActor, at now: Timestamp
  ) throws(MigrationRefusal) -> [CampaignNotice] {
    switch event {
    case .movesChanged(let tally): return follow(tally, at: now)
    case .started(let changes):
      try check(actor, .planned)
      guard changes.isEmpty else {
        throw MigrationRefusal(.planMoved, changes.joined(separator: "; "), accepted: "a new plan")
      }
      note(.started, actor, now)
      state = .running
      return [.started] + proceed(at: now)
    case .paused(let reason):
      try check(actor, .running)
      try EnvironmentMigration.check(reason, at: "reason")
      note(.paused, actor, now, reason)
      state = .paused
      return [.paused]
    case .resumed:
      try check(actor, .paused)
      note(.resumed, actor, now)
      state = .running
      acceptedTroubles = tally.troubled
      return [.resumed] + proceed(at: now)
    case .cancelled(let reason):
      try check(actor, .planned, .running, .paused)
      try EnvironmentMigration.check(reason, at: "reason")
      note(.cancelled, actor, now, reason)
      state = .cancelling
      return [.cancelling]
    case .paceChanged(let change):
      try check(actor, .planned, .running, .paused)
      let pace = change.applied(to: pace)
      try pace.check()
      note(.paceChanged, actor, now)
      self.pace = pace
      return [.paceChanged] + proceed(at: now)
    }
  }

  /// How many more moves are in trouble than somebody knows of and the pace allows.
  func isTroubled(_ troubled: Int) -> Bool {
    pace.maxTroubled.map { troubled - min(acceptedTroubles, troubled) > $0 } ?? false
  }

  /// What follows from what its moves are. Only that ends it: when it is started it may not have heard of any.
  private mutating func follow(_ tally: CampaignTally, at now: Timestamp) -> [CampaignNotice] {
    guard !state.isEnd else { return [] }
    self.tally = tally
    acceptedTroubles = min(acceptedTroubles, tally.troubled)
    guard tally.ended == tally.total, state != .planned || tally.total > 0 else { return proceed(at: now) }
    state = state == .cancelling ? .cancelled : .done
    acts[.ended] = Act(principal: nil, at: now)
    return [state == .cancelled ? .cancelled : .done]
  }

  /// While it runs: too many in trouble pause it, and waves are told.
  private mutating func proceed(at now: Timestamp) -> [CampaignNotice] {
    guard state == .running else { return [] }
    if isTroubled(tally.troubled) {
      state = .paused
      acts[.paused] = Act(principal: nil, at: now, troubled: tally.troubled)
      return [.pausedItself(troubled: tally.troubled)]
    }
    // A wave that closes again, as something of an earlier one goes on after all, is not told a second time.
    guard let wave = tally.openWave, wave > toldWave else { return [] }
    toldWave = wave
    return [.waveOpened(wave)]
  }

  private mutating func note(_ kind: Act.Kind, _ actor: MigrationActor, _ now: Timestamp, _ reason: String? = nil) {
    acts[kind] = Act(principal: actor.principal, at: now, reason: reason)
  }

  private func check(_ actor: MigrationActor, _ states: CampaignState...) throws(MigrationRefusal) {
    try actor.mustBe(.serviceBody)
    guard states.contains(state) else {
      throw MigrationRefusal(.wrongStep, state.rawValue, accepted: states.map(\.rawValue).joined(separator: ", "))
    }
  }
}
