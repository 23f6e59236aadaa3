import Events
import Foundation
import Kafka
import Reconciler

extension AgentCheck {
  /// Records that are looked at, from the topic's start.
  private static let fewRecords = 2_000

  func bus() async -> [CheckReport.Finding] {
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
          let (isGood, words) = await records()
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
  private func records() async -> (isGood: Bool, words: String) {
    do {
      let consumer = try KafkaConsumer(configuration: bus, topic: Topics.desired(zone: zone), logger: logger)
      let found = await withTaskGroup(of: (Bool, String).self) { group in
        group.addTask {
          do { return try await believed(consumer) } catch { return (false, "it can not be read: \(error)") }
        }
        group.addTask {
          try? await Task.sleep(for: Self.patience)
          return (false, "no record was read within \(Self.patience)")
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

  private func believed(_ consumer: KafkaConsumer) async throws -> (Bool, String) {
    var feed = DesiredFeed(zone: zone, verifier: try EventVerifier(keys))
    var snapshot = try await consumer.snapshot(within: Self.patience)
    var (count, hasBelieved) = (0, false)
    // By what is spoken of: what a key signed that is trusted no more counts as long as nothing newer is there.
    var foreign: [[UInt8]: EventRejection] = [:]
    // Sooner than whoever waits for it: what was read by then is told.
    let end = ContinuousClock.now + Self.patience / 2
    while !snapshot.isComplete, count < Self.fewRecords, ContinuousClock.now < end {
      guard let event = try await consumer.next() else { break }
      snapshot.observe(event)
      guard case .record(let record) = event else { continue }
      count += 1
      let headers = record.headers.map { CloudEvent.Header($0.name, $0.value) }
      let key = record.key ?? []
      switch feed.take(key: key, headers: headers, value: record.value, now: Timestamp(Date())) {
      case .newer, .repeated, .zoneRecord: (hasBelieved, foreign[key]) = (true, nil)
      case .refused(let rejection) where rejection.reason == .unknownKey: foreign[key] = rejection
      case .nothing, .refused: continue
      }
    }
    if hasBelieved, let example = foreign.values.first {
      return (false, "of \(count) record(s) \(foreign.count) are signed by a key that is not mounted: \(example)")
    }
    if hasBelieved { return (true, "what it holds is signed by a key that is mounted (\(count) record(s))") }
    guard let refusal = feed.lastRefusal else { return (true, "it may be read, and holds nothing yet") }
    return (false, "of \(count) record(s) none is believed, the last one for: \(refusal)")
  }
}
