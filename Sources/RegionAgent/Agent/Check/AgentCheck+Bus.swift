import Events
import Foundation
import Kafka
import Model
import Reconciler

extension AgentCheck {
  func bus() async -> [CheckReport.Finding] {
    guard let bus else { return [] }
    let topics = [Topics.desired(zone: zone), Topics.observed(zone: zone)]
    func all(_ detail: String) -> [CheckReport.Finding] {
      topics.map { CheckReport.Finding(subject: "bus", check: $0, isGood: false, detail: detail) }
    }
    let admin: KafkaAdmin
    do { admin = try KafkaAdmin(configuration: bus, logger: logger) } catch { return all("\(error)") }
    var findings: [CheckReport.Finding] = []
    for topic in topics {
      do {
        let metadata = try await admin.metadata(topic: topic, within: Self.patience)
        var finding = CheckReport.Finding(
          subject: "bus", check: topic, isGood: metadata != nil,
          detail: metadata.map { "\($0.partitions.count) partition(s)" }
            ?? "the topic is missing, or this client may not describe it; governance makes it when the zone is declared"
        )
        if metadata != nil, topic == Topics.desired(zone: zone) {
          let (isGood, words) = await records(bus)
          finding.isGood = isGood
          finding.detail += ": \(words)"
        }
        findings.append(finding)
      } catch {
        findings.append(CheckReport.Finding(subject: "bus", check: topic, isGood: false, detail: "\(error)"))
        // The others would wait as long for the same answer.
        findings += all("not asked").dropFirst(findings.count)
        break
      }
    }
    await admin.close(within: .seconds(5))
    return findings
  }

  /// Whether the zone's topic may be read, and holds what is signed by a key that is mounted. What the agent may write to the
  /// other one only a record would tell, and the check writes none.
  private func records(_ bus: KafkaConfiguration) async -> (isGood: Bool, words: String) {
    guard let keys else { return (true, "what it holds is not judged without keys") }
    do {
      let consumer = try KafkaConsumer(configuration: bus, topic: Topics.desired(zone: zone), logger: logger)
      let found = await withTaskGroup(of: (Bool, String).self) { group in
        group.addTask {
          do { return try await believed(consumer, keys) } catch { return (false, "it can not be read: \(error)") }
        }
        group.addTask {
          // Later than the reading ends by itself: what was read by then is told.
          try? await Task.sleep(for: readingTime + Self.patience)
          return (false, "nothing more was read within \(readingTime + Self.patience)")
        }
        defer { group.cancelAll() }
        return await group.next() ?? (false, "nothing was read")
      }
      await consumer.close(within: .seconds(5))
      return found
    } catch {
      return (false, "it can not be read: \(error)")
    }
  }

  /// Judges the latest record of each key: what is superseded says nothing of the keys that the centre has now.
  private func believed(_ consumer: KafkaConsumer, _ keys: JSONWebKeySet) async throws -> (Bool, String) {
    var feed = DesiredFeed(zone: zone, verifier: try EventVerifier(keys))
    var snapshot = try await consumer.snapshot(within: Self.patience)
    var count = 0
    // By what is spoken of: whether the latest word is believed, or signed by a key that is not mounted.
    var believed: [[UInt8]: Bool] = [:]
    var example: EventRejection?
    let end = ContinuousClock.now + readingTime
    while !snapshot.isComplete, ContinuousClock.now < end {
      guard let event = try await consumer.next() else { break }
      snapshot.observe(event)
      guard case .record(let record) = event else { continue }
      count += 1
      let headers = record.headers.map { CloudEvent.Header($0.name, $0.value) }
      let key = record.key ?? []
      switch feed.take(key: key, headers: headers, value: record.value, now: Timestamp(Date())) {
      case .newer, .repeated, .zoneRecord: believed[key] = true
      case .refused(let rejection) where rejection.reason == .unknownKey: (believed[key], example) = (false, rejection)
      case .nothing where record.value == nil: believed[key] = nil
      case .nothing, .refused: continue
      }
    }
    guard snapshot.isComplete else {
      return (false, "it was not read to its end within \(readingTime): \(count) record(s) by then")
    }
    let foreign = believed.values.count { !$0 }
    if believed.values.contains(true) {
      guard foreign > 0, let example else {
        return (true, "what it holds is signed by a key that is mounted (\(count) record(s))")
      }
      let signed = Counted.en(foreign, "is signed", "are signed")
      return (false, "of \(count) record(s) \(signed) by a key that is not mounted: \(example)")
    }
    guard let refusal = feed.lastRefusal else { return (true, "it may be read, and holds nothing yet") }
    return (false, "of \(count) record(s) none is believed, the last one for: \(refusal)")
  }
}
