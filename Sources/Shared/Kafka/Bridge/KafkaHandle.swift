internal import CLinux
internal import CRdKafka
internal import Dispatch
@preconcurrency internal import Glibc
internal import Reactor

/// The owner of one client of the library, with the bell that rings when its event queue gets something.
///
/// The client is destroyed when the last reference goes, so nothing can use it afterwards: whoever calls the library
/// holds the handle for the length of the call. Destruction may block, and is known to have hung after outages; it
/// happens on a dispatch queue and ``destroyed`` opens when it is over.
///
/// `@unchecked Sendable`: every stored property is immutable, and librdkafka documents `rd_kafka_t` and its queues as
/// safe to be used from any thread at once.
final class KafkaHandle: @unchecked Sendable {
  let client: OpaquePointer
  let events: OpaquePointer
  let bell = Bell()
  let destroyed = Latch()
  private let descriptor: Int32
  private let registration: Reactor.Registration

  init(_ configuration: KafkaConfiguration, role: LibraryConfiguration.Role) throws(KafkaError) {
    let descriptor = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
    guard descriptor >= 0 else {
      throw KafkaError(.other, "no descriptor left for a Kafka client: raise `ulimit -n`", isRetriable: true)
    }
    do {
      client = try Self.makeClient(configuration, role: role)
    } catch {
      close(descriptor)
      throw error
    }
    self.descriptor = descriptor
    if role == .consumer {
      rd_kafka_poll_set_consumer(client)
      events = rd_kafka_queue_get_consumer(client)
    } else {
      events = rd_kafka_queue_get_main(client)
    }
    do {
      registration = try Reactor.shared.register(descriptor, bell: bell)
    } catch {
      rd_kafka_queue_destroy(events)
      rd_kafka_destroy(client)
      close(descriptor)
      throw KafkaError(.other, "\(error)")
    }
    rd_kafka_set_log_queue(client, events)
    // Each write is an edge for the reactor, so the counter is never read: it would take centuries to overflow.
    var one: UInt64 = 1
    rd_kafka_queue_io_event_enable(events, descriptor, &one, MemoryLayout<UInt64>.size)
    bell.ring()
  }

  private static func makeClient(_ configuration: KafkaConfiguration, role: LibraryConfiguration.Role)
    throws(KafkaError) -> OpaquePointer
  {
    let conf = try LibraryConfiguration.make(configuration, role: role)
    var text = [CChar](repeating: 0, count: 512)
    // An admin client is a consumer that never reads: a producer's questions about a topic may create it.
    let type = role == .producer ? RD_KAFKA_PRODUCER : RD_KAFKA_CONSUMER
    guard let client = rd_kafka_new(type, conf, &text, text.count) else {
      rd_kafka_conf_destroy(conf)
      throw KafkaError(.configuration, String(ofCharacters: text))
    }
    return client
  }

  deinit {
    Reactor.shared.deregister(registration)
    // Plain values for the closure: `self` is going away. Sound because nobody else has them any more: every use of the
    // pointers goes through a reference to this handle, this is the last one, and exactly one block gets them.
    nonisolated(unsafe) let client = client
    nonisolated(unsafe) let events = events
    let descriptor = descriptor
    let destroyed = destroyed
    Self.blockingQueue().async {
      rd_kafka_queue_io_event_enable(events, -1, nil, 0)
      rd_kafka_queue_destroy(events)
      rd_kafka_destroy_flags(client, Int32(RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE))
      close(descriptor)
      destroyed.open()
    }
  }

  /// A queue for one of the library's calls that block. A serial queue of its own gets a thread at once, whereas the tasks
  /// of a concurrent queue share as many threads as there are processors: with brokers away, a purge would wait behind
  /// other clients' questions, each for as long as its deadline. Only a destruction that hangs keeps its thread.
  private static func blockingQueue() -> DispatchQueue {
    DispatchQueue(label: "kafka.blocking")
  }

  /// Runs a call that may block off the cooperative pool. The call has its own deadline.
  func offload<Result: Sendable>(_ work: @escaping @Sendable (KafkaHandle) -> Result) async -> Result {
    await withCheckedContinuation { continuation in
      Self.blockingQueue().async { continuation.resume(returning: work(self)) }
    }
  }

  /// As ``offload(_:)`` for a call that can fail.
  func offloading<Result: Sendable>(
    _ work: @escaping @Sendable (KafkaHandle) throws(KafkaError) -> Result
  ) async throws(KafkaError) -> Result {
    let result: Swift.Result<Result, KafkaError> = await offload { handle in
      do throws(KafkaError) { return .success(try work(handle)) } catch { return .failure(error) }
    }
    return try result.get()
  }

  /// The next event of the client's queue, or nothing; never blocks. The caller destroys it.
  func pollEvent() -> OpaquePointer? {
    rd_kafka_queue_poll(events, 0)
  }
}
