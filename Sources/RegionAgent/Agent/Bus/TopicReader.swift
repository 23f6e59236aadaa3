import Events
import Foundation
import Kafka
import Logging
import Metrics
import NIOConcurrencyHelpers
import Reactor
import Reconciler
import Telemetry

/// Reads the zone's desired topic from its start, for ever, and hands what is new to the clusters' workers.
///
/// History that the bus no longer has is never passed over in silence: the agent pleads for a republication.
final class TopicReader: Sendable {
  /// What heartbeats say of the reading.
  struct State: Sendable {
    var isComplete = false
    var refusedRecords: Int64 = 0
    var lastRefusal: String?
    var plea: AgentStatus.RepublicationRequest?
    /// When all states were last asked for.
    var askedForAll: ContinuousClock.Instant?
    /// Keys that are to be trusted from the next batch on.
    var newKeys: EventVerifier?
    /// Whether another set of keys may make something of what was refused.
    var lacksKeys = false
    /// The latest request for reports that was answered.
    var answered: UUID?
    /// What was found when orphans were last looked for.
    var orphans: (found: AgentStatus.Orphans, at: ContinuousClock.Instant)?
    /// What people were last told of the zone's record.
    var toldVerdict = ZoneAgreement.Verdict.unread
  }

  /// A mounted Secret comes up to a minute after its change, by a swap of links: a look at a small file costs less than a watch
  /// that would survive that.
  private static let keyInterval: Duration = .seconds(1)

  /// How long a plea for all states may take to be answered.
  private static let patience: Duration = .seconds(60)

  let service: AgentService
  private let admission: Admission
  private let workers: [String: ClusterWorker]
  private let box = NIOLockedValueBox(State())
  let feed: NIOLockedValueBox<DesiredFeed>
  let positions = NIOLockedValueBox(ReadPositions())
  private let complete = Bell()

  init(service: AgentService) {
    self.service = service
    self.feed = NIOLockedValueBox(DesiredFeed(zone: service.zone, verifier: service.verifier))
    self.workers = Dictionary(uniqueKeysWithValues: service.workers.map { ($0.name, $0) })
    self.admission = Admission(
      modes: workers.mapValues(\.rules.mode), guardPolicy: service.guardPolicy ?? GuardPolicy())
    service.trust.follow(
      refusal: { [feed] placement in feed.withLockedValue { $0.zoneTrust.removalRefusal(of: placement) } },
      vouches: { [feed] placement in feed.withLockedValue { $0.zoneTrust.vouches(for: placement) } },
      recognise: { [feed, admission] placement, signed in
        do {
          let state = try feed.withLockedValue { try $0.recognise(signed, of: placement) }
          return .state(state, refusal: admission.refusal(of: state))
        } catch {
          return .nothing("the state that was acted on is kept, and can not be believed: \(error)")
        }
      },
      obsolete: { [feed] placement, version in
        feed.withLockedValue { _ = $0.note(.obsolete(placement, version), at: Timestamp(Date())) }
      })
  }

  var state: State { box.withLockedValue { $0 } }

  /// Returns once the topic was read to its end, or when the task is cancelled.
  func waitForSnapshot() async {
    while !state.isComplete, !Task.isCancelled { await complete.wait() }
  }

  func run() async {
    await withDiscardingTaskGroup { group in
      group.addTask { await self.compareAgain() }
      await read()
      group.cancelAll()
    }
  }

  private func read() async {
    var failures = 0
    while !Task.isCancelled {
      do {
        try await follow(&failures)
      } catch is CancellationError {
        return
      } catch {
        failures += 1
        service.busHealth.degraded(
          .decisions, "la lecture des décisions échoue : celles qui sont connues restent appliquées")
        service.logger.warning("The topic is read again from its start", metadata: ["error": "\(error)"])
        let ceiling = min(200 << min(failures - 1, 6), 10_000)
        try? await Task.sleep(for: .milliseconds(Int.random(in: (ceiling / 2)...ceiling)))
      }
    }
  }

  private func follow(_ failures: inout Int) async throws {
    note(.readingBegins)
    let consumer = try KafkaConsumer(
      configuration: service.bus.named("desired"), topic: Topics.desired(zone: service.zone), start: .beginning,
      logger: service.logger)
    do {
      try await withThrowingDiscardingTaskGroup { group in
        group.addTask { await self.watchKeys(consumer) }
        group.addTask { await self.lookForEnds(consumer) }
        defer { group.cancelAll() }
        let snapshot = try await begin(consumer)
        group.addTask { await self.watchProgress(consumer) }
        try await read(consumer, snapshot, &failures)
      }
    } catch {
      await Task { await consumer.close(within: .seconds(5)) }.value
      throw error
    }
    await consumer.close(within: .seconds(5))
  }

  /// Takes stock of the topic before it is read.
  private func begin(_ consumer: KafkaConsumer) async throws -> SnapshotTracker {
    let snapshot = try await consumer.snapshot()
    let marks = try await consumer.watermarks()
    if let loss = positions.withLockedValue({ $0.resume(at: marks) }) { plead(loss) }
    // All leaders have just answered.
    service.busHealth.pass(.progress)
    finish(snapshot)
    return snapshot
  }

  private func read(
    _ consumer: KafkaConsumer, _ snapshot: SnapshotTracker, _ failures: inout Int
  ) async throws {
    var snapshot = snapshot
    while true {
      let events = try await consumer.nextBatch(max: 500)
      if events.isEmpty { return }
      service.busHealth.pass(.decisions)
      failures = 0
      if let verifier = takeNewKeys() { try await trust(verifier, consumer) }
      for event in events {
        try await take(event, &snapshot, consumer)
        positions.withLockedValue { $0.note(event) }
      }
      noteRefusals()
      finish(snapshot)
    }
  }

  private func take(
    _ event: KafkaConsumerEvent, _ snapshot: inout SnapshotTracker, _ consumer: KafkaConsumer
  ) async throws {
    snapshot.observe(event)
    for step in Self.steps(of: event) { note(step) }
    switch event {
    case .endOfPartition: return
    case .offsetOutOfRange(let partition, let offset):
      plead("the bus dropped offset \(offset) of partition \(partition) before it was read")
      try await consumer.seek(partition: partition, to: .beginning)
    case .record(let record):
      let headers = record.headers.map { CloudEvent.Header($0.name, $0.value) }
      let place = RecordPlace(partition: record.partition, offset: record.offset)
      let verdict = feed.withLockedValue {
        $0.take(key: record.key ?? [], headers: headers, value: record.value, at: place, now: Timestamp(Date()))
      }
      // A state was read once its worker has it, and not before: what it says may call a removal back.
      if case .newer(let state, let publishedAt) = verdict {
        await hand(
          state, publishedAt: publishedAt,
          SignedState(version: state.version, headers: headers, data: record.value ?? []))
      }
      note(.position(partition: record.partition, next: record.offset + 1))
      switch verdict {
      case .nothing, .newer: return
      case .repeated(let state):
        await renew(state, SignedState(version: state.version, headers: headers, data: record.value ?? []))
      case .zoneRecord:
        tellTrust()
        await forget()
        guard let time = feed.withLockedValue({ $0.zoneTrust.recordedAt }) else { return }
        service.centre.note(time)
        for worker in service.workers { await worker.centreHasCome(to: time) }
        await answerRequest()
      case .refused(let rejection):
        Counter(label: "regie.agent.refused_records", dimensions: [("reason", rejection.reason.rawValue)]).increment()
        service.logger.error(
          "A record was refused",
          metadata: ["offset": "\(record.offset)", "partition": "\(record.partition)", "error": "\(rejection)"])
      }
    }
  }

  /// Looks whether the keys have changed. On a topic where nothing happens they would else never be taken in, and what was
  /// refused for want of them would stay so.
  ///
  /// Until they are taken in it is looked again: the bus may not answer now, which ends no reading, and what is being
  /// refused at this moment is noted at the end of its batch.
  private func watchKeys(_ consumer: KafkaConsumer) async {
    var isRewound = false
    while !Task.isCancelled {
      try? await Task.sleep(for: Self.keyInterval)
      let verifier = await service.newKeys()
      if verifier != nil { isRewound = false }
      let wakes = box.withLockedValue { state in
        if let verifier { state.newKeys = verifier }
        return state.newKeys != nil && state.lacksKeys
      }
      guard wakes, !isRewound, !Task.isCancelled else { continue }
      do {
        try await rewind(consumer)
        isRewound = true
      } catch {
        service.logger.warning("The topic can not be read again yet", metadata: ["error": "\(error)"])
      }
    }
  }

  private func takeNewKeys() -> EventVerifier? {
    box.withLockedValue { state in
      defer { state.newKeys = nil }
      return state.newKeys
    }
  }

  /// What was refused for want of a key is read again.
  private func trust(_ verifier: EventVerifier, _ consumer: KafkaConsumer) async throws {
    if feed.withLockedValue({ $0.trust(verifier) }) { try await rewind(consumer) }
    for worker in service.workers { await worker.lookForAcceptedAgain() }
  }

  private func rewind(_ consumer: KafkaConsumer) async throws {
    for partition in try await consumer.watermarks().keys.sorted() {
      try await consumer.seek(partition: partition, to: .beginning)
    }
  }

  /// A state for a cluster that this agent does not have is still answered: by any worker, as a refusal.
  private func hand(_ state: DesiredState, publishedAt: Timestamp, _ signed: SignedState?) async {
    guard let worker = workers[state.cluster] ?? service.workers.first else { return }
    await worker.take(state, publishedAt: publishedAt, refusal: admission.refusal(of: state), signed: signed)
  }

  /// Known, and perhaps signed by a newer key than before.
  private func renew(_ state: DesiredState, _ signed: SignedState?) async {
    guard let signed, let worker = workers[state.cluster] ?? service.workers.first else { return }
    await worker.renew(state.placement, signed)
  }

  /// Asks for the latest states of the zone, or of some buckets of it.
  ///
  /// Who has asked for all of them does not ask for some before that could be answered: only the latest plea is told.
  func plead(_ reason: String, buckets: [Int]? = nil) {
    let isAskedForAll = box.withLockedValue { state in
      if buckets == nil { state.askedForAll = .now }
      return state.askedForAll.map { .now - $0 < Self.patience } ?? false
    }
    guard buckets == nil || !isAskedForAll else { return }
    service.logger.warning("A republication is asked for", metadata: ["reason": "\(reason)"])
    box.withLockedValue { $0.plea = AgentStatus.RepublicationRequest(id: UUID(), reason: reason, buckets: buckets) }
    service.news.ring()
  }

  /// Whether people were told otherwise before.
  func isNews(_ verdict: ZoneAgreement.Verdict) -> Bool {
    box.withLockedValue { state in
      defer { state.toldVerdict = verdict }
      return state.toldVerdict != verdict
    }
  }

  /// Whether a request for reports was not answered yet; it is from now on.
  func isFirst(_ request: ReportRequest) -> Bool {
    box.withLockedValue { state in
      defer { state.answered = request.id }
      return state.answered != request.id
    }
  }

  /// What was found of orphans, where that is not longer ago.
  func knownOrphans(within age: Duration) -> AgentStatus.Orphans? {
    box.withLockedValue { $0.orphans }.flatMap { known in .now - known.at < age ? known.found : nil }
  }

  func note(_ orphans: AgentStatus.Orphans) {
    let before = box.withLockedValue { state in
      defer { state.orphans = (orphans, .now) }
      return state.orphans?.found
    }
    guard before?.count ?? 0 != orphans.count else { return }
    service.logger.warning(
      "Clusters hold placements that nobody has decided; they are left as they are",
      metadata: ["placements": "\(orphans.count)"])
  }

  private func noteRefusals() {
    let (count, last, lacksKeys) = feed.withLockedValue { ($0.refusedRecords, $0.lastRefusal, $0.lacksKeys) }
    let isNews = box.withLockedValue { state in
      defer { state.refusedRecords = count }
      state.lastRefusal = last
      state.lacksKeys = lacksKeys
      return state.refusedRecords != count
    }
    if isNews { service.news.ring() }
  }

  private func finish(_ snapshot: SnapshotTracker) {
    guard snapshot.isComplete else { return }
    let isFirst = box.withLockedValue { state in
      defer { state.isComplete = true }
      return !state.isComplete
    }
    guard isFirst else { return }
    note(.snapshotComplete)
    service.logger.info("The snapshot is complete", metadata: ["zone": "\(service.zone)"])
    complete.ring()
    service.news.ring()
  }
}
