public import Identity
public import Logging
import Metrics
import NIOConcurrencyHelpers
public import ServiceLifecycle
public import Telemetry

/// Gets the issuer's keys.
public protocol KeySetFetcher: Sendable {
  /// The keys as the issuer publishes them now.
  ///
  /// - Throws: whatever stands in the way; within some seconds.
  func keySet() async throws -> KeySet
}

/// The issuer's keys, as the service knows them: the shell of ``KeySetMachine``.
///
/// Requests that need a key that is not known wait until the one request to the issuer has ended. Only ``run()`` asks the
/// issuer, so that nothing is left behind when the service stops.
public final class KeySource: Service {
  private struct State {
    var machine: KeySetMachine
    var waiting: [UInt64: CheckedContinuation<Void, Never>] = [:]
    var next: UInt64 = 0
    var isRunning = true
  }

  /// More requests than this do not wait at a time; what they show can not be judged now.
  static let mostWaiting = 1000
  /// How often it is looked whether the keys are old, where nobody asks.
  private static let interval: Duration = .seconds(30)

  private let fetcher: any KeySetFetcher
  private let health: HealthCheck?
  private let logger: Logger
  private let state: NIOLockedValueBox<State>
  private let wishes: AsyncStream<Void>
  private let wish: AsyncStream<Void>.Continuation
  private let start = ContinuousClock.now

  /// A source that knows no keys before it runs.
  ///
  /// - Parameter health: Told how each request to the issuer has ended.
  public init(
    fetcher: any KeySetFetcher, limits: KeySetMachine.Limits = KeySetMachine.Limits(), health: HealthCheck? = nil,
    logger: Logger
  ) {
    self.fetcher = fetcher
    self.health = health
    self.logger = logger
    state = NIOLockedValueBox(State(machine: KeySetMachine(limits: limits)))
    (wishes, wish) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
  }

  /// Asks the issuer whenever keys are wanted, until shut down.
  public func run() async throws {
    await cancelWhenGracefulShutdown {
      await withTaskGroup(of: Void.self) { group in
        group.addTask { await self.answerWishes() }
        group.addTask { await self.remember() }
        await group.waitForAll()
      }
    }
    let left = state.withLockedValue { state in
      state.isRunning = false
      defer { state.waiting = [:] }
      return state.waiting
    }
    for continuation in left.values { continuation.resume() }
  }

  /// The key of a name.
  ///
  /// - Throws: ``TokenRefusal`` where there is none, or where it can not be told.
  func key(_ name: String) async throws(TokenRefusal) -> TrustedKey {
    let (answer, asks) = state.withLockedValue { $0.machine.wanted(name, at: now) }
    if asks { wish.yield() }
    switch answer {
    case .key(let key): return key
    case .unknown: throw .unknownKey
    case .unavailable: throw .keysUnavailable
    case .wait: break
    }
    await settled()
    switch state.withLockedValue({ $0.machine.settled(name, at: now) }) {
    case .key(let key): return key
    case .unknown: throw .unknownKey
    case .unavailable, .wait: throw .keysUnavailable
    }
  }

  private var now: Duration { ContinuousClock.now - start }

  /// Waits until the request to the issuer has ended.
  private func settled() async {
    let id = state.withLockedValue { state in
      defer { state.next += 1 }
      return state.next
    }
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let isWaiting = state.withLockedValue { state in
          guard state.isRunning, state.machine.isAsking, state.waiting.count < Self.mostWaiting, !Task.isCancelled
          else { return false }
          state.waiting[id] = continuation
          return true
        }
        if !isWaiting { continuation.resume() }
      }
    } onCancel: {
      state.withLockedValue { $0.waiting.removeValue(forKey: id) }?.resume()
    }
  }

  private func answerWishes() async {
    for await _ in wishes {
      await ask()
      if Task.isCancelled { return }
    }
  }

  /// Has keys asked for before somebody needs them.
  private func remember() async {
    while !Task.isCancelled {
      if state.withLockedValue({ $0.machine.passed(at: now) }) { wish.yield() }
      try? await Task.sleep(for: Self.interval)
    }
  }

  private func ask() async {
    let result: Result<KeySet, any Error>
    do {
      result = .success(try await fetcher.keySet())
    } catch {
      result = .failure(error)
    }
    let (waiting, believesKeys) = state.withLockedValue { state in
      switch result {
      case .success(let set): state.machine.fetched(set, at: now)
      case .failure: state.machine.failed()
      }
      defer { state.waiting = [:] }
      return (state.waiting, state.machine.believesKeys(at: now))
    }
    // What the issuer's address answers is for the log: anybody may ask for health.
    switch result {
    case .success(let set) where set.isEmpty:
      health?.degraded("the issuer has no key that could be used: every token is refused")
    case .success: health?.pass()
    case .failure(is CancellationError): break
    case .failure where !believesKeys: health?.fail("the issuer's keys can not be had: no token can be judged")
    case .failure: health?.degraded("the issuer's keys can not be had: those that are known are believed for a day")
    }
    for continuation in waiting.values { continuation.resume() }
    switch result {
    case .success(let set) where set.isEmpty:
      Counter(label: "regie.identity.key_fetches", dimensions: [("result", "failure")]).increment()
      logger.warning("The issuer has no key that could be used", metadata: ["wanted": "\(KeySet.wanted)"])
    case .success(let set):
      Counter(label: "regie.identity.key_fetches", dimensions: [("result", "keys")]).increment()
      logger.debug("The issuer's keys were read", metadata: ["keys": "\(set.names)"])
    case .failure(is CancellationError): break
    case .failure(let error):
      Counter(label: "regie.identity.key_fetches", dimensions: [("result", "failure")]).increment()
      logger.warning("The issuer's keys can not be had", metadata: ["error": "\(error)"])
    }
  }
}
