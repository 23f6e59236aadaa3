internal import CRdKafka
public import Logging
internal import NIOConcurrencyHelpers
internal import Reactor

/// Reads all partitions of one topic, assigned directly: no group, no rebalance.
///
/// A pull iterator: nothing is handed over that was not asked for, and the client fetches ahead only within
/// ``KafkaConfiguration/queuedMinMessages`` and ``KafkaConfiguration/queuedMaxKilobytes``. One task at a time reads.
///
/// What passes by itself (a broker that is down, an election) is logged and waited out; what does not is thrown by
/// ``next()``, after which reading may go on.
public final class KafkaConsumer: Sendable {
  /// Where reading begins.
  public enum Start: Sendable, Hashable {
    /// At the oldest record of each partition.
    case beginning
    /// After the last record of each partition.
    case end
    /// At these offsets, each the next one to be read; partitions left out start at their beginning.
    case offsets([Int32: Int64])
    /// Where the group last committed; needs `groupID`. A partition without a commit reports `offsetOutOfRange`.
    case committed
  }

  /// The topic that is read.
  public let topic: String
  let start: Start
  let configuration: KafkaConfiguration
  let observer: ClientObserver
  let state: NIOLockedValueBox<ConsumerState>
  let bell: Bell

  /// Makes the client; it connects in the background.
  ///
  /// - Throws: ``KafkaError`` with code `configuration`, naming the property at fault.
  public init(
    configuration: KafkaConfiguration, topic: String, start: Start = .beginning, logger: Logger
  ) throws(KafkaError) {
    if start == .committed, configuration.groupID == nil {
      throw KafkaError(.configuration, "starting at committed offsets needs a groupID in the configuration")
    }
    self.configuration = configuration
    self.topic = topic
    self.start = start
    observer = ClientObserver(configuration, logger: logger)
    let handle = try KafkaHandle(configuration, role: .consumer)
    bell = handle.bell
    state = NIOLockedValueBox(ConsumerState(handle: handle))
  }

  /// The next event, waited for as long as it takes; `nil` once the consumer is closed.
  ///
  /// - Throws: ``KafkaError`` for what waiting does not cure; `CancellationError`. Neither loses a record.
  public func next() async throws -> KafkaConsumerEvent? {
    try await reading { try await nextEvent() }
  }

  /// At least one event, and then as many as are there without waiting, up to `max`; empty once closed.
  ///
  /// - Throws: As ``next()``. An error met after the first event is thrown by the call after this one.
  public func nextBatch(max: Int) async throws -> [KafkaConsumerEvent] {
    try await reading {
      guard max > 0, let first = try await nextEvent() else { return [] }
      var batch = [first]
      while batch.count < max, let outcome = takeEvent() {
        switch outcome {
        case .success(let event): batch.append(event)
        case .failure(let error):
          state.withLockedValue { $0.keep(error) }
          return batch
        }
      }
      return batch
    }
  }

  private func reading<Result>(_ body: () async throws -> Result) async throws -> Result {
    try locked { (state) throws(KafkaError) in try state.beginReading() }
    defer { state.withLockedValue { $0.endReading() } }
    return try await body()
  }

  private func nextEvent() async throws -> KafkaConsumerEvent? {
    if state.withLockedValue({ $0.handle != nil && $0.partitions == nil }) { _ = try await open() }
    while state.withLockedValue({ $0.handle != nil }) {
      try Task.checkCancellation()
      if let failure = state.withLockedValue({ $0.takeFailure() }) { throw failure }
      if let event = takeEvent() { return try event.get() }
      await bell.wait()
    }
    return nil
  }

  /// Runs `body` on the state under its lock, keeping the type of its error.
  func locked<Result>(_ body: (inout ConsumerState) throws(KafkaError) -> Result) throws(KafkaError) -> Result {
    let outcome: Swift.Result<Result, KafkaError> = state.withLockedValue { state in
      do throws(KafkaError) { return .success(try body(&state)) } catch { return .failure(error) }
    }
    return try outcome.get()
  }
}
