/// Decides how one kind of object is followed: list, watch from there, resume, and list again when the server has
/// forgotten where we were, or tells nothing any more. Pure; `Informer` does what it says.
struct ReflectorMachine<Value: Decodable & Sendable>: Sendable {
  /// What happened.
  enum Input: Sendable {
    case started
    case listed(ObjectList<Value>)
    case listFailed(KubernetesError)
    case watchOpened
    case watchEvent(WatchEvent<Value>)
    /// With nil when the server ended it in good order.
    case watchEnded(KubernetesError?, lasted: Duration)
    case waited
  }

  /// What to do.
  enum Action: Sendable {
    case list
    case watch(from: String)
    case wait(Duration)
    case emit(InformerEvent<Value>)
  }

  private enum State {
    case idle
    case listing
    case watching(opened: Bool)
    /// To list again after the wait, or to watch again.
    case waiting(relist: Bool)
  }

  /// A watch that lasted this long was a good one: its end is no failure.
  private static var goodWatch: Duration { .seconds(10) }

  private let backoff: Backoff
  private let idleTimeout: Duration
  private var state = State.idle
  private var resourceVersion = ""
  private var failures = 0
  /// Whether the watch has told anything since it was opened, be it that nothing happened.
  private var hasTold = false
  /// How long watches have been open that told nothing, since one last did.
  private var silence = Duration.zero
  /// What was told last of an interruption that is not over.
  private var interruption: KubernetesError.Kind?

  /// A machine that has not begun.
  ///
  /// - Parameter idleTimeout: after how long a silence all is listed again.
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
      return failed(error, relist: true, random)
    case (.watching, .watchOpened):
      state = .watching(opened: true)
      hasTold = false
      return resumption()
    case (.watching, .watchEvent(let event)):
      return take(event, random)
    case (.watching(let opened), .watchEnded(let error, let lasted)):
      return ended(error, opened, lasted, random)
    case (.waiting(let relist), .waited):
      state = relist ? .listing : .watching(opened: false)
      return [relist ? .list : .watch(from: resourceVersion)]
    default:
      // Late news of a list or watch that is already given up.
      return []
    }
  }

  private mutating func listed(_ list: ObjectList<Value>) -> [Action] {
    resourceVersion = list.resourceVersion
    silence = .zero
    state = .watching(opened: false)
    return resumption() + [.emit(.synced(list.items, resourceVersion: resourceVersion)), .watch(from: resourceVersion)]
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
      return broken(by: KubernetesError(call: "WATCH", event: status), random)
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
    if let error, !opened || error.kind == .decoding { return broken(by: error, random) }
    // A watch that was open: servers end them, lines break. Go on from the last version; only when watches keep
    // ending at once, ever more slowly. But not after a silence: where a cluster was restored from its own backup, a server
    // takes a watch from a version that it has yet to come to, and tells it nothing until then, while others get a bookmark
    // about every minute. A proxy may end such a watch before its time, so what several were silent for is added up.
    if lasted >= Self.goodWatch { failures = 0 }
    if !hasTold { silence += lasted }
    return pause(relist: error?.kind == .timeout || silence >= idleTimeout, random)
  }

  private mutating func broken(by error: KubernetesError, _ random: Double) -> [Action] {
    // 410: our version is too old. An object that cannot be read may be past after a new list.
    let relist = error.kind == .gone || error.kind == .decoding
    if error.kind == .gone {
      return pause(relist: true, random)
    }
    return failed(error, relist: relist, random)
  }

  private mutating func failed(_ error: KubernetesError, relist: Bool, _ random: Double) -> [Action] {
    // One that goes on for another reason is news: rights that were given, say, to look for what is not there.
    let news: [Action] = interruption == error.kind ? [] : [.emit(.interrupted(error))]
    interruption = error.kind
    return news + pause(relist: relist, atLeast: error.retryAfter, random)
  }

  private mutating func pause(relist: Bool, atLeast: Duration? = nil, _ random: Double) -> [Action] {
    failures += 1
    state = .waiting(relist: relist)
    return [.wait(max(atLeast ?? .zero, backoff.delay(attempt: failures, random: random)))]
  }

  private mutating func resumption() -> [Action] {
    guard interruption != nil else { return [] }
    interruption = nil
    return [.emit(.resumed)]
  }
}
