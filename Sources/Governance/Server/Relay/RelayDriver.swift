import Events
import Foundation
import Kafka
import Logging
import Metrics
import NIOConcurrencyHelpers
import Reactor
import Store
import Telemetry

extension RelayMachine.Action {
  fileprivate var isClaim: Bool {
    if case .claim = self { true } else { false }
  }
}

/// Performs what the ``RelayMachine`` decides, one action at a time.
struct RelayDriver: Sendable {
  let service: RelayService
  let producer: KafkaProducer
  let term: Int64
  let bell: Bell
  let examiner: BusExaminer
  /// For so long after the beginning of the term what earlier leaders claimed may still reach the bus: as long as they let it
  /// wait in their queues, which may be longer than this one does. The library looks for messages that have timed out once per
  /// second.
  private let afterlife: Duration
  private let began = ContinuousClock.now
  /// How old an attempt may be that matters: it may have been on its way when the term began, whatever was set for whoever made
  /// it. What is left of the wait does not say how old that is, since another leader may have waited before.
  private var memory: Duration {
    RelayLease.longestMessageTimeout + Self.sendingWindow + .seconds(1) + (ContinuousClock.now - began)
  }
  /// What the pauses that are over have to say to the machine.
  private let pauses = NIOLockedValueBox<[RelayMachine.Event]>([])
  /// Zones whose topics are being read beside the loop.
  let examining = NIOLockedValueBox<Set<String>>([])

  init(service: RelayService, producer: KafkaProducer, lease: RelayLease, bell: Bell) throws {
    self.service = service
    self.producer = producer
    self.bell = bell
    term = lease.term
    afterlife = max(service.bus.messageTimeout, lease.earlier) + Self.sendingWindow + .seconds(1)
    examiner = BusExaminer(
      store: service.store,
      survey: try BusSurvey(
        bus: service.bus, signer: service.signer, earlier: service.earlierKeys, logger: service.logger),
      topics: service.topics, logger: service.logger)
  }

  /// How long a zone's topic may take to be read where nobody waits for it.
  static let examiningPatience: Duration = .seconds(60)

  /// Where the broker fences as well.
  var transactions: RelayTransactions? {
    service.bus.transactionalID == nil
      ? nil : RelayTransactions(producer: producer, patience: service.bus.messageTimeout, logger: service.logger)
  }

  /// How long after its claim a state may be given to the producer. A process that was stopped in between may have been
  /// deposed: it must claim again, which the term fences.
  static let sendingWindow: Duration = .seconds(2)

  private var publishedTotal: Counter { Counter(label: "regie.relay.published") }
  private var failedTotal: Counter { Counter(label: "regie.relay.failed") }

  func run() async throws {
    var machine = RelayMachine()
    try await withThrowingDiscardingTaskGroup { group in
      do {
        try await lead(&machine, pausing: &group)
      } catch {
        group.cancelAll()
        await stepDown(&machine)
        throw error
      }
    }
  }

  /// - Parameter group: where the pauses of zones that are set aside pass and topics are read that the loop can not wait for, one
  ///   task for each.
  private func lead(
    _ machine: inout RelayMachine, pausing group: inout ThrowingDiscardingTaskGroup<any Error>
  ) async throws {
    let recent = try await service.store.recentlyAttempted(within: memory)
    var actions = machine.handle(.elected(term: term, mayBeInFlight: !recent.isEmpty, fences: transactions != nil))
    var claimedAt = ContinuousClock.now
    group.addTask { await examineEvents() }
    try await examiner.examineAll(service.topics, within: service.surveyPatience)
    var books = try await openBooks(beside: &group)
    while true {
      try Task.checkCancellation()
      for event in pauses.withLockedValue({ events in
        defer { events = [] }; return events
      }) {
        actions += machine.handle(event)
      }
      // Whoever examines what was told rings.
      if !examiner.hasExaminedEvents, actions.first?.isClaim ?? true {
        await bell.wait()
        continue
      }
      if actions.isEmpty {
        await look(&books)
        try await bury(&books, machine)
        let next = try await publishRecords(&books, machine, beside: &group)
        await bell.wait(until: min(next ?? .now + .seconds(5), .now + .seconds(5)))
        actions = machine.handle(.bell)
        continue
      }
      let action = actions.removeFirst()
      if case .setAside(let zone, let failures) = action {
        group.addTask { await pause(zone, failures: failures) }
      }
      if case .claim = action { claimedAt = .now }
      guard let event = try await perform(action, for: machine, claimedAt: claimedAt) else { continue }
      if case .marked = event {
        books.note(machine.acks.compactMap(\.state))
        _ = try await publishRecords(&books, machine, beside: &group)
      }
      actions += machine.handle(event)
      report(event, machine)
    }
  }

  /// Lets the loop go on to zones once what was told on `regie.events` is in order: for long, it may not be.
  private func examineEvents() async {
    do {
      try await examiner.examineEventsUntilInOrder { service.health.degraded(EventsExaminer.trouble($0)) }
      bell.ring()
    } catch {
      // The term is over.
    }
  }

  /// - Returns: What came of it; nil when that comes later, or never.
  private func perform(
    _ action: RelayMachine.Action, for machine: RelayMachine, claimedAt: ContinuousClock.Instant
  ) async throws -> RelayMachine.Event? {
    switch action {
    case .fence:
      return try await attempt {
        try await transactions?.begin()
        return .fenced
      }
    case .waitOut:
      try await Task.sleep(for: afterlife)
      return .waitedOut
    case .republishRecent:
      return try await attempt {
        let recent = try await service.store.recentlyAttempted(within: memory)
        if !recent.isEmpty {
          _ = try await service.store.requestRepublication(placements: recent, reason: "new relay leader")
        }
        return .republished
      }
    case .claim(let term, let limit, let zones):
      return try await attempt {
        .claimed(try await service.store.claimOutbox(term: term, limit: limit, excluding: zones))
      }
    case .publish:
      return .published(try await publish(machine.batch, claimedAt: claimedAt))
    case .mark:
      return try await attempt {
        try await service.store.markPublished(machine.acks)
        publishedTotal.increment(by: machine.acks.count)
        return .marked
      }
    case .pause(let failures):
      try await Task.sleep(for: Pause.delay(failures: failures))
      return .resumed
    case .setAside, .purge:
      return nil
    }
  }

  /// A fault that may pass is an event; losing the lease is not survived.
  private func attempt(_ body: () async throws -> RelayMachine.Event) async throws -> RelayMachine.Event {
    do {
      return try await body()
    } catch {
      guard !Self.endsTerm(error) else { throw error }
      service.logger.warning("The relay will try again", metadata: ["error": "\(error)"])
      return .failed
    }
  }

  /// Whether a term does not survive an error: it is over, or its producer is of no more use.
  static func endsTerm(_ error: any Error) -> Bool {
    switch error {
    case is CancellationError, is TransactionLost: true
    case let error as StoreError: error.kind == .leaseLost
    case let error as KafkaError: error.isFatal
    default: false
    }
  }

  /// Lets the pause of a zone pass, then looks for its topics here, where no other zone waits for the answer.
  private func pause(_ zone: String, failures: Int) async {
    do {
      try await Task.sleep(for: Pause.delay(failures: failures))
      try await service.topics.ensure(zones: [zone], within: Self.sendingWindow)
      try await examiner.examine(zone, within: Self.examiningPatience)
      tell(.due(zone: zone))
    } catch {
      guard !Task.isCancelled else { return }
      note(error, of: zone)
      tell(.undue(zone: zone))
    }
  }

  private func tell(_ event: RelayMachine.Event) {
    pauses.withLockedValue { $0.append(event) }
    bell.ring()
  }

  /// The bus takes everything: said only while no zone is in trouble, or one that works would hide one that does not.
  private func report(_ event: RelayMachine.Event, _ machine: RelayMachine) {
    guard !machine.hasTroubledZones else { return }
    switch event {
    case .claimed(let claims) where claims.isEmpty: service.health.pass()
    case .published: service.health.pass()
    default: break
    }
  }

  /// The topics of a zone that is met for the first time are looked for within the window, and leave most of it.
  private func publish(
    _ claims: [OutboxClaim], claimedAt: ContinuousClock.Instant
  ) async throws -> [RelayMachine.Publication] {
    let zones = await zonesWithTopics(Set(claims.map(\.state.zone)))
    // Looked at again for each message, immediately before the library gets it.
    let latest = claimedAt + Self.sendingWindow
    guard .now < latest else {
      service.logger.warning("Claimed states were held too long to be sent: they are claimed again")
      return claims.map { RelayMachine.Publication(claim: $0, ack: nil) }
    }
    let sent = claims.filter { zones.contains($0.state.zone) }
    let messages = try sent.map(message)
    let contents = messages.map { ContentDigest(of: $0.value ?? []) }
    let results: [Result<KafkaDelivery, any Error>]
    if let transactions {
      results = try await transactions.send(messages)
    } else {
      results = await producer.send(messages, notAfter: latest)
    }
    if let fatal = producer.fatalError { throw fatal }
    try Task.checkCancellation()
    let kept = claims.filter { !zones.contains($0.state.zone) }
    return zip(zip(sent, contents), results).map { resolve($0.0, $0.1, $1) }
      + kept.map { RelayMachine.Publication(claim: $0, ack: nil) }
  }

  private func zonesWithTopics(_ zones: Set<String>) async -> Set<String> {
    await withTaskGroup(of: String?.self) { group in
      for zone in zones {
        group.addTask {
          do {
            // What is in doubt was looked for when the zone's pause was over.
            try await service.topics.ensure(zones: [zone], within: Self.sendingWindow / 4, looksAgain: false)
            try await examiner.examine(zone, within: Self.sendingWindow / 4)
            return zone
          } catch {
            note(error, of: zone)
            return nil
          }
        }
      }
      return await group.reduce(into: []) { ready, zone in if let zone { ready.insert(zone) } }
    }
  }

  private func resolve(
    _ claim: OutboxClaim, _ content: ContentDigest, _ result: Result<KafkaDelivery, any Error>
  ) -> RelayMachine.Publication {
    switch result {
    case .success(let delivery) where delivery.offset < 0:
      // The zone's record says up to where it covers the topic. Whoever reads the same state again takes it for a repetition.
      service.logger.notice(
        "The bus has a state and did not say where: it is sent again",
        metadata: ["zone": "\(claim.state.zone)", "placement": "\(claim.state.placement)"])
      return RelayMachine.Publication(claim: claim, ack: nil)
    case .success(let delivery):
      return RelayMachine.Publication(
        claim: claim,
        ack: OutboxAck(
          ids: claim.ids, topic: delivery.topic, partition: delivery.partition, offset: delivery.offset,
          state: PublishedState(
            placement: claim.state.placement, zone: claim.state.zone, version: claim.state.version, content: content,
            partition: delivery.partition, offset: delivery.offset)))
    case .failure(let error):
      note(error, of: claim.state.zone)
      return RelayMachine.Publication(claim: claim, ack: nil)
    }
  }

  private func note(_ error: any Error, of zone: String) {
    service.topics.doubt(zone, after: error)
    failedTotal.increment()
    service.health.degraded(
      "le bus ne prend pas les décisions de la zone \(zone) : elles attendent dans la base")
    service.logger.warning("The bus did not take a state", metadata: ["error": "\(error)", "zone": "\(zone)"])
  }

  private func message(_ claim: OutboxClaim) throws -> KafkaMessage {
    let event = try BusCodec.event(
      desired: claim.state, signer: service.signer, source: "/regie/governance", id: UUID().uuidString.lowercased(),
      time: Timestamp(Date()), traceparent: claim.traceparent)
    return KafkaMessage(
      topic: Topics.desired(zone: claim.state.zone), key: Topics.key(placement: claim.state.placement),
      value: event.data, headers: event.headers.map { KafkaHeader($0.name, $0.value) })
  }

  /// Leadership ended: nothing of ours may still be sent, and what might have been sent late is queued for the next leader
  /// (protocol rule 9). It runs to its end although the term is cancelled.
  private func stepDown(_ machine: inout RelayMachine) async {
    guard case .purge(let unresolved)? = machine.handle(.deposed).first else { return }
    await Task {
      do {
        try await producer.purge()
      } catch {
        service.logger.debug("Nothing to purge", metadata: ["error": "\(error)"])
      }
      await transactions?.giveUp()
      await producer.close(within: .seconds(5))
      guard !unresolved.isEmpty else { return }
      do {
        _ = try await service.store.requestRepublication(placements: unresolved, reason: "relay stepped down")
      } catch {
        service.logger.warning(
          "What was in flight could not be queued again; the next leader does it", metadata: ["error": "\(error)"])
      }
    }.value
  }
}
