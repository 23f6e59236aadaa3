internal import CRdKafka

/// The library's list of partitions and offsets, freed when the value's owner lets go of it.
struct PartitionList: ~Copyable {
  let pointer: UnsafeMutablePointer<rd_kafka_topic_partition_list_t>

  init(topic: String, offsets: [Int32: Int64]) {
    pointer = rd_kafka_topic_partition_list_new(Int32(clamping: offsets.count))
    for (partition, offset) in offsets.sorted(by: { $0.key < $1.key }) {
      rd_kafka_topic_partition_list_add(pointer, topic, partition).pointee.offset = offset
    }
  }

  deinit { rd_kafka_topic_partition_list_destroy(pointer) }

  /// What the library says of each partition.
  var offsets: [Int32: Int64] {
    Dictionary(elements.map { ($0.partition, $0.offset) }) { _, last in last }
  }

  private var elements: UnsafeBufferPointer<rd_kafka_topic_partition_t> {
    UnsafeBufferPointer(start: pointer.pointee.elems, count: Int(pointer.pointee.cnt))
  }

  /// The first error any of the partitions carries.
  var firstError: KafkaError? {
    elements.first { $0.err != RD_KAFKA_RESP_ERR_NO_ERROR }.map {
      KafkaError(rdKafka: $0.err, detail: "partition \($0.partition): \(String(cString: rd_kafka_err2str($0.err)))")
    }
  }
}

extension KafkaOffset {
  /// The library's number for this place.
  var libraryOffset: Int64 {
    switch self {
    case .beginning: Int64(RD_KAFKA_OFFSET_BEGINNING)
    case .end: Int64(RD_KAFKA_OFFSET_END)
    case .at(let offset): offset
    }
  }
}
