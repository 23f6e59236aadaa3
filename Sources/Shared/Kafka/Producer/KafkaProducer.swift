public import Logging
internal import NIOConcurrencyHelpers
internal import Reactor
public import ServiceLifecycle

/// An idempotent producer: acknowledged by all replicas, never twice, in order per partition.
///
/// ``run()`` must be running for sends to return: it takes the delivery reports from the client library as they
/// come, woken by a descriptor, without a thread of its own and without polling.
///
/// A fatal error (a newer producer with the same transactional id, a sequence the broker lost) ends ``run()`` with
/// that error; every send then throws it. Close the producer and make another one.
public final class KafkaProducer: Service, Sendable {
  let configuration: KafkaConfiguration
  let observer: ClientObserver
  let state: NIOLockedValueBox<ProducerState>
  let bell: Bell
  let closed = Latch()

  /// Makes the client; connections are made in the background.
  ///
  /// - Throws: ``KafkaError`` with code `configuration`, naming the property at fault.
  public init(configuration: KafkaConfiguration, logger: Logger) throws(KafkaError) {
    self.configuration = configuration
    observer = ClientObserver(configuration, logger: logger)
    let handle = try KafkaHandle(configuration, role: .producer)
    bell = handle.bell
    state = NIOLockedValueBox(ProducerState(handle: handle))
  }

  /// The error after which this producer is of no more use, if there was one.
  public var fatalError: KafkaError? { state.withLockedValue { $0.fatalError } }

  /// How many messages have no delivery report yet.
  public var outstanding: Int { state.withLockedValue { $0.outstanding } }

  /// Serves the producer until it is asked to stop.
  ///
  /// A graceful shutdown delivers what is held, for at most `closeTimeout`; a cancelled task purges it. Both close
  /// the producer.
  /// - Throws: The fatal ``KafkaError``; also one with code `busy` or `closed` when it can not run.
  public func run() async throws {
    try locked { (state) throws(KafkaError) in try state.start() }
    let limit = configuration.closeTimeout
    await withTaskCancellationHandler {
      await withGracefulShutdownHandler {
        await serve()
      } onGracefulShutdown: {
        _ = self.beginClosing(within: limit, flushes: true)
      }
    } onCancel: {
      _ = beginClosing(within: limit, flushes: false)
    }
    await finishClosing()
    if let fatalError { throw fatalError }
  }

  /// Runs a producer beside `body` and closes it after: for tests and short programs.
  public static func withProducer<Result>(
    configuration: KafkaConfiguration, logger: Logger, _ body: (KafkaProducer) async throws -> Result
  ) async throws -> Result {
    let producer = try KafkaProducer(configuration: configuration, logger: logger)
    async let running: Void = producer.run()
    do {
      let result = try await body(producer)
      await producer.close(within: configuration.closeTimeout)
      // A body that was done before run() began leaves it a closed producer, which is no failure.
      _ = try? await running
      if let fatalError = producer.fatalError { throw fatalError }
      return result
    } catch {
      await producer.close(within: configuration.closeTimeout)
      throw error
    }
  }

  private func serve() async {
    while state.withLockedValue({ $0.phase == .running }) {
      drain()
      guard state.withLockedValue({ $0.phase == .running }) else { return }
      await bell.wait()
    }
  }

  /// Runs `body` on the state under its lock, keeping the type of its error.
  func locked<Result>(_ body: (inout ProducerState) throws(KafkaError) -> Result) throws(KafkaError) -> Result {
    let outcome: Swift.Result<Result, KafkaError> = state.withLockedValue { state in
      do throws(KafkaError) { return .success(try body(&state)) } catch { return .failure(error) }
    }
    return try outcome.get()
  }
}
