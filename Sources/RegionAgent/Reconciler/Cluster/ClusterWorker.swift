public import Events
public import Foundation
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
  /// How it is kept.
  public nonisolated let rules: ClusterRules

  let client: KubernetesClient
  /// Where Argo CD says of the cluster's placements what it has made of them; nil where it is not asked.
  let applications: ApplicationSource?
  let applicationInformer: Informer<ApplicationStatus>?
  let executor: OrderExecutor
  let poster: EventPoster
  let memory: ClusterMemory
  let memoryInterval: Duration
  let concurrency: Int
  let driftMode: DriftMode
  let now: @Sendable () -> Timestamp
  let centre: @Sendable () -> Timestamp?
  let submit: @Sendable (PlacementReport) -> Void
  let forgotten: @Sendable (UUID) -> Void
  let commit: @Sendable (CommitOrder) -> Void
  let healthChanged: @Sendable () -> Void
  nonisolated let mayDelete: @Sendable (UUID) -> Refusal?
  let isVouchedFor: @Sendable (UUID) -> Bool
  let obsolete: @Sendable (UUID, StateVersion) -> Void
  let recognise: @Sendable (UUID, SignedState) -> KeptState
  let logger: Logger

  let applying: WorkQueueMeter
  let removing: WorkQueueMeter
  let unapplied = UnappliedRevisions()
  let drifts: DriftMeter
  let reach = ReachMeter()

  var machines: [UUID: KeptMachine] = [:]
  /// The placements that have or had a namespace, in the order in which they came: one at most is not to be removed.
  var tenants: [String: [UUID]] = [:]
  /// When what is to be removed may go, as long as the centre's clock is not known to have come to it.
  var removalMoments: [UUID: Timestamp] = [:]
  /// The placements that were refused because another has their namespace, in the order in which they came.
  var contenders: [String: [UUID]] = [:]
  var informers: [ManagedKind: Informer<LiveProjection>] = [:]
  /// What lies in each namespace, where objects count that are not Régie's.
  var residents: [String: Set<ObjectRef>] = [:]
  /// Namespaces that stand without their mark, by name with their `uid`: no watch by label tells of them.
  var unmarked: [String: String] = [:]
  var listed: Set<ManagedKind> = []
  var interrupted: [ManagedKind: String] = [:]
  var alarmBook = AlarmBook()
  /// What the cluster remembers; nil until it was read.
  var remembered: [UUID: PlacementMemory]?
  /// The placements that the cluster itself remembered when it was read.
  var rememberedHere: Set<UUID> = []
  /// The placements of which those ConfigMaps tell that this worker writes to.
  var standing: Set<UUID> = []
  var toRemember: [UUID: PlacementMemory] = [:]
  /// Of which placements the accepted state is to be kept, and of which it is to be looked for.
  var toKeep: Set<UUID> = []
  var toDrop: Set<UUID> = []
  var toLookFor: Set<UUID> = []
  /// The placements whose accepted state there is no room for.
  var crowded: Set<UUID> = []
  var memoryFault: String?
  /// Why a part of what is remembered could not be read yet; what that part may forbid is not done meanwhile.
  public internal(set) var memoryGap: String?
  /// In mode `gitops`: why the repository can not be written now; nil while it can.
  public internal(set) var repositoryFault: RepositoryFault?
  /// Nil where Argo CD is not asked.
  var applicationBook: ApplicationBook?
  /// That Argo CD's cluster does not answer, as long as that may pass.
  var absentApplications = Absence()
  /// The API server's version, as last told; nil until it was.
  public internal(set) var version: String?

  /// What machines have ordered and nobody has begun yet.
  var queue = WorkQueue<WorkKey, Work>()
  /// Orders under way.
  var running = 0
  /// Placements that are forgotten as soon as they are done with; see ``forget(_:)``.
  var leaving: Set<UUID> = []

  let workBell = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
  // Bounded by the number of placements: the book sets none where one rings in time already.
  let alarms = AsyncStream.makeStream(of: AlarmBook.Alarm.self)
  let notes = AsyncStream.makeStream(of: Announcement.self, bufferingPolicy: .bufferingNewest(EventPoster.capacity))
  let memoryBell = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
  let keptBell = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
  let applicationBell = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))

  /// Before every moment that a state can name.
  private static let unknown = Timestamp(microseconds: .min)
  private static let versionInterval: Duration = .seconds(300)
  private static let versionRetry: Duration = .seconds(5)

  /// What a machine may order.
  enum Work: Sendable, Hashable {
    case apply(ApplyOrder)
    case remove(RemovalOrder)
    case withdraw(WithdrawalOrder)
    case look(VolumeLook)
  }

  /// A machine has one order under way, and at the same time one look for volumes at the most.
  struct WorkKey: Sendable, Hashable {
    var placement: UUID
    var isLook = false
  }

  /// A worker.
  ///
  /// - Parameters:
  ///   - rules: How the cluster is kept.
  ///   - zone: The zone's slug.
  ///   - home: The agent's home cluster, which remembers what was done on this one at times when it was never written to; nil
  ///     for this very one.
  ///   - homeNamespace: The agent's own namespace there.
  ///   - applications: In mode `gitops`: where Argo CD's word on the placements is read; nil for nowhere.
  ///   - concurrency: Orders carried out at once, 1 to 64.
  ///   - memoryInterval: How often it is looked whether what is remembered is still written down, about.
  ///   - driftMode: What is done about changes that are made by hand.
  ///   - now: The clock.
  ///   - centre: The moment that the centre's clock has passed for certain; nil while that is not known.
  ///   - submit: Takes reports for the bus; must not block.
  ///   - forgotten: Told when a placement is forgotten here, and nothing is reported of it any more; must not block.
  ///   - commit: Takes what the zone's repository is to show, in mode `gitops`; must not block.
  ///   - healthChanged: Told when the cluster can be watched, or no longer; must not block.
  ///   - mayDelete: Asked before something of a placement is deleted: why nothing may be now; must not block.
  ///   - isVouchedFor: Asked while home does not tell what it remembers: whether the zone's record says that nothing newer of
  ///     a placement was published than what was taken; must not block.
  ///   - recognise: Asked of a state that an earlier life kept: whether it is genuine, and may be acted on; must not block.
  ///   - obsolete: Told of a state that is refused because its placement was removed later; must not block.
  public init(
    name: String, rules: ClusterRules, zone: String, client: KubernetesClient,
    home: KubernetesClient? = nil, homeNamespace: String, applications: ApplicationSource? = nil, concurrency: Int = 32,
    memoryInterval: Duration = .seconds(3600), driftMode: DriftMode = .correct,
    now: @escaping @Sendable () -> Timestamp,
    centre: @escaping @Sendable () -> Timestamp?, logger: Logger,
    submit: @escaping @Sendable (PlacementReport) -> Void,
    forgotten: @escaping @Sendable (UUID) -> Void = { _ in },
    commit: @escaping @Sendable (CommitOrder) -> Void = { _ in },
    healthChanged: @escaping @Sendable () -> Void = {},
    mayDelete: @escaping @Sendable (UUID) -> Refusal?,
    isVouchedFor: @escaping @Sendable (UUID) -> Bool,
    recognise: @escaping @Sendable (UUID, SignedState) -> KeptState,
    obsolete: @escaping @Sendable (UUID, StateVersion) -> Void
  ) {
    self.name = name
    self.rules = rules
    self.client = client
    let asked = rules.mode == .gitops ? applications : nil
    self.applications = asked
    self.applicationInformer = asked.map { source in
      source.client.informer(.applications, ListQuery(namespace: source.namespace), as: ApplicationStatus.self)
    }
    self.applicationBook = asked.map { ApplicationBook(pattern: $0.pattern) }
    self.executor = OrderExecutor(client: client)
    self.poster = EventPoster(client: client, now: now, logger: logger)
    let isWritten = rules.mode == .own || rules.mode == .adopt
    let apart = home.flatMap { $0 === client ? nil : $0 }
    self.memory = ClusterMemory(
      client: isWritten ? client : apart ?? client, other: apart.map { isWritten ? $0 : client },
      isOtherHome: isWritten,
      namespace: homeNamespace, zone: zone)
    self.memoryInterval = memoryInterval
    self.concurrency = concurrency
    self.applying = WorkQueueMeter(cluster: name, name: "apply")
    self.removing = WorkQueueMeter(cluster: name, name: "remove")
    self.drifts = DriftMeter(cluster: name)
    self.driftMode = driftMode
    self.now = now
    self.centre = centre
    self.submit = submit
    self.forgotten = forgotten
    self.commit = commit
    self.healthChanged = healthChanged
    self.mayDelete = mayDelete
    self.isVouchedFor = isVouchedFor
    self.recognise = recognise
    self.obsolete = obsolete
    self.logger = logger
  }

  /// Placements that this worker keeps or refuses.
  public var placementCount: Int { machines.count }

  /// The cluster's queues: what is to be applied, and what is to be removed.
  public nonisolated var queues: [WorkQueueMeter] { [applying, removing] }

  /// The age of the oldest revision that is not in place, in microseconds; 0 where all are.
  public nonisolated func oldestUnappliedMicroseconds(at now: Timestamp) -> Int64 { unapplied.oldest(at: now) }

  /// How many hand-made changes are not put back, and of how many placements something undoes again and again what is put back.
  public nonisolated var standingDrifts: (open: Int, contested: Int) { drifts.standing }

  /// Whether there is no ``fault``, for whoever does not wait for the worker.
  public nonisolated var isReached: Bool { reach.isReached }

  /// Why the cluster can not be kept now; nil while it can.
  public var fault: String? {
    if let memoryFault { return memoryFault }
    if let first = interrupted.values.sorted().first { return first }
    return isListed ? nil : "the cluster's objects have not been listed yet"
  }

  /// Takes a newer desired state. Nothing is written before ``run()`` has listed the cluster, nor before the state is
  /// remembered there.
  ///
  /// - Parameter signed: The words that it came in, for the time when a newer one is refused.
  public func take(
    _ state: DesiredState, publishedAt: Timestamp?, refusal: Refusal?, signed: SignedState? = nil
  ) {
    // Forgotten already, and not let go of yet.
    if let known = machines[state.placement]?.machine, known.phase == .removed, known.isLater(than: state.version) {
      return obsolete(state.placement, state.version)
    }
    var refusal = refusal
    leaving.remove(state.placement)
    contenders[state.namespace]?.removeAll { $0 == state.placement }
    if refusal == nil, state.phase != .removed, let holder = holder(of: state.namespace, otherThan: state.placement) {
      refusal = Refusal(
        reason: "NamespaceInUse", message: "the namespace \(state.namespace) is kept for the placement \(holder)")
      contenders[state.namespace, default: []].append(state.placement)
    }
    let isNew = machines[state.placement] == nil
    if isNew {
      machines[state.placement] = KeptMachine(
        PlacementMachine(placement: state.placement, driftMode: driftMode, rules: rules))
    }
    let hadState = machines[state.placement]?.machine.namespace != nil
    if refusal == nil, tenants[state.namespace]?.contains(state.placement) != true {
      tenants[state.namespace, default: []].append(state.placement)
    }
    if isNew, let repositoryFault { feed(state.placement, .repository(repositoryFault)) }
    if isNew, let memoryGap { feed(state.placement, .memoryGap(memoryGap)) }
    if isNew, let remembered { feed(state.placement, .memory(remembered[state.placement])) }
    introduceApplication(of: state)
    let wasRefused = machines[state.placement]?.machine.refusedState != nil
    feed(state.placement, .desired(state, publishedAt: publishedAt, refusal: refusal), signed: signed)
    if wasRefused, machines[state.placement]?.machine.refusedState == nil { drop(state.placement) }
    // In mode `gitops` nobody answers an order: what the cluster shows is all there is to know.
    if isNew || !hadState || rules.mode == .gitops { introduce(state) }
    noteMoment(of: state.placement)
    admitContenders(of: state.namespace)
    tellPredecessors(in: state.namespace)
  }

  /// A record of the zone tells that the centre's clock has come so far.
  public func centreHasCome(to time: Timestamp) {
    let due = removalMoments.filter { $0.value <= time }.keys.sorted { $0.uuidString < $1.uuidString }
    for placement in due {
      removalMoments[placement] = nil
      feed(placement, .alarm)
    }
    tellGapAgain()
  }

  private func noteMoment(of placement: UUID) {
    let moment = machines[placement]?.machine.removalMoment
    removalMoments[placement] = moment.flatMap { moment in (centre().map { $0 >= moment } ?? false) ? nil : moment }
  }

  /// Whoever had a namespace may have gone: partitions of the topic are read in any order, so that its removal may well come
  /// after the state of who has the namespace next.
  func admitContenders(of namespace: String) {
    for placement in contenders[namespace] ?? [] where holder(of: namespace, otherThan: placement) == nil {
      contenders[namespace]?.removeAll { $0 == placement }
      guard let state = machines[placement]?.machine.refusedState, state.namespace == namespace else { continue }
      if tenants[namespace]?.contains(placement) != true { tenants[namespace, default: []].append(placement) }
      feed(placement, .admitted)
      machines[placement]?.settle()
      drop(placement)
      noteMoment(of: placement)
      introduce(state)
      tellPredecessors(in: namespace)
    }
    if contenders[namespace]?.isEmpty == true { contenders[namespace] = nil }
  }

  /// Takes what became of a commit.
  public func take(_ standing: CommitStanding, of placement: UUID, attempt: Int) {
    feed(placement, .committed(attempt: attempt, standing))
  }

  /// Takes why the zone's repository can not be written, or that it can again.
  public func take(_ fault: RepositoryFault?) {
    guard fault != repositoryFault else { return }
    repositoryFault = fault
    for placement in machines.keys { feed(placement, .repository(fault)) }
    tellHealth()
  }

  func holder(of namespace: String, otherThan placement: UUID? = nil) -> UUID? {
    tenants[namespace]?.first { other in
      guard other != placement, let phase = machines[other]?.machine.phase else { return false }
      return phase != .removed
    }
  }

  /// Recalls what was done here, then watches and enforces until the task is cancelled.
  public func run() async {
    await recall()
    guard !Task.isCancelled else { return }
    let query = rules.looksAtOthers ? ListQuery() : ListQuery(labelSelector: Labels.placement)
    for kind in rules.kinds where informers[kind] == nil {
      informers[kind] = client.informer(kind.resource, query, as: LiveProjection.self)
    }
    let informers = informers
    await withDiscardingTaskGroup { group in
      for (kind, informer) in informers { group.addTask { await self.watch(kind, informer) } }
      group.addTask { await self.remember() }
      group.addTask { await self.keepAccepted() }
      group.addTask { await self.closeGap() }
      group.addTask { await self.keepMemoryWhole() }
      group.addTask { await self.carryOutWork() }
      group.addTask { await self.postNotes() }
      group.addTask { await self.ringAlarms() }
      group.addTask { await self.followVersion() }
      if let applicationInformer = self.applicationInformer, let patience = self.applications?.patience {
        group.addTask { await self.followApplications(applicationInformer, patience) }
      }
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

  func feed(_ placement: UUID, _ event: PlacementMachine.Event, signed: SignedState? = nil) {
    let centre = centre() ?? Self.unknown
    let isVouchedFor = memoryGap != nil && isVouchedFor(placement)
    let isHeld = isNamespaceHeld(otherThan: placement)
    guard
      let actions = machines[placement]?.machine.handle(
        event, at: now(), centre: centre, isVouchedFor: isVouchedFor, isNamespaceHeld: isHeld)
    else { return }
    machines[placement]?.note(signed)
    if let log = machines[placement]?.machine.drifts { drifts.note(placement, log) }
    unapplied.note(placement, machines[placement]?.machine.unappliedSince)
    for action in actions {
      switch action {
      case .apply(let order): enqueue(.apply(order), WorkKey(placement: placement), .updates)
      case .remove(let order): enqueue(.remove(order), WorkKey(placement: placement), .removals)
      case .withdraw(let order): enqueue(.withdraw(order), WorkKey(placement: placement), .removals)
      case .look(let order): enqueue(.look(order), WorkKey(placement: placement, isLook: true), .removals)
      case .commit(let order): commit(order)
      case .remember(let entry):
        toRemember[placement] = entry
        memoryBell.continuation.yield()
      case .keep: keep(placement)
      case .recall: lookForAccepted(of: placement)
      case .announce(let note): notes.continuation.yield(note)
      case .report(let report): submit(report)
      case .wake(let moment): schedule(placement, at: moment)
      }
    }
    if let version = machines[placement]?.machine.obsolete { obsolete(placement, version) }
    if !leaving.isEmpty { letGo(placement) }
  }
}
