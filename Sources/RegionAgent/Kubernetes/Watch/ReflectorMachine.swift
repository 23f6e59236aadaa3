/// Decides how one kind of object is followed: list, watch from there, resume, and list again when the server has
/// forgotten where we were, or has not come there yet. Pure; `Informer` does what it says.
struct ReflectorMachine<Value: Decodable & Sendable>: Sendable {
  /// What happened.
  enum Input: Sendable {
    case started
    case listed(ObjectList<Value>)
    case listFailed(KubernetesError)
    /// With the version that the server is at.
    case looked(at: String)
    case lookFailed(KubernetesError)
    case watchOpened
    case watchEvent(WatchEvent<Value>)
    /// With nil when the server ended it in good order.
    case watchEnded(KubernetesError?, lasted: Duration)
    case waited
  }

  /// What to do.
  enum Action: Sendable {
    case list
    /// To ask for as little of a list as there can be, for its version.
    case look
    case watch(from: String)
    case wait(Duration)
    case emit(InformerEvent<Value>)
  }

  private enum State {
    case idle
    case listing
    case looking
    case watching(opened: Bool)
    case waiting(then: Step)
  }

  /// What comes after a wait.
  private enum Step {
    case list
    case look
    case watch
  }

  /// A watch that lasted this long was a good one: its end is no failure.
  private static var goodWatch: Duration { .seconds(10) }
  /// After watches were silent for this long in all, all is listed again, whatever the server's version is.
  private static var longestSilence: Duration { .seconds(1800) }

  private let backoff: Backoff
  private let idleTimeout: Duration
  private var state = State.idle
  private var resourceVersion = ""
  private var failures = 0
  /// Whether the watch has told anything since it was opened, be it that nothing happened.
  private var hasTold = false
  /// How long watches have been open that told nothing, since one last did or the server's version was looked at.
  private var silence = Duration.zero
  /// How long they have been, added up since all was listed: a server that was restored and tells something again has not told
  /// what came before.
  private var wholeSilence = Duration.zero
  /// What was told last of an interruption that is not over.
  private var interruption: KubernetesError.Kind?

  /// A machine that has not begun.
  ///
  /// - Parameter idleTimeout: after how long a silence the server's version is looked at.
  init(backoff: Backoff, idleTimeout: Duration) {
    self.backoff = backoff
    self.idleTimeout = idleTimeout
  }

  /// The next steps, in order.
  ///
  /// - Parameter random: 0 ..< 1, for the jitter of waits.
  mutating func handle(_ input: Input, random: Double) -> [Action] {
    switch (state, input) {
    case (.idle, .started):
      state = .listing
      return [.list]
    case (.listing, .listed(let list)):
      return listed(list)
    case (.listing, .listFailed(let error)):
      return failed(error, then: .list, random)
    case (.looking, .looked(let version)):
      return looked(at: version)
    case (.looking, .lookFailed(let error)):
      return broken(by: error, otherwise: .look, random)
    case (.watching, .watchOpened):
      state = .watching(opened: true)
      hasTold = false
      return resumption()
    case (.watching, .watchEvent(let event)):
      return take(event, random)
    case (.watching(let opened), .watchEnded(let error, let lasted)):
      return ended(error, opened, lasted, random)
    case (.waiting(let step), .waited):
      return [begin(step)]
    default:
      // Late news of a list or watch that is already given up.
      return []
    }
  }

  private mutating func begin(_ step: Step) -> Action {
    switch step {
    case .list:
      state = .listing
      return .list
    case .look:
      state = .looking
      return .look
    case .watch:
      state = .watching(opened: false)
      return .watch(from: resourceVersion)
    }
  }

  private mutating func listed(_ list: ObjectList<Value>) -> [Action] {
    resourceVersion = list.resourceVersion
    (silence, wholeSilence) = (.zero, .zero)
    return resumption() + [.emit(.synced(list.items, resourceVersion: resourceVersion)), begin(.watch)]
  }

  /// A server that is where the watch begins, or further, would have told what happened. Kubernetes' versions are
  /// numbers in etcd; where they are not, it is not known.
  private mutating func looked(at version: String) -> [Action] {
    silence = .zero
    guard let there = UInt64(version), let here = UInt64(resourceVersion), there >= here else { return [begin(.list)] }
    return resumption() + [begin(.watch)]
  }

  private mutating func take(_ event: WatchEvent<Value>, _ random: Double) -> [Action] {
    switch event {
    case .added(let object), .modified(let object):
      advance(to: object.identity.resourceVersion)
      return [.emit(.applied(object))]
    case .deleted(let object):
      advance(to: object.identity.resourceVersion)
      return [.emit(.deleted(object))]
    case .bookmark(let version):
      advance(to: version)
      return []
    case .error(let status):
      return broken(by: KubernetesError(call: "WATCH", event: status), otherwise: .watch, random)
    }
  }

  /// Events come in the order of their versions, so the last one seen is where to go on. It is also proof that the
  /// server works.
  private mutating func advance(to version: String) {
    resourceVersion = version
    failures = 0
    hasTold = true
    silence = .zero
  }

  private mutating func ended(
    _ error: KubernetesError?, _ opened: Bool, _ lasted: Duration, _ random: Double
  ) -> [Action] {
    if let error, !opened || error.kind == .decoding { return broken(by: error, otherwise: .watch, random) }
    // A watch that was open: servers end them, lines break. Go on from the last version; only when watches keep
    // ending at once, ever more slowly.
    if lasted >= Self.goodWatch { failures = 0 }
    return pause(then: afterSilence(of: error, lasted), random)
  }

  /// Where a cluster was restored from its own backup, a server takes a watch from a version that it has yet to come
  /// to, and tells it nothing until then. But so it is with a kind that rests: bookmarks come about every minute, with
  /// the last version of the kind, and only where that is above the one that the watch began at. The server's own
  /// version tells the two apart until it has passed the former one; then only a list does. A proxy may end such a
  /// watch before its time, so what several were silent for is added up.
  private mutating func afterSilence(of error: KubernetesError?, _ lasted: Duration) -> Step {
    let isTimeout = error?.kind == .timeout
    let silent = !hasTold ? lasted : isTimeout ? idleTimeout : .zero
    silence += silent
    wholeSilence += silent
    guard isTimeout || silence >= idleTimeout else { return .watch }
    return wholeSilence >= Self.longestSilence ? .list : .look
  }

  private mutating func broken(by error: KubernetesError, otherwise step: Step, _ random: Double) -> [Action] {
    // 410: our version is too old. An object that cannot be read may be past after a new list.
    if error.kind == .gone { return pause(then: .list, random) }
    return failed(error, then: error.kind == .decoding ? .list : step, random)
  }

  private mutating func failed(_ error: KubernetesError, then step: Step, _ random: Double) -> [Action] {
    // One that goes on for another reason is news: rights that were given, say, to look for what is not there.
    let news: [Action] = interruption == error.kind ? [] : [.emit(.interrupted(error))]
    interruption = error.kind
    return news + pause(then: step, atLeast: error.retryAfter, random)
  }

  private mutating func pause(then step: Step, atLeast: Duration? = nil, _ random: Double) -> [Action] {
    failures += 1
    state = .waiting(then: step)
    return [.wait(max(atLeast ?? .zero, backoff.delay(attempt: failures, random: random)))]
  }

  private mutating func resumption() -> [Action] {
    guard interruption != nil else { return [] }
    interruption = nil
    return [.emit(.resumed)]
  }
}
