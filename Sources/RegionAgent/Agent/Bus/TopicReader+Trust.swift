import Events
import Foundation
import Kafka
import Logging
import Metrics
import NIOConcurrencyHelpers
import Reactor
import Reconciler

/// What comes of comparing the topic with the zone's record (protocol rules 10 and 15).
extension TopicReader {
  /// A look at 256 numbers.
  private static let comparingInterval: Duration = .seconds(1)

  /// On a topic where nothing happens, only time shows whether what differs was under way.
  func compareAgain() async {
    while !Task.isCancelled {
      try? await Task.sleep(for: Self.comparingInterval)
      note(.tick)
      tellTrust()
      await forget()
    }
  }

  /// Has workers let go of what the zone's record does not count any more.
  func forget() async {
    let placements = feed.withLockedValue { $0.takeForgotten() }
    guard !placements.isEmpty else { return }
    for worker in service.workers { await worker.forget(placements) }
    Counter(label: "regie.agent.forgotten").increment(by: placements.count)
    service.logger.info("Placements are forgotten", metadata: ["placements": "\(placements.count)"])
  }

  /// Where the zone's record names more than was read, a topic that was made anew must be told from one that is away: only
  /// the broker knows where it ends.
  func lookForEnds(_ consumer: KafkaConsumer) async {
    while !Task.isCancelled {
      try? await Task.sleep(for: Self.comparingInterval)
      let unreached = feed.withLockedValue { $0.zoneTrust.unreached }
      guard !unreached.isEmpty, !Task.isCancelled, let marks = try? await consumer.watermarks() else { continue }
      for partition in unreached {
        if let end = marks[partition]?.high { note(.end(partition: partition, next: end)) }
      }
    }
  }

  /// What an event says of how far the topic was read. A record was read only once its worker has it.
  static func steps(of event: KafkaConsumerEvent) -> [ZoneTrust.Event] {
    switch event {
    case .endOfPartition(let partition, let next):
      [.position(partition: partition, next: next), .end(partition: partition, next: next)]
    // Offsets begin anew: one that was reached before says nothing of what stands there now.
    case .offsetOutOfRange(let partition, _): [.partitionBegins(partition)]
    case .record: []
    }
  }

  func note(_ event: ZoneTrust.Event) {
    let isNews = feed.withLockedValue { feed in
      let before = feed.zoneTrust.refusal
      return feed.note(event, at: Timestamp(Date())) || feed.zoneTrust.refusal != before
    }
    if isNews { tellTrust() }
  }

  /// Whether the topic holds what the zone's record says.
  func agreement(at now: Timestamp) -> ZoneAgreement {
    feed.withLockedValue { $0.zoneTrust.agreement(at: now) }
  }

  /// Asks for what differs, and lets people know where the verdict is another one than before; workers ask for themselves.
  func tellTrust() {
    let (refusal, agreement) = feed.withLockedValue {
      ($0.zoneTrust.refusal, $0.zoneTrust.agreement(at: Timestamp(Date())))
    }
    if let buckets = feed.withLockedValue({ $0.plea(at: Timestamp(Date())) }) {
      plead("the topic differs from the zone's record in \(buckets.count) of 256 buckets", buckets: buckets)
    }
    guard isNews(agreement.verdict) else { return }
    Gauge(label: "regie.agent.bus_suspect").record(agreement.verdict.isBusSuspect ? 1 : 0)
    service.news.ring()
    if agreement.verdict.isBusSuspect, let refusal {
      service.logger.error(
        "Nothing is removed: the topic is not what the zone's record says",
        metadata: [
          "zone": "\(service.zone)", "verdict": "\(agreement.verdict.rawValue)", "error": "\(refusal.message)",
        ])
    } else {
      service.logger.info("The topic is what the zone's record says", metadata: ["zone": "\(service.zone)"])
    }
  }
}
