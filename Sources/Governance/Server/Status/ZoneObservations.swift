import Events
import Kafka
import Logging
import Metrics
import NIOConcurrencyHelpers
import Postgres
import Store
import Telemetry

/// One zone's observed topic, from the offset stored in Postgres on.
struct ZoneObservations: Sendable {
  let service: StatusConsumerService
  let zone: String
  let health: ZonesHealth

  private static let endsInterval: Duration = .seconds(5)
  /// The reading waits for it: an answer that takes longer is none.
  private static let endsPatience: Duration = .seconds(1)
  /// Whoever ends waits for it, since no cancellation reaches a question that is under way, and then for the
  /// consumer to close: both have to fit into the ten seconds that a process has to end. Nobody else waits: brokers
  /// that are slow do answer.
  private static let lookPatience: Duration = .seconds(3)

  /// Why a report is passed over that is one: a metric label, as the reasons of rejections are.
  private enum Unstored: String, CaseIterable {
    /// The database can not hold it.
    case unstorable
    /// The ledger holds less than it gives back.
    case ledger
  }

  /// Makes the series of what is refused before anything is: that one has grown is only seen of what was there before.
  static func beginCounting() {
    for reason in EventRejection.Reason.allCases.map(\.rawValue) + Unstored.allCases.map(\.rawValue) {
      Counter(label: "regie.status.refused", dimensions: [("reason", reason)]).increment(by: 0)
    }
  }

  private var topic: String { Topics.observed(zone: zone) }

  func consume() async {
    var pause = Pause()
    while !Task.isCancelled {
      do {
        try await consumeOnce(&pause)
      } catch is CancellationError {
        return
      } catch {
        service.topics.doubt(zone, after: error)
        health.degraded(zone, .reading, Self.trouble(error, in: zone))
        service.logger.warning("Observations are read again", metadata: ["zone": "\(zone)", "error": "\(error)"])
        await pause.wait()
      }
    }
  }

  /// What `/health` says where nothing is read: whoever looks after the bus can not mend what the database does not take.
  private static func trouble(_ error: any Error, in zone: String) -> String {
    error is PostgresError || error is StoreError
      ? "la base ne prend pas les observations de la zone \(zone) : elles attendent sur le bus"
      : "le bus ne donne pas les observations de la zone \(zone)"
  }

  private func consumeOnce(_ pause: inout Pause) async throws {
    try await service.topics.ensure(zones: [zone])
    let offsets = try await service.store.offsets(topic: topic)
    let consumer = try KafkaConsumer(
      configuration: service.bus.named("status-\(zone)"), topic: topic, start: .offsets(offsets), logger: service.logger
    )
    var trust = ReportTrust(positions: offsets)
    for report in try await service.store.reports(of: zone) {
      trust.handle(.report(report.placement, incarnation: report.incarnation, sequence: report.sequence))
    }
    do {
      try await withThrowingTaskGroup(of: Void.self) { group in
        let reading = NIOLockedValueBox(ReadSoFar())
        group.addTask { await countSilence(beside: consumer, reading) }
        defer { group.cancelAll() }
        try await read(consumer, &trust, into: reading, &pause)
      }
    } catch {
      await Task { await consumer.close(within: .seconds(5)) }.value
      throw error
    }
    await consumer.close(within: .seconds(5))
  }

  private func read(
    _ consumer: KafkaConsumer, _ trust: inout ReportTrust, into reading: NIOLockedValueBox<ReadSoFar>,
    _ pause: inout Pause
  ) async throws {
    var askedForEnds: ContinuousClock.Instant?
    var progress = ReadingProgress(try await consumer.snapshot())
    while true {
      let events = try await consumer.nextBatch(max: 500)
      if events.isEmpty { break }
      try await take(events, from: consumer, &trust, into: reading)
      await lookForEnds(consumer, &trust, &askedForEnds)
      try await compare(&trust, beside: reading)
      guard progress.isMade(by: events) else { continue }
      health.pass(zone, .reading)
      pause.reset()
    }
  }

  /// Tells the store for how long the agent could have been heard and was not, and the check whether all comes through. What
  /// the database does not take is lost: the agent is silent a little later.
  private func countSilence(beside consumer: KafkaConsumer, _ reading: NIOLockedValueBox<ReadSoFar>) async {
    let pace = service.silence
    var count = SilenceCount(pace)
    var watch = ReadingWatch()
    var heartbeats = 0
    let earlierLife = Gauge(label: "regie.status.earlier_life", dimensions: [("zone", zone)])
    earlierLife.record(0)
    // Who does not read does not know.
    defer { earlierLife.record(0) }
    while !Task.isCancelled {
      try? await Task.sleep(for: pace.interval * Double.random(in: 0.9...1.1))
      let ends = (try? await consumer.watermarks(within: Self.lookPatience))?.mapValues(\.high)
      // Who is told to stop has no answer either.
      guard !Task.isCancelled else { return }
      let read = reading.withLockedValue { $0 }
      look(ends, read: read, &watch)
      earlierLife.record(read.hearsEarlierLife(at: .now) ? 1 : 0)
      if read.heartbeats != heartbeats { _ = count.handle(.heard) }
      heartbeats = read.heartbeats
      let isListening = ends.map { read.hasReached($0) } ?? false
      guard let silence = count.handle(.looked(isListening: isListening, at: .now)) else { continue }
      do {
        try await service.store.recordSilence(zone: zone, for: silence)
      } catch {
        service.logger.warning(
          "A zone's silence was not noted", metadata: ["zone": "\(zone)", "error": "\(error)"])
      }
    }
  }

  /// Says what the reading itself does not notice: the client library waits for a broker that is away in silence.
  ///
  /// - Parameter ends: where partitions end; nil where the brokers did not say it.
  private func look(_ ends: [Int32: Int64]?, read: ReadSoFar, _ watch: inout ReadingWatch) {
    let before = watch.finding
    watch.look(ends, read: read)
    switch watch.finding {
    case nil:
      if watch.isClear { health.pass(zone, .progress) }
    case .unanswered:
      health.degraded(zone, .progress, "le bus ne répond pas pour toutes les observations de la zone \(zone)")
    case .standing:
      health.degraded(zone, .progress, "des observations de la zone \(zone) sont sur le bus et n'arrivent pas")
    }
    guard let finding = watch.finding, finding != before else { return }
    service.logger.warning(
      "Not all that is observed may come through", metadata: ["zone": "\(zone)", "finding": "\(finding)"])
  }

  /// Looks where the partitions end that a heartbeat waits for, now and then: the reading itself waits meanwhile. Brokers that
  /// do not answer are asked again.
  private func lookForEnds(
    _ consumer: KafkaConsumer, _ trust: inout ReportTrust, _ asked: inout ContinuousClock.Instant?
  ) async {
    let unreached = trust.unreached
    guard !unreached.isEmpty, asked.map({ .now - $0 >= Self.endsInterval }) ?? true else { return }
    asked = .now
    guard let marks = try? await consumer.watermarks(within: Self.endsPatience) else { return }
    for partition in unreached {
      if let end = marks[partition]?.high { trust.handle(.end(partition: partition, next: end)) }
    }
  }

  /// Asks the agent for what it says to have reported and nobody has read. Where it differs by placements that are forgotten, it
  /// is compared once more without them.
  private func compare(_ trust: inout ReportTrust, beside reading: NIOLockedValueBox<ReadSoFar>) async throws {
    guard let request = trust.compare(at: .now) else { return }
    reading.withLockedValue { $0.isWaitingForDatabase = true }
    defer { reading.withLockedValue { $0.isWaitingForDatabase = false } }
    let known = trust.placements(in: request.buckets)
    if trust.forget(try await service.store.forgotten(among: known)) { return }
    service.logger.warning(
      "Reports were lost: the agent is asked for them again",
      metadata: ["zone": "\(zone)", "buckets": "\(request.buckets.count)"])
    try await service.store.requestReports(zone: zone, incarnation: request.incarnation, buckets: request.buckets)
    Counter(label: "regie.status.asked_again").increment()
  }

  private func take(
    _ events: [KafkaConsumerEvent], from consumer: KafkaConsumer, _ trust: inout ReportTrust,
    into reading: NIOLockedValueBox<ReadSoFar>
  ) async throws {
    var batch: [ObservationRecord] = []
    for event in events {
      switch event {
      case .record(let record): batch.append(observation(record))
      case .endOfPartition: continue
      case .offsetOutOfRange(let partition, let offset):
        // Observations are whole states: what is still there is enough, and agents report anew.
        service.logger.warning(
          "Observations were dropped by the bus before they were read",
          metadata: ["zone": "\(zone)", "partition": "\(partition)", "offset": "\(offset)"])
        try await consumer.seek(partition: partition, to: .beginning)
      }
    }
    var isTaken = [Bool](repeating: true, count: batch.count)
    defer { reading.withLockedValue { $0.isWaitingForDatabase = false } }
    if !batch.isEmpty {
      reading.withLockedValue { $0.isWaitingForDatabase = true }
      do {
        try await store(batch, into: reading)
      } catch let error as PostgresError where error.isFaultOfData {
        // Tried again it would fail for ever, and no placement of the zone would be observed any more.
        for index in batch.indices { isTaken[index] = try await storeOrSkip(batch[index], into: reading) }
      }
    }
    for (record, isTaken) in zip(batch, isTaken) { note(record, isTaken: isTaken, &trust, into: reading) }
    reading.withLockedValue { Self.noteEnds(events, &trust, &$0) }
  }

  /// Takes note of what was read to its end, and of what is read from its start: of that nothing was read yet. The records
  /// of these events are noted before, since they stood where it was read until then.
  static func noteEnds(_ events: [KafkaConsumerEvent], _ trust: inout ReportTrust, _ reading: inout ReadSoFar) {
    for event in events {
      switch event {
      case .record: continue
      case .endOfPartition(let partition, let next):
        trust.handle(.position(partition: partition, next: next))
        trust.handle(.end(partition: partition, next: next))
        reading.note(partition: partition, next: next)
      case .offsetOutOfRange(let partition, _):
        trust.handle(.position(partition: partition, next: 0))
        reading.begin(partition: partition)
      }
    }
  }

  /// What is about no placement of the zone was read as well: to ask for it again would end in the same.
  ///
  /// - Parameter isTaken: false where the report is to come again.
  private func note(
    _ record: ObservationRecord, isTaken: Bool, _ trust: inout ReportTrust, into reading: NIOLockedValueBox<ReadSoFar>
  ) {
    trust.handle(.position(partition: record.partition, next: record.offset + 1))
    reading.withLockedValue { $0.note(partition: record.partition, next: record.offset + 1) }
    switch record.observation {
    case .placement(let state):
      guard isTaken else { return }
      trust.handle(.report(state.placement, incarnation: state.incarnation, sequence: state.sequence))
    case .agent(let status): trust.handle(.heartbeat(status))
    case nil: return
    }
  }

  private func store(_ batch: [ObservationRecord], into reading: NIOLockedValueBox<ReadSoFar>) async throws {
    let result = try await service.store.apply(batch, topic: topic, zone: zone)
    Counter(label: "regie.status.applied").increment(by: result.applied.count)
    Counter(label: "regie.status.ignored").increment(by: result.stale + result.foreign)
    let isNews = reading.withLockedValue {
      $0.noteHeartbeats(result.heard, isEarlierHeard: result.earlierLife != nil, at: .now)
    }
    guard isNews, let earlier = result.earlierLife, let life = result.life else { return }
    service.logger.warning(
      "An earlier life of the zone's agent is still heard: its word does not count, and it may act on the clusters",
      metadata: ["zone": "\(zone)", "incarnation": "\(earlier)", "latest": "\(life)"])
  }

  /// Stores one record, or what the database can not hold of it: that it was read.
  ///
  /// A report that gives back more than the ledger of its cluster holds is no fault of the report, and a removal that is not
  /// stored holds its capacity for ever. To wait until somebody has mended the books would keep all else of the zone from being
  /// read for as long; so it is passed over, and not taken for stored: the agent's heartbeats tell that it lacks, and it is asked
  /// for again (protocol rule 15), ever more seldom, until it can be.
  ///
  /// - Returns: false where it is to be asked for again.
  private func storeOrSkip(
    _ record: ObservationRecord, into reading: NIOLockedValueBox<ReadSoFar>
  ) async throws -> Bool {
    let refused: PostgresError
    do {
      try await store([record], into: reading)
      return true
    } catch let error as PostgresError where error.isFaultOfData {
      refused = error
    }
    let isLedger = refused.isFaultOfLedger
    let reason: Unstored = isLedger ? .ledger : .unstorable
    Counter(label: "regie.status.refused", dimensions: [("reason", reason.rawValue)]).increment()
    var metadata: Logger.Metadata = [
      "zone": "\(zone)", "partition": "\(record.partition)", "offset": "\(record.offset)", "error": "\(refused)",
    ]
    if case .placement(let state)? = record.observation {
      metadata["cluster"] = "\(state.cluster)"
      metadata["placement"] = "\(state.placement)"
    }
    service.logger.error(
      isLedger
        ? "A report gives back more than the ledger of its cluster holds: it is asked for again until that is mended"
        : "The database can not hold an observation, which is passed over", metadata: metadata)
    let passedOver = ObservationRecord(partition: record.partition, offset: record.offset, observation: nil)
    try await store([passedOver], into: reading)
    return !isLedger
  }

  private func observation(_ record: KafkaRecord) -> ObservationRecord {
    guard let value = record.value, let key = record.key else {
      return ObservationRecord(partition: record.partition, offset: record.offset, observation: nil)
    }
    do {
      let observation = try BusCodec.observation(
        key: key, headers: record.headers.map { CloudEvent.Header($0.name, $0.value) }, data: value, zone: zone)
      return ObservationRecord(partition: record.partition, offset: record.offset, observation: observation)
    } catch {
      Counter(label: "regie.status.refused", dimensions: [("reason", error.reason.rawValue)]).increment()
      service.logger.warning(
        "An observation was refused",
        metadata: ["zone": "\(zone)", "offset": "\(record.offset)", "error": "\(error)"])
      return ObservationRecord(partition: record.partition, offset: record.offset, observation: nil)
    }
  }
}

extension PostgresError {
  /// Whether the values are at fault and not the moment: a data exception (class 22) or an integrity constraint
  /// (class 23), or a value that can not even be sent.
  fileprivate var isFaultOfData: Bool {
    kind == .invalidParameter || ["22", "23"].contains(sqlState?.category)
  }

  /// Whether the ledger holds less than is to be given back: then the books do not agree, whatever a report says.
  fileprivate var isFaultOfLedger: Bool { sqlState == .checkViolation && table == "capacity_ledger" }
}
