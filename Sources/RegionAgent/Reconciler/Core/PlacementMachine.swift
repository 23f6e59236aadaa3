public import Events
public import Foundation
public import Model

/// Keeps one placement on its cluster as decided: desired state and live objects in, orders and reports out.
///
/// It does no I/O and reads no clock. It holds no bodies of live objects, only whether each is as wanted, so that its
/// size does not grow with theirs.
public struct PlacementMachine: Sendable {
  /// What the machine learns.
  public enum Event: Sendable {
    /// A newer state, verified; `refusal` when it must not be acted on.
    case desired(DesiredState, publishedAt: Timestamp?, refusal: Refusal?)
    /// What the refused state was refused for is no more.
    case admitted
    /// The cluster's objects were listed: what is not known by now is not there.
    case clusterListed
    /// An object as it is now. What a list says holds even where its version is lower: a cluster may be restored.
    case live(LiveObject, fromList: Bool = false)
    /// An object is gone, or lost its label: with the `uid` and version of that moment, so that one which was made since
    /// is not taken for it.
    case gone(ObjectRef, uid: String? = nil, resourceVersion: String? = nil)
    /// All objects of a kind were listed anew, and told of: of the placement's these were there at that version, and no
    /// others, also where no end is told of.
    case listed(ManagedKind, present: Set<ObjectRef>, resourceVersion: String)
    /// An order ended.
    case finished(attempt: Int, ApplyOutcome)
    /// A removal, or a look for its end, ended.
    case removal(attempt: Int, RemovalOutcome)
    /// What became of a commit that was asked for.
    case committed(attempt: Int, CommitStanding)
    /// What was seen of the namespace's volumes.
    case volumes(attempt: Int, VolumeSighting)
    /// Why the repository can not be written now; nil when it can again.
    case repository(RepositoryFault?)
    /// What is known of the placement's Argo CD Application, in mode `gitops` where Argo CD is asked.
    case application(ApplicationSighting)
    /// What is remembered of the placement now, as read at the start or just written; nil when nothing is.
    case memory(PlacementMemory?)
    /// Why a part of what is remembered can not be read, and what it would be of; nil once it was. It comes before what
    /// could be read, and again when the zone's record may vouch for more.
    case memoryGap(String?)
    /// What was to be remembered could not be written yet; the shell goes on trying.
    case memoryFailed(String)
    /// What is known of the state that ``Action/recall(_:)`` asked for. Where it is a state, the cluster's objects are shown
    /// once more after it, and ``clusterListed`` is sent.
    case kept(KeptState)
    /// A time asked for by ``Action/wake(at:)`` has come, or passed; one that comes early is asked for again.
    case alarm
  }

  /// What the shell must do.
  public enum Action: Sendable, Hashable {
    /// Apply objects: the Namespace first, then the others together.
    case apply(ApplyOrder)
    /// Delete the namespace, or look whether it is gone.
    case remove(RemovalOrder)
    /// Delete what is Régie's in another's namespace, or look whether it is gone.
    case withdraw(WithdrawalOrder)
    /// Have the repository show this.
    case commit(CommitOrder)
    /// Look whether the namespace holds volumes.
    case look(VolumeLook)
    /// Write this down for all lives to come, then send ``Event/memory(_:)``. Nothing is ordered before.
    case remember(PlacementMemory)
    /// Keep the signed words of the accepted state of this version for the lives to come: what is newer is refused, and the
    /// bus may soon hold nothing else.
    case keep(StateVersion)
    /// Look for the state of this version, which an earlier life acted on, or of a later one that it accepted; then send ``Event/kept(_:)``.
    case recall(StateVersion)
    /// Tell people who look at the namespace.
    case announce(Announcement)
    /// Publish what is known; the shell adds incarnation and sequence.
    case report(PlacementReport)
    /// Send ``Event/alarm`` at this moment; the shell may add jitter.
    case wake(at: Timestamp)
  }

  /// What is known of one live object.
  struct Facts: Sendable, Hashable {
    var uid: String
    var resourceVersion: String
    var isAsWanted: Bool
    var isTerminating: Bool
    var isOurs: Bool
    /// Whether it is not this placement's: it bears another's mark or, in another's namespace, none at all.
    var isAnothers: Bool
    /// Whether it bears the accepted version, so that a difference is somebody's doing, also before this life.
    var bearsVersion: Bool
    /// What version it bears, where it is ours.
    var age: Age
    /// Whether it is a quota that lets in no more than is wanted of any resource.
    var isTighter: Bool
    /// Where something stands in it that Régie sets in some phase only.
    var passing: [[String]]
    /// What holds its deletion up, as the cluster says.
    var hindrance: String?
    /// On a Namespace, or on the quota in another's: until when corrections pause.
    var pauseUntil: Timestamp?
  }

  /// The version on an object, beside the accepted one.
  enum Age: Sendable, Hashable {
    /// It bears none, or is not ours.
    case unmarked
    case earlier
    case same
    case later
  }

  /// What is being done.
  enum Work: Sendable, Hashable {
    case idle
    /// An order is being carried out.
    case applying(attempt: Int)
    case waiting(Wait)
  }

  /// A pause before the next order of the placement, or of one object.
  struct Wait: Sendable, Hashable {
    var since: Timestamp
    var until: Timestamp
    /// Whether it is for a namespace that has to go first.
    var endsWithNamespace: Bool

    /// A clock that was put back ends it too: nobody knows how long it would last.
    func isOver(at now: Timestamp) -> Bool { now >= until || now < since }
  }

  /// The placement.
  public let placement: UUID
  /// How its cluster is kept.
  public let rules: ClusterRules
  let driftMode: DriftMode
  var desired: DesiredState?
  var objects: [ManagedObject] = []
  var refused: RefusedState?
  var kept = KeptBook()
  var facts: [ObjectRef: Facts] = [:]
  var graves: [ObjectRef: Grave] = [:]
  /// What a list lacked while an order was under way, with the list's version: the answer may tell of it all the same.
  var absences: [ObjectRef: String] = [:]
  /// What an earlier life made and somebody has taken away since.
  var lost: Set<ObjectRef> = []
  var namespaceUID: String?
  var surroundings = Surroundings()
  var repository = RepositoryBook()
  /// Nil where Argo CD is not asked.
  var application: ApplicationSighting?
  var isListed = false
  var work = Work.idle
  var attempts = 0
  var failures = 0
  var orderedVersion: StateVersion?
  var wasDelivered = false
  var holds = HoldBook()
  var drifts = DriftLog()
  var quota = QuotaStatus()
  var status = StatusBook()
  var memory: PlacementMemory?
  var isRecalled = false
  /// Whether an earlier life acted on the placement, as far as was known when it was recalled.
  var isKnownOfOld = false
  /// Why a part of the memory is not known.
  var memoryGap: String?
  var beingRemembered: PlacementMemory?
  /// How many pods there were when the placement was frozen.
  var podsInUse: Int64?
  /// Whether the placement was seen to have no namespace any more, as its phase `removed` asks for.
  var isRemoved = false
  /// Whether another placement has the namespace, and whether one had it since this one is to be removed.
  var isNamespaceHeld = false
  var hadSuccessor = false
  var notes = NoteBook()
  /// The moment that has come for certain, whoever's clock is wrong.
  var certain = Timestamp(microseconds: 0)
  /// Whether the zone's record says that the topic holds nothing newer of the placement than was accepted.
  var isVouchedFor = false

  /// A machine that knows nothing yet.
  public init(placement: UUID, driftMode: DriftMode = .correct, rules: ClusterRules = ClusterRules()) {
    self.placement = placement
    self.driftMode = driftMode
    self.rules = rules
  }

  /// The highest version seen, refused ones included.
  public var version: StateVersion? {
    [desired?.version, refused?.state.version].compactMap { $0 }.max()
  }

  /// The accepted state's version.
  var acceptedVersion: StateVersion? { desired?.version }

  /// The namespace that is kept, once a state was accepted.
  public var namespace: String? { desired?.namespace }

  /// The newest state, where it is refused.
  public var refusedState: DesiredState? { refused?.state }

  /// Why it is.
  var refusal: Refusal? { refused?.refusal }

  /// When the accepted state's objects may go, where it is a removal.
  public var removalMoment: Timestamp? { phase == .removed ? desired?.notBefore : nil }

  /// The phase of the accepted state.
  public var phase: PlacementPhase? { desired?.phase }

  /// Takes in one event at the moment `now`.
  ///
  /// - Parameters:
  ///   - centre: The moment that the centre's clock has passed for certain. Nothing is removed before both clocks have come to
  ///     its moment.
  ///   - isVouchedFor: Whether the zone's record says that nothing newer of the placement was published than what was handed
  ///     over. It counts only as long as a part of the memory is not known.
  ///   - isNamespaceHeld: Whether another placement, which is not to be removed, has the namespace. It counts where the
  ///     namespaces are others', and bear no mark that tells.
  public mutating func handle(
    _ event: Event, at now: Timestamp, centre: Timestamp, isVouchedFor: Bool = false, isNamespaceHeld: Bool = false
  ) -> [Action] {
    certain = min(now, centre)
    self.isNamespaceHeld = isNamespaceHeld
    self.isVouchedFor = isVouchedFor
    drifts.beginEvent()
    let actions = react(to: event, at: now)
    return actions + notes.take().map { .announce($0) }
  }

  private mutating func react(to event: Event, at now: Timestamp) -> [Action] {
    switch event {
    case .desired(let state, let publishedAt, let refusal):
      return takeDesired(state, publishedAt: publishedAt, refusal: refusal, at: now)
    case .admitted:
      return takeAdmission(at: now)
    case .clusterListed:
      isListed = true
      noteLosses(at: now)
      return advance(at: now)
    case .live(let object, let fromList):
      return takeLive(object, fromList: fromList, at: now)
    case .gone(let ref, let uid, let resourceVersion):
      return takeGone(ref, uid: uid, resourceVersion: resourceVersion, at: now)
    case .listed(let kind, let present, let resourceVersion):
      return takeList(of: kind, present, resourceVersion: resourceVersion, at: now)
    case .finished(let attempt, let outcome):
      return takeOutcome(outcome, of: attempt, at: now)
    case .removal(let attempt, let outcome):
      return takeRemoval(outcome, of: attempt, at: now)
    case .committed(let attempt, let standing):
      return takeStanding(standing, of: attempt, at: now)
    case .volumes(let attempt, let sighting):
      return takeVolumes(sighting, of: attempt, at: now)
    case .repository(let fault):
      repository.fault = fault
      return desired?.mode == .gitops ? advance(at: now) : []
    case .application(let sighting):
      return takeApplication(sighting, at: now)
    case .memory(let entry):
      return takeMemory(entry, at: now)
    case .memoryGap(let gap):
      return takeGap(gap, at: now)
    case .kept(let kept):
      return takeKept(kept, at: now)
    case .memoryFailed(let message):
      if beingRemembered != nil || !isRecalled { status.hinder("MemoryUnavailable", message, at: now) }
      return reportIfChanged(at: now)
    case .alarm:
      return takeAlarm(at: now)
    }
  }

  private mutating func takeDesired(
    _ state: DesiredState, publishedAt: Timestamp?, refusal: Refusal?, at now: Timestamp
  ) -> [Action] {
    if let version, state.version <= version { return [] }
    let timeline = ObservedState.Timeline(publishedAt: publishedAt, receivedAt: now)
    if let refusal = refusal ?? outdated(state) {
      refused = RefusedState(state: state, refusal: refusal, timeline: timeline, since: refused?.since ?? now)
      // What was handed over must be told, where it is a removal.
      let memory = remember() + keepAccepted(at: now)
      return memory + (desired?.mode == .gitops ? advance(at: now) : reportIfChanged(at: now))
    }
    return accept(state, timeline: timeline, at: now)
  }

  private mutating func takeAdmission(at now: Timestamp) -> [Action] {
    guard let refused else { return [] }
    guard let refusal = outdated(refused.state) else {
      return accept(refused.state, timeline: refused.timeline, at: now)
    }
    // What it was refused for at first is no more: what it is refused for now is told instead.
    self.refused?.refusal = refusal
    return reportIfChanged(at: now)
  }

  private mutating func accept(_ state: DesiredState, timeline: ObservedState.Timeline, at now: Timestamp) -> [Action] {
    let hold = holdRemoval()
    refused = nil
    kept = KeptBook()
    enforce(state)
    status.begin(at: now, timeline: timeline)
    return hold + advance(at: now)
  }

  /// What is wanted from now on; nothing of it was looked at yet.
  mutating func enforce(_ state: DesiredState) {
    podsInUse = podsCarried(into: state)
    desired = state
    objects = DesiredObjects.render(state, podsInUse: podsInUse, rules: rules)
    expectNothing()
    lost = []
    failures = 0
    wasDelivered = false
    isRemoved = false
    hadSuccessor = false
    repository.begin()
    notes.begin()
    if case .waiting = work { work = .idle }
  }

  private mutating func takeOutcome(_ outcome: ApplyOutcome, of attempt: Int, at now: Timestamp) -> [Action] {
    guard work == .applying(attempt: attempt) else { return [] }
    work = .idle
    // What an earlier revision was refused for may not be so of this one.
    if orderedVersion == desired?.version {
      holds.note(outcome, at: now)
      if outcome.failure == nil, holds.failure == nil { wasDelivered = true }
    }
    for object in outcome.applied { learn(object, from: .answer, at: now) }
    guard let failure = outcome.failure else {
      failures = 0
      return advance(at: now)
    }
    return wait(after: failure, at: now)
  }

  /// Waits with the whole placement before the next order.
  mutating func wait(after failure: ApplyFailure, at now: Timestamp) -> [Action] {
    failures += 1
    status.hinder(failure.kind.rawValue, failure.message, at: now)
    let until = Timestamp(microseconds: now.microseconds + Backoff.microseconds(after: failure, failures: failures))
    let endsWithNamespace = failure.kind == .terminating || failure.kind == .namespaceTaken
    work = .waiting(Wait(since: now, until: until, endsWithNamespace: endsWithNamespace))
    return reportIfChanged(at: now) + [.wake(at: until)]
  }

  private mutating func takeAlarm(at now: Timestamp) -> [Action] {
    if case .waiting(let wait) = work {
      guard wait.isOver(at: now) else { return reportIfChanged(at: now) + [.wake(at: wait.until)] }
      work = .idle
    }
    return advance(at: now)
  }
}
