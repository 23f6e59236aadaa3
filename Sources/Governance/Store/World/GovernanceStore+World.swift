import Events
import Foundation
import Logging
import Model
import Placement
public import Postgres
import Reactor

extension GovernanceStore {
  /// Keeps what decisions look at in memory, until the task is cancelled: previews and the plans of decisions then need
  /// not ask the database. While the database is away, what was known last stays, and says of when it is.
  ///
  /// - Parameter configuration: of the database, for a connection that listens. It goes through no pooler.
  public func keepWorld(_ configuration: PostgresConfiguration) async {
    let another = Bell()
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await listen(configuration, another) }
      group.addTask { await follow(another) }
      await group.waitForAll()
    }
    cutOff()
  }

  /// Notifications do not arrive any more. When they do again, the database may be one that was restored meanwhile, in
  /// which numbers come again and stand for something else: what is known by its number is read anew.
  private func cutOff() {
    world.cutOff()
    forgetOffer()
  }

  private func forgetOffer() {
    prepared.clear()
    offerRows.clear()
  }

  /// Listens until cancelled, and over a new connection once another database was found: the old one may lead to a
  /// server that is gone without a word, by which nothing is heard any more.
  private func listen(_ configuration: PostgresConfiguration, _ another: Bell) async {
    while !Task.isCancelled {
      await withTaskGroup(of: Void.self) { group in
        group.addTask { await hear(configuration, another) }
        group.addTask { await another.wait() }
        _ = await group.next()
        group.cancelAll()
      }
      cutOff()
    }
  }

  private func hear(_ configuration: PostgresConfiguration, _ another: Bell) async {
    let listener = PostgresListener(
      configuration: configuration, channels: WorldChannel.all, logger: logger, onInterruption: { cutOff() })
    for await event in listener {
      switch event {
      case .connected:
        forgetOffer()
        _ = await recognise(another)
        world.connected()
        world.mailbox.put { $0.reconnected() }
      case .notification(let channel, let payload): world.heard(channel, payload)
      }
    }
  }

  /// Looks whether it is still the database that was known. One that was restored, or another one that has taken its place,
  /// is not taken for it: what is stored in it is looked at again, nobody goes on with what he began on the other, and
  /// it is said aloud.
  ///
  /// - Parameter another: rung where it is another one, for whoever listens.
  /// - Returns: whether everything is to be read. Nothing is answered from memory then until it was.
  private func recognise(_ another: Bell) async -> Bool {
    let differences = await look()
    // The bell may end the task that is here.
    await endOwedTurns()
    if DatabaseLife.isAnother(differences) { another.ring() }
    return !differences.isEmpty
  }

  /// - Returns: what tells the database from the one that was known.
  private func look() async -> [String] {
    do {
      let askedAt = ContinuousClock.now
      let row = try await pool.withConnection { try await $0.query(DatabaseLife.select).only }
      guard let found = try DatabaseLife(row: row) else {
        life.foundIncomplete()
        throw DatabaseIncomplete()
      }
      let differences = life.take(found, askedAt: askedAt)
      guard !differences.isEmpty else {
        world.compare(clock: Timestamp(try row.decode(Date.self, "now")), askedAt: askedAt)
        return []
      }
      world.lose()
      forgetOffer()
      contents.clear()
      guard DatabaseLife.isAnother(differences) else {
        logger.notice("A recovery has begun another epoch: all that was known of the database is read anew")
        return differences
      }
      // What is read from now on is not kept true by a connection of before.
      cutOff()
      logger.error(
        "The database was restored, or another one answers: all that was known of it is read anew",
        metadata: ["differs": "\(differences.joined(separator: ", "))"])
      return differences
    } catch {
      guard !(error is CancellationError), life.failed() else { return [] }
      logger.warning("It is not known whether the database is that of before", metadata: ["error": "\(error)"])
      contents.clear()
      return []
    }
  }

  /// How long it may be since the database was last looked at: what was committed since, a restore may take away unseen. A
  /// restore notifies nobody, so it is looked at where nothing else is to be done as well.
  private static let longestUnseen: Duration = .seconds(1)

  /// Does what the inbox says, and again later what could not be done. At the moment at which a day ends or a policy
  /// begins the head is read again.
  ///
  /// Whoever declares a thousand clusters one by one changes the offer a thousand times. What has changed while an offer
  /// was prepared is taken in together, and no more than half of the time goes into preparing.
  private func follow(_ another: Bell) async {
    let mailbox = world.mailbox
    var failures = 0
    var moment: ContinuousClock.Instant?
    var pause: ContinuousClock.Instant?
    while !Task.isCancelled {
      if let due = moment, ContinuousClock.now >= due {
        moment = nil
        mailbox.put { $0.momentHasCome() }
      }
      if let end = pause, ContinuousClock.now >= end { pause = nil }
      if life.isOlder(than: Self.longestUnseen), await recognise(another) { mailbox.put { $0.reconnected() } }
      let work = mailbox.take(head: pause == nil)
      guard !work.isEmpty else {
        let look = life.due(after: Self.longestUnseen)
        await mailbox.wait(until: [moment, pause, look].compactMap { $0 }.min() ?? look)
        continue
      }
      do {
        let started = ContinuousClock.now
        let next = try await takeIn(work)
        mailbox.tookIn()
        world.stirred()
        if let next {
          moment = .now + next
          pause = .now + min(ContinuousClock.now - started, Self.longestPause)
        }
        failures = 0
      } catch is CancellationError {
        return
      } catch {
        mailbox.putBack(work)
        failures += 1
        logger.warning("what is in memory could not be brought up to date", metadata: ["error": "\(error)"])
        try? await Task.sleep(for: WorldMailbox.pause(after: failures))
      }
    }
  }

  /// How long what has changed of the offer may wait to be taken in with more of it.
  private static let longestPause: Duration = .seconds(1)

  /// - Returns: how long it is to the next change of the head by itself, where the head was read.
  private func takeIn(_ work: WorldInbox.Work) async throws -> Duration? {
    if work.everything { return try await readWorld() }
    if !work.ledger.isEmpty { world.take(work.ledger) }
    if !work.own.isEmpty { world.take(work.own) }
    if !work.projects.isEmpty {
      let (names, readAt) = (work.projects.sorted(), ContinuousClock.now)
      let clusters = world.clusters(heldBy: names)
      let (found, versions) = try await pool.withConnection {
        try await WorldReader.projects(named: names, holding: clusters, in: $0)
      }
      world.take(found, versions: versions, asked: names, readAt: readAt)
    }
    guard work.head else { return nil }
    let askedAt = ContinuousClock.now
    let answers = try await pool.withConnection {
      try await $0.pipeline([WorldReader.selectHead, ScheduledPolicy.select])
    }
    let readAt = ContinuousClock.now
    let (head, next) = try WorldReader.head(answers[0])
    let scheduled = try ScheduledPolicy.all(in: answers[1])
    if head.policyVersion != nil, !head.hasCurrentLimits { try await refreshLimitsOfTheDay() }
    var ready: PreparedOffer?
    if head.policyVersion != nil { ready = try await prepare(head, deadline: nil) }
    world.take(
      head, ready, scheduled: scheduled, askedAt: askedAt, readAt: readAt, until: next.map { readAt + $0 })
    return next
  }

  private func readWorld() async throws -> Duration? {
    let (askedAt, connection) = (ContinuousClock.now, world.connection)
    let read = try await pool.withTransaction(isolation: .repeatableRead, readOnly: true) { connection in
      try await WorldReader.everything(in: connection)
    }
    if read.head.policyVersion != nil, !read.head.hasCurrentLimits { try await refreshLimitsOfTheDay() }
    var ready: PreparedOffer?
    if read.head.policyVersion != nil { ready = try await prepare(read.head, deadline: nil) }
    var snapshot = World.Snapshot(
      head: read.head, prepared: ready, ledger: read.ledger, readAt: read.headReadAt,
      until: read.next.map { read.headReadAt + $0 })
    snapshot.scheduled = read.scheduled
    world.replace(snapshot, read.projects, askedAt: askedAt, since: connection)
    return read.next
  }
}
