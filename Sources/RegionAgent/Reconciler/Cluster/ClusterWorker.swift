public import Events
internal import Foundation
public import Kubernetes
public import Logging
internal import Model

/// Keeps one cluster as decided: watches its objects, feeds the placements' machines, carries out their orders.
///
/// Each cluster has a worker of its own, so that one that does not answer slows no other. All state is this actor's; the
/// machines decide, and never wait.
public actor ClusterWorker {
  /// The cluster's name.
  public nonisolated let name: String

  let client: KubernetesClient
  let executor: OrderExecutor
  let poster: EventPoster
  let memory: ClusterMemory
  let concurrency: Int
  let driftMode: DriftMode
  let now: @Sendable () -> Timestamp
  let centre: @Sendable () -> Timestamp?
  let submit: @Sendable (PlacementReport) -> Void
  let healthChanged: @Sendable () -> Void
  nonisolated let mayDelete: @Sendable () -> Refusal?
  let logger: Logger

  let applying: WorkQueueMeter
  let removing: WorkQueueMeter
  let unapplied = UnappliedRevisions()

  var machines: [UUID: PlacementMachine] = [:]
  /// The placements that have or had a namespace, in the order in which they came: one at most is not to be removed.
  var tenants: [String: [UUID]] = [:]
  var informers: [ManagedKind: Informer<LiveProjection>] = [:]
  var listed: Set<ManagedKind> = []
  var interrupted: [ManagedKind: String] = [:]
  var pendingAlarms: Set<Alarm> = []
  /// What the cluster remembers; nil until it was read.
  var remembered: [UUID: PlacementMemory]?
  var toRemember: [UUID: PlacementMemory] = [:]
  var memoryFault: String?
  /// The API server's version, as last told; nil until it was.
  public internal(set) var version: String?

  // All but the notes are bounded by the number of placements: a machine has one order and two alarms under way at the
  // most.
  let orders = AsyncStream.makeStream(of: ApplyOrder.self)
  /// Removals do not wait behind what is to be applied, nor the other way round.
  let removals = AsyncStream.makeStream(of: RemovalOrder.self)
  let alarms = AsyncStream.makeStream(of: Alarm.self)
  let notes = AsyncStream.makeStream(of: Announcement.self, bufferingPolicy: .bufferingNewest(EventPoster.capacity))
  let memoryBell = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))

  /// Before every moment that a state can name.
  private static let unknown = Timestamp(microseconds: .min)
  private static let versionInterval: Duration = .seconds(300)
  private static let versionRetry: Duration = .seconds(5)

  /// A time that a machine has asked for.
  struct Alarm: Sendable, Hashable {
    var placement: UUID
    var at: Timestamp
  }

  /// A worker.
  ///
  /// - Parameters:
  ///   - zone: The zone's slug.
  ///   - homeNamespace: The agent's own namespace on the cluster, where it remembers what it did.
  ///   - concurrency: Orders carried out at once, 1 to 64.
  ///   - driftMode: What is done about changes that are made by hand.
  ///   - now: The clock.
  ///   - centre: The moment that the centre's clock has passed for certain; nil while that is not known.
  ///   - submit: Takes reports for the bus; must not block.
  ///   - healthChanged: Told when the cluster can be watched, or no longer; must not block.
  ///   - mayDelete: Asked before a namespace is deleted: why none may be now; must not block.
  public init(
    name: String, zone: String, client: KubernetesClient, homeNamespace: String, concurrency: Int = 32,
    driftMode: DriftMode = .correct, now: @escaping @Sendable () -> Timestamp,
    centre: @escaping @Sendable () -> Timestamp?, logger: Logger,
    submit: @escaping @Sendable (PlacementReport) -> Void,
    healthChanged: @escaping @Sendable () -> Void = {},
    mayDelete: @escaping @Sendable () -> Refusal? = { nil }
  ) {
    self.name = name
    self.client = client
    self.executor = OrderExecutor(client: client)
    self.poster = EventPoster(client: client, now: now, logger: logger)
    self.memory = ClusterMemory(client: client, namespace: homeNamespace, zone: zone)
    self.concurrency = concurrency
    self.applying = WorkQueueMeter(cluster: name, name: "apply")
    self.removing = WorkQueueMeter(cluster: name, name: "remove")
    self.driftMode = driftMode
    self.now = now
    self.centre = centre
    self.submit = submit
    self.healthChanged = healthChanged
    self.mayDelete = mayDelete
    self.logger = logger
  }

  /// Placements that this worker keeps or refuses.
  public var placementCount: Int { machines.count }

  /// The namespaces there that bear a placement's label, as last seen.
  public var keptNamespaces: Set<String> { Set(informers[.namespace]?.snapshot().map(\.identity.name) ?? []) }

  /// The cluster's queues: what is to be applied, and what is to be removed.
  public nonisolated var queues: [WorkQueueMeter] { [applying, removing] }

  /// The age of the oldest revision that is not in place, in microseconds; 0 where all are.
  public nonisolated func oldestUnappliedMicroseconds(at now: Timestamp) -> Int64 { unapplied.oldest(at: now) }

  /// Why the cluster can not be kept now; nil while it can.
  public var fault: String? {
    if let memoryFault { return memoryFault }
    if let first = interrupted.values.sorted().first { return first }
    return listed.count == ManagedKind.allCases.count ? nil : "the cluster's objects have not been listed yet"
  }

  /// Takes a newer desired state. Nothing is written before ``run()`` has listed the cluster, nor before the state is
  /// remembered there.
  public func take(_ state: DesiredState, publishedAt: Timestamp?, refusal: Refusal?) {
    var refusal = refusal
    if refusal == nil, state.phase != .removed, let holder = holder(of: state.namespace, otherThan: state.placement) {
      refusal = Refusal(
        reason: "NamespaceInUse", message: "the namespace \(state.namespace) is kept for the placement \(holder)")
    }
    let isNew = machines[state.placement] == nil
    if isNew { machines[state.placement] = PlacementMachine(placement: state.placement, driftMode: driftMode) }
    if refusal == nil, tenants[state.namespace]?.contains(state.placement) != true {
      tenants[state.namespace, default: []].append(state.placement)
    }
    if isNew, let remembered { feed(state.placement, .memory(remembered[state.placement])) }
    feed(state.placement, .desired(state, publishedAt: publishedAt, refusal: refusal))
    if isNew { introduce(state) }
  }

  private func holder(of namespace: String, otherThan placement: UUID) -> UUID? {
    tenants[namespace]?.first { other in
      guard other != placement, let phase = machines[other]?.phase else { return false }
      return phase != .removed
    }
  }

  /// Recalls what was done here, then watches and enforces until the task is cancelled.
  public func run() async {
    await recall()
    guard !Task.isCancelled else { return }
    for kind in ManagedKind.allCases where informers[kind] == nil {
      informers[kind] = client.informer(
        kind.resource, ListQuery(labelSelector: Labels.placement), as: LiveProjection.self)
    }
    let informers = informers
    await withDiscardingTaskGroup { group in
      for (kind, informer) in informers { group.addTask { await self.watch(kind, informer) } }
      group.addTask { await self.remember() }
      group.addTask { await self.carryOutOrders() }
      group.addTask { await self.carryOutRemovals() }
      group.addTask { await self.postNotes() }
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

  func feed(_ placement: UUID, _ event: PlacementMachine.Event) {
    let centre = centre() ?? Self.unknown
    guard let actions = machines[placement]?.handle(event, at: now(), centre: centre) else { return }
    unapplied.note(placement, machines[placement]?.unappliedSince)
    for action in actions {
      switch action {
      case .apply(let order):
        applying.added(placement)
        orders.continuation.yield(order)
      case .remove(let order):
        removing.added(placement)
        removals.continuation.yield(order)
      case .remember(let entry):
        toRemember[placement] = entry
        memoryBell.continuation.yield()
      case .announce(let note): notes.continuation.yield(note)
      case .report(let report): submit(report)
      case .wake(let moment): schedule(placement, at: moment)
      }
    }
  }
}
