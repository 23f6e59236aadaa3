public import Events
internal import Foundation
public import Kubernetes
public import Logging
internal import Metrics

/// Keeps one cluster as decided: watches its objects, feeds the placements' machines, carries out their orders.
///
/// Each cluster has a worker of its own, so that one that does not answer slows no other. All state is this actor's; the
/// machines decide, and never wait.
public actor ClusterWorker {
  /// The cluster's name.
  public nonisolated let name: String

  private let client: KubernetesClient
  private let executor: OrderExecutor
  private let concurrency: Int
  private let now: @Sendable () -> Timestamp
  private let submit: @Sendable (PlacementReport) -> Void
  private let healthChanged: @Sendable () -> Void
  private let logger: Logger

  private var machines: [UUID: PlacementMachine] = [:]
  private var placementOfNamespace: [String: UUID] = [:]
  private var informers: [ManagedKind: Informer<LiveProjection>] = [:]
  private var listed: Set<ManagedKind> = []
  private var interrupted: [ManagedKind: String] = [:]
  private var pendingAlarms: Set<Alarm> = []
  /// The API server's version, as last told; nil until it was.
  public private(set) var version: String?
  private let orders: (stream: AsyncStream<ApplyOrder>, continuation: AsyncStream<ApplyOrder>.Continuation)
  private let alarms: (stream: AsyncStream<Alarm>, continuation: AsyncStream<Alarm>.Continuation)

  private static let versionInterval: Duration = .seconds(300)
  private static let versionRetry: Duration = .seconds(5)

  private struct Alarm: Sendable, Hashable {
    var placement: UUID
    var at: Timestamp
  }

  /// A worker.
  ///
  /// - Parameters:
  ///   - concurrency: Orders carried out at once, 1 to 64.
  ///   - now: The clock.
  ///   - submit: Takes reports for the bus; must not block.
  ///   - healthChanged: Told when the cluster can be watched, or no longer; must not block.
  public init(
    name: String, client: KubernetesClient, concurrency: Int = 16, now: @escaping @Sendable () -> Timestamp,
    logger: Logger, submit: @escaping @Sendable (PlacementReport) -> Void,
    healthChanged: @escaping @Sendable () -> Void = {}
  ) {
    self.name = name
    self.client = client
    self.executor = OrderExecutor(client: client)
    self.concurrency = concurrency
    self.now = now
    self.submit = submit
    self.healthChanged = healthChanged
    self.logger = logger
    // Both are bounded by the number of placements: a machine has one order and two alarms under way at the most.
    self.orders = AsyncStream.makeStream(of: ApplyOrder.self)
    self.alarms = AsyncStream.makeStream(of: Alarm.self)
  }

  /// Placements that this worker keeps or refuses.
  public var placementCount: Int { machines.count }

  /// Why the cluster can not be watched now; nil while it can.
  public var fault: String? {
    if let first = interrupted.values.sorted().first { return first }
    return listed.count == ManagedKind.allCases.count ? nil : "the cluster's objects have not been listed yet"
  }

  /// Takes a newer desired state. Nothing is written before ``run()`` has listed the cluster.
  public func take(_ state: DesiredState, publishedAt: Timestamp?, refusal: Refusal?) {
    var refusal = refusal
    if refusal == nil, let holder = placementOfNamespace[state.namespace], holder != state.placement {
      refusal = Refusal(
        reason: "NamespaceInUse", message: "the namespace \(state.namespace) is kept for the placement \(holder)")
    }
    let isNew = machines[state.placement] == nil
    if isNew { machines[state.placement] = PlacementMachine(placement: state.placement) }
    if refusal == nil { placementOfNamespace[state.namespace] = state.placement }
    feed(state.placement, .desired(state, publishedAt: publishedAt, refusal: refusal))
    if isNew { introduce(state) }
  }

  /// Watches and enforces until the task is cancelled.
  public func run() async {
    for kind in ManagedKind.allCases where informers[kind] == nil {
      informers[kind] = client.informer(
        kind.resource, ListQuery(labelSelector: Labels.placement), as: LiveProjection.self)
    }
    let informers = informers
    await withDiscardingTaskGroup { group in
      for (kind, informer) in informers { group.addTask { await self.watch(kind, informer) } }
      group.addTask { await self.carryOutOrders() }
      group.addTask { await self.ringAlarms() }
      group.addTask { await self.followVersion() }
    }
  }

  /// Asks for the version now and then: clusters are upgraded while the agent runs.
  private func followVersion() async {
    while !Task.isCancelled {
      let known = try? await client.version(timeout: .seconds(5)).gitVersion
      version = known ?? version
      let pause = known == nil ? Self.versionRetry : Self.versionInterval
      try? await Task.sleep(for: pause * Double.random(in: 0.75...1.25))
    }
  }

  /// Shows a machine that came late what the cluster already holds.
  private func introduce(_ state: DesiredState) {
    guard listed.count == ManagedKind.allCases.count else { return }
    for object in DesiredObjects.render(state) {
      if let there = informers[object.ref.kind]?[object.ref.key] {
        feed(state.placement, .live(there.value.live(object.ref.kind, there.identity)))
      }
    }
    feed(state.placement, .clusterListed)
  }

  private nonisolated func watch(_ kind: ManagedKind, _ informer: Informer<LiveProjection>) async {
    do {
      for try await event in informer { await take(event, of: kind) }
    } catch {
      logger.debug("A watch ended", metadata: ["cluster": "\(name)", "kind": "\(kind.rawValue)"])
    }
  }

  private func take(_ event: InformerEvent<LiveProjection>, of kind: ManagedKind) {
    let before = fault
    defer { if fault != before { healthChanged() } }
    switch event {
    case .synced(let items):
      interrupted[kind] = nil
      for item in items { route(item, kind, fromList: true) }
      guard listed.insert(kind).inserted, listed.count == ManagedKind.allCases.count else { return }
      logger.info("The cluster is listed", metadata: ["cluster": "\(name)", "placements": "\(machines.count)"])
      for placement in machines.keys { feed(placement, .clusterListed) }
    case .applied(let item):
      route(item, kind)
    case .deleted(let item):
      let identity = item.identity
      let ref = LiveProjection.ref(kind, namespace: identity.namespace, name: identity.name)
      guard let placement = placementOfNamespace[ref.namespace] else { return }
      feed(placement, .gone(ref, uid: identity.uid, resourceVersion: identity.resourceVersion))
    case .interrupted(let error):
      interrupted[kind] = error.description
      logger.warning("A watch was interrupted", metadata: ["cluster": "\(name)", "error": "\(error)"])
    case .resumed:
      interrupted[kind] = nil
    }
  }

  /// By namespace, not by label: a label changed by hand must not lead an object to another placement.
  private func route(_ item: Observed<LiveProjection>, _ kind: ManagedKind, fromList: Bool = false) {
    let live = item.value.live(kind, item.identity)
    if let placement = placementOfNamespace[live.ref.namespace] { feed(placement, .live(live, fromList: fromList)) }
  }

  private func feed(_ placement: UUID, _ event: PlacementMachine.Event) {
    guard let actions = machines[placement]?.handle(event, at: now()) else { return }
    for action in actions {
      switch action {
      case .apply(let order): orders.continuation.yield(order)
      case .report(let report): submit(report)
      case .wake(let moment): schedule(placement, at: moment)
      }
    }
  }

  private func schedule(_ placement: UUID, at moment: Timestamp) {
    let alarm = Alarm(placement: placement, at: moment)
    if pendingAlarms.insert(alarm).inserted { alarms.continuation.yield(alarm) }
  }

  private nonisolated func ringAlarms() async {
    await withDiscardingTaskGroup { group in
      for await alarm in alarms.stream {
        group.addTask {
          let left = max(0, alarm.at.microseconds(since: self.now()))
          let jitter = Int64.random(in: 0...max(1, left / 5))
          try? await Task.sleep(for: .microseconds(left + jitter))
          if !Task.isCancelled { await self.ring(alarm) }
        }
      }
    }
  }

  private func ring(_ alarm: Alarm) {
    pendingAlarms.remove(alarm)
    feed(alarm.placement, .alarm)
  }

  private nonisolated func carryOutOrders() async {
    await withTaskGroup(of: Void.self) { group in
      var running = 0
      for await order in orders.stream {
        if running == concurrency {
          await group.next()
          running -= 1
        }
        running += 1
        group.addTask { await self.carryOut(order) }
      }
    }
  }

  private nonisolated func carryOut(_ order: ApplyOrder) async {
    let started = ContinuousClock.now
    do {
      let outcome = try await executor.carryOut(order)
      Timer(label: "regie.agent.apply").recordNanoseconds((ContinuousClock.now - started).nanoseconds)
      await finish(order, outcome)
    } catch {
      logger.debug("An order was abandoned at shutdown", metadata: ["placement": "\(order.placement)"])
    }
  }

  private func finish(_ order: ApplyOrder, _ outcome: ApplyOutcome) {
    if let failure = outcome.failure {
      Counter(label: "regie.agent.apply_failures", dimensions: [("reason", failure.kind.rawValue)]).increment()
      logger.warning(
        "An order failed",
        metadata: ["cluster": "\(name)", "placement": "\(order.placement)", "error": "\(failure.message)"])
    }
    feed(order.placement, .finished(attempt: order.attempt, outcome))
  }
}

extension Duration {
  fileprivate var nanoseconds: Int64 {
    components.seconds * 1_000_000_000 + components.attoseconds / 1_000_000_000
  }
}
