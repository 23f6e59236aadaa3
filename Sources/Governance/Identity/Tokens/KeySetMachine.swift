/// When the issuer's keys are asked for, and how long those that are known are believed.
///
/// Anybody can send a token that names a key that there is not: that must not become a request to the issuer each time.
/// And an issuer that is away for a while must not lock everybody out, nor may keys that nobody confirms be believed for
/// ever.
public struct KeySetMachine: Sendable {
  /// How long what lasts.
  public struct Limits: Sendable, Hashable {
    /// Keys that are older are asked for again, while they are believed.
    public var refresh: Duration
    /// Keys that are older are not believed.
    public var keep: Duration
    /// Between two requests lies at least so much; after failures twice as much each time, up to ``slowest``.
    public var pace: Duration
    /// And at most so much.
    public var slowest: Duration

    /// Limits.
    public init(
      refresh: Duration = .seconds(300), keep: Duration = .seconds(86_400), pace: Duration = .seconds(10),
      slowest: Duration = .seconds(60)
    ) {
      self.refresh = refresh
      self.keep = keep
      self.pace = pace
      self.slowest = slowest
    }
  }

  /// What is known of a key.
  public enum Answer: Sendable {
    /// The key.
    case key(TrustedKey)
    /// The keys are being asked for: how that ends has to be awaited.
    case wait
    /// The issuer has no such key.
    case unknown
    /// It can not be told.
    case unavailable
  }

  private let limits: Limits
  private var keys: (set: KeySet, since: Duration)?
  /// Whether the issuer is being asked.
  public private(set) var isAsking = false
  /// When keys were asked for last.
  private var asked: Duration?
  private var failures = 0

  /// A machine that knows no keys.
  public init(limits: Limits = Limits()) {
    self.limits = limits
  }

  /// Somebody shows a token that names a key.
  ///
  /// - Parameter now: The time since some fixed moment, by a clock that does not go back.
  /// - Returns: What is known of it, and whether the issuer has to be asked now.
  public mutating func wanted(_ name: String, at now: Duration) -> (answer: Answer, asks: Bool) {
    if let key = believed(at: now)?[name] {
      let asks = isOld(at: now) && begin(at: now)
      return (.key(key), asks)
    }
    if isAsking { return (.wait, false) }
    guard begin(at: now) else { return (settled(name, at: now), false) }
    return (.wait, true)
  }

  /// What is known of a key without asking anybody.
  public func settled(_ name: String, at now: Duration) -> Answer {
    guard let set = believed(at: now) else { return .unavailable }
    if let key = set[name] { return .key(key) }
    // While the issuer does not answer, or has not answered yet, it may have a new key.
    return failures > 0 || isAsking ? .unavailable : .unknown
  }

  /// Nobody has asked for anything, but keys should be known before somebody does.
  ///
  /// - Returns: Whether the issuer has to be asked now.
  public mutating func passed(at now: Duration) -> Bool { isOld(at: now) && begin(at: now) }

  /// The issuer has answered. Keys that it no longer has are not believed from now on.
  public mutating func fetched(_ set: KeySet, at now: Duration) {
    isAsking = false
    failures = 0
    keys = (set, now)
  }

  /// The issuer has not answered, or not with keys.
  public mutating func failed() {
    isAsking = false
    failures += 1
  }

  /// Whether there is any key that is believed: without one no token can be judged while the issuer is away.
  public func believesKeys(at now: Duration) -> Bool { believed(at: now).map { !$0.isEmpty } ?? false }

  private func believed(at now: Duration) -> KeySet? {
    guard let keys, now - keys.since < limits.keep else { return nil }
    return keys.set
  }

  private func isOld(at now: Duration) -> Bool {
    guard let keys else { return true }
    return now - keys.since >= limits.refresh
  }

  private mutating func begin(at now: Duration) -> Bool {
    guard !isAsking else { return false }
    let pause = min(limits.pace * (1 << min(max(failures - 1, 0), 10)), limits.slowest)
    if let asked, now - asked < pause { return false }
    isAsking = true
    asked = now
    return true
  }
}
