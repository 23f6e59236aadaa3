import Events
import Kafka
import KafkaMock
import TestSupport
import Testing

@testable import Server

/// Topics that somebody deletes under governance that runs. 3: the topic does not exist.
@Suite(.timeLimit(.minutes(3)))
struct ZoneTopicsTests {
  /// Whether it is told that a topic is not there any more. Brokers that answer too late, as a busy machine's may, say
  /// nothing of it: they are asked again.
  private static func isMissed(_ look: () async throws -> Void) async throws -> Bool {
    try await eventually {
      do {
        try await look()
        return false
      } catch let error as KafkaError {
        return error.code == .unknownTopic
      }
    }
  }

  @Test func `topics in doubt are looked for again, and brokers that do not answer say nothing of them`() async throws {
    try await ServerFixture.run { fixture in
      let topics = fixture.topics
      try await topics.ensure(zones: ["z0"])
      try await fixture.mock.setTopicError(Topics.desired(zone: "z0"), 3)
      // Nothing has failed: nobody is asked.
      try await topics.ensure(zones: ["z0"], within: .seconds(5))
      topics.doubt("z0", after: KafkaError(.authorization, "it is forbidden"))
      topics.doubt("z9", after: KafkaError(.unknownTopic, "it was never there"))
      #expect(topics.doubted.isEmpty)
      topics.doubt("z0", after: KafkaError(.unknownTopic, "it is gone"))
      #expect(topics.doubted == ["z0"])
      try await topics.ensure(zones: ["z0"], within: .seconds(5), looksAgain: false)
      let isMissed = try await Self.isMissed { try await topics.ensure(zones: ["z0"], within: .seconds(5)) }
      #expect(isMissed)
      try await fixture.mock.setDown()
      try await topics.ensure(zones: ["z0"], within: .seconds(1))
      #expect(topics.doubted == ["z0"])
      try await fixture.mock.setUp()
      try await fixture.mock.setTopicError(Topics.desired(zone: "z0"), 0)
      let isFound = try await eventually {
        try? await topics.ensure(zones: ["z0"])
        return topics.doubted.isEmpty
      }
      #expect(isFound)
    }
  }

  @Test func `the topic of public facts is looked for again after a while`() async throws {
    try await ServerFixture.run { fixture in
      let admin = try KafkaAdmin(configuration: fixture.bus, logger: KafkaBroker.quiet)
      let forgetful = ZoneTopics(admin: admin, replication: 1, eventsMemory: .zero)
      for topics in [fixture.topics, forgetful] { try await topics.ensureEvents() }
      try await fixture.mock.setTopicError(Topics.events, 3)
      try await fixture.topics.ensureEvents(within: .seconds(5))
      let isMissed = try await Self.isMissed { try await forgetful.ensureEvents(within: .seconds(5)) }
      #expect(isMissed)
      await admin.close(within: .seconds(5))
    }
  }
}
