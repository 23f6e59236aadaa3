import CoreMetrics
import KafkaMock
import Logging
import MetricsTestKit
import TestSupport
import Testing

@testable import Kafka

@Suite(.timeLimit(.minutes(2))) struct MetricsTests {
  /// The process's metrics, bootstrapped once.
  private static let metrics: TestMetrics = {
    let metrics = TestMetrics()
    MetricsSystem.bootstrap(metrics)
    return metrics
  }()

  private func gauge(_ name: String, _ client: String) -> TestRecorder? {
    try? Self.metrics.expectRecorder("kafka_client_\(name)", [("client", client)])
  }

  @Test func `a statistics document becomes gauges`() {
    _ = Self.metrics
    let metrics = KafkaMetrics(client: "fixture")
    let rest = #""outbuf_cnt":2,"waitresp_cnt":1,"txerrs":4,"rxerrs":5,"req_timeouts":6,"disconnects":7"#
    metrics.record(
      json: """
        {"name":"x","msg_cnt":3,"msg_size":90,"brokers":{
          "a:1/1":{"nodeid":1,"state":"UP",\(rest),"rtt":{"avg":1500,"p99":9000}},
          "b:1/2":{"nodeid":2,"state":"DOWN",\(rest),"rtt":{"avg":2500,"p99":8000}},
          "a:1/bootstrap":{"nodeid":-1,"state":"UP",\(rest),"rtt":{"avg":99999,"p99":99999}}},
         "topics":{"t":{"partitions":{
          "0":{"partition":0,"fetchq_cnt":11,"consumer_lag":5},
          "1":{"partition":1,"fetchq_cnt":11,"consumer_lag":-1},
          "-1":{"partition":-1,"fetchq_cnt":100,"consumer_lag":100}}}}}
        """)
    let expected = [
      "queue_messages": 3, "queue_bytes": 90, "brokers_up": 1, "requests_waiting": 4, "requests_in_flight": 2,
      "rtt_average_seconds": 0.0025, "rtt_p99_seconds": 0.009, "send_errors": 8, "receive_errors": 10,
      "request_timeouts": 12, "disconnects": 14, "fetched_messages": 11, "lag_messages": 5,
    ]
    for (name, value) in expected { #expect(gauge(name, "fixture")?.lastValue == value, "\(name)") }
    metrics.record(json: "no document")
    #expect(gauge("queue_messages", "fixture")?.values == [3])
  }

  @Test func `a client's own statistics reach the gauges`() async throws {
    _ = Self.metrics
    let broker = try await PrivateBroker()
    try await broker.withProducer {
      $0.clientID = "live"
      $0.statisticsInterval = .milliseconds(50)
    } _: { producer in
      _ = try await producer.send(broker.message(0))
      #expect(try await eventually { gauge("brokers_up", "live")?.lastValue == 1 })
      #expect(try await eventually { gauge("rtt_average_seconds", "live")?.values.contains { $0 > 0 } == true })
    }
  }

  @Test func `clients of one configuration that are named apart have series of their own`() async throws {
    _ = Self.metrics
    let broker = try await PrivateBroker()
    var configuration = broker.configuration
    configuration.clientID = "both"
    configuration.statisticsInterval = .milliseconds(50)
    #expect(configuration.named("a").clientID == "both-a")
    let (one, other) = (configuration.named("a"), configuration.named("b"))
    try await KafkaProducer.withProducer(configuration: one, logger: KafkaBroker.quiet) { first in
      _ = try await first.send(broker.message(0))
      try await KafkaProducer.withProducer(configuration: other, logger: KafkaBroker.quiet) { second in
        _ = try await second.send(broker.message(1))
        for name in ["both-a", "both-b"] {
          #expect(try await eventually { gauge("brokers_up", name)?.lastValue == 1 })
        }
        #expect(gauge("brokers_up", "both") == nil)
      }
    }
  }

  @Test func `a client that has ended says nothing, and hides none of its name that goes on`() async throws {
    _ = Self.metrics
    let broker = try await PrivateBroker()
    var named = broker.configuration
    named.clientID = "ended"
    named.statisticsInterval = .milliseconds(50)
    let configuration = named
    try await KafkaProducer.withProducer(configuration: configuration, logger: KafkaBroker.quiet) { producer in
      _ = try await producer.send(broker.message(0))
      #expect(try await eventually { gauge("brokers_up", "ended")?.lastValue == 1 })
      let consumer = try KafkaConsumer(
        configuration: configuration.named("reader"), topic: broker.topic, logger: KafkaBroker.quiet)
      #expect(gauge("lag_messages", "ended-reader") != nil)
      await consumer.close(within: .seconds(5))
      #expect(gauge("lag_messages", "ended-reader") == nil)
      let other = try KafkaConsumer(configuration: configuration, topic: broker.topic, logger: KafkaBroker.quiet)
      await other.close(within: .seconds(5))
      #expect(try await eventually { gauge("brokers_up", "ended")?.lastValue == 1 })
    }
    #expect(gauge("brokers_up", "ended") == nil)
  }

  @Test func `a slow consumer holds no more than it was allowed to`() async throws {
    _ = Self.metrics
    let broker = try await PrivateBroker()
    // A broker gives whole batches, so small ones are needed to see the bound.
    _ = try await broker.withProducer {
      $0.properties["batch.num.messages"] = "10"
    } _: { producer in
      await producer.send((0..<4000).map { broker.message($0, size: 1000) })
    }
    var configuration = broker.configuration
    configuration.clientID = "slow"
    configuration.queuedMinMessages = 100
    configuration.queuedMaxKilobytes = 64
    configuration.properties["fetch.message.max.bytes"] = "32768"
    // Statistics wait in the queue whose length they tell, beside the records: often enough for one to come while
    // nobody reads, and not so often that those of half a minute, where the reader is kept waiting, are too many.
    configuration.statisticsInterval = .milliseconds(250)
    let consumer = try KafkaConsumer(configuration: configuration, topic: broker.topic, logger: KafkaBroker.quiet)
    for expected in 0..<200 { #expect(try await firstRecord(consumer).flatMap(number) == expected) }
    // Nothing tells that a client has stopped fetching: a second is enough to fetch everything there is, unbounded.
    try await Task.sleep(for: .seconds(1))
    for expected in 200..<1000 { #expect(try await firstRecord(consumer).flatMap(number) == expected) }
    // What was counted meanwhile is told beside the records, in its own time.
    var next = 1000
    while gauge("fetched_messages", "slow")?.values.contains(where: { $0 > 0 }) != true, next < 4000 {
      #expect(try await firstRecord(consumer).flatMap(number) == next)
      next += 1
      try await Task.sleep(for: .milliseconds(5))
    }
    #expect(gauge("fetched_messages", "slow")?.values.contains { $0 > 0 } == true)
    #expect(gauge("fetched_messages", "slow")?.values.allSatisfy { $0 <= 200 } == true)
    await consumer.close(within: .seconds(5))
  }
}
