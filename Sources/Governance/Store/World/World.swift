import Events
import Foundation
import Model
import NIOConcurrencyHelpers
import Placement

/// What decisions look at, in the memory of this instance. It is kept true by notifications: nothing is polled. What is
/// in it is as of some moment; a decision's transaction looks again (protocol rule 2).
final class World: Sendable {
  /// All but the projects: a value, cheap to hand out.
  struct Snapshot: Sendable {
    var head: DecisionBasis.Head
    /// Nil while no policy is in force.
    var prepared: PreparedOffer?
    var ledger: [String: Ledger.Entry]
    /// The engine's view of the ledger and the silent zones; nil while no policy is in force.
    var state: PlacementState?
    /// When the head had been read, by this instance's clock.
    var readAt: ContinuousClock.Instant
    /// When the head changes by itself: another day begins, or a policy. Nil where it does not.
    var until: ContinuousClock.Instant?
    /// The versions of the policy whose moment is to come, in their order.
    var scheduled: [ScheduledPolicy] = []

    /// The database's clock now, as far as it can be told from here: it lags by what the answer took, and never runs ahead
    /// by what was waited for it.
    var now: Timestamp { time(at: .now) }

    /// The moment up to which everything committed is in it, but for what was not heard of yet: no later than the oldest of
    /// what was heard and is not taken in, nor than its own end.
    func asOf(_ delay: WorldMailbox.Delay?) -> Timestamp {
      time(at: [.now, delay?.since, until].compactMap(\.self).min() ?? .now)
    }

    /// Whether the database's clock is not what it is taken for here. One of the two may have been set, and a machine that was
    /// suspended may not have counted the time.
    ///
    /// - Parameter moment: when it was asked for its clock, whose answer has just come.
    func isOff(_ clock: Timestamp, askedAt moment: ContinuousClock.Instant) -> Bool {
      clock.microseconds(since: time(at: moment)) < -Self.tolerance
        || clock.microseconds(since: time(at: .now)) > Self.tolerance
    }

    /// By how much it may be, in microseconds: the answer that told of it may have taken so long.
    private static let tolerance: Int64 = 5_000_000

    private func time(at moment: ContinuousClock.Instant) -> Timestamp {
      let passed = (moment - readAt) / .microseconds(1)
      return Timestamp(microseconds: head.now.microseconds + Int64(passed))
    }
  }

  /// What a decision on one project would be made on, all of the same moment.
  struct View: Sendable {
    var snapshot: Snapshot
    var project: ProjectTable.Project?
    /// The moment up to which everything committed is in it.
    var asOf: Timestamp
    /// Which state of memory it is of; nil where memory is not kept true.
    var generation: Int?
  }

  /// The same for many projects, in the order asked.
  struct Views: Sendable {
    var snapshot: Snapshot
    var projects: [ProjectTable.Project?]
    var asOf: Timestamp
    var generation: Int?
  }

  let state = NIOLockedValueBox(WorldState())
  /// Where the task that keeps this true is told what to read.
  let mailbox = WorldMailbox()

  /// What is known, if it is being kept true. Where it is not, `stale` gives what was known last.
  func view(of project: String, stale: Bool = false) throws -> View? {
    try views(of: [project], stale: stale).map { views in
      View(
        snapshot: views.snapshot, project: views.projects[0], asOf: views.asOf, generation: views.generation)
    }
  }

  /// As ``view(of:stale:)``, of many projects at the same moment; nil where one of them is not known.
  func views(of projects: [String], stale: Bool = false) throws -> Views? {
    let known = state.withLockedValue { state -> (Snapshot, [ProjectTable.Entry?], Timestamp, Int?)? in
      // It may have been read between the commit and our forgetting it: then nobody would read it again by himself.
      let isForgotten = !state.forgotten.isEmpty && projects.contains { state.forgotten[$0] != nil }
      if isForgotten {
        let asked = state.ask(for: projects)
        if !asked.isEmpty { mailbox.put { inbox in for name in asked { inbox.notified(WorldChannel.projects, name) } } }
      }
      if state.headForgotten != nil { mailbox.put { $0.momentHasCome() } }
      guard (state.isLive && !isForgotten) || stale, let snapshot = state.snapshot else { return nil }
      let asOf = state.isLive ? snapshot.asOf(mailbox.delay) : state.heardLast ?? snapshot.head.now
      let generation = state.isLive ? state.generation : nil
      return (snapshot, projects.map { state.projects.find($0) }, asOf, generation)
    }
    // Decoded outside of the lock.
    return try known.map { snapshot, entries, asOf, generation in
      Views(snapshot: snapshot, projects: try entries.map { try $0?.project() }, asOf: asOf, generation: generation)
    }
  }

  /// Who holds how much of a cluster's resource, in no order; nil where that is not known for sure.
  func holders(of cluster: String, resource: CountedResource) throws -> [CapacityHolders.Holder]? {
    let entries = state.withLockedValue { state in
      state.isLive && state.forgotten.isEmpty ? state.projects.holders(of: cluster) : nil
    }
    return try entries?.flatMap { entry in
      try entry.held().filter { $0.cluster == cluster }.map { held in
        CapacityHolders.Holder(
          project: entry.name, environment: held.environment, replica: held.replica, amount: held.reserved[resource])
      }
    }
  }

  /// Whether something is known, and no connection is there by which it could be kept true.
  var isCutOff: Bool { state.withLockedValue { $0.connection == nil && $0.snapshot != nil } }

  /// What is known of all but the projects, if it is being kept true.
  var snapshot: Snapshot? {
    state.withLockedValue { state in
      if state.headForgotten != nil { mailbox.put { $0.momentHasCome() } }
      return state.isLive ? state.snapshot : nil
    }
  }

  /// What memory says now and the moment it says it of; nil where it is not kept true, or something of it is to be read
  /// again.
  var moment: MemoryMoment? {
    state.withLockedValue { state in
      // As above: nobody would read them again by himself, and nothing would be answered from memory any more.
      let asked = state.ask(for: state.forgotten.keys)
      if !asked.isEmpty { mailbox.put { inbox in for name in asked { inbox.notified(WorldChannel.projects, name) } } }
      if state.headForgotten != nil { mailbox.put { $0.momentHasCome() } }
      guard state.isLive, state.forgotten.isEmpty, let snapshot = state.snapshot else { return nil }
      let delay = mailbox.delay
      // What was said of an offer or a day that is known to be over is not said again.
      guard delay?.isOfHead != true, snapshot.until.map({ .now < $0 }) ?? true else { return nil }
      return MemoryMoment(generation: state.generation, asOf: snapshot.asOf(delay))
    }
  }

  /// Whoever changes anything says so: what was made of what was known before is not taken for what would be made now.
  private func change(_ body: (inout WorldState) -> Void) {
    state.withLockedValue { state in
      state.generation += 1
      body(&state)
    }
  }

  /// Notifications arrive from now on.
  func connected() {
    change { state in
      state.connections += 1
      state.connection = state.connections
    }
  }

  /// Notifications do not arrive any more.
  func cutOff() {
    change { state in
      if state.isLive { state.heardLast = state.snapshot?.asOf(mailbox.delay) }
      state.connection = nil
    }
  }

  /// What is in memory is of a database that is gone: it is not what is committed until everything was read again.
  func lose() {
    change { $0.synced = nil }
  }

  /// The connection that notifications come by.
  var connection: Int? { state.withLockedValue { $0.connection } }

  /// Everything was asked for at a moment after `connection` was made: what it notifies goes on from there.
  func replace(
    _ snapshot: Snapshot, _ projects: ProjectTable, askedAt moment: ContinuousClock.Instant, since connection: Int?
  ) {
    var again: [String] = []
    change { state in
      state.snapshot = snapshot
      state.projects = projects
      state.forgotten = state.forgotten.filter { !state.isKnown($0.key, readAt: moment) }
      for name in state.forgotten.keys { state.hasReadInVain(name) }
      again = state.readInVain()
      state.remember(headReadAt: moment)
      state.synced = connection
    }
    for name in again { mailbox.put { $0.notified(WorldChannel.projects, name) } }
  }

  /// The head was asked for and read, and its offer made ready.
  func take(
    _ head: DecisionBasis.Head, _ prepared: PreparedOffer?, scheduled: [ScheduledPolicy],
    askedAt: ContinuousClock.Instant, readAt: ContinuousClock.Instant, until end: ContinuousClock.Instant?
  ) {
    change { state in
      guard let ledger = state.snapshot?.ledger else { return }
      var snapshot = Snapshot(head: head, prepared: prepared, ledger: ledger, readAt: readAt, until: end)
      snapshot.scheduled = scheduled
      state.snapshot = snapshot
      state.remember(headReadAt: askedAt)
    }
  }

  /// The database was asked for its clock. Where that is off, another day or policy may have begun, or not yet begun, by it, of which
  /// nobody notifies: the head is read again.
  func compare(clock: Timestamp, askedAt moment: ContinuousClock.Instant) {
    let isOff = state.withLockedValue { state in
      state.isLive && state.snapshot?.isOff(clock, askedAt: moment) ?? false
    }
    if isOff { mailbox.put { $0.momentHasCome() } }
  }

  /// Entries of the ledger, of commits: notified ones, or of this instance itself, which needs not wait to be told.
  func take(_ entries: [String: Ledger.Entry]) {
    change { state in
      // The only reference while it is changed, or every change would copy the whole.
      guard var snapshot = state.snapshot.take() else { return }
      for (cluster, entry) in entries {
        if let present = snapshot.ledger[cluster], present.version >= entry.version { continue }
        snapshot.ledger[cluster] = entry
        snapshot.state?.set(entry, of: cluster)
      }
      state.snapshot = snapshot
      state.remember(ledgerOf: entries.keys)
    }
  }

  /// A notification has arrived. What it names is not known any more from now on, and not only once it was read: the ledger
  /// of the same commit, which is told after it, would be taken in sooner.
  func heard(_ channel: String, _ payload: String) {
    guard channel != WorldChannel.fence else {
      giveUp(payload)
      return stirred()
    }
    state.withLockedValue { state in
      var changed: [String] = []
      mailbox.put { changed = $0.notified(channel, payload) }
      guard !changed.isEmpty, state.snapshot != nil else { return }
      state.generation += 1
      let now = ContinuousClock.now
      for name in changed {
        state.forgotten[name] = WorldState.Forgotten(at: now)
        state.forgotten[name]?.isAsked = true
      }
    }
  }

  /// The clusters that any of the projects holds something of, as far as is known.
  func clusters(heldBy projects: some Sequence<String>) -> [String] {
    let entries = state.withLockedValue { state in projects.compactMap { state.projects.find($0) } }
    return Set(entries.flatMap { (try? $0.held()) ?? [] }.map(\.cluster)).sorted()
  }

  /// A commit of this instance has changed these: what is known of them was not true any more a moment ago.
  func forget(_ projects: some Sequence<String>) {
    change { state in
      guard state.snapshot != nil else { return }
      let now = ContinuousClock.now
      for name in projects { state.forgotten[name] = WorldState.Forgotten(at: now) }
    }
  }

  /// The head has changed by a commit of this instance: nothing is answered from memory until it was read again.
  func forgetHead() {
    change { $0.headForgotten = $0.snapshot == nil ? nil : .now }
  }

  /// Projects as this instance has left them; those whose document is not known are to be read.
  func take(_ own: [String: OwnCommits.Change]) {
    var unknown: [String] = []
    change { state in
      for (name, change) in own {
        guard state.projects.set(name, held: change.held) else {
          unknown.append(name)
          continue
        }
        if let forgotten = state.forgotten[name], forgotten.since <= change.at { state.forgotten[name] = nil }
      }
    }
    for name in unknown { mailbox.put { $0.notified(WorldChannel.projects, name) } }
  }

  /// This instance is about to commit a transaction that leaves projects so. What is known of them is not true any more in a
  /// moment, and is again once it is notified. What is read meanwhile does not make it known: it may be what was before.
  ///
  /// - Returns: whether notifications arrive. Where they do, ``settle(_:)`` is called in the end, whatever has come of it.
  func expect(_ projects: [String: [HeldReplica]], of transaction: String) -> Bool {
    let isExpected = state.withLockedValue { state in
      guard state.isLive else { return false }
      state.generation += 1
      let now = ContinuousClock.now
      for name in projects.keys {
        state.forgotten[name] = WorldState.Forgotten(at: now)
        state.committing[name, default: 0] += 1
      }
      return true
    }
    guard isExpected else { return false }
    let now = ContinuousClock.now
    let changes = projects.mapValues { OwnCommits.Change(held: $0, at: now) }
    mailbox.put { $0.commits.expect(changes, of: transaction) }
    return true
  }

  /// A transaction that was expected is over: projects that are read from now on are known.
  func settle(_ projects: some Sequence<String>) {
    let again = state.withLockedValue { state in
      let now = ContinuousClock.now
      for name in projects {
        state.forgotten[name]?.settledAt = now
        state.committing[name] = state.committing[name].flatMap { $0 > 1 ? $0 - 1 : nil }
      }
      return state.readInVain()
    }
    for name in again { mailbox.put { $0.notified(WorldChannel.projects, name) } }
    // Whoever waits for stillness may have waited for this, and nothing else need come.
    stirred()
  }

  /// It was not committed, or nobody knows: its projects are read.
  func giveUp(_ projects: some Sequence<String>, of transaction: String) {
    mailbox.put { inbox in
      inbox.commits.forget(transaction)
      for name in projects { inbox.notified(WorldChannel.projects, name) }
    }
  }

  /// Projects were read; those that are in `asked` only are no more. A reading may be ahead of what was heard: its project
  /// is known once the ledger has come as far.
  ///
  /// - Parameter versions: of the ledger's entries of all clusters that one of them holds or was known to hold, not older
  ///   than what was found.
  func take(
    _ found: WorldReader.Projects, versions: [String: Int64], asked: some Sequence<String>,
    readAt: ContinuousClock.Instant
  ) {
    var again: [String] = []
    change { state in
      let lacking = state.lacking(versions)
      for name in asked {
        let project = found[name]
        let clusters = Set((project?.held ?? []).map(\.cluster)).union(state.projects.clusters(of: name))
        state.projects.set(name, document: project?.document, held: project?.held ?? [])
        if state.isKnown(name, readAt: readAt) {
          let lacks = lacking.filter { clusters.contains($0.key) }
          state.forgotten[name] = lacks.isEmpty ? nil : state.forgotten[name] ?? WorldState.Forgotten(at: readAt)
          state.forgotten[name]?.lacks = lacks
        } else {
          state.hasReadInVain(name)
        }
      }
      again = state.readInVain()
    }
    for name in again { mailbox.put { $0.notified(WorldChannel.projects, name) } }
  }
}

extension World.Snapshot {
  /// Makes the engine's view of the ledger.
  init(
    head: DecisionBasis.Head, prepared: PreparedOffer?, ledger: [String: Ledger.Entry],
    readAt: ContinuousClock.Instant, until end: ContinuousClock.Instant?
  ) {
    self.init(
      head: head, prepared: prepared, ledger: ledger,
      state: prepared.map {
        PlacementState(ledger: Ledger(ledger), staleZones: head.staleZones, for: $0.engine)
      }, readAt: readAt, until: end)
  }
}
