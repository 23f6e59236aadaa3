import Foundation
import HTTPServing
import Hummingbird
public import Logging
import NIOConcurrencyHelpers
public import ServiceLifecycle

/// A Kubernetes API server for one machine: the few kinds that Régie uses, over plain HTTP on loopback, in memory.
///
/// `docs/simulated-cluster.md` lists where it differs from a real one.
public final class SimulatedCluster: Service, Sendable {
  /// How it listens and at which pace it does what a controller manager would.
  public struct Configuration: Sendable {
    /// The port on 127.0.0.1; 0 takes any free one.
    public var port = 0
    /// When set, requests without this bearer token get 401.
    public var token: String?
    /// Changes that are remembered for watches and pages; older revisions answer 410.
    public var historyLimit = 4_096
    /// How often watches that ask for bookmarks get one.
    public var bookmarkInterval: Duration = .seconds(60)
    /// How long a quota is without its status.
    public var quotaDelay: Duration = .milliseconds(50)
    /// How long a deleted namespace stays `Terminating`, at least.
    public var namespaceDelay: Duration = .milliseconds(500)
    /// Whether Argo CD's definition of Applications is installed. Nothing acts on them.
    public var knowsApplications = false
    /// Told the port once it is bound.
    public var onListening: @Sendable (Int) -> Void = { _ in }

    /// The defaults.
    public init() {}
  }

  /// What keeps it from starting or serving.
  public enum Failure: Error, Equatable, CustomStringConvertible {
    /// It stopped before it listened.
    case stopped(name: String)

    /// A sentence for logs.
    public var description: String {
      switch self {
      case .stopped(let name): "the simulated cluster \(name) stopped before it listened"
      }
    }
  }

  private enum Listening {
    case pending([CheckedContinuation<Int, any Error>])
    case bound(Int)
    case stopped
  }

  /// The cluster's name, as in the offer.
  public let name: String
  private let configuration: Configuration
  private let logger: Logger
  private let state: ClusterState
  private let listening = NIOLockedValueBox(Listening.pending([]))

  /// A cluster with the namespaces that every cluster has.
  public init(name: String, configuration: Configuration = Configuration(), logger: Logger? = nil) {
    self.name = name
    self.configuration = configuration
    var quiet = Logger(label: "simulated-cluster")
    // The server logs connections that end with their task as errors.
    quiet.logLevel = .critical
    self.logger = logger ?? quiet
    let settings = ClusterStore.Settings(
      historyLimit: configuration.historyLimit, quotaDelay: configuration.quotaDelay.seconds,
      namespaceDelay: configuration.namespaceDelay.seconds, knowsApplications: configuration.knowsApplications)
    let identity = ClusterStore.Identity(
      uid: { UUID().uuidString.lowercased() },
      suffix: { String((0..<5).compactMap { _ in "bcdfghjklmnpqrstvwxz2456789".randomElement() }) })
    state = ClusterState(store: ClusterStore(settings: settings, identity: identity, now: Date()))
  }

  /// Serves on the configured port until cancelled or shut down.
  ///
  /// - Throws: what kept the port from being bound.
  public func run() async throws { try await run(port: configuration.port) }

  /// Serves on a port of 127.0.0.1 until cancelled or shut down; 0 takes any free one.
  ///
  /// - Throws: what kept the port from being bound.
  public func run(port: Int) async throws {
    defer { stopped() }
    let application = Application(
      responder: Responder(
        state: state, token: configuration.token, bookmarkInterval: configuration.bookmarkInterval),
      server: .stoppable(),
      configuration: .init(address: .hostname("127.0.0.1", port: port), serverName: name),
      onServerRunning: { [self] channel in bound(channel.localAddress?.port ?? port) },
      logger: logger)
    try await withGracefulShutdownHandler {
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await application.run() }
        group.addTask { [state] in await ControllerLoop(state: state).run() }
        defer { group.cancelAll() }
        try await group.next()
      }
    } onGracefulShutdown: { [state] in
      state.close()
    }
  }

  private func bound(_ port: Int) {
    let waiting = listening.withLockedValue { listening -> [CheckedContinuation<Int, any Error>] in
      guard case .pending(let waiting) = listening else { return [] }
      listening = .bound(port)
      return waiting
    }
    configuration.onListening(port)
    for continuation in waiting { continuation.resume(returning: port) }
  }

  private func stopped() {
    state.close()
    let waiting = listening.withLockedValue { listening -> [CheckedContinuation<Int, any Error>] in
      defer { listening = .stopped }
      guard case .pending(let waiting) = listening else { return [] }
      return waiting
    }
    for continuation in waiting { continuation.resume(throwing: Failure.stopped(name: name)) }
  }

  /// The port, once it listens.
  ///
  /// - Throws: ``Failure/stopped(name:)``
  public var port: Int {
    get async throws {
      try await withCheckedThrowingContinuation { continuation in
        listening.withLockedValue { listening in
          switch listening {
          case .bound(let port): continuation.resume(returning: port)
          case .stopped: continuation.resume(throwing: Failure.stopped(name: name))
          case .pending(let waiting): listening = .pending(waiting + [continuation])
          }
        }
      }
    }
  }

  /// A kubeconfig for this cluster, once it listens.
  public func kubeconfig() async throws -> String {
    let user = configuration.token.map { "{token: \($0)}" } ?? "{}"
    return """
      apiVersion: v1
      kind: Config
      current-context: \(name)
      clusters: [{name: \(name), cluster: {server: "http://127.0.0.1:\(try await port)"}}]
      users: [{name: \(name), user: \(user)}]
      contexts: [{name: \(name), context: {cluster: \(name), user: \(name)}}]

      """
  }
}

extension SimulatedCluster {
  /// Lets the next `requests` requests suffer a fault; with `method`, `pathPrefix` or the whole `path`, the next that match.
  public func inject(
    _ fault: Fault, requests: Int = 1, method: String? = nil, pathPrefix: String? = nil, path: String? = nil
  ) {
    let entry = FaultQueue.Entry(
      fault: fault, requests: requests, method: method, pathPrefix: pathPrefix, path: path)
    state.withFaults { $0.add(entry) }
  }

  /// Forgets the faults still to come.
  public func clearFaults() { state.withFaults { $0.clear() } }

  /// What was asked while `body` ran, in order; what is under way when it ends counts, too.
  public func requests<Result>(
    _ body: () async throws -> Result
  ) async rethrows -> (result: Result, requests: [RecordedRequest]) {
    _ = state.record(true)
    defer { _ = state.record(false) }
    let result = try await body()
    return (result, state.recorded)
  }

  /// Ends every open watch.
  public func dropWatches() { state.dropWatches() }

  /// Forgets the past: older revisions answer 410.
  public func compact() { state.withStore { $0.compact() } }
}

extension Duration {
  fileprivate var seconds: Double { Double(components.seconds) + Double(components.attoseconds) / 1e18 }
}
