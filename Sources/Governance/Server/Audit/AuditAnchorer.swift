import Events
import Foundation
import Kafka
import Logging
import Metrics
import Store
import Telemetry
import Trail

/// Performs what the ``AnchorMachine`` decides.
struct AuditAnchorer: Sendable {
  let service: AuditSealerService
  let heads: AuditHeadBoard

  /// While the head moves, one anchor in this time.
  static let interval: Duration = .seconds(1)

  /// Anchors until cancelled; a producer that is of no more use is replaced.
  func run() async {
    var pause = Pause()
    while !Task.isCancelled {
      do {
        try await KafkaProducer.withProducer(configuration: service.bus.named("anchor"), logger: service.logger) {
          producer in
          try await anchor(with: producer, &pause)
        }
      } catch {
        if Task.isCancelled { return }
        note(error)
        await pause.wait()
      }
    }
  }

  private func anchor(with producer: KafkaProducer, _ pause: inout Pause) async throws {
    let told = try await service.examiner.examineUntilInOrder { error in note(error, EventsExaminer.trouble(error)) }
    try await sendAgain(lackedBy: told, with: producer)
    let (head, known) = try await service.store.auditHead()
    let anchored = min(known, try await position(anchoredBy: told))
    // Where nothing waits nothing is sent, which would say so.
    if head.position <= anchored { service.health.anchoring.pass() }
    var machine = AnchorMachine(anchored: anchored)
    var actions = machine.handle(.head(head))
    while true {
      try Task.checkCancellation()
      if actions.isEmpty {
        await heads.wait()
        actions = machine.handle(.head(heads.head))
        continue
      }
      switch actions.removeFirst() {
      case .send(let head):
        let event = try await send(head, with: producer)
        if case .sent = event { pause.reset() }
        actions += machine.handle(event)
      case .rest:
        try await Task.sleep(for: Self.interval)
        actions += machine.handle(.head(heads.head)) + machine.handle(.resumed)
      case .pause(let failures):
        try await Task.sleep(for: Pause.delay(failures: failures))
        actions += machine.handle(.head(heads.head)) + machine.handle(.resumed)
      }
    }
  }

  /// How far the topic says that this life has anchored the trail.
  private func position(anchoredBy told: ToldEvidence) async throws -> Int64 {
    let epoch = try await service.store.epoch()
    guard let anchor = told.anchor, anchor.epoch == epoch else { return 0 }
    return anchor.position
  }

  /// Sends the newest anchors of days that the topic has lost, as they were signed then.
  private func sendAgain(lackedBy told: ToldEvidence, with producer: KafkaProducer) async throws {
    let lost = try await service.store.auditAnchors(lackedBy: told)
    guard !lost.isEmpty else { return }
    service.logger.warning(
      "regie.events has lost anchors of the audit trail: they are sent again", metadata: ["anchors": "\(lost.count)"])
    let messages = lost.map { record in
      KafkaMessage(
        topic: Topics.events, key: Array(record.key.utf8), value: Array(record.payload.utf8),
        headers: record.pairs.map { KafkaHeader($0.name, $0.value) })
    }
    for result in await producer.send(messages) { _ = try result.get() }
  }

  private func send(_ head: AuditHead, with producer: KafkaProducer) async throws -> AnchorMachine.Event {
    do {
      if let suspension = try await service.store.suspension() { throw DatabaseRestored(sign: suspension.because) }
      try await service.topics.ensureEvents()
      let event = try await event(head)
      _ = try await producer.send(
        KafkaMessage(
          topic: Topics.events, key: Array(event.subject.utf8), value: event.data,
          headers: event.headers.map { KafkaHeader($0.name, $0.value) }))
      try await service.store.recordAuditAnchor(AuditAnchorRecord(event), position: head.position, link: head.link)
      Counter(label: "regie.audit.anchored").increment()
      service.health.anchoring.pass()
      // An instance that was stopped and goes on may be late: its anchor then lies over a newer one of another's.
      let (present, anchored) = try await service.store.auditHead()
      return anchored > head.position ? .overtaken(by: present) : .sent(position: head.position)
    } catch let error as CancellationError {
      throw error
    } catch let error as HeadLost {
      // The machine knows lost heads only: it begins anew, with what the trail has.
      heads.post(try await service.store.auditHead().head)
      throw error
    } catch let error as DatabaseRestored {
      note(error, EventsExaminer.trouble(error))
      return .failed
    } catch {
      if let fatal = producer.fatalError { throw fatal }
      note(error)
      return .failed
    }
  }

  /// The head may have been read before a restore and a recovery: nothing of a lost life is signed as of this epoch.
  private func event(_ head: AuditHead) async throws -> CloudEvent {
    guard let account = try await service.store.account(of: head) else { throw HeadLost(position: head.position) }
    let anchor = AuditAnchor(
      epoch: account.epoch, position: head.position, link: head.linkText, count: head.position,
      pseudonymsFrom: account.pseudonymsFrom)
    return try BusCodec.event(
      anchor: anchor, signer: service.signer, source: "/regie/governance", id: UUID().uuidString.lowercased(),
      time: Timestamp(Date()))
  }

  private func note(
    _ error: any Error, _ trouble: String = "la tête du journal d'audit n'est pas ancrée sur le bus"
  ) {
    Counter(label: "regie.audit.anchor_failures").increment()
    service.health.anchoring.degraded(trouble)
    service.logger.warning(
      "The audit trail's head was not anchored; it is tried again", metadata: ["error": "\(error)"])
  }
}

/// The trail has another entry at the position than the head that was to be anchored.
private struct HeadLost: Error, CustomStringConvertible {
  let position: Int64

  var description: String { "the trail does not have this head at \(position) any more: it was restored" }
}
