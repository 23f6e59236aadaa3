internal import FoundationEssentials

/// The part of librdkafka's statistics document that becomes metrics.
struct KafkaStatistics: Decodable, Sendable {
  struct Window: Decodable, Sendable {
    /// Microseconds.
    let avg: Int64
    let p99: Int64
  }

  struct Broker: Decodable, Sendable {
    let nodeid: Int32
    let state: String
    let outbufCnt: Int64
    let waitrespCnt: Int64
    let txerrs: Int64
    let rxerrs: Int64
    let reqTimeouts: Int64
    let disconnects: Int64?
    let rtt: Window
  }

  struct Partition: Decodable, Sendable {
    let partition: Int32
    let fetchqCnt: Int64
    let consumerLag: Int64
  }

  struct Topic: Decodable, Sendable {
    let partitions: [String: Partition]
  }

  /// Messages and bytes waiting in the producer's queues.
  let msgCnt: Int64
  let msgSize: Int64
  let brokers: [String: Broker]
  let topics: [String: Topic]

  init(json: String) throws {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    self = try decoder.decode(KafkaStatistics.self, from: Data(json.utf8))
  }

  /// The brokers proper, without the entries for bootstrap addresses and coordinators.
  var realBrokers: [Broker] { brokers.values.filter { $0.nodeid >= 0 } }

  /// The partitions proper, without the one for messages that have none yet.
  var realPartitions: [Partition] { topics.values.flatMap(\.partitions.values).filter { $0.partition >= 0 } }
}
