import Events
import Foundation
import Kafka
import Logging
import Metrics
import Reactor
import Store
import Telemetry

/// Performs what the ``FactsMachine`` decides, one action at a time.
struct FactPublisher: Sendable {
  let service: FactsService
  let producer: KafkaProducer
  let bell: Bell

  /// How long after its claim a fact may be given to the producer: a process that was stopped in between must claim
  /// again.
  private static let sendingWindow: Duration = .seconds(2)
  /// It comes by after this long at the latest: a database that was restored publishes nothing until it is recovered,
  /// which nobody announces.
  private static let longestWait: Duration = .seconds(5)

  /// For so long after the end of a publisher what it claimed may still reach the bus.
  private var afterlife: Duration { service.bus.messageTimeout + Self.sendingWindow + .seconds(1) }
  /// An attempt that is older matters to nobody, whatever was set for whoever made it. What is left of the wait does not say how
  /// old it may be: somebody else may have waited before.
  private static let longestAfterlife = RelayLease.longestMessageTimeout + sendingWindow + .seconds(1)

  func run() async throws {
    var machine = FactsMachine()
    var actions = machine.handle(.started(mayBeInFlight: try await begin()))
    var claimedAt = ContinuousClock.now
    while true {
      try Task.checkCancellation()
      guard !actions.isEmpty else {
        await bell.wait(until: .now + Self.longestWait)
        actions = machine.handle(.bell)
        continue
      }
      let action = actions.removeFirst()
      if case .claim = action { claimedAt = .now }
      actions += machine.handle(try await attempt { try await perform(action, claimedAt: claimedAt) })
    }
  }

  /// Compares what was told with the database, and sees to it that what the topic has lost is told again.
  ///
  /// - Returns: whether something that an earlier publisher was about to publish may be on its way.
  private func begin() async throws -> Bool {
    // Nothing is told over what a life that is lost has told.
    let told = try await service.examiner.examineUntilInOrder(listing: true) { error in
      note(error, EventsExaminer.trouble(error))
    }
    // Asked first: what is told again was acknowledged once, and is not on its way.
    let isFlying = try await service.store.factsMayBeInFlight(within: Self.longestAfterlife)
    let lost = try await service.store.tellAgain(lackedBy: told.events)
    if lost > 0 {
      service.logger.warning(
        "regie.events has lost what was told there: it is told again", metadata: ["facts": "\(lost)"])
    }
    return isFlying
  }

  private func perform(
    _ action: FactsMachine.Action, claimedAt: ContinuousClock.Instant
  ) async throws -> FactsMachine.Event {
    switch action {
    case .waitOut:
      try await Task.sleep(for: afterlife)
      return .waitedOut
    case .claim(let limit):
      let claims = try await service.store.claimFacts(limit: limit)
      if claims.isEmpty {
        try await bury(notAfter: claimedAt + Self.sendingWindow)
        service.health.pass()
      }
      return .claimed(claims)
    case .publish(let claims): return .published(try await publish(claims, notAfter: claimedAt + Self.sendingWindow))
    case .mark(let acks):
      let again = try await service.store.markPublished(facts: acks)
      Counter(label: "regie.facts.published").increment(by: acks.count)
      if again > 0 {
        service.logger.notice(
          "Another publisher was faster: what it has published is published again", metadata: ["facts": "\(again)"])
      }
      return .marked(again: again)
    case .pause(let failures):
      try await Task.sleep(for: Pause.delay(failures: failures))
      return .resumed
    }
  }

  /// A fault that may pass is an event.
  private func attempt(_ body: () async throws -> FactsMachine.Event) async throws -> FactsMachine.Event {
    do {
      return try await body()
    } catch let error as CancellationError {
      throw error
    } catch let error as KafkaError where error.isFatal {
      throw error
    } catch {
      note(error)
      return .failed
    }
  }

  private func publish(_ claims: [FactClaim], notAfter latest: ContinuousClock.Instant) async throws -> [FactAck] {
    try await service.topics.ensureEvents()
    let results = await producer.send(try claims.map(message), notAfter: latest)
    if let fatal = producer.fatalError { throw fatal }
    try Task.checkCancellation()
    return zip(claims, results).compactMap { claim, result in
      switch result {
      case .success(let delivery):
        return FactAck(of: claim, partition: delivery.partition, offset: delivery.offset)
      case .failure(let error):
        note(error)
        return nil
      }
    }
  }

  /// Tells the bus to forget findings that ended long ago, while nothing waits to be told. What it does not take waits for the
  /// next time; one that is told again was forgotten already.
  private func bury(notAfter latest: ContinuousClock.Instant) async throws {
    let findings = try await service.store.findingsToBury(limit: FactsMachine.batchLimit)
    guard !findings.isEmpty else { return }
    try await service.topics.ensureEvents()
    let messages = findings.map { id in
      KafkaMessage(topic: Topics.events, key: Array(GovernanceStore.findingKey(id).utf8), value: nil, headers: [])
    }
    let results = await producer.send(messages, notAfter: latest)
    if let fatal = producer.fatalError { throw fatal }
    try Task.checkCancellation()
    var buried: [UUID] = []
    for (id, result) in zip(findings, results) {
      switch result {
      case .success: buried.append(id)
      case .failure(let error): note(error)
      }
    }
    try await service.store.markBuried(findings: buried)
    Counter(label: "regie.facts.tombstones").increment(by: buried.count)
    // There may be more.
    if buried.count == FactsMachine.batchLimit { bell.ring() }
  }

  private func message(_ claim: FactClaim) throws -> KafkaMessage {
    let event = try BusCodec.event(
      fact: claim.data, type: claim.type, key: claim.key, signer: service.signer, source: "/regie/governance",
      id: claim.event.uuidString.lowercased(), time: claim.at, traceparent: claim.traceparent)
    return KafkaMessage(
      topic: Topics.events, key: Array(claim.key.utf8), value: event.data,
      headers: event.headers.map { KafkaHeader($0.name, $0.value) })
  }

  private func note(
    _ error: any Error, _ trouble: String = "le bus ne prend pas les faits publics : ils attendent dans la base"
  ) {
    Counter(label: "regie.facts.failures").increment()
    service.health.degraded(trouble)
    service.logger.warning("Public facts were not published; it is tried again", metadata: ["error": "\(error)"])
  }
}
